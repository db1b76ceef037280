import type { Manifest } from '../config/manifest.ts'
import { type DesiredSet, desiredFromRow } from '../desired/desired-set.ts'
import type { DesiredResource, KindDefinition, LiveResource } from '../resources/kind.ts'
import { kindDefinition } from '../resources/registry.ts'
import { sameIdentity } from '../resources/same-identity.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { Action, BlockedAction } from './action.ts'
import { digestSecrets } from './digest.ts'
import { LOOKUPS_AT_MOST, listLive, lookUp, type Wanted } from './look-up.ts'
import { findLive, insertAction, insertDrift, type Known, knownById, loadKnown } from './plan-tables.ts'
import { findMention, resolveRefs } from './references.ts'
import { compareAdopted, compareKnown, sourceChanged } from './three-way.ts'

export interface PlanningContext {
  set: DesiredSet
  state: StateStore
  api: Api
  manifest: Manifest
  /** Read everything back from WorkOS, not only what is needed. */
  refresh: boolean
  onProgress: (message: string) => void
}

interface Candidate {
  desired: DesiredResource
  known: Known | undefined
  changedSecrets: string[]
}

/** Plans one kind; the kinds it depends on have been planned before. */
export async function planKind(context: PlanningContext, definition: KindDefinition): Promise<void> {
  const { set, state, api, refresh, onProgress } = context
  await loadKnown(set.staging, state, definition.name)
  const count = countCandidates(context, definition)
  if (count === 0) return
  if (refresh || count > LOOKUPS_AT_MOST) {
    await listLive(set, api, definition, (read) => onProgress(`reading ${definition.plural} from WorkOS: ${read}`))
  } else {
    await lookUp(set, api, definition, [...wanted(context, definition)])
  }
  await listMentioned(context, definition)
  set.staging.transaction(() => {
    for (const candidate of candidates(context, definition)) {
      const action = decide(context, definition, candidate)
      if (action) insertAction(set.staging, action)
    }
  })
}

/** Lists the kinds that a candidate mentions and that nobody has declared: a role may exist in WorkOS already. */
async function listMentioned(context: PlanningContext, definition: KindDefinition): Promise<void> {
  const listed = new Set<string>()
  for (const { desired } of candidates(context, definition)) {
    for (const mention of definition.mentions?.(desired) ?? []) {
      if (listed.has(mention.kind) || findMention(context.set.staging, mention)) continue
      listed.add(mention.kind)
      await listLive(context.set, context.api, kindDefinition(mention.kind), () => {})
    }
  }
}

function countCandidates(context: PlanningContext, definition: KindDefinition): number {
  let count = 0
  for (const _ of candidates(context, definition)) count += 1
  return count
}

/** The desired resources that may need something: all of them on a refresh, else those that are new or that the source changed. */
function* candidates(context: PlanningContext, definition: KindDefinition): Generator<Candidate> {
  const { set, state, refresh, manifest } = context
  const digestKey = state.digestKey
  const rows = set.staging.db
    .prepare(
      `SELECT d.*, k.id, k.attributes AS base, k.digests FROM desired d
       LEFT JOIN known k ON k.kind = d.kind AND k.key = d.key WHERE d.kind = ? ORDER BY d.key`,
    )
    .iterate(definition.name)
  for (const row of rows) {
    if (row.id === null) {
      yield { desired: desiredFromRow(row), known: undefined, changedSecrets: [] }
      continue
    }
    if (!refresh && row.attributes === row.base && row.secrets === null) continue
    const desired = desiredFromRow(row)
    const known: Known = {
      id: String(row.id),
      attributes: JSON.parse(String(row.base)),
      digests: JSON.parse(String(row.digests)),
    }
    const digests = digestSecrets(digestKey, desired.secrets)
    const changedSecrets = Object.keys(digests).filter((field) => digests[field] !== known.digests[field])
    const send = changedSecrets.length > 0 && manifest.passwords.onChange === 'send'
    if (changedSecrets.length > 0 && !send) noteKeptSecret(set, desired, changedSecrets)
    if (refresh || send || sourceChanged(definition, desired.attributes, known.attributes)) {
      yield { desired, known, changedSecrets: send ? changedSecrets : [] }
    }
  }
}

