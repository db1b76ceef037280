/**
 * JSONata within bounds. In: the text of an expression, the functions and constants that it may use. Out: what it reads (reads.ts,
 * names.ts), how long it can take (cost.ts), and a function that evaluates it: closures.ts for most, the interpreter for the rest.
 */

import jsonata from 'jsonata'
import { safeNfc } from '../addresses.ts'
import { nearest } from '../config/nearest.ts'
import { BadInput } from '../diagnostics/bad-input.ts'
import type { Reason } from '../diagnostics/problem.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { type AtOnce, closureOf } from './closures.ts'
import { boundedLength } from './cost.ts'
import { type ExpressionFunction, lowercase, pad, uppercase } from './functions.ts'
import { builtIn, type Constants, missingConstant, type Names, namesIn } from './names.ts'
import { toPlain } from './plain.ts'
import { type Flow, flowsIn, type Read, readsIn, readsWhole } from './reads.ts'
import { isSequence } from './sequences.ts'
import { isVerbatim } from './verbatim.ts'

/** Nested steps and milliseconds that one evaluation may take. Ordinary mappings need a dozen steps and microseconds. */
const BOUNDS: Bounds = { stack: 500, timeout: 5_000 }

/** Evaluations that may run out of time before an expression is not tried any more: each costs its worker five seconds. */
const MAX_TIMEOUTS = 3

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
   * `$` is the item, `$record` the whole record. Answers at once where it can.
   * @throws ExpressionFailure
   */
  evaluate(item: Json, record: JsonObject): Json | undefined | Promise<Json | undefined>
  /** The slugs that the last evaluation made of names. */
  derived(): readonly Derivation[]
}

export type Compilation = { ok: true; expression: CompiledExpression } | ({ ok: false; position: number } & Reason)

/** An expression failed on a record. `message` may show a value of the record; `code` and `publicMessage` never do. */
export class ExpressionFailure extends Error {
  readonly code: string
  readonly publicMessage: string

  constructor(code: string, message: string, publicMessage = `JSONata ${code}`) {
    super(message)
    this.name = 'ExpressionFailure'
    this.code = code
    this.publicMessage = publicMessage
  }
}

/**
 * Parses an expression and refuses what can never work: unknown functions and variables, and `$eval`, which runs data as code.
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
  try {
    compiled = jsonata(text, bounds)
    const ast: unknown = compiled.ast()
    names = namesIn(ast, functionNames, constantNames)
    whole = readsWhole(ast)
    reads = readsIn(ast)
    flows = flowsIn(ast)
    verbatim = isVerbatim(ast, constants)
    atOnce = closureOf(ast, called, constants, bounds.stack)
    length = boundedLength(ast, functionNames)
  } catch (error) {
    if (error instanceof RangeError) return bad({ message: 'the expression is nested too deeply', position: 0 })
    return bad({ message: messageOf(error), position: offsetOf(error, text) })
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
      whole,
      reads,
      flows,
      constants: uses,
      boundedLength: length,
      evaluate: evaluator(compiled, atOnce, verbatim, derivations),
      derived: () => derivations,
    },
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
      throw new ExpressionFailure('timeout', `not tried: it ran out of time on ${MAX_TIMEOUTS} records before`)
    }
    try {
      return toPlain(await compiled.evaluate(item, { record }))
    } catch (error) {
      const code = failureCode(error)
      if (code === 'D1012') timeouts += 1
      throw new ExpressionFailure(code, messageOf(error), error instanceof BadInput ? error.message : undefined)
    }
  }
  return (item, record) => {
    derivations.length = 0
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

function failureCode(error: unknown): string {
  return isObject(error) && typeof error.code === 'string' ? error.code : 'failed'
}

function messageOf(error: unknown): string {
  const message = isObject(error) ? error.message : undefined
  return typeof message === 'string' && message !== '' ? message : 'the expression fails'
}

/** JSONata's positions point behind the token at fault. */
function offsetOf(error: unknown, text: string): number {
  if (!isObject(error)) return 0
  const position = typeof error.position === 'number' ? Math.min(error.position, text.length) : text.length
  const token = typeof error.token === 'string' ? error.token : ''
  const start = position - token.length
  return start >= 0 && text.slice(start, position) === token ? start : position
}
