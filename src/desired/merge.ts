import type { Manifest } from '../config/manifest.ts'
import { canonicalJson } from '../json.ts'
import type { DraftDefinition, ValueRules } from '../kinds/draft.ts'
import { ANY_ORDER, type MergePolicy } from '../kinds/lifecycle.ts'
import { type MergeConflict, mergeDrafts } from '../kinds/merge.ts'
import { draftDefinition, draftDefinitions } from '../kinds/registry.ts'
import { insertDesired, moveSingleDrafts } from '../rundb/desired.ts'
import {
  contradictoryKeys,
  draftsOfKey,
  findSeveral,
  joinUndecided,
  type KeyedDraft,
  type Member,
  originText,
  severalDrafts,
} from '../rundb/drafts.ts'
import { insertAlias, insertMerge } from '../rundb/merges.ts'
import { insertNote } from '../rundb/notes.ts'
import { insertReject, type RejectReason, rejectDraft, rejectFollowers } from '../rundb/rejects.ts'
import { placeIn, type RunDatabase } from '../rundb/run-database.ts'

/**
 * Several records of one thing become one. In: the drafts of a kind, in groups. Out: one row of the
 * desired set for each group, what was merged into it, and the drafts that could not be merged
 * among the rejects.
 */

/** How many of the other records a message names. */
const NAMED = 3

/** What the manifest says of duplicates of a kind. */
export function policyFor(manifest: Manifest, kind: string): MergePolicy {
  return draftDefinition(kind).mergePolicy?.(manifest) ?? ANY_ORDER
}

/**
 * One key in two groups: the source says that two different people (two e-mail addresses, say) are
 * the same. The record that is preferred, or the first, stands, the others are refused: nobody can
 * tell here which is right, and merging would give one's account to the other. For the same reason
 * what the refused records give to that key, memberships and roles, is refused with them.
 */
export function rejectKeyConflicts(rundb: RunDatabase, definition: DraftDefinition, manifest: Manifest): void {
  const { name } = definition
  // A record that says nothing of what tells users apart contradicts nobody.
  joinUndecided(rundb, name)
  const { order } = policyFor(manifest, name)
  for (const key of contradictoryKeys(rundb, name)) {
    const [kept, ...later] = draftsOfKey(rundb, name, key, order)
    if (kept === undefined) continue
    for (const other of later) {
      if (other.group !== kept.group) refuseOther(rundb, definition, manifest, { key, kept, rejected: other })
    }
  }
}

/** Refuses a record of a key that is of another group than the one that stands. */
function refuseOther(
  rundb: RunDatabase,
  { name, lifecycle }: DraftDefinition,
  manifest: Manifest,
  { key, kept, rejected }: { key: string; kept: KeyedDraft; rejected: KeyedDraft },
): void {
  const reason = `the key ${key} stands for another ${name} already, in ${kept.origin}: their dedupe fields differ`
  rejectDraft(rundb, rejected.id, {
    code: 'key_contradiction',
    field: 'key',
    message: reason,
    hint: `give each ${name} a key of its own, or make the records agree`,
  })
  const message = `its ${name} ${key} was rejected: ${reason}`
  for (const follower of draftDefinitions) {
    for (const [role, target] of Object.entries(follower.refs)) {
      if (target !== name) continue
      const because: RejectReason = { code: `${name}_rejected`, field: role, message, hint: null }
      rejectFollowers(rundb, { kind: follower.name, role, seq: rejected.seq, key }, because)
    }
  }
  lifecycle?.keyConflict?.(rundb, manifest, { key, kept, rejected, message })
}

/** What merging a group works with. */
interface Merging {
  rundb: RunDatabase
  definition: DraftDefinition
  policy: MergePolicy
  manifest: Manifest
}

/**
 * Moves the drafts of one kind into the desired set, one row per group. Groups of one, nearly all
 * of them, never leave SQLite; the others are merged in the order of the policy, which SQLite puts
 * them in, one group at a time.
 */
export function mergeGroups(rundb: RunDatabase, definition: DraftDefinition, manifest: Manifest): void {
  const { name, lifecycle } = definition
  // What a kind makes of records itself it may make of each of them.
  findSeveral(rundb, name, { repeats: lifecycle?.unite === undefined })
  moveSingleDrafts(rundb, name)
  lifecycle?.grouped?.(rundb)
  const policy = policyFor(manifest, name)
  const merging = { rundb, definition, policy, manifest }
  for (const { members, drafts } of severalDrafts(rundb, name, policy.order)) {
    if (policy.strategy === 'error' && !areRepeats(members)) refuseGroup(merging, members)
    else mergeMembers(merging, members, drafts)
  }
}

