import { compareAdopted } from '../comparing/adoption.ts'
import { holdsAll, sentBeside } from '../comparing/answer.ts'
import { comparedFields } from '../comparing/field-differences.ts'
import { isUnverified } from '../comparing/identify.ts'
import { compareKnown } from '../comparing/three-way.ts'
import type { Manifest } from '../config/manifest.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes, DesiredResource, LiveResource } from '../resource.ts'
import { isReplaced } from '../rundb/actions.ts'
import type { Candidate } from '../rundb/candidates.ts'
import type { Known } from '../rundb/known.ts'
import { findLive } from '../rundb/live.ts'
import type { NoteRow } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { decideUnknown, ownPart } from './decide-unknown.ts'
import { compareContext, type Decision, deletedPolicy, driftPolicy, type PlanningContext } from './planning-context.ts'
import { refusedByMention, resolveRefs } from './references.ts'

/**
 * Decides what becomes of one resource. In: the resource as it is desired, as it was last applied, and as WorkOS holds it. Out: its action, and
 * what is told of it. Nothing is written.
 */
export function decide(context: PlanningContext, definition: KindDefinition, candidate: Candidate): Decision {
  const { desired, known } = candidate
  if (known === undefined) return decideUnknown(context, definition, desired)
  const live = findLive(context.set.rundb, definition.name, 'id', known.id)
  return live === undefined
    ? decideGone(context, definition, desired, known)
    : decideKnown(context, definition, candidate, known, live)
}

/** What becomes of a resource that the state knows and WorkOS has no more. */
function decideGone(
  context: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
  { id }: Known,
): Decision {
  const { set, manifest } = context
  const { kind, key } = desired
  const base = { kind, key, label: definition.label(desired) }
  // It went with what it refers to, and comes back with that.
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
    // Somebody may have made it again, or signed up with the address: what is there decides, as at a first apply.
    return decideUnknown(context, definition, desired)
  }
  // It was applied, is still in the source, and somebody deleted it in WorkOS: it is told, and left so.
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

/** What becomes of a resource that the state knows and WorkOS holds. */
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

/** Whether another one in WorkOS is adopted in the place of what the resource refers to: what hung on the former one went with it. */
function hungOnAnother(rundb: RunDatabase, { refs }: KindDefinition, desired: DesiredResource): boolean {
  return Object.entries(refs).some(([role, kind]) => isReplaced(rundb, kind, desired.refs[role] ?? ''))
}

/**
 * What WorkOS holds, unless somebody has changed it, in place of what the state says: what it answered otherwise, and the part that was sent
 * where it did not take all.
 */
function heldInPlace(
  definition: KindDefinition,
  { attributes, answered, reduced }: Known,
  manifest: Pick<Manifest, 'roles'>,
): Attributes {
  const part = reduced === undefined ? undefined : definition.fallback?.(attributes, undefined, manifest)
  return { ...part?.attributes, ...answered }
}

/** Whether changed secrets are kept back: an account that somebody else opened and never verified gets none. */
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
