/**
 * Functions of expressions without promises: JSONata's built-in functions and registered ones. They
 * check arguments as the interpreter does; the interpreter words their errors.
 */

import { type ExpressionFunction, lowercase, pad, uppercase } from './functions.ts'
import { jsonata } from './jsonata.ts'
import { builtIn } from './names.ts'
import { handOver, isMembers, isNumber, sequence, truthy } from './sequences.ts'

/** A function that an expression calls. */
export interface Callable {
  /** The number of arguments, for callers that depend on it. */
  arity: number
  /** @param context replaces a missing argument, if the function allows it */
  call(args: unknown[], context: unknown): unknown
}

/** The function argument of another function, as in `$map(list, function($item) { … })`. */
type Callback = ((...args: unknown[]) => unknown) & { arity: number }

type Implementation = (this: unknown, ...args: never[]) => unknown

interface Native {
  implementation: Implementation
  signature?: { validate(args: unknown[], context: unknown): unknown[] }
}

/**
 * The `this` of an implementation. Some require an environment, which does not exist here: they
 * fail, and the interpreter evaluates them.
 */
const FOCUS = { createSequence: sequence }

/** Functions whose result depends on more than their arguments. */
const NOT_HERE: ReadonlySet<string> = new Set(['now', 'millis', 'random', 'shuffle', 'eval'])

/** Functions that call another one for each item: function arguments are checked when they run. */
export const CALLING: ReadonlySet<string> = new Set([
  'map',
  'filter',
  'single',
  'reduce',
  'sift',
  'each',
  'sort',
  'replace',
])

/** Functions with a regular expression as argument. */
export const MATCHING: ReadonlySet<string> = new Set(['match', 'contains', 'replace', 'split'])

/** Functions that are promises in JSONata, with the same rules. */
const AT_ONCE: Readonly<Record<string, (...args: never[]) => unknown>> = {
  map,
  filter,
  single,
  reduce,
  sift,
  each,
  sort,
  match,
  contains,
  replace,
  split,
}

type Expected = 'text?' | 'string' | 'pattern' | 'number' | 'any'

/**
 * Arguments that need no further check, as in most calls: text or no value, text, a text or a
 * pattern, a number, anything.
 */
const EXPECTED: Readonly<Record<string, readonly Expected[]>> = {
  trim: ['text?'],
  lowercase: ['text?'],
  uppercase: ['text?'],
  length: ['text?'],
  string: ['any'],
  exists: ['any'],
  boolean: ['any'],
  not: ['any'],
  type: ['any'],
  keys: ['any'],
  distinct: ['any'],
  substring: ['text?', 'number', 'number'],
  substringBefore: ['text?', 'string'],
  substringAfter: ['text?', 'string'],
  contains: ['text?', 'pattern'],
  split: ['text?', 'pattern'],
  lookup: ['any', 'string'],
}

const names = builtIn.filter((name) => !NOT_HERE.has(name))
const found: unknown = await jsonata(`[${names.map((name) => `$${name}`).join()}]`).evaluate(null)
const natives = new Map<string, Callable>()
for (const [index, native] of (Array.isArray(found) ? found : []).entries()) {
  const name = names[index]
  if (name !== undefined && isImplementation(native)) natives.set(name, callable(name, native))
}

/** Whether a name is that of a function of JSONata: `not` of `$not`. */
export function isNative(name: string): boolean {
  return natives.has(name)
}

function isImplementation(value: unknown): value is Native {
  return isMembers(value) && typeof value.implementation === 'function'
}

function callable(name: string, { implementation, signature }: Native): Callable {
  const ours = { lowercase, uppercase, pad }[name] ?? AT_ONCE[name]
  const run: Implementation = ours ?? implementation
  const expected = EXPECTED[name]
  return {
    arity: implementation.length,
    call(args, context) {
      const isSound = signature === undefined || (expected !== undefined && areOf(expected, args))
      const value: unknown = run.apply(FOCUS, (isSound ? args : signature.validate(args, context)) as never[])
      if (typeof value === 'number' && !Number.isFinite(value)) handOver()
      return value
    },
  }
}

function areOf(expected: readonly Expected[], args: readonly unknown[]): boolean {
  if (args.length !== expected.length) return false
  for (let index = 0; index < args.length; index += 1) {
    if (!isOf(expected[index], typeof args[index])) return false
  }
  return true
}

function isOf(expected: Expected | undefined, type: string): boolean {
  switch (expected) {
    case 'any':
      return true
    case 'text?':
      return type === 'string' || type === 'undefined'
    case 'pattern':
      return type === 'string' || type === 'function'
    default:
      return type === expected
  }
}

/** A built-in function of JSONata. */
export function nativeFunction(name: string): Callable | undefined {
  return natives.get(name)
}

