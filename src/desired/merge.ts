import type { Manifest } from '../config/manifest.ts'
import { canonicalJson } from '../json.ts'
import type { DraftDefinition, ValueRules } from '../kinds/draft.ts'
import { ANY_ORDER, type MergePolicy } from '../kinds/lifecycle.ts'
import { type MergeConflict, mergeDrafts } from '../kinds/merge.ts'
import { draftDefinition, draftDefinitions } from '../kinds/registry.ts'
import { insertDesired, moveSingleDrafts } from '../rundb/desired.ts'
import { contradictoryKeys, draftsOfKey, joinUndecided, type KeyedDraft, originText } from '../rundb/drafts.ts'
import { insertAlias, insertMerge } from '../rundb/merges.ts'
import { insertNote } from '../rundb/notes.ts'
import { insertReject, type RejectReason, rejectDraft, rejectFollowers } from '../rundb/rejects.ts'
import { placeIn, type RunDatabase } from '../rundb/run-database.ts'
import { type Member, severalDrafts } from '../rundb/several.ts'

/**
 * Merges duplicate records. In: the drafts of a kind, in groups. Out: one row of the desired set
 * for each group, what was merged into it, and rejects for drafts that cannot be merged.
 */

/** How many of the other records a message names. */
const NAMED = 3

/** The manifest's policy for duplicates of a kind. */
export function policyFor(manifest: Manifest, kind: string): MergePolicy {
  return draftDefinition(kind).mergePolicy?.(manifest) ?? ANY_ORDER
}

/**
 * Handles one key in two groups: the source claims that two different users (with two email
 * addresses, for example) are the same. The preferred record, or the first, is kept; the others are
 * rejected. Merging would give one user's account to the other. For the same reason, memberships
 * and roles that the rejected records assign to that key are rejected too.
 */
export function rejectKeyConflicts(rundb: RunDatabase, definition: DraftDefinition, manifest: Manifest): void {
  const { name } = definition
  // A record without the fields that identify a user contradicts no other record.
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

/** Rejects a record whose key belongs to another group than the record that is kept. */
function refuseOther(
  rundb: RunDatabase,
  { name, lifecycle }: DraftDefinition,
  manifest: Manifest,
  { key, kept, rejected }: { key: string; kept: KeyedDraft; rejected: KeyedDraft },
): void {
  const reason = `the key ${key} already belongs to another ${name}, in ${kept.origin}: their dedupe fields differ`
  rejectDraft(rundb, rejected.id, {
    code: 'key_contradiction',
    field: 'key',
    message: reason,
    hint: `give each ${name} its own key, or make the records agree`,
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

interface Merging {
  rundb: RunDatabase
  definition: DraftDefinition
  policy: MergePolicy
  manifest: Manifest
}

/**
 * Moves the drafts of one kind into the desired set, one row per group. Groups of one, the vast
 * majority, stay in SQLite. SQLite sorts the others in the order of the policy, and each group is
 * merged here.
 */
export function mergeGroups(rundb: RunDatabase, definition: DraftDefinition, manifest: Manifest): void {
  const { name, lifecycle } = definition
  // A kind with its own `unite` can treat repeated records differently.
  moveSingleDrafts(rundb, name, { repeats: lifecycle?.unite === undefined })
  lifecycle?.grouped?.(rundb)
  const policy = policyFor(manifest, name)
  const merging = { rundb, definition, policy, manifest }
  for (const { members, drafts } of severalDrafts(rundb, name, policy.order)) {
    if (policy.strategy === 'error' && !areRepeats(members)) refuseGroup(merging, members)
    else mergeMembers(merging, members, drafts)
  }
}

/** Whether all records are identical copies. */
function areRepeats(members: readonly Member[]): boolean {
  const text = ({ key, attributes, secrets }: Member) => canonicalJson([key, attributes, secrets])
  return new Set(members.map(text)).size === 1
}

/** Rejects all records of a group. Each reject has its own place and names the others. */
function refuseGroup({ rundb, definition, policy, manifest }: Merging, members: readonly Member[]): void {
  for (const member of members) {
    const reason = policy.differing?.(others(rundb, definition.name, members, member))
    if (reason === undefined) throw new TypeError(`the policy of ${definition.name} rejects no differences`)
    insertReject(rundb, { kind: definition.name, ...identityOf(member), ...reason, records: member.records })
  }
  definition.lifecycle?.groupRejected?.(rundb, manifest, members)
}

/** The parts of a record that its reject needs. */
function identityOf({ key, seq, file, line, refs, attributes }: Member) {
  const email = typeof attributes.email === 'string' ? attributes.email : null
  return { key, seq, origin: placeIn({ file, line }), refs: JSON.parse(refs), email }
}

function others(rundb: RunDatabase, kind: string, members: readonly Member[], member: Member): string {
  const rest = members.filter((other) => other !== member)
  const named = rest.slice(0, NAMED).map((other) => `${kind}:${other.key} (${originText(rundb, other)})`)
  return rest.length > NAMED ? `${named.join(', ')} and ${rest.length - NAMED} more` : named.join(', ')
}

/** @param drafts the number of records: `members` contains repeated ones only once */
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
    const message = `${problem.message} (after merging ${drafts} records)`
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
    // The others merged into the first: it can lose a value, but did not merge away.
    const records = member === first ? 0 : member.records
    insertMerge(rundb, { kind, key: first.key, merged, seq, file, line, records, conflicts: lost })
  }
}
