import { originOf, type RunDatabase } from './run-database.ts'

/**
 * Results of merging: keys that became others (`aliases`), records that lost values (`merges`),
 * cases of duplicates (`cases`).
 */

/** A value of a record that was lost. */
export interface LostValue {
  field: string
  rule: string
  kept?: unknown
  dropped?: unknown
}

/** One row of `merges`. */
export interface MergeRow {
  kind: string
  /** The remaining key. */
  key: string
  /** The record's own key. */
  merged: string
  seq: number
  file: number
  line: number | null
  /** The number of its records that merged away. */
  records: number
  conflicts: LostValue[]
}

/** A record that merged into another one, and its lost values. */
export interface MergedRecord extends Pick<MergeRow, 'kind' | 'key' | 'merged' | 'conflicts'> {
  /** The number of equal records that it represents. */
  records: number
  origin: string
}

export function insertMerge(rundb: RunDatabase, row: MergeRow): void {
  rundb.run(
    'INSERT INTO merges VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    row.kind,
    row.key,
    row.merged,
    row.seq,
    row.file,
    row.line,
    row.records,
    JSON.stringify(row.conflicts),
  )
}

/** Makes the key refer to the resource that it merged into. */
export function insertAlias(rundb: RunDatabase, kind: string, key: string, canonical: string): void {
  rundb.run('INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)', kind, key, canonical)
}

/** Merged records whose resource was not rejected later. */
const ACCEPTED = 'merges m JOIN desired d ON d.kind = m.kind AND d.key = m.key'

/** Records that merged into another key, and records that lost a value. The latter come first. */
export function mergedRecords(rundb: RunDatabase): Generator<MergedRecord> {
  return select(rundb, "1 ORDER BY m.conflicts = '[]', m.kind, m.key, m.seq")
}

/** Records of a kind that lost a value, in the order of the records. */
export function differingMerges(rundb: RunDatabase, kind: string, limit: number): Generator<MergedRecord> {
  const bound = Number.isFinite(limit) ? limit : -1
  return select(rundb, "m.kind = ? AND m.conflicts <> '[]' ORDER BY m.seq, m.rowid LIMIT ?", kind, bound)
}

function* select(rundb: RunDatabase, condition: string, ...parameters: (string | number)[]): Generator<MergedRecord> {
  const rows = rundb.iterate(
    `SELECT m.*, ${originOf('m')} FROM ${ACCEPTED} JOIN files f ON f.id = m.file WHERE ${condition}`,
    ...parameters,
  )
  for (const row of rows) {
    yield {
      kind: String(row.kind),
      key: String(row.key),
      merged: String(row.merged),
      records: Number(row.records),
      origin: String(row.origin),
      conflicts: JSON.parse(String(row.conflicts)),
    }
  }
}

/** By kind: the records that lost a value in merging, and how many of these merged away. */
export function countDifferent(rundb: RunDatabase): Map<string, { different: number; merged: number }> {
  const rows = rundb
    .statement(
      `SELECT m.kind, sum(max(m.records, 1)) AS n, sum(m.records) AS merged FROM ${ACCEPTED}
       WHERE m.conflicts <> '[]' GROUP BY m.kind`,
    )
    .all()
  return new Map(rows.map(({ kind, n, merged }) => [String(kind), { different: Number(n), merged: Number(merged) }]))
}

/** The records of a kind that merged away into desired resources. */
export function countMergedAway(rundb: RunDatabase, kind: string): number {
  return rundb.count('SELECT sum(records - 1) FROM desired WHERE kind = ? AND records > 0', kind)
}

/** The number of resources of a kind merged from several records, and of these records. */
export function countMerged(rundb: RunDatabase, kind: string): { resources: number; records: number } {
  const row = rundb
    .statement('SELECT count(*) AS resources, sum(records) AS records FROM desired WHERE kind = ? AND records > 1')
    .get(kind)
  return { resources: Number(row?.resources ?? 0), records: Number(row?.records ?? 0) }
}
/** The number of users of one case, and of their records. */
export interface CaseCount {
  code: string
  fate: CaseFate | 'blocked'
  users: number
  records: number
}

export type CaseFate = 'merged' | 'rejected'

/** The cases of the source, sorted by name. */
export function caseCounts(rundb: RunDatabase): CaseCount[] {
  return rundb
    .statement(
      `SELECT code, fate, count(DISTINCT key) AS users, sum(records) AS records FROM cases
       GROUP BY code, fate ORDER BY code, fate`,
    )
    .all()
    .map(({ code, fate, users, records }) => ({
      code: String(code),
      fate: fate === 'merged' ? 'merged' : 'rejected',
      users: Number(users),
      records: Number(records),
    }))
}
/** The key that a key merged into. Undefined: none. */
export function canonicalOf(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb.statement('SELECT canonical FROM aliases WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.canonical)
}
