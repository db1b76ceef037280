/**
 * The closures of operators, from the closures of their sides. Undefined: not an operator. What the
 * interpreter rejects, such as `1 + "a"`, it evaluates itself.
 */

import { textOf } from './natives.ts'
import { type Closure, equal, handOver, isNumber, truthy } from './sequences.ts'

export function operation(operator: string, left: Closure, right: Closure): Closure | undefined {
  switch (operator) {
    case 'and':
      return (input) => truthy(left(input)) && truthy(right(input))
    case 'or':
      return (input) => truthy(left(input)) || truthy(right(input))
    case '&':
      return (input) => textOf(left(input)) + textOf(right(input))
    case '=':
    case '!=':
      return comparison(operator === '=', left, right)
    case 'in':
      return membership(left, right)
  }
  const operate = OPERATORS.get(operator)
  return operate && ((input) => operate(left(input), right(input)))
}

function comparison(wanted: boolean, left: Closure, right: Closure): Closure {
  return (input) => {
    const one = left(input)
    const other = right(input)
    return one !== undefined && other !== undefined && equal(one, other) === wanted
  }
}

function membership(left: Closure, right: Closure): Closure {
  return (input) => {
    const one = left(input)
    const list = right(input)
    if (one === undefined || list === undefined) return false
    return Array.isArray(list) ? list.some((item) => item === one) : list === one
  }
}

export function negated(run: Closure): Closure {
  return (input) => {
    const value = run(input)
    if (value === undefined) return undefined
    return isNumber(value) ? -value : handOver()
  }
}

function compared(compare: (one: string | number, other: string | number) => boolean) {
  return (one: unknown, other: unknown): unknown => {
    if (!isComparable(one) || !isComparable(other)) return handOver()
    if (one === undefined || other === undefined) return undefined
    return typeof one === typeof other ? compare(one, other) : handOver()
  }
}

function isComparable(value: unknown): value is string | number | undefined {
  return value === undefined || typeof value === 'string' || typeof value === 'number'
}

function calculated(calculate: (one: number, other: number) => number) {
  return (one: unknown, other: unknown): unknown => {
    if ((one !== undefined && !isNumber(one)) || (other !== undefined && !isNumber(other))) return handOver()
    if (one === undefined || other === undefined) return undefined
    const result = calculate(one, other)
    return Number.isFinite(result) ? result : handOver()
  }
}

const OPERATORS: ReadonlyMap<string, (one: unknown, other: unknown) => unknown> = new Map([
  ['<', compared((one, other) => one < other)],
  ['<=', compared((one, other) => one <= other)],
  ['>', compared((one, other) => one > other)],
  ['>=', compared((one, other) => one >= other)],
  ['+', calculated((one, other) => one + other)],
  ['-', calculated((one, other) => one - other)],
  ['*', calculated((one, other) => one * other)],
  ['/', calculated((one, other) => one / other)],
  ['%', calculated((one, other) => one % other)],
])
