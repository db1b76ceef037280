import type { ConflictPolicy, DriftPolicy } from '../config/manifest.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../json.ts'
import { diffField } from '../resources/compare.ts'
import type { Attributes, FieldDefinition } from '../resources/draft.ts'
import type { Changes, KindDefinition } from '../resources/kind.ts'
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

/** Whether the source has changed a field that WorkOS can update, since it was last applied. */
export function sourceChanged(definition: KindDefinition, desired: Attributes, base: Attributes): boolean {
  return comparedFields(definition).some(
    ([field, rule]) => rule.updatable !== false && diffField(rule, desired[field], base[field]) !== undefined,
  )
}

/**
 * The three-way comparison of a resource that is in the state. A field is sent when the source changed it since it was last
 * applied; what somebody changed in WorkOS since then stays, and is told.
 * @param live undefined where planning had no reason to look
 * @param policyOf what happens to a field that was changed in WorkOS
 */
export function compareKnown(
  definition: KindDefinition,
  desired: Attributes,
  base: Attributes,
  live: Attributes | undefined,
  policyOf: (field: string) => DriftPolicy = () => 'keep',
): Comparison {
  const result: Comparison = { changes: [], send: {}, kept: [], caughtUp: false, applied: { ...desired } }
  for (const [field, rule] of comparedFields(definition)) {
    const wanted = desired[field]
    const diff = diffField(rule, wanted, base[field])
    const held = live?.[field]
    if (rule.updatable === false) {
      if (live && held !== undefined && diffField(rule, wanted, held) !== undefined) {
        result.kept.push({ field, live: held, desired: wanted, reason: 'cannot be updated' })
      }
      continue
    }
    const policy = policyOf(field)
    if (policy === 'overwrite' && held !== undefined && wanted !== undefined) {
      overwrite(result, field, rule, wanted, held, asObject(base[field]))
      if (diff !== undefined && !(field in result.send)) result.caughtUp = true
    } else if (diff === undefined) {
      if (held !== undefined && wanted !== undefined && differs(rule, wanted, held)) {
        keep(result, field, held, wanted, policy)
      }
    } else if (held === undefined) {
      addChange(result, field, base[field], wanted, diff)
    } else if (rule.compare === 'map' && isObject(diff)) {
      compareMembers(result, field, diff, asObject(base[field]), asObject(held), policy)
    } else if (!differs(rule, wanted ?? null, held)) {
      result.caughtUp = true
    } else if (differs(rule, base[field] ?? null, held)) {
      keep(result, field, held, wanted, policy)
      restore(result.applied, field, base[field])
    } else {
      addChange(result, field, held, wanted, diff)
    }
  }
  return result
}

/**
 * The comparison of a resource that is in WorkOS and not in the state. Fields that are empty there are filled in where the
 * policy allows it; nothing that has a value is overwritten, unless the kind has a policy of its own for what differs.
 */
export function compareAdopted(
  definition: KindDefinition,
  desired: Attributes,
  live: Attributes,
  fill: readonly string[],
  onConflict?: ConflictPolicy,
): Comparison {
  const result: Comparison = { changes: [], send: {}, kept: [], caughtUp: false, applied: desired }
  if (onConflict !== undefined) return compareConflicting(result, definition, desired, live, onConflict)
  for (const [field, rule] of comparedFields(definition)) {
    const wanted = desired[field]
    const held = live[field]
    if (wanted === undefined || held === undefined || !differs(rule, wanted, held)) continue
    const fillable = fill.includes(field) && rule.updatable !== false
    if (rule.compare === 'map' && isObject(wanted)) {
      fillMembers(result, field, wanted, asObject(held), fillable)
    } else if (rule.compare === 'set' && fillable && Array.isArray(wanted) && Array.isArray(held)) {
      const union = [...new Set([...held, ...wanted])]
      addChange(result, field, held, union, union)
    } else if (fillable && (isEmpty(held) || held === false)) {
      addChange(result, field, held, wanted, wanted)
    } else {
      result.kept.push({ field, live: held, desired: wanted, reason: 'different when adopted' })
    }
  }
  return result
}

