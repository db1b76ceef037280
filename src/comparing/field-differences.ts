import { lowerAscii, safeNfc } from '../addresses.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../json.ts'
import type { FieldDefinition } from '../kinds/draft.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes } from '../resource.ts'

// Differences between values of one resource, field by field. `diffField`: what an update must
// send. `differs`: whether WorkOS has another value. `compareFields`: what differs from the source,
// and who changed it.

/**
 * The fields to compare and show: no secrets, and no fields that only help to find the resource.
 */
export function comparedFields(definition: KindDefinition): [string, FieldDefinition][] {
  return Object.entries(definition.fields).filter(([, field]) => !field.secret && field.compared !== false)
}

/**
 * Whether the value in WorkOS differs by the field's comparison. Members that only WorkOS has do
 * not count, nor do habits of servers: otherwise every apply would write again.
 */
export function differs(rule: FieldDefinition, wanted: Json, held: Json): boolean {
  if (isEmpty(wanted) && isEmpty(held)) return false
  if (rule.compare === 'map' && isObject(wanted)) {
    const members = asObject(held)
    return Object.entries(wanted).some(([member, value]) => !sameValue(members[member] ?? null, value as Json))
  }
  if (rule.compare === 'set' && Array.isArray(wanted) && Array.isArray(held)) return !sameMembers(wanted, held)
  return !sameValue(wanted, held)
}

/**
 * What an update of a field must send to change `base` into `desired`. Undefined: nothing. An
 * absent desired value is not managed, whatever the base has. Of a `map`, only the changed members
 * are returned, null for those that only the base has.
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

/**
 * Who changed a value since it was last applied. `unknown`: nothing was applied. `reduced`: WorkOS
 * did not accept all of it. `answered`: WorkOS returned this value for the write.
 */
export type ChangedBy = 'source' | 'WorkOS' | 'both' | 'reduced' | 'answered' | 'unknown'

/** A field, or a member of one, whose values in WorkOS and in the source differ. */
export interface FieldDifference {
  field: string
  live: Json | null
  desired: Json | null
  changed: ChangedBy
}

/**
 * The managed fields that differ, and who changed them.
 * @param base what was last applied; undefined: nothing
 */
export function compareFields(
  definition: KindDefinition,
  desired: Attributes,
  base: Attributes | undefined,
  live: Attributes,
): FieldDifference[] {
  const differences: FieldDifference[] = []
  for (const [field, rule] of comparedFields(definition)) {
    const wanted = desired[field]
    const held = live[field]
    if (wanted === undefined || held === undefined) continue
    if (rule.compare === 'map' && isObject(wanted)) {
      differences.push(...compareMembers(field, members(wanted), base && members(base[field]), members(held)))
      continue
    }
    const same = (one: Json | undefined, other: Json | undefined) => !differs(rule, one ?? null, other ?? null)
    if (same(wanted, held)) continue
    const changed = base === undefined ? 'unknown' : changedBy(!same(wanted, base[field]), !same(base[field], held))
    differences.push({ field, live: held, desired: wanted, changed })
  }
  for (const [field, wanted] of Object.entries(definition.inForce ?? {})) {
    const held = live[field]
    if (held === undefined || held === wanted) continue
    differences.push({ field, live: held, desired: wanted, changed: base === undefined ? 'unknown' : 'WorkOS' })
  }
  return differences
}

function compareMembers(
  field: string,
  desired: Map<string, Json>,
  base: Map<string, Json> | undefined,
  held: Map<string, Json>,
): FieldDifference[] {
  const differences: FieldDifference[] = []
  // A member that was applied and has left the source must be removed too.
  for (const name of new Set([...desired.keys(), ...(base?.keys() ?? [])])) {
    const want = desired.get(name) ?? null
    const have = held.get(name) ?? null
    if (sameValue(want, have)) continue
    const before = base?.get(name) ?? null
    const changed = base === undefined ? 'unknown' : changedBy(!sameValue(want, before), !sameValue(before, have))
    differences.push({ field: `${field}.${name}`, live: have, desired: want, changed })
  }
  return differences
}

function changedBy(source: boolean, target: boolean): ChangedBy {
  if (source && target) return 'both'
  return source ? 'source' : 'WorkOS'
}

/** A Map, since a member can be named `__proto__`. */
function members(value: Json | undefined): Map<string, Json> {
  return new Map(isObject(value) ? Object.entries(value) : [])
}

/** A copy without a prototype, since a member can be named `constructor` or `__proto__`. */
export function asObject(value: Json | undefined): JsonObject {
  return Object.assign(Object.create(null), isObject(value) ? value : {})
}

/**
 * Whether two values mean the same. Surrounding spaces, Unicode normalization, null instead of
 * false, and text instead of a number are habits of servers and do not count.
 */
export function sameValue(one: Json, other: Json, caseless = false): boolean {
  const [first, second] = [written(one, caseless), written(other, caseless)]
  if (first === second) return true
  return (one === false && second === '') || (other === false && first === '')
}

/** The same for two lists in any order. */
export function sameMembers(one: readonly Json[], other: readonly Json[], caseless = false): boolean {
  const [ones, others] = [one, other].map((list) => new Set(list.map((value) => written(value, caseless))))
  return ones?.size === others?.size && ones !== undefined && others !== undefined && ones.isSubsetOf(others)
}

/** A value as text, equal for two spellings of it. Empty for no value. */
function written(value: Json, caseless: boolean): string {
  if (value === null) return ''
  if (typeof value === 'object') return Object.keys(value).length === 0 ? '' : canonicalJson(value)
  const text = safeNfc(String(value)).trim()
  return caseless ? lowerAscii(text) : text
}

/** Whether a value means the same to WorkOS as its absence. */
export function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === null || value === '' || (isObject(value) && Object.keys(value).length === 0)
}
