import type { Manifest } from '../config/manifest.ts'
import { canonicalJson } from '../json.ts'
import type { DraftDefinition } from '../kinds/draft.ts'
import { mergeDrafts } from '../kinds/merge.ts'
import type { MergeConflict } from '../kinds/mergeable.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { draftGroups, type Member, originOf } from './draft-groups.ts'
import { casesOf, insertCase } from './duplicate-cases.ts'
import { keepExternalIds } from './kept-external-ids.ts'
import { type MergePolicy, policyFor } from './merge-policy.ts'
import { findSharedIds, sharedIdsOf } from './shared-users.ts'
import { valueRules } from './value-rules.ts'

/** How many of the other records a message names. */
const NAMED = 3

/** What merging a group works with. */
interface Merging {
  rundb: RunDatabase
  definition: DraftDefinition
  policy: MergePolicy
  manifest: Manifest
}

/**
 * Moves the drafts of one kind into the desired set, one row per group. Groups of one, nearly all of them, never leave
 * SQLite; the others are merged in the order of the policy, which SQLite puts them in, one group at a time.
 */
export function mergeGroups(rundb: RunDatabase, definition: DraftDefinition, manifest: Manifest): void {
  rundb.run(
    `INSERT INTO desired
       SELECT kind, key, refs, attributes, secrets, seq, file, line, records FROM drafts WHERE kind = ?
       GROUP BY dedupe_group HAVING count(*) = 1 ORDER BY key`,
    definition.name,
  )
  if (definition.name === 'user') findSharedIds(rundb)
  const policy = policyFor(manifest, definition.name)
  const merging = { rundb, definition, policy, manifest }
  for (const members of draftGroups(rundb, definition.name, policy.order)) {
    if (policy.strategy === 'error' && !areRepeats(members)) refuseGroup(merging, members)
    else mergeMembers(merging, members)
  }
}

/** Whether records are one and the same, read several times. */
function areRepeats(members: readonly Member[]): boolean {
  const text = ({ key, attributes, secrets }: Member) => canonicalJson([key, attributes, secrets])
  return new Set(members.map(text)).size === 1
}

/** Refuses all records of a group, each with its own place and the others named. */
function refuseGroup({ rundb, definition: { name }, manifest }: Merging, members: readonly Member[]): void {
  for (const member of members) {
    const { key, seq, file, line, refs, records } = member
    rundb.run(
      'INSERT INTO rejects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      name,
      key,
      'duplicate_user',
      null,
      `it is one with ${others(rundb, name, members, member)}, from which it differs, and dedupe.user.strategy is error`,
      'leave all but one of them out with map.user.when, or choose another strategy',
      seq,
      file,
      line,
      refs,
      records,
    )
  }
  const records = members.reduce((sum, member) => sum + member.records, 0)
  const shared = sharedIdsOf(rundb, members, undefined)
  for (const code of casesOf(members, manifest.dedupe.user.email, shared)) {
    insertCase(rundb, code, 'rejected', members[0]?.key ?? '', records)
  }
}

function others(rundb: RunDatabase, kind: string, members: readonly Member[], member: Member): string {
  const rest = members.filter((other) => other !== member)
  const named = rest.slice(0, NAMED).map((other) => `${kind}:${other.key} (${originOf(rundb, other)})`)
  return rest.length > NAMED ? `${named.join(', ')} and ${rest.length - NAMED} more` : named.join(', ')
}

function mergeMembers({ rundb, definition, policy, manifest }: Merging, members: readonly Member[]): void {
  const [first, ...rest] = members
  if (first === undefined) return
  const records = members.reduce((sum, member) => sum + member.records, 0)
  const merged = mergeDrafts(definition, members, policy.rules, policy.strategy)
  const limits = valueRules(manifest)
  const limited = (attributes: typeof merged.attributes) =>
    definition.fitMerged?.(attributes, limits) ?? { attributes, notes: [] }
  const isUser = definition.name === 'user'
  const shared = isUser ? sharedIdsOf(rundb, members, merged.attributes.externalId) : undefined
  const { attributes, notes } = shared
    ? keepExternalIds(merged.attributes, members, shared, manifest, limited)
    : limited(merged.attributes)
  recordAliases(rundb, definition, first, rest)
  recordMerges(rundb, definition, members, merged.conflicts)
  for (const { code, detail } of notes) {
    rundb.run('INSERT INTO notes VALUES (?, ?, ?, ?, ?)', first.seq, definition.name, first.key, code, detail)
  }
  for (const code of shared ? casesOf(members, manifest.dedupe.user.email, shared) : []) {
    insertCase(rundb, code, 'merged', first.key, records)
  }
  const problem = definition.checkMerged?.(attributes, limits)[0]
  if (problem) {
    rundb.run(
      'INSERT INTO rejects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      definition.name,
      first.key,
      problem.code,
      problem.field,
      `${problem.message} (after ${members.length} records were merged)`,
      problem.hint ?? null,
      first.seq,
      first.file,
      first.line,
      first.refs,
      records,
    )
    return
  }
  rundb.run(
    'INSERT INTO desired VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    definition.name,
    first.key,
    first.refs,
    canonicalJson(attributes),
    merged.secrets === null ? null : canonicalJson(merged.secrets),
    first.seq,
    first.file,
    first.line,
    records,
  )
}

function recordMerges(
  rundb: RunDatabase,
  { name }: DraftDefinition,
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
    rundb.run(
      'INSERT INTO merges VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      name,
      first.key,
      member.key,
      member.seq,
      member.file,
      member.line,
      // The first is what the others merged into: it may lose a value, and has not merged away.
      member === first ? 0 : member.records,
      JSON.stringify(lost),
    )
  }
}

function recordAliases(rundb: RunDatabase, definition: DraftDefinition, first: Member, others: Member[]): void {
  for (const other of others) {
    if (other.key === first.key) continue
    rundb.run('INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)', definition.name, other.key, first.key)
  }
}
