import type { RunDatabase } from './run-database.ts'

/** A remark on an accepted resource, counted in the plan. */
export interface NoteRow {
  kind: string
  key: string
  code: string
  detail: string
  /** Position of the record it is about. Default 0: none in particular. */
  seq?: number
}

export function insertNote(rundb: RunDatabase, { kind, key, code, detail, seq = 0 }: NoteRow): void {
  rundb.run('INSERT INTO notes VALUES (?, ?, ?, ?, ?)', seq, kind, key, code, detail)
}

export function countNotes(rundb: RunDatabase, code: string): number {
  return rundb.count('SELECT count(*) FROM notes WHERE code = ?', code)
}

/** How many resources a remark concerns. */
export interface NoteCount {
  kind: string
  code: string
  detail: string
  count: number
}

/** Notes something on a resource of the desired set, with the place of its first record. */
export function noteDesired(rundb: RunDatabase, { kind, key, code, detail }: Omit<NoteRow, 'seq'>): void {
  rundb.run(
    'INSERT INTO notes SELECT seq, kind, key, ?, ? FROM desired WHERE kind = ? AND key = ?',
    code,
    detail,
    kind,
    key,
  )
}

/**
 * Notes on resources that are in the desired set, most first.
 * @param moot conditions on a note `n` and its resource `d`, as SQL: which of them do not count
 */
export function noteCounts(rundb: RunDatabase, moot: readonly string[]): NoteCount[] {
  return rundb
    .statement(
      `SELECT n.kind, n.code, n.detail, count(DISTINCT d.key) AS n FROM notes n
       LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
       JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
       WHERE ${['1', ...moot.map((condition) => `NOT (${condition})`)].join(' AND ')}
       GROUP BY n.kind, n.code, n.detail ORDER BY n DESC, n.kind, n.code, n.detail`,
    )
    .all()
    .map((row) => ({
      kind: String(row.kind),
      code: String(row.code),
      detail: String(row.detail),
      count: Number(row.n),
    }))
}
