/**
 * Reads the options under `join`, for any source. Out: how the records of a stream join another,
 * and the problems.
 */

import { nearest } from '../../config/nearest.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { type CompiledExpression, compile } from '../../expressions/expression.ts'
import { emailFunction } from '../../expressions/functions.ts'
import { isObject } from '../../json.ts'

interface JoinOptions {
  into?: string
  key: string
  to: string
  as?: 'many' | 'one'
  unmatched?: 'reject' | 'ignore'
}

export interface StreamOfTree {
  name: string
  /** Undefined: a main stream. */
  join: JoinSettings | undefined
}

export interface JoinSettings {
  /** The stream that these records are joined to. */
  into: string
  /** Evaluated for a record of this stream. */
  key: CompiledExpression
  /** Evaluated for a record of the other stream. */
  to: CompiledExpression
  as: 'one' | 'many'
  unmatched: 'reject' | 'ignore'
}

/** @param main the default of `into` */
export function readJoin(options: JoinOptions | undefined, main: string, complain: Complain): JoinSettings | undefined {
  if (!isObject(options)) return undefined
  const key = compiled('key', options, complain)
  const to = compiled('to', options, complain)
  if (key === undefined || to === undefined) return undefined
  return {
    into: options.into ?? main,
    key,
    to,
    as: options.as === 'one' ? 'one' : 'many',
    unmatched: options.unmatched === 'ignore' ? 'ignore' : 'reject',
  }
}

/** Variables that only mappings can read: a snapshot depends only on the options of its source. */
const OF_MAPPINGS = /\$(?:vars|secrets)\b/

function compiled(name: 'key' | 'to', options: JoinOptions, complain: Complain): CompiledExpression | undefined {
  const text = options[name] ?? ''
  const compilation = compile(text, [emailFunction])
  if (!compilation.ok) {
    const { message, position } = compilation
    const hint = OF_MAPPINGS.test(text.slice(position))
      ? 'write the value here: only expressions under map can read $vars'
      : compilation.hint
    complain(`join.${name}`, { code: 'bad_expression', message: `${message} (character ${position + 1})`, hint })
    return undefined
  }
  const [unstable] = compilation.expression.unstable
  if (unstable !== undefined) {
    complain(`join.${name}`, {
      code: 'bad_expression',
      message: `${unstable.name} returns a different value on every run and cannot be a join key`,
      hint: 'use a value of the record',
    })
  }
  return compilation.expression
}

/** @throws Error for an expression that does not compile */
export function joinExpression(text: string): CompiledExpression {
  const compilation = compile(text, [emailFunction])
  if (!compilation.ok) throw new Error(`an expression that compiled before no longer compiles: ${compilation.message}`)
  return compilation.expression
}

/** Checks that every joined stream leads to a main stream, and that the first stream is one. */
export function checkTree(streams: readonly StreamOfTree[]): Problem[] {
  const byName = new Map(streams.map((stream) => [stream.name, stream]))
  const problems: Problem[] = []
  for (const [index, { name, join }] of streams.entries()) {
    if (join === undefined) continue
    const path = `source.streams.${name}.join`
    if (index === 0) problems.push({ ...firstIsJoined, path })
    else if (!byName.has(join.into)) problems.push({ ...noStream(join.into, [...byName.keys()]), path: `${path}.into` })
    else if (runsInCircle(name, byName)) problems.push({ ...circle(name), path: `${path}.into` })
  }
  return problems
}

function runsInCircle(name: string, byName: ReadonlyMap<string, StreamOfTree>): boolean {
  let current = byName.get(name)?.join?.into
  for (let steps = 0; current !== undefined && steps < byName.size; steps++) {
    if (current === name) return true
    current = byName.get(current)?.join?.into
  }
  return false
}

const firstIsJoined: Problem = {
  code: 'no_main_stream',
  message: 'the first stream is the main one and cannot be joined to another',
  hint: 'put the stream of users first',
}

function noStream(into: string, names: readonly string[]): Problem {
  const close = nearest(into, names)
  return {
    code: 'unknown_stream',
    message: `there is no stream "${into}" to join to`,
    hint: `${close === undefined ? '' : `did you mean ${close}? `}use one of ${names.join(', ')}, or remove this stream too by setting it to null`,
  }
}

function circle(name: string): Problem {
  return {
    code: 'join_cycle',
    message: `${name} is joined to itself through other streams`,
    hint: 'join one of them to a stream that has no join',
  }
}

export type Complain = (option: string, problem: Omit<Problem, 'path'>) => void
