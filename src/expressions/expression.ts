/**
 * JSONata within bounds. In: the text of an expression, the functions and constants that it may
 * use. Out: what it reads (reads.ts, names.ts), a bound of how long it takes where it has one, and
 * a function that evaluates it: closures.ts for most, the interpreter for the rest.
 */

import jsonata from 'jsonata'
import { safeNfc } from '../addresses.ts'
import { nearest } from '../config/nearest.ts'
import type { Reason } from '../diagnostics/problem.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { type AtOnce, closureOf } from './closures.ts'
import { codeOf, type FailureWords, wordsOf } from './failures.ts'
import { type ExpressionFunction, lowercase, pad, uppercase } from './functions.ts'
import { builtIn, type Constants, missingConstant, type Names, namesIn } from './names.ts'
import { toPlain } from './plain.ts'
import { type Flow, flowsIn, type Read, readsIn, readsWhole } from './reads.ts'
import { isSequence } from './sequences.ts'
import { everything, listOf, type SyntaxNode, variableOf, visit } from './syntax.ts'
import { isVerbatim } from './verbatim.ts'

/**
 * Nested steps and milliseconds that one evaluation may take. Ordinary mappings need a dozen steps
 * and microseconds.
 */
const BOUNDS: Bounds = { stack: 500, timeout: 5_000 }

/**
 * Evaluations that may run out of time before an expression is not tried any more: each costs its
 * worker five seconds.
 */
const MAX_TIMEOUTS = 3

const notTried: FailureWords = {
  message: `not tried: it ran out of time on ${MAX_TIMEOUTS} records before`,
  publicMessage: `not tried: it ran out of time on ${MAX_TIMEOUTS} records before`,
  hint: 'look for a function that calls itself without end, or a very long list',
}

/** `stack`: nested steps; `timeout`: milliseconds. */
export interface Bounds {
  stack: number
  timeout: number
}

/** A slug that a function made of a name. */
export interface Derivation {
  name: string
  slug: string
}

export interface CompiledExpression {
  text: string
  /** Whether it passes values on as they are, and calls nothing that may change them. */
  verbatim: boolean
  /** See Names.unstable. */
  unstable: Names['unstable']
  /** See Names.fields. */
  fields: Names['fields']
  /** Whether it reads `$record`. */
  readsRecord: boolean
  /** See readsWhole. */
  whole: boolean
  /** See readsIn. */
  reads: Read[]
  /** See flowsIn. */
  flows: Flow[]
  /** The constants that it reads. */
  constants: Names['constants']
  /** See boundedLength. */
  boundedLength: number
  /**
   * What an argument is in each call of a function, as far as it takes no record to tell, with the
   * constants that it reads.
   */
  argumentsOf(name: string, index: number): { value: Json | undefined; constants: Names['constants'] }[]
  /**
   * `$` is the item, `$record` the whole record. Answers at once where it can.
   * @throws ExpressionFailure
   */
  evaluate(item: Json, record: JsonObject): Json | undefined | Promise<Json | undefined>
  /** Whether it calls a function that makes slugs of names. */
  derives: boolean
  /** The slugs that the last evaluation made of names. */
  derived(): readonly Derivation[]
}

export type Compilation = { ok: true; expression: CompiledExpression } | ({ ok: false; position: number } & Reason)

/**
 * An expression failed on a record. `message` may show a value of the record; `publicMessage` and
 * `hint` never do.
 */
export class ExpressionFailure extends Error {
  readonly publicMessage: string
  readonly hint: string | undefined

  constructor({ message, publicMessage, hint }: FailureWords) {
    super(message)
    this.name = 'ExpressionFailure'
    this.publicMessage = publicMessage
    this.hint = hint
  }
}

/**
 * Parses an expression and refuses what can never work: unknown functions and variables, and
 * `$eval`, which runs data as code.
 * @param functions that it may call besides JSONata's own
 * @param constants that it may read besides `$record`
 */
export function compile(
  text: string,
  functions: readonly ExpressionFunction[] = [],
  bounds: Bounds = BOUNDS,
  constants: Constants = {},
): Compilation {
  if (text.trim() === '') return bad({ message: 'the expression is empty', hint: 'leave the key out', position: 0 })
  const functionNames = functions.map(({ name }) => name)
  const constantNames = Object.keys(constants)
  const derivations: Derivation[] = []
  const called = functions.map((one) => (one.derives ? { ...one, call: recorded(one.call, derivations) } : one))
  let compiled: jsonata.Expression
  let names: Names
  let whole: boolean
  let reads: Read[]
  let flows: Flow[]
  let verbatim: boolean
  let atOnce: AtOnce | undefined
  let length: number
  let ast: unknown
  try {
    compiled = jsonata(text, bounds)
    ast = compiled.ast()
    names = namesIn(ast, functionNames, constantNames)
    whole = readsWhole(ast)
    reads = readsIn(ast)
    flows = flowsIn(ast)
    verbatim = isVerbatim(ast, constants)
    atOnce = closureOf(ast, called, constants, bounds.stack)
    length = boundedLength(ast, functionNames)
  } catch (error) {
    if (error instanceof RangeError) return bad({ message: 'the expression is nested too deeply', position: 0 })
    const { message, hint } = wordsOf(error)
    return bad({ message, hint, position: offsetOf(error, text) })
  }
  const [unknown] = names.unknown
  if (unknown !== undefined) {
    const others = [...functionNames, ...constantNames]
    return bad({ ...unknownName(unknown.name, others), position: unknown.offset })
  }
  const missing = missingConstant(names.constants, constants)
  if (missing !== undefined) return { ok: false, code: 'unknown_variable', ...missing }
  for (const { name, call } of called) compiled.registerFunction(name, (...args: unknown[]) => call(...args))
  compiled.registerFunction('pad', pad, '<s-ns?:s>')
  compiled.registerFunction('lowercase', lowercase, '<s-:s>')
  compiled.registerFunction('uppercase', uppercase, '<s-:s>')
  compiled.assign('eval', undefined)
  for (const [name, value] of Object.entries(constants)) compiled.assign(name, value)
  const { unstable, fields, constants: uses } = names
  return {
    ok: true,
    expression: {
      text,
      verbatim,
      unstable,
      fields,
      readsRecord: names.all.has('record'),
      whole,
      reads,
      flows,
      constants: uses,
      boundedLength: length,
      argumentsOf: (name, index) =>
        argumentsIn(ast, name, index).map((argument) => ({
          value: withoutRecord(closureOf(argument, called, constants, bounds.stack)),
          constants: namesIn(argument, functionNames, constantNames).constants,
        })),
      evaluate: evaluator(compiled, atOnce, verbatim, derivations),
      derives: functions.some(({ name, derives }) => derives && names.all.has(name)),
      derived: () => derivations,
    },
  }
}