/** Every field that differs is made as the source says, or kept and shown. */
function compareConflicting(
  result: Comparison,
  definition: KindDefinition,
  desired: Attributes,
  live: Attributes,
  policy: ConflictPolicy,
): Comparison {
  for (const [field, rule] of comparedFields(definition)) {
    const wanted = desired[field]
    const held = live[field]
    if (wanted === undefined || held === undefined || !differs(rule, wanted, held)) continue
    if (policy === 'update' && rule.updatable !== false) addChange(result, field, held, wanted, wanted)
    else {
      const refused = policy === 'fail' ? { refused: true as const } : {}
      result.kept.push({ field, live: held, desired: wanted, reason: 'different when adopted', ...refused })
    }
  }
  return result
}

/** What WorkOS holds gives way to the source: of a map, only the members that the source has or had. */
function overwrite(
  result: Comparison,
  field: string,
  rule: FieldDefinition,
  wanted: Json,
  held: Json,
  base: JsonObject,
): void {
  if (rule.compare !== 'map' || !isObject(wanted)) {
    if (differs(rule, wanted, held)) addChange(result, field, held, wanted, wanted)
    return
  }
  const now = asObject(held)
  const send: JsonObject = Object.create(null)
  for (const [member, value] of Object.entries(wanted)) if (!same(now[member] ?? null, value)) send[member] = value
  for (const member of Object.keys(base)) if (!Object.hasOwn(wanted, member) && member in now) send[member] = null
  addMembers(result, field, send, now)
}

function keep(
  result: Comparison,
  field: string,
  live: Json | undefined,
  desired: Json | undefined,
  policy: DriftPolicy,
): void {
  const refused = policy === 'fail' ? { refused: true as const } : {}
  result.kept.push({ field, live, desired, reason: 'changed in WorkOS', ...refused })
}

function compareMembers(
  result: Comparison,
  field: string,
  diff: JsonObject,
  base: JsonObject,
  held: JsonObject,
  policy: DriftPolicy,
): void {
  const send: JsonObject = Object.create(null)
  for (const [member, value] of Object.entries(diff)) {
    const now = held[member] ?? null
    if (same(now, value)) result.caughtUp = true
    else if (same(now, base[member] ?? null)) send[member] = value
    else {
      keep(result, `${field}.${member}`, now, value, policy)
      const members = asObject(result.applied[field])
      restore(members, member, base[member])
      result.applied[field] = members
    }
  }
  addMembers(result, field, send, held)
}

function fillMembers(result: Comparison, field: string, wanted: JsonObject, held: JsonObject, fillable: boolean): void {
  const send: JsonObject = Object.create(null)
  for (const [member, value] of Object.entries(wanted)) {
    const now = held[member]
    if (now === undefined && fillable) send[member] = value
    else if (!same(now ?? null, value)) {
      result.kept.push({ field: `${field}.${member}`, live: now, desired: value, reason: 'different when adopted' })
    }
  }
  addMembers(result, field, send, held)
}

function addMembers(result: Comparison, field: string, send: JsonObject, held: JsonObject): void {
  if (Object.keys(send).length === 0) return
  result.send[field] = send
  for (const [member, value] of Object.entries(send)) {
    result.changes.push({ field: `${field}.${member}`, before: held[member], after: value ?? undefined })
  }
}

function addChange(
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

/** Whether two values differ by the field's own comparison; members that only WorkOS has do not count. */
function differs(rule: FieldDefinition, wanted: Json, held: Json): boolean {
  if (isEmpty(wanted) && isEmpty(held)) return false
  if (rule.compare === 'map' && isObject(wanted)) {
    const members = asObject(held)
    return Object.entries(wanted).some(([member, value]) => !same(members[member] ?? null, value as Json))
  }
  return diffField(rule, wanted, held) !== undefined
}

function same(one: Json, other: Json): boolean {
  return canonicalJson(one) === canonicalJson(other)
}

function restore(attributes: JsonObject, field: string, base: Json | undefined): void {
  if (base === undefined) delete attributes[field]
  else attributes[field] = base
}

/** A copy without a prototype: a member may be called `constructor` or `__proto__`. */
function asObject(value: Json | undefined): JsonObject {
  return Object.assign(Object.create(null), isObject(value) ? value : {})
}

function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === null || value === '' || (isObject(value) && Object.keys(value).length === 0)
}
