import { compareKnown } from '../comparing/three-way.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition, kindDefinitions } from '../kinds/registry.ts'
import type { DesiredResource } from '../resource.ts'
import { BEYOND } from '../rundb/known.ts'
import { findLive, insertLive } from '../rundb/live.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { DeleteAction, SkippedDeletion } from './action.ts'
import { type DeletionCandidate, deletionCandidates, insertSkippedDeletion, isRejected } from './deletion-tables.ts'
import { addAction } from './phases.ts'
import type { PlanningContext } from './planning-context.ts'

export interface DeletionRules {
  /** Kinds of which what left the source is deleted. */
  kinds: readonly string[]
  /** Kinds that are never deleted. */
  protect: readonly string[]
  /** Leave out what has been used or changed in WorkOS since it was created; undefined: do not look. */
  spare?: { signedIn: boolean; changed: boolean }
  /** Why something stays since others have ties to it; undefined: nobody has. */
  held?: (candidate: DeletionCandidate) => string | undefined
}

/**
 * Plans the deletion of what the state holds and the desired set does not. Only what this state created is ever deleted.
 * Users come first; their memberships go with them, without requests of their own. An organization goes only when nobody is
 * left in it whom this state did not put there, and so does a group. All else comes last: it goes with what it refers to, or by itself.
 */
export async function planDeletions(context: PlanningContext, rules: DeletionRules): Promise<void> {
  const { rundb } = context.set
  rundb.transaction(() => {
    for (const user of deletionCandidates(rundb, 'user')) decide(context, rules, user)
    for (const membership of deletionCandidates(rundb, 'membership')) decideDependent(context, rules, membership)
  })
  const organizations = await withOthers(context, rules, 'organization', 'membership')
  const groups = await withOthers(context, rules, 'group', 'group-membership')
  const inhabited = organizations.union(groups)
  rundb.transaction(() => {
    for (const organization of deletionCandidates(rundb, 'organization'))
      decide(context, rules, organization, inhabited)
    for (const membership of deletionCandidates(rundb, 'membership')) takeAlong(context, membership, 'organization')
    for (const { name, refs } of kindDefinitions) {
      if (DECIDED.has(name)) continue
      for (const candidate of deletionCandidates(rundb, name)) {
        if (Object.keys(refs).length > 0) decideDependent(context, rules, candidate, inhabited)
        else decide(context, rules, candidate)
      }
    }
  })
}

/** Kinds that are looked at before all others. */
const DECIDED: ReadonlySet<string> = new Set(['user', 'membership', 'organization'])

/** @param inhabited ids of what has members who stay */
function decide(
  context: PlanningContext,
  rules: DeletionRules,
  candidate: DeletionCandidate,
  inhabited: ReadonlySet<string> = new Set(),
): void {
  const { kind } = candidate
  if (!rules.kinds.includes(kind)) return
  const reason = reasonToSpare(context, rules, kindDefinition(kind), candidate, inhabited)
  if (reason) skip(context, candidate, ...reason)
  else remove(context, candidate)
}

/** Goes with what it refers to; stays with a user who stays, for a user is left as a whole or not at all. */
function decideDependent(
  context: PlanningContext,
  rules: DeletionRules,
  candidate: DeletionCandidate,
  inhabited?: ReadonlySet<string>,
): void {
  const { kind, refs, ownership } = candidate
  const definition = kindDefinition(kind)
  if (Object.keys(definition.refs).some((role) => takeAlong(context, candidate, role))) return
  const spared = context.set.rundb
    .statement("SELECT code FROM spared WHERE kind = 'user' AND key = ?")
    .get(refs.user ?? '')
  const userStays =
    spared !== undefined && spared.code !== 'out_of_scope' && !(definition.undoneAlone && spared.code === 'adopted')
  if (userStays && rules.kinds.includes(kind) && ownership === 'created') {
    skip(context, candidate, 'depends', `its user user:${refs.user} stays`)
  } else decide(context, rules, candidate, inhabited)
}

/**
 * Everything ends with what it refers to: a membership with its user or its organization. What that goes with itself is named
 * instead, since nothing is gone before the one request that deletes all of it.
 */
