import { isObject } from '../json.ts'
import { builtIn } from './names.ts'
import { everything, listOf, type SyntaxNode, variableOf, visit } from './syntax.ts'

/** Steps of a regular expression's backtracking that end within a few seconds. */
const STEPS = 1e9

/** Characters of a record over which functions that compare everything with everything, like `$distinct`, still end soon. */
const CHARACTERS = 1 << 16

/** Functions that call another one, once for each item. */
const CALL_EACH: ReadonlySet<string> = new Set(['map', 'filter', 'sift', 'each', 'sort', 'single'])

/**
 * How many characters a record may have for an expression to end on it by itself, in little time and memory. JSONata ends a long
 * evaluation, but not a single step of it: a regular expression that backtracks, or a range of a billion numbers.
 * @param functions that it may call besides JSONata's own
 * @returns 0 where nothing bounds the expression: a function that calls itself may double a value at every call
 */
export function boundedLength(ast: unknown, functions: readonly string[]): number {
  const known = new Set([...builtIn, ...functions])
  let length = CHARACTERS
  visit(ast, false, {
    other(node, inLambda, descend) {
      if (node instanceof RegExp) length = Math.min(length, boundedText(node))
      else if (!isBounded(node, inLambda, known)) length = 0
      everything(node, inLambda || node.type === 'lambda', descend)
    },
  })
  return length
}

/** Whether a node neither makes as much as it likes nor can be part of a recursion: a lambda that calls none but known functions. */
function isBounded(node: SyntaxNode, inLambda: boolean, known: ReadonlySet<string>): boolean {
  if (node.type === 'binary' && node.value === '..') return false
  const called = node.type === 'apply' ? variableOf(node.rhs) : variableOf(node.procedure)
  if (called === 'reduce') return false
  if (!inLambda) return true
  if (node.type === 'apply') return isObject(node.rhs) && (node.rhs.type === 'function' || known.has(called))
  if (node.type !== 'function' && node.type !== 'partial') return true
  const passesOn =
    CALL_EACH.has(called) &&
    !listOf(node.arguments).some((argument) => isObject(argument) && argument.type === 'lambda')
  return known.has(called) && !passesOn
}

/**
 * How long a text may be for a regular expression to end on it within STEPS. With `n` repetitions that are not nested, backtracking
 * takes at most the length to the power of `n + 1` steps; nested ones take exponentially many. One at the very end never goes back.
 */
function boundedText({ source }: RegExp): number {
  const plain = source
    .replace(/\\[1-9k]/g, '*')
    .replace(/\\./g, 'x')
    .replace(/\[[^\]]*\]/g, 'x')
  if (/\)[*+{]/.test(plain)) return 0
  const repetitions = plain.replace(/[*+]\??$/, '').match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0
  return Math.floor(STEPS ** (1 / (repetitions + 1)))
}
