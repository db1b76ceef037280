import type { ConflictPolicy } from '../config/manifest.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes } from '../resource.ts'
import { addChange, addMembers, type Comparison, vouchesForOther } from './comparison.ts'
import { asObject, comparedFields, differs, isEmpty, sameValue } from './field-differences.ts'

/**
 * Compares a resource that is in WorkOS but not in the state. The policy can fill in empty fields;
 * fields with a value are never overwritten, unless the kind has its own policy for them.
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
    if (vouchesForOther(definition, field, wanted, held)) {
      result.kept.push({ field, live: held, desired: wanted, reason: 'only its owner can verify it' })
      continue
    }
    const fillable = fill.includes(field) && rule.updatable !== false
    if (rule.compare === 'map' && isObject(wanted)) {
      fillMembers(result, field, wanted, asObject(held), fillable)
    } else if (rule.compare === 'set' && fillable && Array.isArray(wanted) && Array.isArray(held)) {
      const union = [...new Set([...held, ...wanted])]
      addChange(result, field, held, union, union)
    } else if (fillable && isEmpty(held)) {
      addChange(result, field, held, wanted, wanted)
    } else {
      result.kept.push({ field, live: held, desired: wanted, reason: 'different when adopted' })
    }
  }
  return result
}

/** A field that differs is set to the value of the source, or kept and shown. */
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

function fillMembers(result: Comparison, field: string, wanted: JsonObject, held: JsonObject, fillable: boolean): void {
  const send: JsonObject = Object.create(null)
  for (const [member, value] of Object.entries(wanted)) {
    const now = held[member]
    if (now === undefined && fillable) send[member] = value
    else if (!sameValue(now ?? null, value)) {
      result.kept.push({ field: `${field}.${member}`, live: now, desired: value, reason: 'different when adopted' })
    }
  }
  addMembers(result, field, send, held)
}
