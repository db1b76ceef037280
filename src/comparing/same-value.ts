import { lowerAscii, safeNfc } from '../addresses.ts'
import { canonicalJson, isObject, type Json } from '../json.ts'

/**
 * Whether two values say the same, one of them as a server tells it. Blanks around a text, its way of composing letters, nothing in place of
 * null or false, and a text in place of a number are habits of servers and no difference.
 */
export function sameValue(one: Json, other: Json, caseless = false): boolean {
  const [first, second] = [written(one, caseless), written(other, caseless)]
  if (first === second) return true
  return (one === false && second === '') || (other === false && first === '')
}

/** The same of two lists whose order says nothing. */
export function sameMembers(one: readonly Json[], other: readonly Json[], caseless = false): boolean {
  const [ones, others] = [one, other].map((list) => new Set(list.map((value) => written(value, caseless))))
  return ones?.size === others?.size && ones !== undefined && others !== undefined && ones.isSubsetOf(others)
}

/** A value as text, so that two spellings of one are equal; empty for nothing. */
function written(value: Json, caseless: boolean): string {
  if (value === null) return ''
  if (typeof value === 'object') return Object.keys(value).length === 0 ? '' : canonicalJson(value)
  const text = safeNfc(String(value)).trim()
  return caseless ? lowerAscii(text) : text
}

/** Whether a value says nothing: WorkOS answers it and its absence alike. */
export function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === null || value === '' || (isObject(value) && Object.keys(value).length === 0)
}
