import type { Row } from '../sqlite/open.ts'
import { actionText } from './actions.ts'
import type { RunDatabase } from './run-database.ts'

/**
 * Queries of `explain`. In: a kind and a key, an ID, an address or a place. Out: rows of a few
 * resources. Kinds come from the caller; `keys` are all keys of the records of one resource.
 */

export interface KindAndKey {
  kind: string
  key: string
}

/** Tables with resources by key. Drafts and rejects also have kinds that only records have. */
const KEYED = ['desired', 'drafts', 'rejects', 'known'] as const

const IN_KEYS = 'key IN (SELECT value FROM json_each(?2))'

/** Everything with this key, of any kind. For a merged key, the remaining resource. */
export function withKey(rundb: RunDatabase, key: string): KindAndKey[] {
  const found = KEYED.flatMap((table) =>
    rundb.statement(`SELECT DISTINCT kind, key FROM ${table} WHERE key = ?`).all(key).map(kindAndKey),
  )
  const merged = rundb.statement('SELECT kind, canonical AS key FROM aliases WHERE key = ?').all(key)
  return [...found, ...merged.map(kindAndKey)]
}

/** Everything with this WorkOS ID. */
export function withId(rundb: RunDatabase, id: string): KindAndKey[] {
  return ['known', 'actions'].flatMap((table) =>
    rundb.statement(`SELECT kind, key FROM ${table} WHERE id = ?`).all(id).map(kindAndKey),
  )
}

/** Resources of a kind with this `email`, including merged and rejected ones. */
export function withEmail(rundb: RunDatabase, kind: string, email: string): KindAndKey[] {
  return ['desired', 'drafts', 'known'].flatMap((table) =>
    rundb
      .statement(
        `SELECT DISTINCT kind, key FROM ${table} WHERE kind = ? AND lower(attributes ->> '$.email') = lower(?)`,
      )
      .all(kind, email)
      .map(kindAndKey),
  )
}

/** The files that were read, by number. */
export function filesRead(rundb: RunDatabase): { id: number; name: string }[] {
  return rundb
    .statement('SELECT id, name FROM files')
    .all()
    .map(({ id, name }) => ({ id: Number(id), name: String(name) }))
}

/**
 * The results and rejects of a line of a file. `granted` is the kind under which role grants are
 * shown.
 */
export function atLine(
  rundb: RunDatabase,
  file: number,
  line: number,
  granted: string,
): { kind: string; key: string | null; seq: number | null }[] {
  return rundb
    .statement(
      `SELECT kind, key, seq FROM drafts WHERE file = ?1 AND line = ?2 UNION
       SELECT kind, key, seq FROM rejects WHERE file = ?1 AND line = ?2 UNION
       SELECT ?3, user, seq FROM grants WHERE file = ?1 AND line = ?2`,
    )
    .all(file, line, granted)
    .map(({ kind, key, seq }) => ({
      kind: String(kind),
      key: key === null ? null : String(key),
      seq: seq === null ? null : Number(seq),
    }))
}

/** The key `holder@…` of drafts of a kind after the holder merged into another. */
export function turnedKey(rundb: RunDatabase, kind: string, key: string, holder: string): string | undefined {
  const row = rundb
    .statement(
      `SELECT turned FROM (SELECT canonical || substr(?2, length(key) + 1) AS turned FROM aliases
         WHERE kind = ?3 AND substr(?2, 1, length(key) + 1) = key || '@')
       WHERE EXISTS (SELECT 1 FROM drafts d WHERE d.kind = ?1 AND d.key = turned)
         AND NOT EXISTS (SELECT 1 FROM drafts d WHERE d.kind = ?1 AND d.key = ?2)`,
    )
    .get(kind, key, holder)
  return row && String(row.turned)
}

/** Keys `holder@…` before the holder merged into another. */
export function formerKeys(rundb: RunDatabase, key: string, holder: string): string[] {
  return rundb
    .statement(
      `SELECT key || substr(?1, length(canonical) + 1) AS former FROM aliases
       WHERE kind = ?2 AND substr(?1, 1, length(canonical) + 1) = canonical || '@' ORDER BY key`,
    )
    .all(key, holder)
    .map(({ former }) => String(former))
}

/** Keys of records that merged into a resource. */
export function mergedKeys(rundb: RunDatabase, kind: string, key: string): string[] {
  return rundb
    .statement('SELECT key FROM aliases WHERE kind = ? AND canonical = ? ORDER BY key')
    .all(kind, key)
    .map((row) => String(row.key))
}

