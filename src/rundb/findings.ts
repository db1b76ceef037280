import type { DesiredResource } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import { desiredFromRow } from './desired.ts'
import { countDesired, portionsOf } from './desired-facts.ts'
import { type Applied, attributesIn, BEYOND, HAS_LEFT, LEFT } from './known.ts'
import { isAsInState, matchesOf } from './plain-match.ts'
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
    declared: portionsOf(rundb, kind).declared,
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
    desired: portionsOf(rundb, kind).withSecrets,
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
