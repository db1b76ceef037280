import type { JsonObject } from '../json.ts'
import type { DesiredResource } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import { desiredFromRow } from './desired.ts'
import { countDesired } from './desired-facts.ts'
import { type Applied, attributesIn, BEYOND, HAS_LEFT, LEFT } from './known.ts'
import type { Reader } from './reader.ts'
import type { RunDatabase } from './run-database.ts'
import { VERIFY_TABLES } from './schema.ts'

/**
 * Queries for verifying. In: a copy of the state (`known`), what is in WorkOS (`live`), and their
 * matches (`matched`). Out: desired resources with their live ones, and the findings as JSON.
 */

export function createVerifyTables(rundb: RunDatabase): void {
  rundb.exec(VERIFY_TABLES)
}

/** Stores a finding as JSON. */
export function insertFinding(rundb: RunDatabase, finding: { type: string }): void {
  rundb.run('INSERT INTO findings (type, finding) VALUES (?, ?)', finding.type, JSON.stringify(finding))
}

export function countFindingsOf(rundb: RunDatabase, type: string): number {
  return rundb.count('SELECT count(*) FROM findings WHERE type = ?', type)
}

/** The findings of one type as JSON, by kind and key. */
export function* findingRows(rundb: RunDatabase, type: string, limit: number): Generator<string> {
  const rows = rundb.iterate(
    'SELECT finding FROM findings WHERE type = ? ORDER BY position LIMIT ?',
    type,
    Number.isFinite(limit) ? limit : -1,
  )
  for (const row of rows) yield String(row.finding)
}

/** Whether the source or the state has any resource of a kind. */
export function isUsed(rundb: RunDatabase, kind: string): boolean {
  const used = 'SELECT 1 FROM desired WHERE kind = ?1 UNION ALL SELECT 1 FROM known WHERE kind = ?1 LIMIT 1'
  return rundb.statement(used).get(kind) !== undefined
}

/** What SQL needs to match live resources of a kind with desired ones: see KindDefinition. */
export interface PlainMatch {
  kind: string
  /** The kinds that it refers to, by role. */
  refs: Readonly<Record<string, string>>
  /** See KindDefinition. */
  natural(ref: (role: string) => string): string
  /** Its fields that are compared member by member. */
  maps: readonly string[]
  /** See KindDefinition. */
  inForce: JsonObject
  /** The condition that the values of a row `l` of `live` belong to it alone. */
  wholly: string
}

/** IDs that are in the state more than once. */
const TWICE = 'SELECT id FROM known WHERE kind = ?1 GROUP BY id HAVING count(*) > 1'

/**
 * Matches resources in WorkOS that have the ID of the state, the right identifier and exactly the
 * desired values, so that there is nothing to report. If an ID is in the state once, no other
 * desired resource can claim it later.
 *
 * The desired values must be part of the live ones. Maps must be equal: a member that was applied
 * and is no longer desired is a difference.
 * @returns the number of matches
 */
export async function matchPlain(
  rundb: RunDatabase,
  { kind, refs, natural, maps, inForce, wholly }: PlainMatch,
  reader?: Reader,
): Promise<number> {
  const ref = (role: string) =>
    `(SELECT m.id FROM ${matchesOf(rundb, refs[role] ?? '')} m WHERE m.kind = '${refs[role]}' AND m.key = d.refs ->> '$.${role}')`
  const conditions = [
    `(d.attributes ->> '$.externalId' = l.external_id OR ${natural(ref)} = l.natural_key)`,
    // Quick answer for a resource without values.
    `(d.attributes = '{}' OR json_patch(l.attributes, d.attributes) = l.attributes)`,
    ...maps.map(
      (field) =>
        `coalesce(d.attributes -> '$.${field}' = l.attributes -> '$.${field}', d.attributes -> '$.${field}' IS NULL)`,
    ),
    ...Object.entries(inForce).map(([field, value]) => {
      const text = `'${JSON.stringify(value).replaceAll("'", "''")}'`
      return `coalesce(l.attributes -> '$.${field}', ${text}) = ${text}`
    }),
    wholly,
    ...(rundb.statement(TWICE).get(kind) === undefined ? [] : [`k.id NOT IN (${TWICE})`]),
  ]
  const unmatched = await insertUnmatched(rundb, kind, conditions.join(' AND '), reader)
  const desired = countDesired(rundb, kind)
  if (unmatched === 0 && rundb.count('SELECT count(*) FROM known WHERE kind = ?', kind) === desired) {
    asInState.set(rundb, new Set(asInState.get(rundb)).add(kind))
    return desired
  }
  return rundb.run(
    `INSERT INTO matched SELECT d.kind, d.key, k.id FROM desired d CROSS JOIN known k ON k.kind = d.kind AND k.key = d.key
     WHERE d.kind = ?1 AND NOT EXISTS (SELECT 1 FROM unmatched u WHERE u.kind = d.kind AND u.key = d.key) ORDER BY d.key`,
    kind,
  )
}