/** Desired resources with a key, or, if it ends with `@`, with keys that start with it. */
export function desiredUnder(
  rundb: RunDatabase,
  [whole, within]: readonly [string, string],
  key: string,
): KindAndKey[] {
  return rundb
    .statement(
      `SELECT kind, key FROM desired WHERE (kind = ?2 AND key = ?1) OR (kind = ?3
         AND (key = ?1 OR (?1 LIKE '%@' AND substr(key, 1, length(?1)) = ?1))) ORDER BY key LIMIT 3`,
    )
    .all(key, whole, within)
    .map(kindAndKey)
}

/**
 * Positions of the records of one resource, including rejected ones, in order. `also` is another
 * kind of rejects.
 */
export function positions(rundb: RunDatabase, kind: string, keys: readonly string[], also: string | null): number[] {
  return rundb
    .statement(
      `SELECT seq FROM (SELECT seq FROM drafts WHERE kind = ?1 AND ${IN_KEYS}
         UNION SELECT seq FROM rejects WHERE kind = ?1 AND ${IN_KEYS} AND seq IS NOT NULL
         UNION SELECT seq FROM rejects WHERE kind = ?3 AND ${IN_KEYS} AND seq IS NOT NULL) WHERE seq >= 0 ORDER BY seq`,
    )
    .all(kind, JSON.stringify(keys), also)
    .map(({ seq }) => Number(seq))
}

/** The number of records of one resource. Equal ones of a chunk share a position. */
export function recordsOf(rundb: RunDatabase, kind: string, keys: readonly string[]): number {
  return rundb.count(
    `SELECT sum(records) FROM (SELECT records FROM drafts WHERE kind = ?1 AND ${IN_KEYS}
       UNION ALL SELECT records FROM rejects WHERE kind = ?1 AND ${IN_KEYS} AND seq IS NOT NULL)`,
    kind,
    JSON.stringify(keys),
  )
}

/** The rejects of one resource with their places, by record. Those of the kind `also` follow. */
export function rejectsUnder(rundb: RunDatabase, kind: string, keys: readonly string[], also: string | null): Row[] {
  return rundb
    .statement(
      `SELECT r.*, f.name || coalesce(':' || r.line, '') AS origin FROM rejects r JOIN files f ON f.id = r.file
       WHERE r.key IN (SELECT value FROM json_each(?2)) AND r.kind IN (?1, ?3)
       ORDER BY r.kind <> ?1, r.file, r.line, r.rowid LIMIT 20`,
    )
    .all(kind, JSON.stringify(keys), also)
}

/** The references of a rejected resource. */
export function refusedRefs(rundb: RunDatabase, { kind, key }: KindAndKey): Record<string, string> | undefined {
  const row = rundb.statement('SELECT refs FROM rejects WHERE kind = ? AND key = ? LIMIT 1').get(kind, key)
  return row && JSON.parse(String(row.refs))
}

/** The references of a resource in each table that has it: desired, drafts, rejects. */
export function* refsAnywhere(rundb: RunDatabase, { kind, key }: KindAndKey): Generator<Record<string, string>> {
  for (const table of ['desired', 'drafts', 'rejects']) {
    const row = rundb.statement(`SELECT refs FROM ${table} WHERE kind = ? AND key = ? LIMIT 1`).get(kind, key)
    if (row !== undefined) yield JSON.parse(String(row.refs))
  }
}

/** The notes of one resource, each once, in order. `seq` is their first position. */
export function notesUnder(
  rundb: RunDatabase,
  kind: string,
  keys: readonly string[],
): { code: string; detail: string; seq: number }[] {
  return rundb
    .statement(
      `SELECT code, detail, min(seq) AS seq FROM notes WHERE kind = ?1 AND ${IN_KEYS} GROUP BY code, detail ORDER BY min(rowid)`,
    )
    .all(kind, JSON.stringify(keys))
    .map(({ code, detail, seq }) => ({ code: String(code), detail: String(detail), seq: Number(seq) }))
}

/** The first keys of resources that refer to one, including rejected ones, and their number. */
export function referringTo(
  rundb: RunDatabase,
  kind: string,
  roles: readonly string[],
  key: string,
  limit: number,
): { count: number; keys: string[] } {
  const refers = roles.map((role) => `refs ->> '$.${role}' = ?2`).join(' OR ')
  const from = `(SELECT key FROM desired WHERE kind = ?1 AND (${refers})
    UNION SELECT key FROM rejects WHERE kind = ?1 AND key IS NOT NULL AND (${refers}))`
  const count = rundb.count(`SELECT count(*) FROM ${from}`, kind, key)
  if (count === 0) return { count, keys: [] }
  const rows = rundb.statement(`SELECT key FROM ${from} ORDER BY key LIMIT ${limit}`).all(kind, key)
  return { count, keys: rows.map((row) => String(row.key)) }
}

