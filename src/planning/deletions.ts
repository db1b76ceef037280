import { compareKnown } from '../comparing/three-way.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition, kindDefinitions } from '../kinds/registry.ts'
import type { DesiredResource } from '../resource.ts'
import {
  type DeletionCandidate,
  deletedBy,
  deletionCandidates,
  hasRejects,
  insertSkippedDeletion,
  isLeaving,
  isRejected,
  remainingUser,
  type SkippedDeletion,
  skippedCode,
} from '../rundb/deletions.ts'
import { findLive, insertLive } from '../rundb/live.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { addAction, type DeleteAction } from './action.ts'
import type { PlanningContext } from './planning-context.ts'

/**
 * Plans deletions. In: the copy of the state and the desired set in the run's database, and the
 * manifest's rules. Out: an action for each resource that is deleted, and a reason for each one
 * that stays although the rule would delete it.
 */

export interface DeletionRules {
  /** Kinds whose resources are deleted when they leave the source. */
  kinds: readonly string[]
  /** Kinds that are never deleted. */
  protect: readonly string[]
  /** Keep what was used or changed in WorkOS since it was created. Undefined: do not check. */
  keep?: { signedIn: boolean; changed: boolean }
  /** Why a resource stays because others refer to it. Undefined: no such check. */
  held?: (candidate: DeletionCandidate) => string | undefined
}

/** Why something stays. */
type SkipReason = Pick<SkippedDeletion, 'code' | 'message'>

/**
 * Plans the deletion of what is in the state and not desired. Only what this state created is ever
 * deleted. Users come first; WorkOS deletes their memberships with them. An organization is deleted
 * only if this state added all of its remaining members. All other kinds come last.
 */
export async function planDeletions(context: PlanningContext, rules: DeletionRules): Promise<void> {
  const { rundb } = context.set
  const ofRound = (round: 'people' | 'places' | undefined) =>
    kindDefinitions.filter(({ deletion }) => deletion?.round === round)
  const [people, places, others] = [ofRound('people'), ofRound('places'), ofRound(undefined)]
  rundb.transaction(() => {
    for (const definition of people) decideKind(context, rules, definition, new Set())
  })
  const inhabited = new Set<string>()
  for (const definition of kindDefinitions) {
    for (const id of await withOthers(context, rules, definition)) inhabited.add(id)
  }
  rundb.transaction(() => {
    for (const definition of places) decideKind(context, rules, definition, inhabited)
    const names = new Set(places.map(({ name }) => name))
    for (const { name, refs } of people) {
      const roles = Object.keys(refs).filter((role) => names.has(refs[role] ?? ''))
      if (roles.length === 0) continue
      for (const candidate of deletionCandidates(rundb, name, refs)) takeAlong(context, candidate, roles)
    }
    for (const definition of others) decideKind(context, rules, definition, inhabited)
  })
}

/** @param inhabited IDs of resources with members who stay */
function decideKind(
  context: PlanningContext,
  rules: DeletionRules,
  definition: KindDefinition,
  inhabited: ReadonlySet<string>,
): void {
  const roles = Object.keys(definition.refs)
  for (const candidate of deletionCandidates(context.set.rundb, definition.name, definition.refs)) {
    if (takeAlong(context, candidate, roles) || !rules.kinds.includes(candidate.kind)) continue
    const reason =
      staysWith(context.set.rundb, definition, candidate) ??
      whySkipped(context, rules, definition, candidate, inhabited)
    if (reason) insertSkippedDeletion(context.set.rundb, { kind: candidate.kind, key: candidate.key, ...reason })
    else remove(context, candidate)
  }
}

/** A resource that refers to something that stays is not deleted. */
function staysWith(
  rundb: RunDatabase,
  { refs, deletion }: KindDefinition,
  candidate: DeletionCandidate,
): SkipReason | undefined {
  if (candidate.ownership !== 'created') return undefined
  for (const [role, kind] of Object.entries(refs)) {
    if (!kindDefinition(kind).deletion?.whole) continue
    const key = candidate.refs[role] ?? ''
    const code = skippedCode(rundb, kind, key)
    if (code === undefined || code === 'out_of_scope' || (deletion?.undoneAlone && code === 'adopted')) continue
    return { code: 'depends', message: `its ${kind} ${kind}:${key} stays` }
  }
  return undefined
}