/** From this many resources on, two threads match them. */
export const MANY = 20_000

/** Rows that another thread returns at most: limits the memory. */
const ROWS_AT_MOST = 10_000

/**
 * Fills the table `unmatched`.
 * @param match the condition that `d`, `k` and `l` match, as SQL
 * @returns the number of rows
 */
async function insertUnmatched(
  rundb: RunDatabase,
  kind: string,
  match: string,
  reader: Reader | undefined,
): Promise<number> {
  const select = (which: string) => `SELECT d.kind, d.key
     FROM desired d LEFT JOIN known k ON k.kind = d.kind AND k.key = d.key LEFT JOIN live l ON l.kind = k.kind AND l.id = k.id
     WHERE d.kind = ?1 AND ${which} AND NOT coalesce(${match}, 0)`
  const insert = (which: string, ...keys: string[]) =>
    rundb.run(`INSERT INTO unmatched ${select(which)}`, kind, ...keys)
  const count = countDesired(rundb, kind)
  if (reader === undefined || count < MANY) return insert('1')
  const halfway = rundb.statement('SELECT key FROM desired WHERE kind = ? ORDER BY key LIMIT 1 OFFSET ?')
  const middle = String(halfway.get(kind, count >> 1)?.key)
  const { rows } = await reader.begin(`${select('d.key >= ?2')} LIMIT ${ROWS_AT_MOST}`, kind, middle)
  const first = insert('d.key < ?2', middle)
  const found = await rows
  if (found.length === ROWS_AT_MOST) return first + insert('d.key >= ?2', middle)
  rundb.transaction(() => {
    for (const { key } of found) rundb.run('INSERT INTO unmatched VALUES (?, ?)', kind, String(key))
  })
  return first + found.length
}

/** Kinds whose desired resources are those of the state, and all match. */
const asInState = new WeakMap<RunDatabase, Set<string>>()

/** Whether a kind is in WorkOS and in the source as it is in the state. */
export function isAsInState(rundb: RunDatabase, kind: string): boolean {
  return asInState.get(rundb)?.has(kind) === true
}

/** The table with the matches of a kind, by `kind`, `key` and `id`. */
function matchesOf(rundb: RunDatabase, kind: string): 'known' | 'matched' {
  return isAsInState(rundb, kind) ? 'known' : 'matched'
}

/** Whether a kind has unmatched desired resources. */
export function hasUnmatched(rundb: RunDatabase, kind: string): boolean {
  if (isAsInState(rundb, kind)) return false
  return countDesired(rundb, kind) > rundb.count('SELECT count(*) FROM matched WHERE kind = ?', kind)
}

