import { BadInput } from '../diagnostics/errors.ts'
import { type Json, setMember } from '../json.ts'

/**
 * A result of JSONata as plain JSON: its sequences have extra properties, and its objects can share
 * parts with the record.
 * @throws BadInput when it contains a function or other values that are not data
 */
export function toPlain(value: unknown): Json | undefined {
  switch (typeof value) {
    case 'undefined':
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      throw new BadInput('the expression returns a number that is infinite or not a number')
    case 'object':
      break
    default:
      throw new BadInput(`the expression returns a ${typeof value}, not data: is an argument list missing?`)
  }
  if (value === null) return null
  if (Array.isArray(value)) return plainItems(value)
  if ('_jsonata_lambda' in value || '_jsonata_function' in value) {
    throw new BadInput('the expression returns a function, not data: is an argument list missing?')
  }
  const copy: { [key: string]: Json } = {}
  for (const key of Object.keys(value)) {
    const plain = toPlain((value as Record<string, unknown>)[key])
    if (plain !== undefined) setMember(copy, key, plain)
  }
  return copy
}

/** Not by `map`: see docs/explanation/performance.md, "Where the time goes". */
function plainItems(values: readonly unknown[]): Json[] {
  const items: Json[] = []
  for (const value of values) {
    const plain = toPlain(value)
    if (plain !== undefined) items.push(plain)
  }
  return items
}

/** JSONata's `$boolean` of a value: empty text, lists and objects, zero and null are false. */
export function isTruthy(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(isTruthy)
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}
