import { isUnverified } from '../comparing/identify.ts'
import type { DeletedPolicy } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { DesiredResource, KindDefinition, LiveResource } from '../resources/kind.ts'
import type { Action } from './action.ts'
import { blockedByMention } from './blocked-by-mention.ts'
import type { Candidate } from './candidates.ts'
import { compareAdopted } from './compare-adopted.ts'
import { deletedPolicy, driftPolicy } from './drift-policy.ts'
import { noteGroupRoles, withoutGroupRoles } from './group-roles.ts'
import { findLive, insertDrift, type Known } from './plan-tables.ts'
import type { PlanningContext } from './planning-context.ts'
import { resolveRefs } from './references.ts'
import { compareKnown } from './three-way.ts'

/** What becomes of a resource that the state knows. Undefined: nothing. */
export function decideKnown(
  { set, manifest }: PlanningContext,
  definition: KindDefinition,
  { desired, changedSecrets }: Candidate,
  known: Known,
): Action | undefined {
  const base = { kind: desired.kind, key: desired.key, label: definition.label(desired) }
  const live = findLive(set.staging, definition.name, 'id', known.id)
  if (live === undefined) {
    const holder = definition.sparse ? resolveRefs(set.staging, definition, desired) : undefined
    if (holder?.type === 'pending') return { ...base, type: 'create' }
    return decideDeleted(set, deletedPolicy(manifest, desired.kind), desired, base, known.id)
  }
  const own = withoutGroupRoles(set.staging, definition.name, live, known.attributes, true)
  noteGroupRoles(set.staging, desired.key, own.from)
  const onConflict = known.ownership === 'adopted' ? definition.onConflict?.(manifest) : undefined
  const comparison =
    onConflict === undefined
      ? compareKnown(
          definition,
          desired.attributes,
          known.attributes,
          own.attributes,
          (field) => driftPolicy(manifest, desired.kind, field),
          known.ownership,
        )
      : compareAdopted(definition, desired.attributes, own.attributes, [], onConflict)
  for (const kept of comparison.kept) insertDrift(set.staging, { kind: desired.kind, key: desired.key, ...kept })
  const blocked = blockedByMention(set, definition, desired)
  const secrets = secretsFor(set, definition, desired, changedSecrets, known, live)
  const changes = [...comparison.changes, ...secrets.map((field) => ({ field, secret: true as const }))]
  if (changes.length === 0 && !comparison.caughtUp) return undefined
  if (blocked) return { ...base, ...blocked }
  const secretFields = Object.fromEntries(secrets.map((field) => [field, null]))
  return {
    ...base,
    type: 'update',
    id: known.id,
    changes,
    send: { ...comparison.send, ...secretFields },
    applied: comparison.applied,
  }
}

/** The changed secrets that are sent: to an account that somebody else opened and never verified, none. */
function secretsFor(
  { staging }: DesiredSet,
  definition: KindDefinition,
  { kind, key }: DesiredResource,
  changed: readonly string[],
  { ownership }: Known,
  live: LiveResource,
): readonly string[] {
  if (changed.length === 0 || ownership === 'created' || !isUnverified(definition, live)) return changed
  staging.run("INSERT INTO notes VALUES (0, ?, ?, 'password_kept_back', ?)", kind, key, changed.join(', '))
  return []
}

/** It was applied, is still in the source, and somebody deleted it in WorkOS. */
function decideDeleted(
  { staging }: DesiredSet,
  policy: DeletedPolicy,
  { kind, key }: DesiredResource,
  base: Pick<Action, 'kind' | 'key' | 'label'>,
  id: string,
): Action | undefined {
  if (policy === 'recreate') return { ...base, type: 'create' }
  const refused = policy === 'fail' ? { refused: true as const } : {}
  insertDrift(staging, { kind, key, field: '*', live: undefined, desired: id, reason: 'deleted in WorkOS', ...refused })
  return undefined
}