/** A registered function: it receives its arguments unchanged. */
export function registeredFunction(call: ExpressionFunction['call']): Callable {
  return { arity: 0, call: (args) => call(...args) }
}

/** JSONata's `$string` of a value; empty for no value. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined) return ''
  if (typeof value === 'boolean') return String(value)
  const text = stringFunction?.call([value], undefined)
  return typeof text === 'string' ? text : handOver()
}
const stringFunction = natives.get('string')

const appendFunction = natives.get('append')

/** JSONata's `$append`. */
export function append(one: unknown, other: unknown): unknown {
  return appendFunction === undefined ? handOver() : appendFunction.call([one, other], undefined)
}

/** Marks a function as an argument of another one. */
export function callback(arity: number, call: (...args: unknown[]) => unknown): Callback {
  return Object.assign(call, { arity })
}

/** The arguments that a callback accepts; it always receives the first. */
function argumentsFor(arity: number, ...args: unknown[]): unknown[] {
  return args.slice(0, Math.max(1, Math.min(arity, args.length)))
}

function given(call: Callback | undefined): Callback {
  return typeof call === 'function' ? call : handOver()
}

function map(list: unknown[] | undefined, call: Callback): unknown {
  if (list === undefined) return undefined
  const answers = sequence()
  for (let index = 0; index < list.length; index += 1) {
    const answer = given(call)(...argumentsFor(call.arity, list[index], index, list))
    if (answer !== undefined) answers.push(answer)
  }
  return answers
}

function filter(list: unknown[] | undefined, call: Callback): unknown {
  if (list === undefined) return undefined
  const kept = sequence()
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index]
    if (truthy(given(call)(...argumentsFor(call.arity, item, index, list)))) kept.push(item)
  }
  return kept
}

function single(list: unknown[] | undefined, call: Callback | undefined): unknown {
  if (list === undefined) return undefined
  const kept = call === undefined ? list : filter(list, call)
  return Array.isArray(kept) && kept.length === 1 ? kept[0] : handOver()
}

function reduce(list: unknown[] | undefined, call: Callback, init: unknown): unknown {
  if (list === undefined) return undefined
  if (given(call).arity < 2) handOver()
  let index = init === undefined && list.length > 0 ? 1 : 0
  let result = index === 1 ? list[0] : init
  for (; index < list.length; index += 1) {
    result = call(...[result, list[index], index, list].slice(0, Math.min(call.arity, 4)))
  }
  return result
}

function sift(members: unknown, call: Callback): unknown {
  const kept: Record<string, unknown> = Object.create(null)
  let some = false
  for (const [name, value] of entriesOf(members)) {
    if (!truthy(given(call)(...argumentsFor(call.arity, value, name, members)))) continue
    kept[name] = value
    some = true
  }
  return some ? kept : undefined
}

function each(members: unknown, call: Callback): unknown {
  const answers = sequence()
  for (const [name, value] of entriesOf(members)) {
    const answer = given(call)(...argumentsFor(call.arity, value, name, members))
    if (answer !== undefined) answers.push(answer)
  }
  return answers
}

function entriesOf(members: unknown): [string, unknown][] {
  return typeof members === 'object' && members !== null ? Object.entries(members) : []
}

function sort(list: unknown[] | undefined, call: Callback | undefined): unknown {
  if (list === undefined || list.length <= 1) return list
  if (call !== undefined) return mergeSort(list, (one, other) => Boolean(call(one, other)))
  if (list.every(isNumber)) return mergeSort(list, (one, other) => one > other)
  if (list.every((item) => typeof item === 'string')) return mergeSort(list, (one, other) => one > other)
  return handOver()
}

/** The interpreter's algorithm, which matters if a comparison contradicts itself. */
function mergeSort<T>(list: T[], isAfter: (one: T, other: T) => boolean): T[] {
  if (list.length <= 1) return list
  const middle = Math.floor(list.length / 2)
  const left = mergeSort(list.slice(0, middle), isAfter)
  const right = mergeSort(list.slice(middle), isAfter)
  const merged: T[] = []
  let [inLeft, inRight] = [0, 0]
  while (inLeft < left.length && inRight < right.length) {
    const [one, other] = [left[inLeft] as T, right[inRight] as T]
    if (isAfter(one, other)) {
      merged.push(other)
      inRight += 1
    } else {
      merged.push(one)
      inLeft += 1
    }
  }
  return [...merged, ...left.slice(inLeft), ...right.slice(inRight)]
}

interface Match {
  match: string
  start: number
  end: number
  groups: (string | undefined)[]
}

const EXPRESSION = Symbol('regular expression')

/** A regular expression as an argument of a function. */
type Matcher = Callback & { [EXPRESSION]: RegExp }

export function matcher(expression: RegExp): Matcher {
  return Object.assign(
    callback(2, () => handOver()),
    { [EXPRESSION]: new RegExp(expression) },
  )
}