function noteKeptSecret(set: DesiredSet, { kind, key }: DesiredResource, fields: string[]): void {
  set.staging.run(
    `INSERT INTO notes SELECT 0, ?1, ?2, 'password_changed_in_source', ?3
     WHERE NOT EXISTS (SELECT 1 FROM notes WHERE kind = ?1 AND key = ?2 AND code = 'password_changed_in_source')`,
    kind,
    key,
    fields.join(', '),
  )
}

/** What has to be looked up one by one: not what refers to something that does not exist yet. */
function* wanted(context: PlanningContext, definition: KindDefinition): Generator<Wanted> {
  for (const { desired, known } of candidates(context, definition)) {
    const refs = resolveRefs(context.set.staging, definition, desired)
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
  { set }: PlanningContext,
  definition: KindDefinition,
  { desired, changedSecrets }: Candidate,
  known: Known,
): Action | undefined {
  const base = { kind: desired.kind, key: desired.key, label: definition.label(desired) }
  const live = findLive(set.staging, definition.name, 'id', known.id)
  if (live === undefined) {
    const message = `it was deleted in WorkOS (${known.id})`
    const needed = sourceChanged(definition, desired.attributes, known.attributes) || changedSecrets.length > 0
    if (needed) return { ...base, type: 'blocked', code: 'deleted_in_workos', message }
    const { kind, key } = desired
    insertDrift(set.staging, {
      kind,
      key,
      field: '*',
      live: undefined,
      desired: undefined,
      reason: 'deleted in WorkOS',
    })
    return undefined
  }
  const comparison = compareKnown(definition, desired.attributes, known.attributes, live.attributes)
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

function decideUnknown(
  { set, manifest }: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
): Action {
  const { staging } = set
  const base = { kind: desired.kind, key: desired.key, label: definition.label(desired) }
  const blocked = blockedByMention(set, definition, desired)
  if (blocked) return { ...base, ...blocked }
  const refs = resolveRefs(staging, definition, desired)
  if (refs.type === 'blocked') return { ...base, type: 'blocked', code: 'dependency_blocked', message: refs.message }
  const match = refs.type === 'resolved' ? matchLive(set, definition, desired, refs.ids) : undefined
  if (match === undefined) {
    const problem = definition.missing(desired)
    if (problem === undefined) return { ...base, type: 'create' }
    return { ...base, type: 'blocked', code: problem.code, message: problem.message }
  }
  const { live, matchedBy } = match
  const claimant = knownById(staging, definition.name, live.id) ?? adopterOf(set, definition, live.id)
  if (claimant !== undefined) {
    const message = `${live.id} in WorkOS is ${definition.name}:${claimant} already: two ${definition.plural} of the source are one there`
    return { ...base, type: 'blocked', code: 'identity_clash', message }
  }
  if (refs.type === 'resolved' && !sameIdentity(definition, desired, live, refs.ids)) {
    const message = `${live.id} in WorkOS has its external id and another identity (${live.natural}): it may be somebody else`
    return { ...base, type: 'blocked', code: 'external_id_clash', message }
  }
  if (manifest.adopt.mode === 'never') {
    const message = `it exists in WorkOS (${live.id}, recognised by its ${matchedBy}) and adopt.mode is never`
    return { ...base, type: 'blocked', code: 'exists_already', message }
  }
  const { changes, send, kept } = compareAdopted(definition, desired.attributes, live.attributes, manifest.adopt.fill)
  for (const difference of kept) insertDrift(staging, { kind: desired.kind, key: desired.key, ...difference })
  return { ...base, type: 'adopt', id: live.id, matchedBy, changes, send }
}

type Match = { live: LiveResource; matchedBy: 'id' | 'external id' | 'natural identity' }

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

function adopterOf({ staging }: DesiredSet, definition: KindDefinition, id: string): string | undefined {
  const row = staging.statement('SELECT key FROM actions WHERE kind = ? AND id = ?').get(definition.name, id)
  return row && String(row.key)
}

function blockedByMention(
  set: DesiredSet,
  definition: KindDefinition,
  desired: DesiredResource,
): Pick<BlockedAction, 'type' | 'code' | 'message'> | undefined {
  const missing = definition.mentions?.(desired).find((mention) => !findMention(set.staging, mention))
  if (missing === undefined) return undefined
  return {
    type: 'blocked',
    code: `unknown_${missing.kind}`,
    message: `the ${missing.kind} ${missing.natural} is neither declared in the manifest nor in WorkOS`,
  }
}
