import { compareAdopted } from '../comparing/adoption.ts'
import { identify, type MatchedBy } from '../comparing/identify.ts'
import { type Recognition, recognise } from '../comparing/recognise.ts'
import { compareKnown } from '../comparing/three-way.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition, OwnPart, Refusal } from '../kinds/kind.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { plannedKey } from '../rundb/actions.ts'
import { keyById, type Orphan, orphanById } from '../rundb/known.ts'
import { liveLookup } from '../rundb/live.ts'
import type { NoteRow } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { BlockedAction } from './action.ts'
import { compareContext, type Decision, driftPolicy, type PlanningContext } from './planning-context.ts'
import { refusedByMention, resolveRefs } from './references.ts'

const UNMERGED =
  'if they are duplicates, they merge only when both are read: take source.updatedSince out to read all of the source'

/** A live resource, and what it was recognised by. */
interface Match {
  live: LiveResource
  matchedBy: MatchedBy
}

/**
 * Decides what becomes of a resource that the state does not know: it is created, adopted or blocked. In: the resource, the plan so far and
 * what WorkOS holds. Out: always an action.
 */
export function decideUnknown(
  context: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
): Decision {
  const { set, manifest } = context
  const { rundb } = set
  const compared = compareContext(context)
  const { refuse } = definition.planned ?? {}
  const refusal = refusedByMention(rundb, definition, desired) ?? refuse?.unknown?.(compared, desired)
  if (refusal) return blocked(definition, desired, refusal)
  const refs = resolveRefs(rundb, definition, desired)
  if (refs.type === 'blocked') return blocked(definition, desired, { code: refs.code, message: refs.message })
  const refIds = refs.type === 'resolved' ? refs.ids : undefined
  const recognised = recogniseLive(context, definition, desired, refIds)
  if (recognised.type === 'several') return blocked(definition, desired, recognised)
  if (recognised.type === 'none') return decideNew(context, definition, desired)
  const { live, matchedBy } = recognised
  const owned = refuse?.adopt?.(compared, desired, live)
  if (owned) return blocked(definition, desired, owned)
  // Of a part of the source, nobody knows whether a key that it lacks has left it.
  const former = set.reading.partial ? undefined : orphanById(rundb, definition.name, live.id)
  const claimant =
    plannedKey(rundb, definition.name, live.id) ??
    (former ? undefined : keyById(rundb, 'known', definition.name, live.id))
  if (claimant !== undefined && matchedBy === 'natural identity' && givesUp(set, definition, claimant, live)) {
    return create(definition, desired)
  }
  const known = former !== undefined
  const found = { definition, desired, live, refIds: refIds ?? {}, claimant, known, openCreate: undefined }
  const identity = identify(found, manifest.adopt)
  if (identity.type === 'clash' || identity.type === 'blocked') {
    const { code, message, hint = code === 'identity_clash' && set.reading.partial ? UNMERGED : undefined } = identity
    return blocked(definition, desired, { code, message, ...(hint && { hint }) })
  }
  return former
    ? moveToNewKey(context, definition, desired, { live, matchedBy }, former)
    : adopt(context, definition, desired, { live, matchedBy })
}

/** A live resource without what it has from elsewhere, and the remarks on that. */
export function ownPart(
  rundb: RunDatabase,
  { live: hooks }: KindDefinition,
  { kind, key }: DesiredResource,
  live: LiveResource,
  before: DesiredResource['attributes'],
  applied: boolean,
): Pick<OwnPart, 'attributes'> & { notes: NoteRow[] } {
  const own = hooks?.own?.(rundb, live, before, applied)
  if (own === undefined) return { attributes: live.attributes, notes: [] }
  return { attributes: own.attributes, notes: own.notes.map((note) => ({ kind, key, ...note })) }
}

/** It is ours from now on; what is empty there is filled in where the manifest says so. */
function adopt(
  { set, manifest }: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
  { live, matchedBy }: Match,
): Decision {
  const { kind, key, attributes } = desired
  const onConflict = definition.onConflict?.(manifest)
  const own = ownPart(set.rundb, definition, desired, live, attributes, false)
  const { fill } = manifest.adopt
  const { changes, send, kept } = compareAdopted(definition, attributes, own.attributes, fill, onConflict)
  const { adoptedNote } = definition.planned ?? {}
  return {
    action: { kind, key, label: definition.label(desired), type: 'adopt', id: live.id, matchedBy, changes, send },
    drift: kept.map((difference) => ({ kind, key, ...difference })),
    notes: adoptedNote === undefined ? own.notes : [...own.notes, { kind, key, ...adoptedNote }],
  }
}

/** Ours already, under a key that the source no longer has: an external id was filled in, or duplicates changed places. */
function moveToNewKey(
  { set, manifest }: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
  { live, matchedBy }: Match,
  former: Orphan,
): Decision {
  const { kind, key, attributes } = desired
  const own = ownPart(set.rundb, definition, desired, live, former.attributes, true)
  const { changes, send, kept, applied } = compareKnown(
    definition,
    attributes,
    former.attributes,
    own.attributes,
    (field) => driftPolicy(manifest, kind, field),
    former.ownership,
  )
  const base = { kind, key, label: definition.label(desired) }
  return {
    action: { ...base, type: 'adopt', id: live.id, matchedBy, changes, send, former: former.key, applied },
    drift: kept.map((difference) => ({ kind, key, ...difference })),
    notes: own.notes,
  }
}

/** Nothing in WorkOS stands for it: it is created, unless something speaks against that. */
function decideNew(context: PlanningContext, definition: KindDefinition, desired: DesiredResource): Decision {
  const refusal =
    definition.whyNotCreatable(desired) ?? definition.planned?.refuse?.create?.(compareContext(context), desired)
  return refusal ? blocked(definition, desired, refusal) : create(definition, desired)
}

function create(definition: KindDefinition, desired: DesiredResource): Decision {
  const { kind, key } = desired
  return { action: { kind, key, label: definition.label(desired), type: 'create' }, drift: [], notes: [] }
}

function blocked(definition: KindDefinition, desired: DesiredResource, { code, message, hint }: Refusal): Decision {
  const { kind, key } = desired
  const label = definition.label(desired)
  const action: BlockedAction = {
    kind,
    key,
    label,
    type: 'blocked',
    code,
    message,
    ...(hint !== undefined && { hint }),
  }
  return { action, drift: [], notes: [] }
}

function recogniseLive(
  context: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: RefIds | undefined,
): Recognition {
  const byName = () => definition.live?.byName?.(compareContext(context), desired) ?? { type: 'none' as const }
  return recognise(definition, desired, refIds, { ...liveLookup(context.set.rundb, definition.name), byName })
}

/**
 * Whether another resource of ours is about to give up what it is recognised by: a user's address or a group's name changes in the
 * source.
 */
function givesUp(set: DesiredSet, definition: KindDefinition, key: string, live: LiveResource): boolean {
  const desired = set.get(definition.name, key)
  if (desired === undefined) return false
  const refs = resolveRefs(set.rundb, definition, desired)
  const natural = definition.naturalKey(desired, refs.type === 'blocked' ? {} : refs.ids)
  return natural !== null && natural !== live.naturalKey
}
