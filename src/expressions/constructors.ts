/**
 * The closures for `[…]` and `{…}`: a list, an object, or for a list one object of its items
 * grouped by key.
 */

import { append } from './natives.ts'
import { type Closure, type Effort, handOver, isMembers, isSequence } from './sequences.ts'

/**
 * Keys of one grouping at most. The interpreter evaluates all of them together and counts them as
 * nested.
 */
const MAX_KEYS = 20

export interface Item {
  run: Closure
  /** A list constructor, whose list stays one item. */
  whole: boolean
}

export interface Pair {
  key: Closure
  value: Closure
}

/** @param isStep whether it is a step of a path, for which the list is one item */
export function listing(items: readonly Item[], isStep: boolean): Closure {
  return (input) => {
    const list: unknown[] = []
    for (const { run, whole } of items) {
      const value = run(input)
      if (value === undefined) continue
      if (whole || !Array.isArray(value)) list.push(value)
      else for (const one of value) list.push(one)
    }
    return isStep ? Object.defineProperty(list, 'cons', { value: true }) : list
  }
}

/**
 * @param weight nodes of the pairs
 * @param records whether the expression calls recorded functions, known after compilation
 */
export function grouping(pairs: readonly Pair[], weight: number, records: () => boolean, effort: Effort): Closure {
  return (input) => {
    if (isMembers(input) && input.tupleStream) handOver()
    if (!Array.isArray(input)) return objectOf(pairs, input)
    if (input.length === 0) return isSequence(input) ? objectOf(pairs, undefined) : handOver()
    if (input.length === 1) return objectOf(pairs, input[0])
    effort.count(input.length)
    const groups = groupsOf(pairs, input)
    // The interpreter counts several keys as nested.
    if (groups.length * weight > MAX_KEYS || records()) handOver()
    const values: Record<string, unknown> = Object.create(null)
    for (const [key, { data, pair }] of groups) {
      const value = pair.value(data)
      if (value !== undefined) values[key] = value
    }
    return values
  }
}

function objectOf(pairs: readonly Pair[], item: unknown): unknown {
  const values: Record<string, unknown> = Object.create(null)
  const keys = new Set<string>()
  for (const { key: keyOf, value } of pairs) {
    const key = keyOf(item)
    if (key === undefined) continue
    if (typeof key !== 'string' || keys.has(key) || isReserved(key)) return handOver()
    keys.add(key)
    const member = value(item)
    if (member !== undefined) values[key] = member
  }
  return values
}

function groupsOf(pairs: readonly Pair[], items: readonly unknown[]): [string, { data: unknown; pair: Pair }][] {
  const groups: Record<string, { data: unknown; pair: Pair }> = Object.create(null)
  for (const item of items) {
    for (const pair of pairs) {
      const key = pair.key(item)
      if (key === undefined) continue
      if (typeof key !== 'string' || isReserved(key)) return handOver()
      const group = groups[key]
      if (group === undefined) groups[key] = { data: item, pair }
      else if (group.pair !== pair) handOver()
      else group.data = append(group.data, item)
    }
  }
  return Object.entries(groups)
}

/** Keys that mark functions in the interpreter. */
function isReserved(key: string): boolean {
  return key === '_jsonata_lambda' || key === '_jsonata_function'
}
