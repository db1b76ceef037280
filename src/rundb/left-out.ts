import type { Location } from '../diagnostics/problem.ts'
import type { IgnoredRow, Origin } from '../sources/source.ts'
import { desiredChanged } from './desired-facts.ts'
import { ROLE_ASSIGNMENT } from './drafts.ts'
import { originOf, type Place, placeOf, type RunDatabase, textIn } from './run-database.ts'

/** Records of one stream that every rule left out, by condition. */
export interface LeftOut {
  stream: string
  /**
   * The path of the condition: `map.user.when`, `map.membership.each`, `roles.unmapped`. Null: no
   * rule reads the stream.
   */
  path: string | null
  records: number
  /** The place of the condition: a file relative to the manifest, or a recipe. Set at the end. */
  at?: Location
}

/** A record that every rule left out. */
export interface LeftOutRecord extends Pick<LeftOut, 'stream' | 'path'> {
  seq: number
  /** The kind of the rule that left it out. Null: no rule reads the stream. */
  kind: string | null
  /** The key that it would have. Null: unknown. */
  key: string | null
  origin: Origin
}

/** A record that has no resource because of the manifest. */
export interface LeftOutItem {
  stream: string
  /** The kind of the rule that left it out. Null: no rule reads the stream. */
  kind: string | null
  /** The key that it would have. Null: unknown. */
  key: string | null
  /** `users.csv:12`. */
  origin: string
  /** The path of the condition: `map.user.when`, `roles.unmapped`. Null: no rule reads it. */
  path: string | null
  /** The place of the condition. */
  at?: Location
}

/** The number of listed records without a resource. */
export interface NamedRecords {
  /** Left out by the mapping. */
  leftOut: number
  /** Ignored by the source. */
  ignored: number
}

export function insertLeftOut(rundb: RunDatabase, { seq, stream, kind, key, path, origin }: LeftOutRecord): void {
  rundb.run(
    'INSERT INTO left_out VALUES (?, ?, ?, ?, ?, ?, ?)',
    seq,
    stream,
    kind,
    key,
    path,
    ...placeOf(rundb, origin),
  )
}

/** Stores a row that the source itself ignores. */
export function insertIgnored(rundb: RunDatabase, { stream, origin, path }: IgnoredRow): void {
  rundb.run('INSERT INTO left_out VALUES (NULL, ?, NULL, NULL, ?, ?, ?)', stream, path, ...placeOf(rundb, origin))
}

export function countNamed(rundb: RunDatabase): NamedRecords {
  const leftOut = rundb.count('SELECT count(seq) FROM left_out')
  return { leftOut, ignored: rundb.count('SELECT count(*) FROM left_out') - leftOut }
}

/**
 * Records that the mapping left out, in order, then rows that the source ignored.
 * @param leftOutBy the places of the conditions
 */
export function* leftOutItems(
  rundb: RunDatabase,
  leftOutBy: readonly LeftOut[],
  limit: number,
): Generator<LeftOutItem> {
  const places = new Map(leftOutBy.map(({ stream, path, at }) => [`${stream} ${path}`, at]))
  const rows = rundb.iterate(
    `SELECT l.*, ${originOf('l')} FROM left_out l JOIN files f ON f.id = l.file
     ORDER BY l.seq IS NULL, l.seq, l.rowid LIMIT ?`,
    Number.isFinite(limit) ? limit : -1,
  )
  for (const row of rows) {
    const [stream, kind, key, path] = [String(row.stream), textIn(row.kind), textIn(row.key), textIn(row.path)]
    const at = places.get(`${stream} ${path}`)
    yield { stream, kind, key, origin: String(row.origin), path, ...(at !== undefined && { at }) }
  }
}

/**
 * An item that is left out with what it belongs to, or an invitation to something that its
 * recipient already has.
 */
interface LeftOutWith {
  kind: string
  key: string | null
  /**
   * The condition that leaves out what it belongs to: `map.user.when`. For an invitation also the
   * rule that makes its recipient a member.
   */
  path: string
  /** `members.csv:12`. */
  origin: string
  records: number
}

/** An item that is left out with what it belongs to, as one record describes it. */
export interface LeftOutDependent {
  kind: string
  /** Null: unknown. */
  key: string | null
  path: string
  /** Keys of what it refers to, if known. */
  refs: Readonly<Record<string, string>>
  origin: Origin | Place
}

/** Whether anything is left out. */
function knowsAny(rundb: RunDatabase): boolean {
  return rundb.count('SELECT EXISTS (SELECT 1 FROM left_out_keys)') > 0
}

