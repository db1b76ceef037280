import { compareAdopted } from '../comparing/adoption.ts'
import { holdsAll, sentBeside } from '../comparing/answer.ts'
import { comparedFields } from '../comparing/field-differences.ts'
import { identify, isUnverified, type MatchedBy, type Recognition, recognise } from '../comparing/identify.ts'
import { compareKnown } from '../comparing/three-way.ts'
import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Reason } from '../diagnostics/problem.ts'
import type { KindDefinition, OwnPart } from '../kinds/kind.ts'
import type { Attributes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { isReplaced, plannedKey } from '../rundb/actions.ts'
import type { Candidate } from '../rundb/candidates.ts'
import { type Known, keyById, type Orphan, orphanById } from '../rundb/known.ts'
import { findLive, liveLookup } from '../rundb/live.ts'
import type { NoteRow } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { BlockedAction } from './action.ts'
import { compareContext, type Decision, deletedPolicy, driftPolicy, type PlanningContext } from './planning-context.ts'
import { refusedByMention, resolveRefs } from './references.ts'

/**
 * Decides what happens to one resource. In: the resource as desired, as last applied, and as it is
 * in WorkOS. Out: its action, and what to report. Writes nothing.
 */
export function decide(context: PlanningContext, definition: KindDefinition, candidate: Candidate): Decision {
  const { desired, known } = candidate
  if (known === undefined) return decideUnknown(context, definition, desired)
  const live = findLive(context.set.rundb, definition.name, 'id', known.id)
  return live === undefined
    ? decideGone(context, definition, desired, known)
    : decideKnown(context, definition, candidate, known, live)
}

/** Decides about a resource that is in the state and no longer in WorkOS. */
function decideGone(
  context: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
  { id }: Known,
): Decision {
  const { set, manifest } = context
  const { kind, key } = desired
  const base = { kind, key, label: definition.label(desired) }
  // It was deleted with what it refers to, and is created again with that.
  const refs = resolveRefs(set.rundb, definition, desired)
  if (refs.type === 'pending') return { action: { ...base, type: 'create' }, drift: [], notes: [] }
  if (refs.type === 'resolved' && hungOnAnother(set.rundb, definition, desired)) {
    return decideUnknown(context, definition, desired)
  }
  const policy = deletedPolicy(manifest, kind)
  if (policy === 'recreate') {
    if (refs.type === 'blocked') {
      return { action: { ...base, type: 'blocked', code: refs.code, message: refs.message }, drift: [], notes: [] }
    }
    // Someone might have created it again or signed up with the address. As in a first apply, what
    // is in WorkOS decides.
    return decideUnknown(context, definition, desired)
  }
  // It was applied, is in the source, and was deleted in WorkOS: the plan names it and keeps it
  // deleted.
  const refused = policy === 'fail' ? { refused: true as const } : {}
  const drift = {
    kind,
    key,
    field: '*',
    live: undefined,
    desired: id,
    reason: 'deleted in WorkOS' as const,
    ...refused,
  }
  return { drift: [drift], notes: [] }
}

/** Decides about a resource that is in the state and in WorkOS. */
function decideKnown(
  context: PlanningContext,
  definition: KindDefinition,
  { desired, changedSecrets }: Candidate,
  known: Known,
  live: LiveResource,
): Decision {
  const { set, manifest } = context
  const { kind, key } = desired
  const base = { kind, key, label: definition.label(desired) }
  const own = ownPart(set.rundb, definition, desired, live, known.attributes, true)
  const onConflict = known.ownership === 'adopted' ? definition.onConflict?.(manifest) : undefined
  const comparison =
    onConflict === undefined
      ? compareKnown(
          definition,
          desired.attributes,
          known.attributes,
          own.attributes,
          (field) => driftPolicy(manifest, kind, field),
          known.ownership,
          heldInPlace(definition, known, manifest),
        )
      : compareAdopted(definition, desired.attributes, own.attributes, [], onConflict)
  const withheld = isWithheld(definition, changedSecrets, known, live)
  const secrets = withheld ? [] : changedSecrets
  const decision: Decision = {
    drift: comparison.kept.map((kept) => ({ kind, key, ...kept })),
    notes: withheld ? [...own.notes, keptBack(definition, desired, changedSecrets)] : own.notes,
  }
  const changes = [...comparison.changes, ...secrets.map((field) => ({ field, secret: true as const }))]
  const settled = observedFields(definition, desired.attributes, known, own.attributes)
  const learns = comparison.caughtUp || known.gone !== undefined || settled.length > 0
  if (changes.length === 0 && !learns) return decision
  const refusal =
    refusedByMention(set.rundb, definition, desired) ??
    definition.planned?.refuse?.update?.(compareContext(context), desired, comparison.send)
  if (refusal) return { ...decision, action: { ...base, type: 'blocked', ...refusal } }
  const secretFields = Object.fromEntries(secrets.map((field) => [field, null]))
  const action = {
    ...base,
    type: 'update' as const,
    id: known.id,
    changes,
    send: { ...comparison.send, ...secretFields },
    applied: comparison.applied,
    ...(settled.length > 0 && { settled }),
  }
  return { ...decision, action }
}

/**
 * Whether another WorkOS resource replaces the one that this resource refers to. What depended on
 * the former one was deleted with it.
 */
function hungOnAnother(rundb: RunDatabase, { refs }: KindDefinition, desired: DesiredResource): boolean {
  return Object.entries(refs).some(([role, kind]) => isReplaced(rundb, kind, desired.refs[role] ?? ''))
}

/**
 * The values in WorkOS, unless someone changed them, instead of those of the state: what WorkOS
 * changed on write, and the part that was sent if WorkOS did not accept all of it.
 */
function heldInPlace(
  definition: KindDefinition,
  { attributes, answered, reduced }: Known,
  manifest: Pick<Manifest, 'roles'>,
): Attributes {
  const part = reduced === undefined ? undefined : definition.fallback?.(attributes, undefined, manifest)
  return { ...part?.attributes, ...answered }
}

/** Whether changed secrets are withheld: someone else created the account and never verified it. */
function isWithheld(
  definition: KindDefinition,
  changed: readonly string[],
  { ownership }: Known,
  live: LiveResource,
): boolean {
  return changed.length > 0 && ownership !== 'created' && isUnverified(definition, live)
}

function keptBack({ planned }: KindDefinition, { kind, key }: DesiredResource, changed: readonly string[]): NoteRow {
  const { keptBack: code = 'secret_changed_in_source' } = planned?.secretNotes ?? {}
  return { kind, key, code, detail: changed.join(', ') }
}

/**
 * Fields that WorkOS once changed on write and that now have the values that were sent. If WorkOS
 * did not accept all fields, all of them once they match the source.
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

const UNMERGED = 'remove source.updatedSince to read the whole source: duplicates merge only if both are read'

/** A live resource, and what matched it. */
interface Match {
  live: LiveResource
  matchedBy: MatchedBy
}

/**
 * Decides about a resource that is not in the state: create, adopt or block. In: the resource, the
 * plan so far and what is in WorkOS. Out: always an action.
 */
function decideUnknown(context: PlanningContext, definition: KindDefinition, desired: DesiredResource): Decision {
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
  // In a partial reading, a missing key might still be in the source.
  const former = set.reading.partial ? undefined : orphanById(rundb, definition.name, live.id)
  const claimant =
    plannedKey(rundb, definition.name, live.id) ?? (former ? undefined : keyById(rundb, definition.name, live.id))
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

/** A live resource without what other resources give it, and the notes about that. */
function ownPart(
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

/** Adopts a resource. Empty fields are filled in if the manifest allows it. */
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

/**
 * It is ours under a key that the source no longer has: an external ID was filled in, or duplicates
 * swapped their order.
 */
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

/** Whether a resource that is not in WorkOS must not be created. */
export function isOnlyAdopted({ holder }: KindDefinition, { adopt }: Pick<Manifest, 'adopt'>): boolean {
  return holder === true && adopt.mode === 'only'
}

/** It is not in WorkOS: create it, unless something prevents that. */
function decideNew(context: PlanningContext, definition: KindDefinition, desired: DesiredResource): Decision {
  if (isOnlyAdopted(definition, context.manifest)) {
    return blocked(definition, desired, {
      code: 'not_in_workos',
      message: 'it is not in WorkOS, and adopt.mode is only',
      hint: 'skip the record with `when`, or set adopt.mode to match to create it',
    })
  }
  const refusal =
    definition.whyNotCreatable(desired) ?? definition.planned?.refuse?.create?.(compareContext(context), desired)
  return refusal ? blocked(definition, desired, refusal) : create(definition, desired)
}

function create(definition: KindDefinition, desired: DesiredResource): Decision {
  const { kind, key } = desired
  return { action: { kind, key, label: definition.label(desired), type: 'create' }, drift: [], notes: [] }
}

function blocked(definition: KindDefinition, desired: DesiredResource, { code, message, hint }: Reason): Decision {
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
 * Whether another resource of ours gives up its identifier: a user's address or a group's name
 * changes in the source.
 */
function givesUp(set: DesiredSet, definition: KindDefinition, key: string, live: LiveResource): boolean {
  const desired = set.get(definition.name, key)
  if (desired === undefined) return false
  const refs = resolveRefs(set.rundb, definition, desired)
  const natural = definition.naturalKey(desired, refs.type === 'blocked' ? {} : refs.ids)
  return natural !== null && natural !== live.naturalKey
}
