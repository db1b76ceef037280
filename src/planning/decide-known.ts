import { compareAdopted } from '../comparing/adoption.ts'
import { holdsAll, sentBeside } from '../comparing/answer.ts'
import { comparedFields } from '../comparing/field-differences.ts'
import { isUnverified } from '../comparing/identify.ts'
import { compareKnown } from '../comparing/three-way.ts'
import type { DeletedPolicy } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes, DesiredResource, LiveResource } from '../resource.ts'
import type { Action } from './action.ts'
import { blockedByMention } from './blocked-by-mention.ts'
import type { Candidate } from './candidates.ts'
import { decideUnknown } from './decide-unknown.ts'
import { deletedPolicy, driftPolicy } from './drift-policy.ts'
import { noteGroupRoles, withoutGroupRoles } from './group-roles.ts'
import { heldInPlace } from './held-in-place.ts'
import { findLive, insertDrift, type Known } from './plan-tables.ts'
import type { PlanningContext } from './planning-context.ts'
import { resolveRefs } from './references.ts'
import { holderOutOfScope } from './rivals.ts'

/** What becomes of a resource that the state knows. Undefined: nothing. */
export function decideKnown(
  context: PlanningContext,
  definition: KindDefinition,
  { desired, changedSecrets }: Candidate,
  known: Known,
): Action | undefined {
  const { set, manifest } = context
  const base = { kind: desired.kind, key: desired.key, label: definition.label(desired) }
  const live = findLive(set.rundb, definition.name, 'id', known.id)
  if (live === undefined) {
    // It went with what it refers to, and comes back with that.
    const refs = resolveRefs(set.rundb, definition, desired)
    if (refs.type === 'pending') return { ...base, type: 'create' }
    if (refs.type === 'resolved' && standsForAnother(set, definition, desired)) {
      return decideUnknown(context, definition, desired)
    }
    const policy = deletedPolicy(manifest, desired.kind)
    if (refs.type === 'blocked' && policy === 'recreate') {
      return { ...base, type: 'blocked', code: refs.code, message: refs.message }
    }
    // Somebody may have made it again, or signed up with the address: what is there decides, as at a first apply.
    if (policy === 'recreate') return decideUnknown(context, definition, desired)
    leaveDeleted(set, policy, desired, known.id)
    return undefined
  }
  const own = withoutGroupRoles(set.rundb, definition.name, live, known.attributes, true)
  noteGroupRoles(set.rundb, desired.key, own.from)
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
          heldInPlace(definition, known, manifest),
        )
      : compareAdopted(definition, desired.attributes, own.attributes, [], onConflict)
  for (const kept of comparison.kept) insertDrift(set.rundb, { kind: desired.kind, key: desired.key, ...kept })
  const blocked = blockedByMention(set, definition, desired)
  const secrets = secretsFor(set, definition, desired, changedSecrets, known, live)
  const changes = [...comparison.changes, ...secrets.map((field) => ({ field, secret: true as const }))]
  const settled = observedFields(definition, desired.attributes, known, own.attributes)
  const learns = comparison.caughtUp || known.gone !== undefined || settled.length > 0
  if (changes.length === 0 && !learns) return undefined
  if (blocked) return { ...base, ...blocked }
  const holder = holderOutOfScope(set, desired, comparison.send)
  if (holder !== undefined) return { ...base, type: 'blocked', ...addressHeld(holder) }
  const secretFields = Object.fromEntries(secrets.map((field) => [field, null]))
  return {
    ...base,
    type: 'update',
    id: known.id,
    changes,
    send: { ...comparison.send, ...secretFields },
    applied: comparison.applied,
    ...(settled.length > 0 && { settled }),
  }
}

function addressHeld(holder: string): { code: string; message: string; hint: string } {
  return {
    code: 'address_out_of_scope',
    message: `user:${holder}, out of scope, has the e-mail address that this one is to get`,
    hint: `take both into one run, with --only user:${holder} besides; if two users exchange their addresses, give one of them another address in WorkOS first`,
  }
}

/** Whether something else in WorkOS stands now for what the resource refers to: what hung on the former one went with it. */
function standsForAnother({ rundb }: DesiredSet, { refs }: KindDefinition, desired: DesiredResource): boolean {
  const adopted = rundb.statement(
    `SELECT 1 FROM actions a JOIN known k ON k.kind = a.kind AND k.key = a.key
     WHERE a.kind = ? AND a.key = ? AND a.type = 'adopt' AND a.id <> k.id`,
  )
  return Object.entries(refs).some(([role, kind]) => adopted.get(kind, desired.refs[role] ?? '') !== undefined)
}

/** The changed secrets that are sent: to an account that somebody else opened and never verified, none. */
function secretsFor(
  { rundb }: DesiredSet,
  definition: KindDefinition,
  { kind, key }: DesiredResource,
  changed: readonly string[],
  { ownership }: Known,
  live: LiveResource,
): readonly string[] {
  if (changed.length === 0 || ownership === 'created' || !isUnverified(definition, live)) return changed
  rundb.run("INSERT INTO notes VALUES (0, ?, ?, 'password_kept_back', ?)", kind, key, changed.join(', '))
  return []
}

/**
 * Of what WorkOS answered otherwise, the fields that it holds by now as they were sent; of what it did not take all of, all of its fields
 * once they are as the source says.
 */
function observedFields(
  definition: KindDefinition,
  desired: Attributes,
  { answered = {}, reduced, attributes }: Known,
  live: Attributes,
): string[] {
  const sent = sentBeside(answered, { ...definition.inForce, ...attributes })
  const settled = Object.keys(sent).filter((field) => holdsAll(definition, { [field]: sent[field] ?? null }, live))
  if (reduced === undefined) return settled
  const fields = comparedFields(definition).map(([field]) => field)
  const wanted = Object.fromEntries(
    fields.flatMap((field) => (desired[field] === undefined ? [] : [[field, desired[field]]])),
  )
  return holdsAll(definition, wanted, live) ? [...new Set([...settled, ...fields])] : settled
}

/** It was applied, is still in the source, and somebody deleted it in WorkOS: it is told, and left so. */
function leaveDeleted(
  { rundb }: DesiredSet,
  policy: Exclude<DeletedPolicy, 'recreate'>,
  { kind, key }: DesiredResource,
  id: string,
): void {
  const refused = policy === 'fail' ? { refused: true as const } : {}
  insertDrift(rundb, { kind, key, field: '*', live: undefined, desired: id, reason: 'deleted in WorkOS', ...refused })
}
