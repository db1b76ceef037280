import type { Location } from '../diagnostics/problem.ts'
import type { LeftOut, LeftOutRecord } from '../mapping/result.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { IgnoredRow } from '../sources/source.ts'

/** A record that nothing was made of because the manifest says so. */
export interface LeftOutItem {
  stream: string
  /** What the rule that left it out would have made of it; null: no rule reads it. */
  kind: string | null
  /** The key that it would have had; null where that cannot be told. */
  key: string | null
  /** `users.csv:12`. */
  origin: string
  /** The manifest's path of the condition: `map.user.when`, `roles.unmapped`. Null: no rule reads the stream. */
  path: string | null
  /** Where the condition is written. */
  at?: Location
}

/** How many of the records that nothing was made of are named. */
export interface NamedRecords {
  /** Left out by the mapping. */
  leftOut: number
  /** Ignored by the source. */
  ignored: number
}

export function insertLeftOut(rundb: RunDatabase, { seq, stream, kind, key, path, origin }: LeftOutRecord): void {
  const file = rundb.fileId(origin.file)
  rundb.run(
    'INSERT INTO left_out VALUES (?, ?, ?, ?, ?, ?, ?)',
    seq,
    stream,
    kind,
    key,
    path,
    file,
    origin.line ?? null,
  )
}

/** Writes down a row that the source itself leaves out. */
export function insertIgnored(rundb: RunDatabase, { stream, origin, path }: IgnoredRow): void {
  const file = rundb.fileId(origin.file)
  rundb.run('INSERT INTO left_out VALUES (NULL, ?, NULL, NULL, ?, ?, ?)', stream, path, file, origin.line ?? null)
}

export function countNamed(rundb: RunDatabase): NamedRecords {
  const leftOut = rundb.count('SELECT count(seq) FROM left_out')
  return { leftOut, ignored: rundb.count('SELECT count(*) FROM left_out') - leftOut }
}

/**
 * Records that the mapping left out, in their order, then rows that the source ignored.
 * @param leftOutBy where the conditions are written
 */
export function* leftOutItems(
  rundb: RunDatabase,
  leftOutBy: readonly LeftOut[],
  limit: number,
): Generator<LeftOutItem> {
  const places = new Map(leftOutBy.map(({ stream, path, at }) => [`${stream} ${path}`, at]))
  const rows = rundb.db
    .prepare(
      `SELECT l.*, f.name || coalesce(':' || l.line, '') AS origin FROM left_out l JOIN files f ON f.id = l.file
       ORDER BY l.seq IS NULL, l.seq, l.rowid LIMIT ?`,
    )
    .iterate(Number.isFinite(limit) ? limit : -1)
  for (const row of rows) {
    const [stream, kind, key, path] = [String(row.stream), text(row.kind), text(row.key), text(row.path)]
    const at = places.get(`${stream} ${path}`)
    yield { stream, kind, key, origin: String(row.origin), path, ...(at !== undefined && { at }) }
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