/** Keys of the desired resources of a kind that refer to one. */
export function desiredReferringTo(
  rundb: RunDatabase,
  kind: string,
  role: string,
  key: string,
  limit: number,
): string[] {
  return rundb
    .statement(`SELECT key FROM desired WHERE kind = ? AND refs ->> '$.${role}' = ? ORDER BY key LIMIT ?`)
    .all(kind, key, limit)
    .map((row) => String(row.key))
}

/** The records that became one resource, with their places. @param order columns of `drafts` */
export function mergingRecords(
  rundb: RunDatabase,
  kind: string,
  keys: readonly string[],
  order: string,
  limit: number,
): Row[] {
  const columns = order.split(', ').map((column) => `d.${column}`)
  return rundb
    .statement(
      `SELECT d.key, d.dedupe_group, d.records, f.name || coalesce(':' || d.line, '') AS origin FROM drafts d JOIN files f ON f.id = d.file
       WHERE d.kind = ? AND d.key IN (SELECT value FROM json_each(?)) AND d.records > 0 ORDER BY ${columns.join(', ')} LIMIT ?`,
    )
    .all(kind, JSON.stringify(keys), limit)
}

/** The values that one resource lost in merging (JSON), with the places of their records. */
export function conflictsUnder(rundb: RunDatabase, kind: string, keys: readonly string[], limit: number): Row[] {
  return rundb
    .statement(
      `SELECT m.conflicts, f.name || coalesce(':' || m.line, '') AS origin FROM merges m JOIN files f ON f.id = m.file
       WHERE m.kind = ? AND m.key IN (SELECT value FROM json_each(?)) AND m.conflicts <> '[]' ORDER BY m.seq, m.rowid LIMIT ?`,
    )
    .all(kind, JSON.stringify(keys), limit)
}

/** The cases of duplicates of one resource. */
export function casesUnder(rundb: RunDatabase, keys: readonly string[]): string[] {
  return rundb
    .statement('SELECT DISTINCT code FROM cases WHERE key IN (SELECT value FROM json_each(?)) ORDER BY code')
    .all(JSON.stringify(keys))
    .map(({ code }) => String(code))
}

/** The planned action of one resource, as JSON. */
export function actionOf(rundb: RunDatabase, { kind, key }: KindAndKey): string | undefined {
  const row = rundb
    .statement(`SELECT ${actionText(rundb)} AS action FROM actions a WHERE kind = ? AND key = ?`)
    .get(kind, key)
  return row && String(row.action)
}

/** The state of one resource when the plan was made. */
export function knownOf(rundb: RunDatabase, { kind, key }: KindAndKey): { id: string; ownership: string } | undefined {
  const row = rundb.statement('SELECT id, ownership FROM known WHERE kind = ? AND key = ?').get(kind, key)
  return row && { id: String(row.id), ownership: String(row.ownership) }
}

/** Why no deletion is planned for a resource that left the source. */
export function skippedDeletionOf(
  rundb: RunDatabase,
  { kind, key }: KindAndKey,
): { code: string; message: string } | undefined {
  const row = rundb.statement('SELECT code, message FROM spared WHERE kind = ? AND key = ?').get(kind, key)
  return row && { code: String(row.code), message: String(row.message) }
}

/** The condition that left out what a resource belongs to. */
export function leftOutAlong(rundb: RunDatabase, { kind, key }: KindAndKey): string | undefined {
  const row = rundb.statement('SELECT path FROM left_out_with WHERE kind = ? AND key = ? LIMIT 1').get(kind, key)
  return row && String(row.path)
}

/** Differences of one resource that stay, as JSON. */
export function driftOf(rundb: RunDatabase, { kind, key }: KindAndKey): string[] {
  return rundb
    .statement('SELECT drift FROM drift WHERE kind = ? AND key = ?')
    .all(kind, key)
    .map(({ drift }) => String(drift))
}

/**
 * Keys to compare with the user's input, with the email addresses of one kind. `except` is not a
 * kind of resource.
 */
export function* someKeys(
  rundb: RunDatabase,
  withAddress: string,
  except: string,
  limit: number,
): Generator<KindAndKey & { email: string | null }> {
  for (const table of ['desired', 'known', 'drafts']) {
    const rows = rundb.iterate(
      `SELECT kind, key, CASE kind WHEN ? THEN attributes ->> '$.email' END AS email FROM ${table} LIMIT ?`,
      withAddress,
      limit,
    )
    for (const row of rows) yield { ...kindAndKey(row), email: row.email === null ? null : String(row.email) }
  }
  const rejected = rundb.iterate(
    'SELECT kind, key FROM rejects WHERE key IS NOT NULL AND kind <> ? LIMIT ?',
    except,
    limit,
  )
  for (const row of rejected) yield { ...kindAndKey(row), email: null }
}

function kindAndKey({ kind, key }: Row): KindAndKey {
  return { kind: String(kind), key: String(key) }
}