/** The nodes that stand at a position among the arguments of a function. */
function argumentsIn(ast: unknown, name: string, index: number): unknown[] {
  const found: unknown[] = []
  visit(ast, undefined, {
    other: everything,
    function(node, state, descend) {
      const argument = listOf(node.arguments)[index]
      if (variableOf(node.procedure) === name && argument !== undefined) found.push(argument)
      everything(node, state, descend)
    },
  })
  return found
}

/** What an expression yields on a record that has nothing. */
function withoutRecord(atOnce: AtOnce | undefined): Json | undefined {
  try {
    return toPlain(atOnce?.({}, {}))
  } catch {
    return undefined
  }
}

function bad(why: { message: string; hint?: string; position: number }): Compilation {
  return { ok: false, code: 'bad_expression', ...why }
}

function recorded(
  call: ExpressionFunction['call'],
  derivations: Derivation[],
): (...args: unknown[]) => Json | undefined {
  return (...args) => {
    const slug = call(...args)
    if (typeof slug === 'string') derivations.push({ name: safeNfc(String(args[0]).trim()), slug })
    return slug
  }
}

function evaluator(
  compiled: jsonata.Expression,
  atOnce: AtOnce | undefined,
  verbatim: boolean,
  derivations: Derivation[],
): CompiledExpression['evaluate'] {
  let timeouts = 0
  const interpret = async (item: Json, record: JsonObject): Promise<Json | undefined> => {
    if (timeouts >= MAX_TIMEOUTS) {
      throw new ExpressionFailure(notTried)
    }
    try {
      return toPlain(await compiled.evaluate(item, { record }))
    } catch (error) {
      if (codeOf(error) === 'D1012') timeouts += 1
      throw new ExpressionFailure(wordsOf(error))
    }
  }
  return (item, record) => {
    if (derivations.length > 0) derivations.length = 0
    if (atOnce === undefined) return interpret(item, record)
    try {
      const value = atOnce(item, record)
      return verbatim && !isSequence(value) ? (value as Json | undefined) : toPlain(value)
    } catch {
      // Whatever it is, the interpreter has a word for it; see closures.ts.
      derivations.length = 0
      return interpret(item, record)
    }
  }
}

/** @param names of functions and constants that are known besides JSONata's own */
function unknownName(name: string, names: readonly string[]): { message: string; hint?: string } {
  if (name === 'eval') {
    return {
      message: '$eval is not available: it would run text from the data as an expression',
      hint: names.includes('parseJson') ? 'use $parseJson to read JSON text' : undefined,
    }
  }
  const known = nearest(name, [...builtIn, ...names, 'record'])
  return {
    message: `there is no function or variable $${name}`,
    hint: known === undefined ? `bind it first, like ($${name} := …; …)` : `did you mean $${known}?`,
  }
}

/** JSONata's positions point behind the token at fault. */
function offsetOf(error: unknown, text: string): number {
  if (!isObject(error)) return 0
  const position = typeof error.position === 'number' ? Math.min(error.position, text.length) : text.length
  const token = typeof error.token === 'string' ? error.token : ''
  const start = position - token.length
  return start >= 0 && text.slice(start, position) === token ? start : position
}

/** Steps of a regular expression's backtracking that end within a few seconds. */
const STEPS = 1e9

/**
 * Characters of a record over which functions that compare everything with everything, like
 * `$distinct`, still end soon.
 */
const CHARACTERS = 1 << 16

/** Functions that call another one, once for each item. */
const CALL_EACH: ReadonlySet<string> = new Set(['map', 'filter', 'sift', 'each', 'sort', 'single'])

/**
 * How many characters a record may have for an expression to end on it by itself, in little time
 * and memory. JSONata ends a long evaluation, but not a single step of it: a regular expression
 * that backtracks, or a range of a billion numbers.
 * @param functions that it may call besides JSONata's own
 * @returns 0 where nothing bounds the expression: a function that calls itself may double a value
 *   at every call
 */
function boundedLength(ast: unknown, functions: readonly string[]): number {
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

/**
 * Whether a node neither makes as much as it likes nor can be part of a recursion: a lambda that
 * calls none but known functions.
 */
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
 * How long a text may be for a regular expression to end on it within STEPS. With `n` repetitions
 * that are not nested, backtracking takes at most the length to the power of `n + 1` steps; nested
 * ones take exponentially many. One at the very end never goes back.
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
