import type { DraftDefinition } from '../kinds/draft.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** Something that is left out because what it belongs to is. */
export interface LeftOutWith {
  kind: string
  key: string | null
  /** The condition that leaves out what it belongs to: `map.user.when`. */
  path: string
  /** `members.csv:12`. */
  origin: string
  records: number
}

/** Whether anything is known to be left out. */
function knowsAny(rundb: RunDatabase): boolean {
  return rundb.count('SELECT EXISTS (SELECT 1 FROM left_out_keys)') > 0
}

/** Chunks arrive in any order: of several conditions the first by its path counts. */
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

export function insertLeftOutWith(
  rundb: RunDatabase,
  { kind, key, path, refs }: { kind: string; key: string | null; path: string; refs: Readonly<Record<string, string>> },
  place: readonly [file: number, line: number | null],
): void {
  rundb.run('INSERT INTO left_out_with VALUES (?, ?, ?, ?, ?, ?, 1)', kind, key, path, ...place, JSON.stringify(refs))
  if (key !== null && kind !== 'roleAssignment') insertLeftOutKey(rundb, { kind, key, path })
}

/**
 * The condition that leaves a resource out. Undefined: none does, or a record of it is desired or was refused all the same.
 */
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

/** Leaves out what refers to something that a condition leaves out. What refers to that in turn follows when its sort comes. */
export function leaveOutDependents(rundb: RunDatabase, { name, refs }: DraftDefinition): void {
  if (!knowsAny(rundb)) return
  for (const [role, kind] of Object.entries(refs)) leaveOut(rundb, name, kind, `d.refs ->> '$.${role}'`)
}

/** Leaves out the desired resources `d` of a kind for which `reference`, in SQL, is the key of something that is left out. */
export function leaveOut(rundb: RunDatabase, name: string, kind: string, reference: string): void {
  if (!knowsAny(rundb)) return
  rundb.db.exec('CREATE TABLE leaving (key TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID, STRICT')
  rundb.run(
    `INSERT INTO leaving SELECT d.key, l.path FROM desired d JOIN left_out_keys l ON l.kind = ?2 AND l.key = ${reference}
     WHERE d.kind = ?1 AND d.file IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM desired p WHERE p.kind = l.kind AND p.key = l.key)
       AND NOT EXISTS (SELECT 1 FROM rejects r WHERE r.kind = l.kind AND r.key = l.key)`,
    name,
    kind,
  )
  rundb.run(
    `INSERT INTO left_out_with SELECT d.kind, d.key, l.path, d.file, d.line, d.refs, d.records
     FROM leaving l JOIN desired d ON d.kind = ? AND d.key = l.key ORDER BY d.seq, d.key`,
    name,
  )
  rundb.run('INSERT OR IGNORE INTO left_out_keys SELECT ?, key, path FROM leaving', name)
  rundb.run('DELETE FROM desired WHERE kind = ? AND key IN (SELECT key FROM leaving)', name)
  rundb.db.exec('DROP TABLE leaving')
}

/** How many records of it there are, by kind and condition. */
export function leftOutWithCounts(rundb: RunDatabase): { kind: string; path: string; records: number }[] {
  return rundb
    .statement(
      'SELECT kind, path, sum(records) AS n FROM left_out_with GROUP BY kind, path ORDER BY n DESC, kind, path',
    )
    .all()
    .map(({ kind, path, n }) => ({ kind: String(kind), path: String(path), records: Number(n) }))
}

/** All of it, in the order of the records. */
export function* leftOutWith(rundb: RunDatabase, limit = -1): Generator<LeftOutWith> {
  const rows = rundb.db
    .prepare(
      `SELECT l.*, f.name || coalesce(':' || l.line, '') AS origin FROM left_out_with l JOIN files f ON f.id = l.file
       ORDER BY l.file, l.line, l.kind, l.key LIMIT ?`,
    )
    .iterate(limit)
  for (const { kind, key, path, origin, records } of rows) {
    yield {
      kind: String(kind),
      key: key === null ? null : String(key),
      path: String(path),
      origin: String(origin),
      records: Number(records),
    }
  }
}