function expressionOf(given: unknown): RegExp {
  return typeof given === 'function' && EXPRESSION in given && given[EXPRESSION] instanceof RegExp
    ? given[EXPRESSION]
    : handOver()
}

/**
 * All matches in turn, up to the limit. An empty match is the first or an error: nothing would
 * follow it.
 */
function matchesIn(text: string, pattern: unknown, limit: number | undefined): Match[] {
  const expression = expressionOf(pattern)
  const matches: Match[] = []
  expression.lastIndex = 0
  // The interpreter looks for one more than it needs, and its failure there counts too.
  for (;;) {
    const found = expression.exec(text)
    if (found === null) return matches
    const [match, ...groups] = found
    if (match === '' && matches.length > 0) handOver()
    if (limit !== undefined && matches.length >= limit) return matches
    matches.push({ match, start: found.index, end: found.index + match.length, groups })
    if (expression.lastIndex >= text.length) return matches
  }
}

function contains(text: string | undefined, token: unknown): unknown {
  if (text === undefined || token === undefined) return undefined
  if (typeof token === 'string') return text.includes(token)
  const expression = expressionOf(token)
  expression.lastIndex = 0
  return expression.test(text)
}

function match(text: string | undefined, pattern: unknown, limit: number | undefined): unknown {
  if (text === undefined) return undefined
  if (limit !== undefined && limit < 0) handOver()
  if (limit !== undefined && !(limit > 0)) return sequence()
  return sequence(
    ...matchesIn(text, pattern, limit).map(({ match, start, groups }) => ({ match, index: start, groups })),
  )
}

function split(text: string | undefined, separator: unknown, limit: number | undefined): unknown {
  if (text === undefined) return undefined
  if (limit !== undefined && limit < 0) handOver()
  if (limit !== undefined && !(limit > 0)) return []
  if (typeof separator === 'string') return text.split(separator, limit)
  const matches = matchesIn(text, separator, limit)
  const parts: string[] = []
  let start = 0
  for (const { start: end, end: next } of matches) {
    parts.push(text.substring(start, end))
    start = next
  }
  if (matches.length === 0 || limit === undefined || matches.length < limit) parts.push(text.substring(start))
  return parts
}

function replace(text: string | undefined, pattern: unknown, replacement: unknown, limit: number | undefined): unknown {
  if (text === undefined) return undefined
  if (pattern === '' || (limit !== undefined && limit < 0)) handOver()
  if (limit !== undefined && !(limit > 0)) return text
  if (typeof pattern === 'string') return replaceText(text, pattern, replacement, limit)
  let result = ''
  let position = 0
  for (const match of matchesIn(text, pattern, limit)) {
    const substitute =
      typeof replacement === 'string' ? filledIn(replacement, match) : replacementBy(replacement, match)
    result += text.substring(position, match.start) + substitute
    position = match.start + match.match.length
  }
  return result + text.substring(position)
}

function replaceText(text: string, pattern: string, replacement: unknown, limit: number | undefined): string {
  if (typeof replacement !== 'string') return handOver()
  let result = ''
  let position = 0
  let count = 0
  let index = text.indexOf(pattern)
  while (index !== -1 && (limit === undefined || count < limit)) {
    result += text.substring(position, index) + replacement
    position = index + pattern.length
    count += 1
    index = text.indexOf(pattern, position)
  }
  return result + text.substring(position)
}

/**
 * A function that makes the replacement gets the match; functions that ask for the next match need
 * the interpreter.
 */
function replacementBy(call: unknown, { match, start, end, groups }: Match): string {
  if (typeof call !== 'function' || EXPRESSION in call) return handOver()
  const next = { get: handOver, enumerable: true }
  const answer: unknown = call(Object.defineProperty({ match, start, end, groups }, 'next', next))
  return typeof answer === 'string' ? answer : handOver()
}

/** A replacement with `$1` and its like filled in. */
function filledIn(replacement: string, { match, groups }: Match): string {
  let filled = ''
  let position = 0
  let index = replacement.indexOf('$')
  while (index !== -1 && position < replacement.length) {
    filled += replacement.substring(position, index)
    position = index + 1
    const next = replacement.charAt(position)
    if (next === '$' || next === '0') {
      filled += next === '$' ? '$' : match
      position += 1
    } else {
      const digits = groups.length === 0 ? 1 : Math.floor(Math.log(groups.length) * Math.LOG10E) + 1
      let group = Number.parseInt(replacement.substring(position, position + digits), 10)
      if (digits > 1 && group > groups.length) {
        group = Number.parseInt(replacement.substring(position, position + digits - 1), 10)
      }
      if (Number.isNaN(group)) filled += '$'
      else {
        filled += groups[group - 1] ?? ''
        position += String(group).length
      }
    }
    index = replacement.indexOf('$', position)
  }
  return filled + replacement.substring(position)
}
