import type { DriftPolicy } from '../config/manifest.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import type { FieldDefinition } from '../kinds/draft.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes } from '../resource.ts'
import { addChange, addMembers, type Comparison, vouchesForOther } from './comparison.ts'
import { asObject, comparedFields, differs, diffField, sameValue } from './field-differences.ts'

/**
 * The three-way comparison of a resource in the state. A field is sent if the source changed it
 * since it was last applied. Changes made in WorkOS since then are kept and reported.
 * @param live undefined if planning had no reason to read it
 * @param policyOf what to do with a field that was changed in WorkOS
 * @param ownership nothing confirms the owner of an adopted account, whatever the policy
 * @param answered what WorkOS returned when the base was sent, if it differs: nobody changed that
 */
export function compareKnown(
  definition: KindDefinition,
  desired: Attributes,
  base: Attributes,
  live: Attributes | undefined,
  policyOf: (field: string) => DriftPolicy = () => 'keep',
  ownership: 'created' | 'adopted' = 'created',
  answered: Attributes = {},
): Comparison {
  const result: Comparison = { changes: [], send: {}, kept: [], caughtUp: false, applied: { ...desired } }
  for (const [field, rule] of comparedFields(definition)) {
    const wanted = desired[field]
    const diff = diffField(rule, wanted, base[field])
    const held = live?.[field]
    if (rule.updatable === false) {
      if (held !== undefined && wanted !== undefined && differs(rule, wanted, held)) {
        result.kept.push({ field, live: held, desired: wanted, reason: 'cannot be updated' })
      }
      continue
    }
    if (ownership === 'adopted' && vouchesForOther(definition, field, wanted, held)) {
      result.kept.push({ field, live: held, desired: wanted, reason: 'only its owner can verify it' })
      restore(result.applied, field, base[field])
      continue
    }
    const policy = policyOf(field)
    if (policy === 'overwrite' && held !== undefined && wanted !== undefined) {
      overwrite(result, field, rule, wanted, held, asObject(base[field]))
      if (diff !== undefined && !(field in result.send)) result.caughtUp = true
    } else if (diff === undefined) {
      if (held !== undefined && wanted !== undefined && differs(rule, wanted, held)) {
        if (isAnswer(rule, base[field], answered[field], held)) keepAnswer(result, field, held, wanted)
        else keep(result, field, held, wanted, policy)
      }
    } else if (held === undefined) {
      addChange(result, field, base[field], wanted, diff)
    } else if (rule.compare === 'map' && isObject(diff)) {
      compareMembers(result, field, diff, lastHeld(base[field], answered[field]), asObject(held), policy)
    } else if (!differs(rule, wanted ?? null, held)) {
      result.caughtUp = true
    } else if (differs(rule, base[field] ?? null, held) && !isAnswer(rule, base[field], answered[field], held)) {
      keep(result, field, held, wanted, policy)
      restore(result.applied, field, base[field])
    } else {
      addChange(result, field, held, wanted, diff)
    }
  }
  return result
}

/** Whether the source changed an updatable field since it was last applied. */
export function sourceChanged(definition: KindDefinition, desired: Attributes, base: Attributes): boolean {
  return comparedFields(definition).some(
    ([field, rule]) => rule.updatable !== false && diffField(rule, desired[field], base[field]) !== undefined,
  )
}

/** The source overwrites WorkOS. In a map, only the members that the source has or had. */
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
  for (const [member, value] of Object.entries(wanted)) if (!sameValue(now[member] ?? null, value)) send[member] = value
  for (const member of Object.keys(base)) if (!Object.hasOwn(wanted, member) && member in now) send[member] = null
  addMembers(result, field, send, now)
}

/**
 * Whether WorkOS still has what it returned: in a map, the returned members that differ, and all
 * others as they were sent.
 */
function isAnswer(rule: FieldDefinition, base: Json | undefined, answered: Json | undefined, held: Json): boolean {
  if (answered === undefined) return false
  return !differs(rule, rule.compare === 'map' ? lastHeld(base, answered) : answered, held)
}

/** What WorkOS has as long as nobody changes it: what was sent, or what WorkOS returned instead. */
function lastHeld(base: Json | undefined, answered: Json | undefined): JsonObject {
  return Object.assign(asObject(base), asObject(answered))
}

function keepAnswer(result: Comparison, field: string, live: Json, desired: Json | undefined): void {
  result.kept.push({ field, live, desired, reason: 'answered otherwise' })
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
    if (sameValue(now, value)) result.caughtUp = true
    else if (sameValue(now, base[member] ?? null)) send[member] = value
    else {
      keep(result, `${field}.${member}`, now, value, policy)
      const members = asObject(result.applied[field])
      restore(members, member, base[member])
      result.applied[field] = members
    }
  }
  addMembers(result, field, send, held)
}

function restore(attributes: JsonObject, field: string, base: Json | undefined): void {
  if (base === undefined) delete attributes[field]
  else attributes[field] = base
}
