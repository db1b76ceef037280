import { isObject } from '../json.ts'

/** Steps of a regular expression's backtracking that end within a few seconds. */
const STEPS = 1e9

/** Characters of a record over which functions that compare everything with everything, like `$distinct`, still end soon. */
const CHARACTERS = 1 << 16

/**
 * How many characters a record may have for an expression to end on it by itself, in little time and memory. JSONata ends a long
 * evaluation, but not a single step of it: a regular expression that backtracks, or a range of a billion numbers.
 * @returns 0 where nothing bounds the expression: a lambda may double a value at every call
 */
export function boundedLength(ast: unknown): number {
  let length = CHARACTERS
  const seen = new Set<object>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return
    seen.add(node)
    if (node instanceof RegExp) length = Math.min(length, boundedText(node))
    else if (isObject(node) && (node.type === 'lambda' || (node.type === 'binary' && node.value === '..'))) length = 0
    for (const child of Object.values(node)) visit(child)
  }
  visit(ast)
  return length
}

/**
 * How long a text may be for a regular expression to end on it within STEPS. With `n` repetitions that are not nested, backtracking
 * takes at most the length to the power of `n + 1` steps; nested ones take exponentially many.
 */
function boundedText({ source }: RegExp): number {
  const plain = source.replace(/\\[1-9k]/g, '*').replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x')
  if (/\)[*+{]/.test(plain)) return 0
  const repetitions = plain.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0
  return Math.floor(STEPS ** (1 / (repetitions + 1)))
}
