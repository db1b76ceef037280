import { compareAdopted } from '../comparing/adoption.ts'
import { identify } from '../comparing/identify.ts'
import { compareKnown } from '../comparing/three-way.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { DesiredResource, LiveResource } from '../resource.ts'
import type { Action, AdoptAction } from './action.ts'
import { blockedByMention } from './blocked-by-mention.ts'
import { driftPolicy } from './drift-policy.ts'
import { noteGroupRoles, withoutGroupRoles } from './group-roles.ts'
import { insertDrift, knownById, type Orphan, orphanById } from './plan-tables.ts'
import type { PlanningContext } from './planning-context.ts'
import { type Match, recognise } from './recognise.ts'
import { resolveRefs } from './references.ts'
import { addressIsIdentity, ownerOutOfScope, rivalOutOfScope } from './rivals.ts'

const UNMERGED =
  'if they are duplicates, they merge only when both are read: take source.updatedSince out to read all of the source'

/** What becomes of a resource that the state does not know. */
export function decideUnknown(context: PlanningContext, definition: KindDefinition, desired: DesiredResource): Action {
  const { set, manifest } = context
  const { rundb } = set
  const base = { kind: desired.kind, key: desired.key, label: definition.label(desired) }
  const blocked = blockedByMention(set, definition, desired)
  if (blocked) return { ...base, ...blocked }
  const outside = rivalOutOfScope(set, manifest, desired)
  if (outside !== undefined)
    return { ...base, type: 'blocked', ...twoOfOneAddress(definition, outside, ', out of scope,') }
  const refs = resolveRefs(rundb, definition, desired)
  if (refs.type === 'blocked') return { ...base, type: 'blocked', code: refs.code, message: refs.message }
  const recognised = recognise(context, definition, desired, refs.type === 'resolved' ? refs.ids : undefined)
  if (recognised.type === 'several') {
    const { code, message, hint } = recognised
    return { ...base, type: 'blocked', code, message, hint }
  }
  if (recognised.type === 'none') return decideNew(context, definition, desired)
  const { live, matchedBy } = recognised.match
  const owner = ownerOutOfScope(set, desired, live.id)
  if (owner !== undefined) {
    const message = `${live.id} in WorkOS is ${definition.name}:${owner} by the source, which is out of scope`
    return { ...base, type: 'blocked', code: 'identity_clash', message }
  }
  // Of a part of the source, nobody knows whether a key that it lacks has left it.
  const former = set.reading.partial ? undefined : orphanById(rundb, definition.name, live.id)
  const claimant =
    adopterOf(set, definition, live.id) ?? (former ? undefined : knownById(rundb, definition.name, live.id))
  if (claimant !== undefined && matchedBy === 'natural identity' && givesUp(set, definition, claimant, live)) {
    return { ...base, type: 'create' }
  }
  const refIds = refs.type === 'resolved' ? refs.ids : {}
  const known = former !== undefined
  const found = { definition, desired, live, refIds, claimant, known, openCreate: undefined }
  const identity = identify(found, manifest.adopt)
  if (identity.type === 'clash' || identity.type === 'blocked') {
    const { code, message, hint = code === 'identity_clash' && set.reading.partial ? UNMERGED : undefined } = identity
    return { ...base, type: 'blocked', code, message, ...(hint && { hint }) }
  }
  if (former) return moveToNewKey(context, definition, desired, { live, matchedBy }, former)
  const { fill } = manifest.adopt
  const onConflict = definition.onConflict?.(manifest)
  const own = withoutGroupRoles(rundb, definition.name, live, desired.attributes, false)
  noteGroupRoles(rundb, desired.key, own.from)
  const { changes, send, kept } = compareAdopted(definition, desired.attributes, own.attributes, fill, onConflict)
  for (const difference of kept) insertDrift(rundb, { kind: desired.kind, key: desired.key, ...difference })
  if (definition.sparse) {
    rundb.run("INSERT INTO notes VALUES (0, ?, ?, 'totp_left_alone', 'totpSecret')", desired.kind, desired.key)
  }
  return { ...base, type: 'adopt', id: live.id, matchedBy, changes, send }
}

/** Nothing in WorkOS stands for it: it is created, unless something speaks against that. */
function decideNew(context: PlanningContext, definition: KindDefinition, desired: DesiredResource): Action {
  const base = { kind: desired.kind, key: desired.key, label: definition.label(desired) }
  const problem = definition.whyNotCreatable(desired)
  if (problem !== undefined) {
    const { code, message, hint } = problem
    return { ...base, type: 'blocked', code, message, hint }
  }
  const rival = rivalOf(context, definition, desired)
  if (rival === undefined) return { ...base, type: 'create' }
  return { ...base, type: 'blocked', ...twoOfOneAddress(definition, rival, '') }
}

function twoOfOneAddress(
  { name, plural }: KindDefinition,
  rival: string,
  where: string,
): { code: string; message: string } {
  const message = `${name}:${rival} of the source${where} has the e-mail address too: two ${plural} would be one in WorkOS`
  return { code: 'identity_clash', message }
}

/** Another user that is to be created with the same address: only where `dedupe.user.by` does not make the two one. */
function rivalOf(
  { set: { rundb }, manifest }: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
): string | undefined {
  if (definition.name !== 'user' || addressIsIdentity(manifest)) return undefined
  const natural = definition.naturalKey(desired, {})
  if (natural === null) return undefined
  rundb.run('INSERT OR IGNORE INTO claimed VALUES (?, ?, ?)', definition.name, natural, desired.key)
  const holder = rundb
    .statement('SELECT key FROM claimed WHERE kind = ? AND natural_key = ?')
    .get(definition.name, natural)
  return holder === undefined || holder.key === desired.key ? undefined : String(holder.key)
}

/** Ours already, under a key that the source no longer has: an external id was filled in, or duplicates changed places. */
function moveToNewKey(
  { set: { rundb }, manifest }: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
  { live, matchedBy }: Match,
  former: Orphan,
): AdoptAction {
  const { kind, key, attributes } = desired
  const own = withoutGroupRoles(rundb, kind, live, former.attributes, true)
  noteGroupRoles(rundb, key, own.from)
  const { changes, send, kept, applied } = compareKnown(
    definition,
    attributes,
    former.attributes,
    own.attributes,
    (field) => driftPolicy(manifest, kind, field),
    former.ownership,
  )
  for (const difference of kept) insertDrift(rundb, { kind, key, ...difference })
  const label = definition.label(desired)
  return { kind, key, label, type: 'adopt', id: live.id, matchedBy, changes, send, former: former.key, applied }
}

/**
 * Whether another resource of ours is about to give up what it is recognised by: a user's address or a group's name changes in the
 * source.
 */
function givesUp(set: DesiredSet, definition: KindDefinition, key: string, live: LiveResource): boolean {
  const desired = set.get(definition.name, key)
  const refs = desired && resolveRefs(set.rundb, definition, desired)
  const ids = refs === undefined || refs.type === 'blocked' ? {} : refs.ids
  const natural = desired === undefined ? null : definition.naturalKey(desired, ids)
  return natural !== null && natural !== live.naturalKey
}

function adopterOf({ rundb }: DesiredSet, definition: KindDefinition, id: string): string | undefined {
  const row = rundb.statement('SELECT key FROM actions WHERE kind = ? AND id = ?').get(definition.name, id)
  return row && String(row.key)
}
