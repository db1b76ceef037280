import { canonicalJson, isObject, type Json } from '../json.ts'
import type { FieldDefinition } from './draft.ts'

/**
 * What an update of one field has to send to turn `base` into `desired`; undefined when there is nothing to send.
 * An absent desired value is not managed, whatever stands in the base. Of a `map`, only the changed members come back,
 * null for those that only the base has.
 */
export function diffField(
  definition: Pick<FieldDefinition, 'compare'>,
  desired: Json | undefined,
  base: Json | undefined,
): Json | undefined {
  if (desired === undefined) return undefined
  if (definition.compare === 'map' && isObject(desired)) return diffMap(desired, isObject(base) ? base : {})
  if (definition.compare === 'set' && Array.isArray(desired)) {
    return sameSet(desired, Array.isArray(base) ? base : []) ? undefined : desired
  }
  return canonicalJson(desired) === canonicalJson(base) ? undefined : desired
}

function diffMap(desired: Record<string, Json>, base: Record<string, Json>): Json | undefined {
  const changed: Record<string, Json> = Object.create(null)
  for (const [key, value] of Object.entries(desired)) {
    if (!Object.hasOwn(base, key) || canonicalJson(value) !== canonicalJson(base[key])) changed[key] = value
  }
  for (const key of Object.keys(base)) if (!Object.hasOwn(desired, key)) changed[key] = null
  return Object.keys(changed).length === 0 ? undefined : changed
}

function sameSet(one: readonly Json[], other: readonly Json[]): boolean {
  const ones = new Set(one.map(canonicalJson))
  const others = new Set(other.map(canonicalJson))
  return ones.size === others.size && ones.isSubsetOf(others)
}