/** Whether records are one and the same, read several times. */
function areRepeats(members: readonly Member[]): boolean {
  const text = ({ key, attributes, secrets }: Member) => canonicalJson([key, attributes, secrets])
  return new Set(members.map(text)).size === 1
}

/** Refuses all records of a group, each with its own place and the others named. */
function refuseGroup({ rundb, definition, policy, manifest }: Merging, members: readonly Member[]): void {
  for (const member of members) {
    const reason = policy.differing?.(others(rundb, definition.name, members, member))
    if (reason === undefined) throw new TypeError(`the policy of ${definition.name} rejects nothing that differs`)
    insertReject(rundb, { kind: definition.name, ...identityOf(member), ...reason, records: member.records })
  }
  definition.lifecycle?.groupRejected?.(rundb, manifest, members)
}

/** What a reject has of the record that it is about. */
function identityOf({ key, seq, file, line, refs, attributes }: Member) {
  const email = typeof attributes.email === 'string' ? attributes.email : null
  return { key, seq, origin: placeIn({ file, line }), refs: JSON.parse(refs), email }
}

function others(rundb: RunDatabase, kind: string, members: readonly Member[], member: Member): string {
  const rest = members.filter((other) => other !== member)
  const named = rest.slice(0, NAMED).map((other) => `${kind}:${other.key} (${originText(rundb, other)})`)
  return rest.length > NAMED ? `${named.join(', ')} and ${rest.length - NAMED} more` : named.join(', ')
}

/** @param drafts how many there are: of repeats one alone is among the members */
function mergeMembers(
  { rundb, definition, policy, manifest }: Merging,
  members: readonly Member[],
  drafts: number,
): void {
  const [first, ...rest] = members
  if (first === undefined) return
  const { name, lifecycle } = definition
  const records = members.reduce((sum, member) => sum + member.records, 0)
  const merged = mergeDrafts(definition, members, policy.rules, policy.strategy)
  const limits = valueRules(manifest)
  const withinLimits = (attributes: typeof merged.attributes) =>
    definition.fitMerged?.(attributes, limits) ?? { attributes, notes: [] }
  const united = lifecycle?.unite?.(rundb, manifest, { members, merged: merged.attributes, withinLimits })
  const { attributes, notes } = united ?? withinLimits(merged.attributes)
  for (const { key } of rest) if (key !== first.key) insertAlias(rundb, name, key, first.key)
  recordMerges(rundb, name, members, merged.conflicts)
  for (const { code, detail } of notes) {
    insertNote(rundb, { seq: first.seq, kind: name, key: first.key, code, detail })
  }
  const problem = definition.checkMerged?.(attributes, limits)[0]
  if (problem !== undefined) {
    const { code, field, hint } = problem
    const message = `${problem.message} (after ${drafts} records were merged)`
    insertReject(rundb, { kind: name, ...identityOf(first), code, field, message, hint, records })
    return
  }
  insertDesired(rundb, {
    kind: name,
    key: first.key,
    refs: JSON.parse(first.refs),
    attributes,
    secrets: merged.secrets,
    seq: first.seq,
    place: placeIn({ file: first.file, line: first.line }),
    records,
  })
}

/** The parts of the manifest that the value rules read. */
function valueRules(manifest: Manifest): ValueRules {
  const { metadata, externalId, organizations, passwords, totp, roles } = manifest
  return { metadata, externalId, organizations, passwords, totp, roles }
}

function recordMerges(
  rundb: RunDatabase,
  kind: string,
  members: readonly Member[],
  conflicts: readonly MergeConflict[],
): void {
  const [first] = members
  const conflictsOf = Map.groupBy(conflicts, ({ draft }) => draft)
  for (const [index, member] of members.entries()) {
    const lost = (conflictsOf.get(index) ?? []).map(({ field, rule, kept, dropped }) => ({
      field,
      rule,
      kept,
      dropped,
    }))
    if (first === undefined || (lost.length === 0 && member.key === first.key)) continue
    const { key: merged, seq, file, line } = member
    // The first is what the others merged into: it may lose a value, and has not merged away.
    const records = member === first ? 0 : member.records
    insertMerge(rundb, { kind, key: first.key, merged, seq, file, line, records, conflicts: lost })
  }
}