/** A resource ends with what it refers to: a membership with its user or its organization. */
function takeAlong(context: PlanningContext, candidate: DeletionCandidate, roles: readonly string[]): boolean {
  const { refs } = kindDefinition(candidate.kind)
  for (const role of roles) {
    const holder = deletedBy(context.set.rundb, refs[role] ?? '', candidate.refs[role] ?? '')
    if (holder === undefined) continue
    remove(context, candidate, holder)
    return true
  }
  return false
}

function whySkipped(
  context: PlanningContext,
  rules: DeletionRules,
  definition: KindDefinition,
  candidate: DeletionCandidate,
  inhabited: ReadonlySet<string>,
): SkipReason | undefined {
  const { rundb } = context.set
  const { deletion = {}, name, plural } = definition
  if (isRejected(rundb, name, candidate.key) || (deletion.madeFrom && hasRejects(rundb, deletion.madeFrom))) {
    return { code: 'rejected', message: 'its record was rejected, but is still in the source' }
  }
  if (candidate.ownership === 'adopted') {
    return { code: 'adopted', message: 'it was in WorkOS before and was adopted' }
  }
  const held = rules.held?.(candidate)
  const heldBack: SkipReason | undefined = held === undefined ? undefined : { code: 'out_of_scope', message: held }
  if (heldBack && !deletion.whole) return heldBack
  if (inhabited.has(candidate.id)) {
    return { code: 'has_others', message: 'it has members that this state does not remove' }
  }
  const user = deletion.usedBy && remainingUser(rundb, deletion.usedBy, candidate)
  if (deletion.usedBy && user !== undefined) {
    return { code: 'depends', message: `${deletion.usedBy.kind}:${user} uses it and stays` }
  }
  if (rules.protect.includes(name)) return { code: 'protected', message: 'safety.protect lists its kind' }
  if (definition.remove(candidate.id) === undefined) {
    return { code: 'no_deletion', message: `WorkOS cannot delete ${deletion.called ?? plural}` }
  }
  // A user who stays for one of these reasons keeps its memberships. A user that others outside the
  // scope hold loses those within the scope.
  return whyUsed(rundb, rules.keep, definition, candidate) ?? heldBack
}

/** Whether it was used or changed in WorkOS since. */
function whyUsed(
  rundb: RunDatabase,
  keep: DeletionRules['keep'],
  definition: KindDefinition,
  { kind, id, attributes, answered }: DeletionCandidate,
): SkipReason | undefined {
  const live = keep && findLive(rundb, kind, 'id', id)
  if (live === undefined) return undefined
  const used = keep?.signedIn ? definition.deletion?.usedSince?.(live) : undefined
  if (used !== undefined) return { code: 'signed_in', message: used }
  const { kept } = compareKnown(definition, attributes, attributes, live.attributes, undefined, 'created', answered)
  const changed = kept.filter(({ reason }) => reason !== 'answered otherwise')
  if (!keep?.changed || changed.length === 0) return undefined
  const fields = changed.map(({ field }) => field).join(', ')
  return { code: 'changed_since', message: `it was changed in WorkOS after it was applied: ${fields}` }
}

/** IDs of resources of one kind that are to be deleted and have a member who stays. */
async function withOthers(
  { set: { rundb }, api }: PlanningContext,
  rules: DeletionRules,
  { name: kind, refs, deletion }: KindDefinition,
): Promise<string[]> {
  const memberKind = deletion?.keptBy
  if (memberKind === undefined || !rules.kinds.includes(kind)) return []
  const ids: string[] = []
  for (const { id, ownership } of deletionCandidates(rundb, kind, refs)) if (ownership === 'created') ids.push(id)
  const inhabited: string[] = []
  for (const id of ids) {
    for await (const page of kindDefinition(memberKind).list(api, [id])) {
      insertLive(rundb, memberKind, page)
      if (page.some((member) => !isLeaving(rundb, memberKind, member.id))) inhabited.push(id)
    }
  }
  return inhabited
}

function remove(
  context: PlanningContext,
  { kind, key, id, ...rest }: DeletionCandidate,
  holder?: DeleteAction['with'],
): void {
  const resource: DesiredResource = { kind, key, attributes: rest.attributes, secrets: null, refs: rest.refs }
  const label = kindDefinition(kind).label(resource)
  addAction(context.set.rundb, { type: 'delete', kind, key, label, id, ...(holder ? { with: holder } : {}) })
}
