import { saysNothing } from '../comparing/empty.ts'
import { sameMembers, sameValue } from '../comparing/same-value.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import type { FieldDefinition } from '../kinds/draft.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes, Changes } from '../resource.ts'
import type { Drift, FieldChange } from './action.ts'

type KeptDifference = Pick<Drift, 'field' | 'live' | 'desired' | 'reason' | 'refused'>

/** What a comparison comes to. */
export interface Comparison {
  changes: FieldChange[]
  send: Changes
  kept: KeptDifference[]
  /** The source changed, and WorkOS already holds the new value: only the state has to learn of it. */
  caughtUp: boolean
  /** The base of the next comparison, once this one is applied: the source's values, except where a change was not sent. */
  applied: Attributes
}

/** The fields that are compared and shown: no secrets, nothing that only helps to find the thing. */
export function comparedFields(definition: KindDefinition): [string, FieldDefinition][] {
  return Object.entries(definition.fields).filter(([, field]) => !field.secret && field.compared !== false)
}

export function addMembers(result: Comparison, field: string, send: JsonObject, held: JsonObject): void {
  if (Object.keys(send).length === 0) return
  result.send[field] = send
  for (const [member, value] of Object.entries(send)) {
    result.changes.push({ field: `${field}.${member}`, before: held[member], after: value ?? undefined })
  }
}

export function addChange(
  result: Comparison,
  field: string,
  before: Json | undefined,
  after: Json | undefined,
  send: Json,
): void {
  result.send[field] = send
  if (isObject(send)) {
    const old = asObject(before)
    for (const [member, value] of Object.entries(send)) {
      result.changes.push({ field: `${field}.${member}`, before: old[member], after: (value as Json) ?? undefined })
    }
  } else {
    result.changes.push({ field, before: before ?? undefined, after })
  }
}

/**
 * Whether what WorkOS holds differs by the field's own comparison. Members that only WorkOS has do not count, and habits of servers do not
 * either: nobody changed anything, and every apply would write it again.
 */
export function differs(rule: FieldDefinition, wanted: Json, held: Json): boolean {
  if (saysNothing(wanted) && saysNothing(held)) return false
  if (rule.compare === 'map' && isObject(wanted)) {
    const members = asObject(held)
    return Object.entries(wanted).some(([member, value]) => !sameValue(members[member] ?? null, value as Json))
  }
  if (rule.compare === 'set' && Array.isArray(wanted) && Array.isArray(held)) return !sameMembers(wanted, held)
  return !sameValue(wanted, held)
}

/** A copy without a prototype: a member may be called `constructor` or `__proto__`. */
export function asObject(value: Json | undefined): JsonObject {
  return Object.assign(Object.create(null), isObject(value) ? value : {})
}
