import type { Manifest, MergeRule } from '../config/manifest.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import type { Attributes, DraftDefinition } from '../resources/kind.ts'
import { mergeDrafts } from '../resources/merge.ts'
import type { Staging } from './staging.ts'
import { valueRules } from './value-rules.ts'

interface Member {
  key: string
  refs: string
  attributes: Attributes
  secrets: JsonObject | null
  seq: number
  file: number
  line: number | null
  records: number
}

/**
 * Moves the drafts of one kind into the desired set, one row per group. Groups of one, nearly all of them, never leave
 * SQLite; the others are merged in the order of their records.
 */
export function mergeGroups(
  staging: Staging,
  definition: DraftDefinition,
  rules: Record<string, MergeRule>,
  manifest: Manifest,
): void {
  staging.run(
    `INSERT INTO desired
       SELECT kind, key, refs, attributes, secrets, seq, file, line, records FROM drafts WHERE kind = ?
       GROUP BY grp HAVING count(*) = 1 ORDER BY key`,
    definition.name,
  )
  const merge = (members: Member[]) => mergeMembers(staging, definition, rules, manifest, members)
  const rows = staging.db
    .prepare(
      `SELECT grp, key, refs, attributes, secrets, seq, file, line, records FROM drafts
       WHERE kind = ?1 AND grp IN (SELECT grp FROM drafts WHERE kind = ?1 GROUP BY grp HAVING count(*) > 1)
       ORDER BY grp, seq, id`,
    )
    .iterate(definition.name)
  let group: string | undefined
  let members: Member[] = []
  for (const row of rows) {
    if (row.grp !== group) {
      if (members.length > 0) merge(members)
      members = []
      group = String(row.grp)
    }
    members.push({
      key: String(row.key),
      refs: String(row.refs),
      attributes: JSON.parse(String(row.attributes)),
      secrets: row.secrets === null ? null : JSON.parse(String(row.secrets)),
      seq: Number(row.seq),
      file: Number(row.file),
      line: row.line === null ? null : Number(row.line),
      records: Number(row.records),
    })
  }
  if (members.length > 0) merge(members)
}

function mergeMembers(
  staging: Staging,
  definition: DraftDefinition,
  rules: Record<string, MergeRule>,
  manifest: Manifest,
  members: Member[],
): void {
  const [first, ...others] = members
  if (first === undefined) return
  const records = members.reduce((sum, member) => sum + member.records, 0)
  const { attributes: merged, secrets, conflicts } = mergeDrafts(definition, members, rules)
  const limits = valueRules(manifest)
  const { attributes, notes } = definition.fitMerged?.(merged, limits) ?? { attributes: merged, notes: [] }
  recordAliases(staging, definition, first, others)
  const conflictsOf = Map.groupBy(conflicts, ({ draft }) => draft)
  for (const [index, member] of members.entries()) {
    const lost = (conflictsOf.get(index) ?? []).map(({ draft: _draft, ...conflict }) => conflict)
    if (lost.length > 0 || member.key !== first.key) {
      staging.run(
        'INSERT INTO merges VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        definition.name,
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
  for (const { code, detail } of notes) {
    staging.run('INSERT INTO notes VALUES (?, ?, ?, ?, ?)', first.seq, definition.name, first.key, code, detail)
  }
  const problem = definition.checkMerged?.(attributes, limits)[0]
  if (problem) {
    staging.run(
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
  staging.run(
    'INSERT INTO desired VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    definition.name,
    first.key,
    first.refs,
    canonicalJson(attributes),
    secrets === null ? null : canonicalJson(secrets),
    first.seq,
    first.file,
    first.line,
    records,
  )
}

function recordAliases(staging: Staging, definition: DraftDefinition, first: Member, others: Member[]): void {
  for (const other of others) {
    if (other.key === first.key) continue
    staging.run('INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)', definition.name, other.key, first.key)
  }
}
