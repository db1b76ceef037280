import type { DeletedPolicy } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { DesiredResource, KindDefinition, LiveResource } from '../resources/kind.ts'
import { sameIdentity } from '../resources/same-identity.ts'
import type { Action, AdoptAction, BlockedAction, MatchedBy } from './action.ts'
import { type Candidate, candidates, findCandidates } from './candidates.ts'
import { deletedPolicy, driftPolicy } from './drift-policy.ts'
import { blockHeldDomains } from './held-domains.ts'
import { LOOKUPS_AT_MOST, listLive, listMentioned, lookUp, lookUpFew, type Wanted } from './look-up.ts'
import { indexNames, matchByName } from './match-by-name.ts'
import {
  findLive,
  findNamesakes,
  insertAction,
  insertDrift,
  type Known,
  knownById,
  loadKnown,
  type Orphan,
  orphanById,
} from './plan-tables.ts'
import type { PlanningContext } from './planning-context.ts'
import { findMention, resolveRefs } from './references.ts'
import { compareAdopted, compareKnown } from './three-way.ts'

const UNMERGED =
  'if they are duplicates, they merge only when both are read: take source.updatedSince out to read all of the source'

/** Plans one kind; the kinds it depends on have been planned before. */
export async function planKind(context: PlanningContext, definition: KindDefinition): Promise<void> {
  const { set, state, api, refresh, onProgress } = context
  await loadKnown(set.staging, state, definition.name)
  const count = findCandidates(context, definition)
  if (count === 0) return
  const listed = refresh || count > LOOKUPS_AT_MOST || needsNames(context, definition)
  if (definition.sparse) await lookUpFew(set, api, definition, wanted(set, definition))
  else if (listed) {
    await listLive(set, api, definition, (read) => onProgress(`reading ${definition.plural} from WorkOS: ${read}`))
  } else {
    await lookUp(set, api, definition, [...wanted(set, definition)])
  }
  await listMentioned(set, api, definition)
  if (definition.name === 'organization') indexNames(set.staging)
  set.staging.transaction(() => {
    for (const candidate of candidates(set, definition)) {
      const action = decide(context, definition, candidate)
      if (action) insertAction(set.staging, action)
    }
  })
  if (definition.name === 'organization') await blockHeldDomains(set.staging, api, listed)
}

/** Whether names count and one may be new: nothing looks an organization up by its name but a list of all. */
function needsNames({ set, manifest }: PlanningContext, { name }: KindDefinition): boolean {
  if (name !== 'organization' || !manifest.organizations.matchByName) return false
  const unknown = `SELECT count(*) FROM candidates c WHERE kind = 'organization'
    AND NOT EXISTS (SELECT 1 FROM known k WHERE k.kind = c.kind AND k.key = c.key)`
  return set.staging.count(unknown) > 0
}

/** What has to be looked up one by one: not what refers to something that does not exist yet. */
function* wanted(set: DesiredSet, definition: KindDefinition): Generator<Wanted> {
  for (const { desired, known } of candidates(set, definition)) {
    const refs = resolveRefs(set.staging, definition, desired)
    if (known || refs.type === 'resolved') {
      yield { desired, refIds: refs.type === 'resolved' ? refs.ids : {}, id: known?.id }
    }
  }
}

function decide(context: PlanningContext, definition: KindDefinition, candidate: Candidate): Action | undefined {
  return candidate.known
    ? decideKnown(context, definition, candidate, candidate.known)
    : decideUnknown(context, definition, candidate.desired)
}