function takeAlong(context: PlanningContext, candidate: DeletionCandidate, role: string): boolean {
  const kind = kindDefinition(candidate.kind).refs[role] ?? ''
  const key = candidate.refs[role] ?? ''
  const gone = context.set.rundb
    .statement(
      `SELECT action ->> '$.with.kind' AS kind, action ->> '$.with.key' AS key FROM actions
       WHERE kind = ? AND key = ? AND type = 'delete'`,
    )
    .get(kind, key)
  if (gone === undefined) return false
  remove(context, candidate, { kind: String(gone.kind ?? kind), key: String(gone.key ?? key) })
  return true
}

function reasonToSpare(
  context: PlanningContext,
  rules: DeletionRules,
  definition: KindDefinition,
  candidate: DeletionCandidate,
  inhabited: ReadonlySet<string>,
): [SkippedDeletion['code'], string] | undefined {
  const { rundb } = context.set
  if (isRejected(rundb, candidate)) return ['rejected', 'its record was rejected: it has not left the source']
  if (candidate.ownership === 'adopted') return ['adopted', 'it was in WorkOS before, and was adopted']
  const held = rules.held?.(candidate)
  if (held !== undefined && candidate.kind !== 'user') return ['out_of_scope', held]
  if (inhabited.has(candidate.id)) return ['has_others', 'it has members whom this state does not remove']
  if (rules.protect.includes(candidate.kind)) return ['protected', 'safety.protect names its kind']
  if (definition.remove(candidate.id) === undefined) {
    const what = definition.name === 'role' ? 'environment roles' : definition.plural
    return ['no_deletion', `WorkOS offers no deletion of ${what}`]
  }
  // A user who stays for one of these reasons keeps the memberships; one that is held by others outside of the scope loses those within.
  return used(rundb, rules.spare, definition, candidate) ?? (held === undefined ? undefined : ['out_of_scope', held])
}

/** Whether it has been used or changed in WorkOS since. */
function used(
  rundb: RunDatabase,
  sparing: DeletionRules['spare'],
  definition: KindDefinition,
  { kind, id, attributes, answered }: DeletionCandidate,
): [SkippedDeletion['code'], string] | undefined {
  const live = sparing && findLive(rundb, kind, 'id', id)
  if (live === undefined) return undefined
  if (sparing?.signedIn && typeof live.attributes.lastSignInAt === 'string') {
    return ['signed_in', `the user has signed in since (${live.attributes.lastSignInAt})`]
  }
  const { kept } = compareKnown(definition, attributes, attributes, live.attributes, undefined, 'created', answered)
  const changed = kept.filter(({ reason }) => reason !== 'answered otherwise')
  if (!sparing?.changed || changed.length === 0) return undefined
  return ['changed_since', `it was changed in WorkOS since: ${changed.map(({ field }) => field).join(', ')}`]
}

/** Ids of what is about to be deleted, of one kind, and has a member who is not about to leave. */
async function withOthers(
  { set: { rundb }, api }: PlanningContext,
  rules: DeletionRules,
  kind: string,
  memberKind: string,
): Promise<ReadonlySet<string>> {
  const inhabited = new Set<string>()
  if (!rules.kinds.includes(kind)) return inhabited
  const ids: string[] = []
  for (const { id, ownership } of deletionCandidates(rundb, kind)) if (ownership === 'created') ids.push(id)
  for (const id of ids) {
    for await (const page of kindDefinition(memberKind).list(api, [id])) {
      insertLive(rundb, memberKind, page)
      if (page.some((member) => !leaves(rundb, memberKind, member.id))) inhabited.add(id)
    }
  }
  return inhabited
}

/** Whether the state has a member whom the source lacks, and nothing keeps it. */
function leaves(rundb: RunDatabase, kind: string, id: string): boolean {
  return (
    rundb
      .statement(
        `SELECT 1 FROM known k WHERE k.kind = ?1 AND k.id = ?2
           AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)
           AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.id = k.id AND a.type = 'adopt')
           AND NOT EXISTS (SELECT 1 FROM spared s WHERE s.kind = k.kind AND s.key = k.key) AND NOT ${BEYOND}`,
      )
      .get(kind, id) !== undefined
  )
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

function skip(
  context: PlanningContext,
  { kind, key }: DeletionCandidate,
  code: SkippedDeletion['code'],
  message: string,
): void {
  insertSkippedDeletion(context.set.rundb, { kind, key, code, message })
}