/** Unmatched desired resources with their state: those in the state first, then by key. */
export function* desiredWithApplied(
  rundb: RunDatabase,
  kind: string,
): Generator<{ desired: DesiredResource; applied: Applied | undefined }> {
  const rows = rundb.iterate(
    `SELECT d.*, k.id, k.attributes AS base, k.reduced, k.answered FROM desired d
         LEFT JOIN known k ON k.kind = d.kind AND k.key = d.key
       WHERE d.kind = ? AND NOT EXISTS (SELECT 1 FROM matched m WHERE m.kind = d.kind AND m.key = d.key)
       ORDER BY k.key IS NULL, d.key`,
    kind,
  )
  for (const row of rows) {
    const { id, base, reduced, answered } = row
    const applied: Applied | undefined =
      id === null
        ? undefined
        : {
            id: String(id),
            attributes: attributesIn(base),
            ...(reduced !== null && { reduced: String(reduced) }),
            ...(answered !== null && { answered: attributesIn(answered) }),
          }
    yield { desired: desiredFromRow(row), applied }
  }
}

/** Unmatched desired resources that are not in the state, or whose ID is not in WorkOS. */
export function* desiredWithoutLive(rundb: RunDatabase, kind: string): Generator<DesiredResource> {
  const rows = rundb.iterate(
    `SELECT d.* FROM desired d WHERE d.kind = ?1
       AND NOT EXISTS (SELECT 1 FROM matched m WHERE m.kind = d.kind AND m.key = d.key)
       AND NOT EXISTS (SELECT 1 FROM known k JOIN live l ON l.kind = k.kind AND l.id = k.id WHERE k.kind = d.kind AND k.key = d.key)`,
    kind,
  )
  for (const row of rows) yield desiredFromRow(row)
}

export function insertMatched(rundb: RunDatabase, { kind, key }: DesiredResource, id: string): void {
  rundb.run('INSERT INTO matched VALUES (?, ?, ?)', kind, key, id)
}

/** The WorkOS ID that matches a desired resource. */
export function matchedId(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb.statement(`SELECT id FROM ${matchesOf(rundb, kind)} WHERE kind = ? AND key = ?`).get(kind, key)
  return row && String(row.id)
}

/** Databases with an index on the IDs of matches. */
const indexed = new WeakSet<RunDatabase>()

/** Creates this index. It is not needed where WorkOS matches the source and the state. */
function indexMatchedIds(rundb: RunDatabase): void {
  if (indexed.has(rundb)) return
  rundb.exec('CREATE UNIQUE INDEX matched_by_id ON matched (kind, id)')
  indexed.add(rundb)
}

/** The desired resource that matches a live one. */
export function matchedKey(rundb: RunDatabase, kind: string, id: string): string | undefined {
  indexMatchedIds(rundb)
  const row = rundb.statement('SELECT key FROM matched WHERE kind = ? AND id = ?').get(kind, id)
  return row && String(row.key)
}

/** Whether a resource is in the source, in scope or not. */
export function isInTheSource(rundb: RunDatabase, kind: string, key: string): boolean {
  const inTheSource = `SELECT 1 FROM desired WHERE kind = ?1 AND key = ?2
    UNION ALL SELECT 1 FROM out_of_scope WHERE kind = ?1 AND key = ?2`
  return rundb.statement(inTheSource).get(kind, key) !== undefined
}

/** Live resources that are in neither the source nor the state. Sorts and merges their IDs. */
export function countOthers(rundb: RunDatabase, kind: string): number {
  return rundb.count(
    `SELECT count(*) FROM (SELECT id FROM live WHERE kind = ?1
       EXCEPT SELECT id FROM ${matchesOf(rundb, kind)} WHERE kind = ?1 EXCEPT SELECT id FROM known WHERE kind = ?1)`,
    kind,
  )
}

/** Resources that this state created, and that are in WorkOS but no longer desired. */
export function* createdAndLeft(rundb: RunDatabase, kind: string): Generator<{ key: string; id: string }> {
  if (rundb.statement(`SELECT 1 FROM ${LEFT} WHERE p.kind = ? LIMIT 1`).get(kind) === undefined) return
  indexMatchedIds(rundb)
  const rows = rundb.iterate(
    `SELECT k.key, k.id FROM ${LEFT} WHERE p.kind = ? AND k.ownership = 'created'
       AND EXISTS (SELECT 1 FROM live l WHERE l.kind = k.kind AND l.id = k.id)
       AND NOT EXISTS (SELECT 1 FROM matched m WHERE m.kind = k.kind AND m.id = k.id) AND NOT ${BEYOND} ORDER BY p.key`,
    kind,
  )
  for (const { key, id } of rows) yield { key: String(key), id: String(id) }
}