function decideKnown(
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
  const onConflict = known.ownership === 'adopted' ? definition.onConflict?.(manifest) : undefined
  const comparison =
    onConflict === undefined
      ? compareKnown(definition, desired.attributes, known.attributes, live.attributes, (field) =>
          driftPolicy(manifest, desired.kind, field),
        )
      : compareAdopted(definition, desired.attributes, live.attributes, [], onConflict)
  for (const kept of comparison.kept) insertDrift(set.staging, { kind: desired.kind, key: desired.key, ...kept })
  const blocked = blockedByMention(set, definition, desired)
  const changes = [...comparison.changes, ...changedSecrets.map((field) => ({ field, secret: true as const }))]
  if (changes.length === 0 && !comparison.caughtUp) return undefined
  if (blocked) return { ...base, ...blocked }
  const secretFields = Object.fromEntries(changedSecrets.map((field) => [field, null]))
  return {
    ...base,
    type: 'update',
    id: known.id,
    changes,
    send: { ...comparison.send, ...secretFields },
    applied: comparison.applied,
  }
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

function decideUnknown(context: PlanningContext, definition: KindDefinition, desired: DesiredResource): Action {
  const { set, manifest } = context
  const { staging } = set
  const base = { kind: desired.kind, key: desired.key, label: definition.label(desired) }
  const blocked = blockedByMention(set, definition, desired)
  if (blocked) return { ...base, ...blocked }
  const refs = resolveRefs(staging, definition, desired)
  if (refs.type === 'blocked') return { ...base, type: 'blocked', code: 'dependency_blocked', message: refs.message }
  const identified = refs.type === 'resolved' ? matchLive(set, definition, desired, refs.ids) : undefined
  const namesake =
    identified === undefined && manifest.organizations.matchByName ? matchByName(staging, desired, 'known') : undefined
  if (namesake?.type === 'ambiguous') {
    const { message, hint } = namesake
    return { ...base, type: 'blocked', code: 'ambiguous_organization_name', message, hint }
  }
  const match: Match | undefined = namesake?.type === 'found' ? { live: namesake.live, matchedBy: 'name' } : identified
  if (match === undefined) {
    const problem = definition.missing(desired)
    const rival = problem === undefined ? rivalOf(context, definition, desired) : undefined
    if (rival !== undefined) {
      const message = `${definition.name}:${rival} of the source has the e-mail address too: two ${definition.plural} would be one in WorkOS`
      return { ...base, type: 'blocked', code: 'identity_clash', message }
    }
    if (problem === undefined) return { ...base, type: 'create' }
    const { code, message, hint } = problem
    return { ...base, type: 'blocked', code, message, hint }
  }
  const { live, matchedBy } = match
  const namesakes = matchedBy === 'natural identity' ? findNamesakes(staging, definition.name, live.natural ?? '') : []
  if (namesakes.length > 0) return { ...base, type: 'blocked', ...ambiguous(definition, namesakes) }
  // Of a part of the source, nobody knows whether a key that it lacks has left it.
  const former = set.reading.partial ? undefined : orphanById(staging, definition.name, live.id)
  const claimant =
    adopterOf(set, definition, live.id) ?? (former ? undefined : knownById(staging, definition.name, live.id))
  if (claimant !== undefined && matchedBy === 'natural identity' && givesUp(set, definition, claimant, live)) {
    return { ...base, type: 'create' }
  }
  if (claimant !== undefined) {
    const message = `${live.id} in WorkOS is ${definition.name}:${claimant} already: two ${definition.plural} of the source are one there`
    const hint = set.reading.partial ? UNMERGED : undefined
    return { ...base, type: 'blocked', code: 'identity_clash', message, ...(hint && { hint }) }
  }
  if (refs.type === 'resolved' && !sameIdentity(definition, desired, live, refs.ids)) {
    const message = `${live.id} in WorkOS has its external id and another identity (${live.natural}): it may be somebody else`
    return { ...base, type: 'blocked', code: 'external_id_clash', message }
  }
  if (former) return moveToNewKey(context, definition, desired, match, former)
  if (manifest.adopt.mode === 'never') {
    const message = `it exists in WorkOS (${live.id}, recognised by its ${matchedBy}) and adopt.mode is never`
    return { ...base, type: 'blocked', code: 'exists_already', message }
  }
  const { fill } = manifest.adopt
  const onConflict = definition.onConflict?.(manifest)
  const { changes, send, kept } = compareAdopted(definition, desired.attributes, live.attributes, fill, onConflict)
  for (const difference of kept) insertDrift(staging, { kind: desired.kind, key: desired.key, ...difference })
  if (definition.sparse) {
    staging.run("INSERT INTO notes VALUES (0, ?, ?, 'totp_left_alone', 'totpSecret')", desired.kind, desired.key)
  }
  return { ...base, type: 'adopt', id: live.id, matchedBy, changes, send }
}

function ambiguous(
  { name, plural }: KindDefinition,
  ids: readonly string[],
): Pick<BlockedAction, 'code' | 'message' | 'hint'> {
  return {
    code: 'ambiguous_identity',
    message: `WorkOS holds several ${plural} of its name: ${ids.join(', ')}`,
    hint: `rename or delete all but one in WorkOS, or say which one it is: workos-migrate state import ${name}:<key> <id>`,
  }
}

/** Another user that is to be created with the same address: only where `dedupe.user.by` does not make the two one. */
function rivalOf(
  { set: { staging }, manifest }: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
): string | undefined {
  const { by } = manifest.dedupe.user
  if (definition.name !== 'user' || (by.length === 1 && by[0] === 'email')) return undefined
  const natural = definition.natural(desired, {})
  if (natural === null) return undefined
  staging.run('INSERT OR IGNORE INTO claimed VALUES (?, ?, ?)', definition.name, natural, desired.key)
  const holder = staging
    .statement('SELECT key FROM claimed WHERE kind = ? AND natural = ?')
    .get(definition.name, natural)
  return holder === undefined || holder.key === desired.key ? undefined : String(holder.key)
}

/** Ours already, under a key that the source no longer has: an external id was filled in, or duplicates changed places. */
function moveToNewKey(
  { set: { staging }, manifest }: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
  { live, matchedBy }: Match,
  former: Orphan,
): AdoptAction {
  const { kind, key, attributes } = desired
  const { changes, send, kept, applied } = compareKnown(
    definition,
    attributes,
    former.attributes,
    live.attributes,
    (field) => driftPolicy(manifest, kind, field),
  )
  for (const difference of kept) insertDrift(staging, { kind, key, ...difference })
  const label = definition.label(desired)
  return { kind, key, label, type: 'adopt', id: live.id, matchedBy, changes, send, former: former.key, applied }
}

type Match = { live: LiveResource; matchedBy: MatchedBy }

function matchLive(
  { staging }: DesiredSet,
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: Record<string, string>,
): Match | undefined {
  const { id, externalId } = desired.attributes
  if (typeof id === 'string') {
    const live = findLive(staging, definition.name, 'id', id)
    return live && { live, matchedBy: 'id' }
  }
  if (typeof externalId === 'string') {
    const live = findLive(staging, definition.name, 'external_id', externalId)
    if (live) return { live, matchedBy: 'external id' }
  }
  const natural = definition.natural(desired, refIds)
  const live = natural === null ? undefined : findLive(staging, definition.name, 'natural', natural)
  return live && { live, matchedBy: 'natural identity' }
}

/**
 * Whether another resource of ours is about to give up what it is recognised by: a user's address or a group's name changes in the
 * source.
 */
function givesUp(set: DesiredSet, definition: KindDefinition, key: string, live: LiveResource): boolean {
  const desired = set.get(definition.name, key)
  const refs = desired && resolveRefs(set.staging, definition, desired)
  const ids = refs === undefined || refs.type === 'blocked' ? {} : refs.ids
  const natural = desired === undefined ? null : definition.natural(desired, ids)
  return natural !== null && natural !== live.natural
}

function adopterOf({ staging }: DesiredSet, definition: KindDefinition, id: string): string | undefined {
  const row = staging.statement('SELECT key FROM actions WHERE kind = ? AND id = ?').get(definition.name, id)
  return row && String(row.key)
}

function blockedByMention(
  set: DesiredSet,
  definition: KindDefinition,
  desired: DesiredResource,
): Pick<BlockedAction, 'type' | 'code' | 'message' | 'hint'> | undefined {
  const missing = definition
    .mentions?.(desired)
    .find((mention) => !findMention(set.staging, definition, desired, mention))
  if (missing === undefined) return undefined
  return {
    type: 'blocked',
    code: `unknown_${missing.kind.replaceAll('-', '_')}`,
    message: `the ${missing.kind.replaceAll('-', ' ')} ${missing.label} is neither declared in the manifest nor in WorkOS`,
    hint: 'declare it under roles.define, or correct it in the source',
  }
}
