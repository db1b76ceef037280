/**
 * JSONata's values as its interpreter represents them: data, and sequences, which are arrays with
 * marks. The functions follow the interpreter's rules without promises, and hand over to it
 * whatever it would reject.
 */

/** Evaluates a node of the syntax tree for the input `$`. */
export type Closure = (input: unknown) => unknown

/** An array during evaluation: the result of a step, or plain data if it has no mark. */
export interface Marked extends Array<unknown> {
  /** A gathered result: a single item means itself, and no item means no value. */
  sequence?: boolean
  /** A single item stays in a list. */
  keepSingleton?: boolean
  /** An array constructor in a path made it: it counts as one item. */
  cons?: boolean
  /** It wraps the input, which is a list. */
  outerWrapper?: boolean
}

/**
 * Thrown if the interpreter has to evaluate the whole expression: it would report an error, or only
 * its own code covers the data.
 */
class HandOver extends Error {}

const HANDED_OVER = new HandOver('for the interpreter')

export function handOver(): never {
  throw HANDED_OVER
}

/** Items of one evaluation at most. Longer ones go to the interpreter, which has a time limit. */
const MAX_STEPS = 100_000

/** The effort of one evaluation. */
export class Effort {
  #steps = 0

  begin(): void {
    this.#steps = 0
  }

  count(steps: number): void {
    this.#steps += steps
    if (this.#steps > MAX_STEPS) handOver()
  }
}

export function sequence(...items: unknown[]): Marked {
  return asSequence(items)
}

/** Marks an array that nothing else uses. */
export function asSequence(items: unknown[]): Marked {
  const made: Marked = items
  made.sequence = true
  return made
}

export function isSequence(value: unknown): value is Marked {
  return Array.isArray(value) && (value as Marked).sequence === true
}

/** The value of a node: no item means no value, and a single item means itself. */
export function normalised(value: unknown): unknown {
  if (!isSequence(value)) return value
  if (value.length === 0) return undefined
  return value.length === 1 && !value.keepSingleton ? value[0] : value
}

/** The effect of `[]`. */
export function kept(value: unknown): unknown {
  if (!isSequence(value)) return value
  value.keepSingleton = true
  return value.length === 0 ? undefined : value
}

/** JSON objects that look like functions to the interpreter. */
function isFunctionLike(value: { _jsonata_function?: unknown; _jsonata_lambda?: unknown }): boolean {
  return value._jsonata_function === true || value._jsonata_lambda === true
}

/** A value as an argument: the interpreter would unwrap an object that looks like a function. */
export function argument(value: unknown): unknown {
  return typeof value === 'object' && value !== null && isFunctionLike(value) ? handOver() : value
}

/** Whether a value is an object with members, not a list. */
export function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value of `$`: a list that is the input is wrapped. */
export function unwrapped(input: unknown): unknown {
  return isWrapper(input) ? input[0] : input
}

function isWrapper(input: unknown): input is Record<number, unknown> {
  return typeof input === 'object' && input !== null && 'outerWrapper' in input && Boolean(input.outerWrapper)
}

/** A member by name; of a list, the member of each item. */
export function lookup(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return memberOf(value, name)
  const found = sequence()
  for (const item of value) {
    const member = lookup(item, name)
    if (Array.isArray(member)) for (const one of member) found.push(one)
    else if (member !== undefined) found.push(member)
  }
  return found
}

export function memberOf(value: object, name: string): unknown {
  if (!Object.hasOwn(value, name)) return undefined
  if (isFunctionLike(value)) handOver()
  return (value as Record<string, unknown>)[name]
}

/** Names that every object has by inheritance, such as `constructor`. */
export function isInherited(name: string): boolean {
  return name in Object.prototype
}

/** The last object that was checked not to look like a function: most are read several times. */
let asked: object | undefined

/** A member by a name that no object inherits, which needs fewer checks. */
export function dataOf(value: object, name: string): unknown {
  if (value !== asked) {
    if (isFunctionLike(value)) return memberOf(value, name)
    asked = value
  }
  return (value as Record<string, unknown>)[name]
}

/** JSONata's `$boolean`, and false for no value. */
export function truthy(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
      return value
    case 'string':
      return value !== ''
    case 'number':
      return isNumber(value) && value !== 0
    case 'object':
      if (value === null) return false
      if (Array.isArray(value)) return value.length === 1 ? truthy(value[0]) : value.filter(truthy).length > 0
      return !isFunctionLike(value) && Object.keys(value).length > 0
    default:
      return false
  }
}

/** Whether it is a finite number. */
export function isNumber(value: unknown): value is number {
  if (typeof value !== 'number') return false
  return Number.isFinite(value) || handOver()
}

export function equal(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => equal(item, other[index]))
  }
  // For a list and an object, the interpreter compares the marks of the list too.
  if (Array.isArray(one) || Array.isArray(other)) handOver()
  const names = Object.getOwnPropertyNames(one)
  return (
    names.length === Object.getOwnPropertyNames(other).length &&
    names.every((name) => Object.hasOwn(other, name)) &&
    names.every((name) => equal((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]))
  )
}

/** Keeps some items of a list; any other value counts as a list of one. */
export type Filter = (value: unknown) => Marked

/** The item at an index; a list there replaces the result. */
export function at(index: number): Filter {
  const whole = Math.floor(index)
  return (value) => {
    const items = listed(value)
    const item = items[whole < 0 ? items.length + whole : whole]
    if (item === undefined) return sequence()
    return Array.isArray(item) ? item : sequence(item)
  }
}

/** The items for which a predicate is true, or whose index it returns. */
export function where(predicate: (item: unknown) => unknown): Filter {
  return (value) => {
    const items = listed(value)
    const kept = sequence()
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index]
      const answer = predicate(item)
      const indexes = isNumber(answer) ? [answer] : answer
      if (isNumbers(indexes)) {
        for (const each of indexes) {
          const whole = Math.floor(each)
          if ((whole < 0 ? items.length + whole : whole) === index) kept.push(item)
        }
      } else if (truthy(indexes)) kept.push(item)
    }
    return kept
  }
}

function listed(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  if (isMembers(value) && value.tupleStream) handOver()
  return [value]
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNumber)
}

/** All members of an object, or of each item of a list, flattened. */
export function wildcard(input: unknown): Marked {
  const members = Array.isArray(input) && (input as Marked).outerWrapper && input.length > 0 ? input[0] : input
  if (typeof members !== 'object' || members === null) return sequence()
  if (isFunctionLike(members)) handOver()
  let found: Marked = sequence()
  for (const [name, value] of Object.entries(members)) {
    // The interpreter counts the marks of a sequence as members.
    if (Array.isArray(members) && !/^\d+$/.test(name)) handOver()
    if (Array.isArray(value)) found = found.concat(value.flat(Number.POSITIVE_INFINITY))
    else found.push(value)
  }
  return found
}