/**
 * Resources in WorkOS within which a kind is listed: those that match a desired one or are in the
 * state, and those out of scope in which the state has a resource of the kind in scope.
 * @param parent the kind of these resources
 * @param within the reference to them
 */
export function idsToListWithin(rundb: RunDatabase, parent: string, kind: string, within: string): string[] {
  const inside = rundb
    .statement(
      `SELECT id FROM ${matchesOf(rundb, parent)} WHERE kind = ?1
       UNION SELECT k.id FROM known k JOIN live l ON l.kind = k.kind AND l.id = k.id WHERE k.kind = ?1 AND NOT ${BEYOND}`,
    )
    .all(parent)
  if (rundb.statement('SELECT 1 FROM beyond WHERE kind = ? LIMIT 1').get(parent) === undefined) return idsIn(inside)
  const outside = rundb
    .statement(
      `SELECT DISTINCT p.id FROM (SELECT k.refs FROM known k WHERE k.kind = ?2 AND NOT ${BEYOND}
           AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)) k
         CROSS JOIN known p ON p.kind = ?1 AND p.key = k.refs ->> ('$.' || ?3)
         CROSS JOIN live l ON l.kind = p.kind AND l.id = p.id`,
    )
    .all(parent, kind, within)
  return [...new Set([...idsIn(inside), ...idsIn(outside)])]
}

function idsIn(rows: readonly Row[]): string[] {
  return rows.map(({ id }) => String(id))
}

/** Parents that should have a sparse resource, or have one in the state. Both share their keys. */
export function idsOfHolders(rundb: RunDatabase, parent: string, kind: string): string[] {
  const rows = rundb
    .statement(
      `SELECT id FROM ${matchesOf(rundb, parent)} m WHERE kind = ?1 AND EXISTS (SELECT 1 FROM desired d WHERE d.kind = ?2 AND d.key = m.key)
       UNION SELECT k.id FROM known k JOIN live l ON l.kind = k.kind AND l.id = k.id
       WHERE k.kind = ?1 AND NOT ${BEYOND} AND EXISTS (SELECT 1 FROM known a WHERE a.kind = ?2 AND a.key = k.key)`,
    )
    .all(parent, kind)
  return idsIn(rows)
}

/** Desired resources without records, and resources out of scope with records. */
export function countApartFromRecords(rundb: RunDatabase, kind: string): { declared: number; outside: number } {
  return {
    declared: rundb.count('SELECT count(*) FROM desired WHERE kind = ? AND records = 0', kind),
    outside: rundb.count('SELECT count(*) FROM out_of_scope WHERE kind = ? AND records > 0', kind),
  }
}

/** The number of resources with secrets: in the source, and created and adopted in the state. */
export function countWithSecrets(
  rundb: RunDatabase,
  kind: string,
): { desired: number; created: number; adopted: number } {
  const withDigests = rundb
    .statement(
      `SELECT sum(ownership = 'created') AS created, sum(ownership = 'adopted') AS adopted FROM known k
       WHERE kind = ? AND digests <> '{}' AND NOT ${HAS_LEFT}`,
    )
    .get(kind)
  return {
    desired: rundb.count('SELECT count(*) FROM desired WHERE kind = ? AND secrets IS NOT NULL', kind),
    created: Number(withDigests?.created ?? 0),
    adopted: Number(withDigests?.adopted ?? 0),
  }
}

/** The fields that differ most often between source and WorkOS, such as `user.email`. */
export function differencesByField(rundb: RunDatabase, limit: number): { field: string; count: number }[] {
  return rundb
    .statement(
      `SELECT (finding ->> 'kind') || '.' || (finding ->> 'field') AS field, count(*) AS n FROM findings WHERE type = 'different'
       GROUP BY 1 ORDER BY n DESC, field LIMIT ?`,
    )
    .all(limit)
    .map(({ field, n }) => ({ field: String(field), count: Number(n) }))
}
