import { sameValue } from '../comparing/same-value.ts'
import { isObject, type Json } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { comparedFields, differs } from '../planning/comparison.ts'
import type { Attributes } from '../resource.ts'
import type { ChangedBy } from './verification.ts'

/** A field, or a member of one, with another value in WorkOS than in the source. */
export interface FieldDifference {
  field: string
  live: Json | null
  desired: Json | null
  changed: ChangedBy
}

/**
 * The managed fields that differ, and who changed them.
 * @param base what was last applied; undefined: nothing was
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
  // A member that was applied once and has left the source is to go as well.
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

/** A map, since a member may be called `__proto__`. */
function members(value: Json | undefined): Map<string, Json> {
  return new Map(isObject(value) ? Object.entries(value) : [])
}