/** Chunks finish in any order: of several conditions the first by path counts. */
export function insertLeftOutKey(
  rundb: RunDatabase,
  { kind, key, path }: { kind: string; key: string; path: string },
): void {
  rundb.run(
    'INSERT INTO left_out_keys VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET path = min(path, excluded.path)',
    kind,
    key,
    path,
  )
}

/** Leaves an item out with what it belongs to. */
export function insertLeftOutWith(rundb: RunDatabase, item: LeftOutDependent): void {
  const { kind, key, path, refs, origin } = item
  rundb.run(
    'INSERT INTO left_out_with VALUES (?, ?, ?, ?, ?, ?, 1)',
    kind,
    key,
    path,
    ...placeOf(rundb, origin),
    JSON.stringify(refs),
  )
  if (key !== null && kind !== ROLE_ASSIGNMENT) insertLeftOutKey(rundb, { kind, key, path })
}

/** The condition that leaves a resource out. Undefined: none, or it has another record. */
export function leftOutBy(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb
    .statement(
      `SELECT path FROM left_out_keys l WHERE kind = ? AND key = ?
       AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = l.kind AND d.key = l.key)
       AND NOT EXISTS (SELECT 1 FROM rejects r WHERE r.kind = l.kind AND r.key = l.key)`,
    )
    .get(kind, key)
  return row && String(row.path)
}

/**
 * Leaves out desired resources of a kind whose reference in this role is left out.
 * @param to the kind of the reference
 */
export function leaveOutReferring(rundb: RunDatabase, name: string, role: string, to: string): void {
  leaveOut(rundb, name, to, `d.refs ->> '$.${role}'`)
}

/** Leaves out desired resources `d` for which `reference`, in SQL, is the key of one left out. */
export function leaveOut(rundb: RunDatabase, name: string, kind: string, reference: string): void {
  if (!knowsAny(rundb)) return
  leaveOutThose(
    rundb,
    name,
    `SELECT d.key, l.path FROM desired d JOIN left_out_keys l ON l.kind = ?2 AND l.key = ${reference}
     WHERE d.kind = ?1 AND d.file IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM desired p WHERE p.kind = l.kind AND p.key = l.key)
       AND NOT EXISTS (SELECT 1 FROM rejects r WHERE r.kind = l.kind AND r.key = l.key)`,
    kind,
  )
}

/**
 * Leaves out desired resources of a kind.
 * @param which SQL for each key, once, and the path of its condition; `?1` is the kind, `?2` the
 *   first of `parameters`
 */
export function leaveOutThose(rundb: RunDatabase, name: string, which: string, ...parameters: string[]): void {
  rundb.exec('CREATE TABLE leaving (key TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID, STRICT')
  rundb.run(`INSERT INTO leaving ${which}`, name, ...parameters)
  rundb.run(
    `INSERT INTO left_out_with SELECT d.kind, d.key, l.path, d.file, d.line, d.refs, d.records
     FROM leaving l JOIN desired d ON d.kind = ? AND d.key = l.key ORDER BY d.seq, d.key`,
    name,
  )
  rundb.run('INSERT OR IGNORE INTO left_out_keys SELECT ?, key, path FROM leaving', name)
  desiredChanged(rundb, name)
  rundb.run('DELETE FROM desired WHERE kind = ? AND key IN (SELECT key FROM leaving)', name)
  rundb.exec('DROP TABLE leaving')
}

/** The number of their records, by kind and condition. */
export function leftOutWithCounts(rundb: RunDatabase): { kind: string; path: string; records: number }[] {
  return rundb
    .statement(
      'SELECT kind, path, sum(records) AS n FROM left_out_with GROUP BY kind, path ORDER BY n DESC, kind, path',
    )
    .all()
    .map(({ kind, path, n }) => ({ kind: String(kind), path: String(path), records: Number(n) }))
}

export function countLeftOutWith(rundb: RunDatabase, kind: string): number {
  return rundb.count('SELECT sum(records) FROM left_out_with WHERE kind = ?', kind)
}

/** All of them, in the order of the records. */
export function* leftOutWith(rundb: RunDatabase, limit = -1): Generator<LeftOutWith> {
  const rows = rundb.iterate(
    `SELECT l.*, ${originOf('l')} FROM left_out_with l JOIN files f ON f.id = l.file
     ORDER BY l.file, l.line, l.kind, l.key LIMIT ?`,
    limit,
  )
  for (const { kind, key, path, origin, records } of rows) {
    yield {
      kind: String(kind),
      key: textIn(key),
      path: String(path),
      origin: String(origin),
      records: Number(records),
    }
  }
}
