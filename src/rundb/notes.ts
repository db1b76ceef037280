import type { Parameter } from '../sqlite/open.ts'
import { bindWordings, type RunDatabase, type Wording } from './run-database.ts'

/**
 * Notes on accepted resources: the table `notes`. In: one note as an object, or for all matching
 * rows by SQL. Out: the number of resources per note.
 */

/** A note on an accepted resource, counted in the plan. */
export interface NoteRow {
  kind: string
  key: string
  code: string
  detail: string
  /** Position of its record. Default 0: none in particular. */
  seq?: number
}

const COLUMNS = 'seq, kind, key, code, detail'

export function insertNote(rundb: RunDatabase, { kind, key, code, detail, seq = 0 }: NoteRow): void {
  rundb.run(`INSERT INTO notes (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`, seq, kind, key, code, detail)
}

export interface Remark {
  /** Tables, joined, as SQL. */
  from: string
  /** The condition on rows, as SQL. Its parameters are `?1`, `?2` … */
  where: string
  /** The table or alias with the kind and key of the resource. */
  on: string
  /** Position of the record, as SQL. Default: none in particular. */
  seq?: string
  note: { code: Wording; detail: Wording }
}

/**
 * Adds a note to all matching rows.
 * @param parameters of the condition
 * @returns the number of notes
 */
export function noteAll(rundb: RunDatabase, remark: Remark, ...parameters: Parameter[]): number {
  const { from, where, on, seq = '0', note } = remark
  const { written, bound } = bindWordings([note.code, note.detail], parameters)
  return rundb.run(
    `INSERT INTO notes (${COLUMNS}) SELECT ${seq}, ${on}.kind, ${on}.key, ${written.join(', ')} FROM ${from} WHERE ${where}`,
    ...bound,
  )
}

export function countNotes(rundb: RunDatabase, code: string): number {
  return rundb.count('SELECT count(*) FROM notes WHERE code = ?', code)
}

/** The number of resources with a note. */
export interface NoteCount {
  kind: string
  code: string
  detail: string
  count: number
}

/** Adds a note to a desired resource, with the place of its first record. */
export function noteDesired(rundb: RunDatabase, { kind, key, code, detail }: Omit<NoteRow, 'seq'>): void {
  const where = 'kind = ?1 AND key = ?2'
  noteAll(rundb, { from: 'desired', where, on: 'desired', seq: 'seq', note: { code, detail } }, kind, key)
}

/**
 * Notes on desired resources, most frequent first.
 * @param moot SQL conditions on a note `n` and its resource `d` for notes that do not count
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

/**
 * A note on a field of desired resources, with the first of them. The detail is the field, possibly
 * followed by a colon and more.
 */
export interface FieldNote {
  kind: string
  code: string
  field: string
  count: number
  /** The detail of the first. */
  detail: string
  file: string | undefined
  line: number | undefined
}

/** The notes with these codes by kind and field, in the order of the source. */
export function fieldNotes(rundb: RunDatabase, codes: readonly string[]): FieldNote[] {
  return rundb
    .statement(
      `SELECT n.kind, n.code, CASE instr(n.detail, ': ') WHEN 0 THEN n.detail ELSE substr(n.detail, 1, instr(n.detail, ': ') - 1) END AS field,
         count(DISTINCT d.key) AS n, min(n.seq) AS first, n.detail, f.name AS file, d.line
       FROM notes n LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
       JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
       LEFT JOIN files f ON f.id = d.file
       WHERE n.code IN (SELECT value FROM json_each(?)) GROUP BY n.kind, n.code, field ORDER BY first, n.code, field`,
    )
    .all(JSON.stringify(codes))
    .map((row) => ({
      kind: String(row.kind),
      code: String(row.code),
      field: String(row.field),
      count: Number(row.n),
      detail: String(row.detail),
      file: row.file === null ? undefined : String(row.file),
      line: row.line === null ? undefined : Number(row.line),
    }))
}
