/**
 * JSONata within limits. `compile` returns what an expression reads (reads.ts, names.ts), the
 * length up to which it is sure to end, and a function that evaluates it: closures.ts for most, the
 * interpreter for the rest.
 */

import type { Expression } from 'jsonata'
import { safeNfc } from '../addresses.ts'
import { nearest } from '../config/nearest.ts'
import type { Reason } from '../diagnostics/problem.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { type AtOnce, closureOf } from './closures.ts'
import { codeOf, type FailureWords, wordsOf } from './failures.ts'
import { type ExpressionFunction, lowercase, pad, uppercase } from './functions.ts'
import { jsonata } from './jsonata.ts'
import { builtIn, type Constants, missingConstant, type Names, namesIn } from './names.ts'
import { toPlain } from './plain.ts'
import { type Flow, flowsIn, type Read, readsIn, readsWhole } from './reads.ts'
import { isSequence } from './sequences.ts'
import { everything, listOf, type SyntaxNode, variableOf, visit } from './syntax.ts'
import { isOfRecord, isQuiet, isVerbatim } from './verbatim.ts'

/**
 * Nested steps and milliseconds of one evaluation. Ordinary mappings need a dozen steps and
 * microseconds.
 */
const BOUNDS: Bounds = { stack: 500, timeout: 5_000 }

/** Timeouts before an expression is no longer evaluated: each costs its worker five seconds. */
const MAX_TIMEOUTS = 3

const notTried: FailureWords = {
  message: `not evaluated: it ran out of time on ${MAX_TIMEOUTS} records before`,
  publicMessage: `not evaluated: it ran out of time on ${MAX_TIMEOUTS} records before`,
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
  /** Whether it returns values unchanged, and calls nothing that can change them. */
  verbatim: boolean
  /** Whether it is verbatim and reads only `$record`: every item of a record has the same value. */
  ofRecord: boolean
  /** See `isQuiet`. */
  quiet: boolean
  /** See `Names.unstable`. */
  unstable: Names['unstable']
  /** See `Names.fields`. */
  fields: Names['fields']
  /** Whether it reads `$record`. */
  readsRecord: boolean
  /** See `readsWhole`. */
  whole: boolean
  /** See `readsIn`. */
  reads: Read[]
  /** See `flowsIn`. */
  flows: Flow[]
  /** The constants that it reads. */
  constants: Names['constants']
  /** See `boundedLength`. */
  boundedLength: number
  /**
   * The value of an argument in each call of a function, if it does not depend on the record, with
   * the constants that it reads.
   */
  argumentsOf(name: string, index: number): { value: Json | undefined; constants: Names['constants'] }[]
  /**
   * `$` is the item, `$record` the whole record. Synchronous if possible.
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
 * An expression failed on a record. `message` can show a value of the record; `publicMessage` and
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
 * Parses an expression and rejects what can never work: unknown functions and variables, and
 * `$eval`, which executes data.
 * @param functions available in addition to JSONata's own
 * @param constants available in addition to `$record`
 */
export function compile(
  text: string,
  functions: readonly ExpressionFunction[] = [],
  bounds: Bounds = BOUNDS,
  constants: Constants = {},
): Compilation {
  if (text.trim() === '') return bad({ message: 'the expression is empty', hint: 'remove the key', position: 0 })
  const functionNames = functions.map(({ name }) => name)
  const constantNames = Object.keys(constants)
  const derivations: Derivation[] = []
  const called = functions.map((one) => (one.derives ? { ...one, call: recorded(one.call, derivations) } : one))
  let compiled: Expression
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
      ofRecord: verbatim && isOfRecord(ast),
      quiet: isQuiet(ast, constants),
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

/** The nodes at one position among the arguments of a function. */
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

/** The value of an expression for an empty record. */
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
  compiled: Expression,
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
      // The interpreter reports the error; see closures.ts.
      derivations.length = 0
      return interpret(item, record)
    }
  }
}

/** @param names of functions and constants in addition to JSONata's own */
function unknownName(name: string, names: readonly string[]): { message: string; hint?: string } {
  if (name === 'eval') {
    return {
      message: '$eval is not available: it would execute text from the data as an expression',
      hint: names.includes('parseJson') ? 'use $parseJson to read JSON text' : undefined,
    }
  }
  const known = nearest(name, [...builtIn, ...names, 'record'])
  return {
    message: `there is no function or variable $${name}`,
    hint: known === undefined ? `define it first, like ($${name} := …; …)` : `did you mean $${known}?`,
  }
}

/** JSONata's positions are after the token at fault. */
function offsetOf(error: unknown, text: string): number {
  if (!isObject(error)) return 0
  const position = typeof error.position === 'number' ? Math.min(error.position, text.length) : text.length
  const token = typeof error.token === 'string' ? error.token : ''
  const start = position - token.length
  return start >= 0 && text.slice(start, position) === token ? start : position
}

/** Backtracking steps of a regular expression that end within a few seconds. */
const STEPS = 1e9

/**
 * Characters of a record on which functions that compare all pairs, like `$distinct`, still end
 * soon.
 */
const CHARACTERS = 1 << 16

/** Functions that call another one for each item. */
const CALL_EACH: ReadonlySet<string> = new Set(['map', 'filter', 'sift', 'each', 'sort', 'single'])

/**
 * The length in characters up to which an expression ends on a record by itself, in little time and
 * memory. JSONata ends a long evaluation, but not a single step: a regular expression that
 * backtracks, or a range of a billion numbers.
 * @param functions available in addition to JSONata's own
 * @returns 0: there is no such length; a recursive function can double a value at every call
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
 * Whether a node neither grows without limit nor can be part of a recursion: a lambda that calls
 * only known functions.
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
 * The length of text up to which a regular expression ends within STEPS. With `n` repetitions that
 * are not nested, backtracking takes at most length to the power of `n + 1` steps; nested ones are
 * exponential. A repetition at the very end never backtracks.
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
