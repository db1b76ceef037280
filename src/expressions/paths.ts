/**
 * The closures of paths such as `a.b[0].c`: they follow the steps item by item, as the interpreter
 * does. Plain names on plain objects only read members; a sequence begins where there is a list.
 */

import {
  asSequence,
  type Closure,
  dataOf,
  type Effort,
  type Filter,
  handOver,
  isInherited,
  isSequence,
  kept,
  type Marked,
  memberOf,
  sequence,
} from './sequences.ts'

export interface Step {
  run: Closure
  filters?: Filter[]
  /** The name of a plain member. */
  name?: string
  isVariable: boolean
  cons: boolean
}

/** @param keeps whether a single item stays in a list */
export function path(steps: readonly Step[], keeps: boolean, effort: Effort): Closure {
  const run = following(steps, effort)
  if (!keeps) return run
  return (input) => {
    const found = run(input)
    if (found === undefined) return undefined
    if (!Array.isArray(found) || ((found as Marked).cons && !isSequence(found))) return kept(sequence(found))
    // The interpreter marks the list, which fails if it is frozen.
    return Object.isExtensible(found) ? kept(found) : handOver()
  }
}

function following(steps: readonly Step[], effort: Effort): Closure {
  const first = steps[0] as Step
  const names = steps.slice(first.name === undefined ? 1 : 0).map(({ name }) => name)
  if ((first.name !== undefined || first.isVariable) && names.every((name) => name !== undefined) && !first.filters)
    return first.name === undefined ? members(names, steps, effort, first.run) : members(names, steps, effort)
  return (input) => follow(steps, startOf(input, first), 0, effort)
}

function startOf(input: unknown, first: Step): unknown[] {
  return Array.isArray(input) && !first.isVariable ? input : sequence(input)
}

/** A path of plain names, which continue without sequences until there is a list. */
function members(names: readonly string[], steps: readonly Step[], effort: Effort, start?: Closure): Closure {
  const before = steps.length - names.length
  const member = names.some(isInherited) ? memberOf : dataOf
  const count = names.length
  return (input) => {
    let value = input
    if (start !== undefined) {
      value = start(input)
      if (Array.isArray(value)) return follow(steps, sequence(input), 0, effort)
    }
    for (let index = 0; index < count; index += 1) {
      if (typeof value !== 'object' || value === null) return undefined
      if (Array.isArray(value)) {
        const isOne = index > 0 && (value as Marked).cons
        return follow(steps, isOne ? sequence(value) : value, before + index, effort)
      }
      value = member(value, names[index] as string)
    }
    return isSequence(value) ? sequence(...value) : value
  }
}

/** The steps from `from` on, over the items of the step before. */
function follow(steps: readonly Step[], start: unknown[], from: number, effort: Effort): unknown {
  let items = start
  for (let index = from; index < steps.length; index += 1) {
    const step = steps[index] as Step
    const found = index === 0 && step.cons ? step.run(items) : over(step, items, index === steps.length - 1, effort)
    if (!Array.isArray(found)) return handOver()
    items = found
    if (items.length === 0) break
  }
  return items
}

/** Whether its items replace it in a list. */
function isList(value: unknown): boolean {
  return Array.isArray(value) && !(value as Marked).cons
}

function over({ run, filters }: Step, items: unknown[], isLast: boolean, effort: Effort): unknown[] {
  effort.count(items.length)
  if (items.length === 1) return overOne(run, filters, items[0], isLast)
  const found: unknown[] = []
  for (const item of items) {
    let value = run(item)
    if (filters !== undefined) for (const filter of filters) value = filter(value)
    if (value !== undefined) found.push(value)
  }
  const only = found[0]
  if (isLast && found.length === 1 && Array.isArray(only) && !isSequence(only)) return only
  return found.some(isList) ? flattened(found) : asSequence(found)
}

/** The same for a single item, as for the first step of most paths. */
function overOne(run: Closure, filters: Filter[] | undefined, item: unknown, isLast: boolean): unknown[] {
  let value = run(item)
  if (filters !== undefined) for (const filter of filters) value = filter(value)
  if (value === undefined) return sequence()
  if (isLast && Array.isArray(value) && !isSequence(value)) return value
  return isList(value) ? flattened([value]) : sequence(value)
}

function flattened(found: readonly unknown[]): unknown[] {
  const flat = sequence()
  for (const value of found) {
    if (isList(value)) for (const one of value as unknown[]) flat.push(one)
    else flat.push(value)
  }
  return flat
}
