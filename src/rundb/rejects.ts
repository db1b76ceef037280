import type { Origin } from '../sources/source.ts'
import type { RunDatabase } from './run-database.ts'

/** One row of the quarantine. */
export interface RejectRow {
  /** A kind, `record` for a record that the source refused, or `roleAssignment`. */
  kind: string
  /** Null when the key itself is not known. */
  key: string | null
  code: string
  /** Field of the kind that is to blame. */
  field?: string | null
  message: string
  hint?: string | null
  /** Position of the record; null for one that has none. */
  seq: number | null
  /** Where the record was read: by name, or as another row of the run's database holds it. */
  origin: Origin | Place
  /** Keys of what it referred to. */
  refs?: Readonly<Record<string, string>>
  /** How many records it stands for. Default 1. */
  records?: number
}

/** An origin as rows hold it: the number of the file (see RunDatabase.fileId), and the line. */
export interface Place {
  fileId: number
  line: number | null
}

export function insertReject(rundb: RunDatabase, reject: RejectRow): void {
  const { kind, key, code, field, message, hint, seq, origin, refs = {}, records = 1 } = reject
  rundb.run(
    'INSERT INTO rejects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    kind,
    key,
    code,
    field ?? null,
    message,
    hint ?? null,
    seq,
    ...placeOf(rundb, origin),
    JSON.stringify(refs),
    records,
  )
}

/** An origin as the columns `file` and `line`. */
export function placeOf(rundb: RunDatabase, origin: Origin | Place): [number, number | null] {
  if ('fileId' in origin) return [origin.fileId, origin.line]
  return [rundb.fileId(origin.file), origin.line ?? null]
}

/** The first record that would have made one of these resources and was refused, with its place: `roles.csv:4`. */
export function firstReject(
  rundb: RunDatabase,
  kind: string,
  keys: readonly string[],
): { origin: string; message: string } | undefined {
  const row = rundb
    .statement(
      `SELECT r.message, f.name || coalesce(':' || r.line, '') AS origin FROM rejects r JOIN files f ON f.id = r.file
       WHERE r.kind = ? AND r.key IN (SELECT value FROM json_each(?)) ORDER BY r.seq, r.rowid LIMIT 1`,
    )
    .get(kind, JSON.stringify(keys))
  return row && { origin: String(row.origin), message: String(row.message) }
}
