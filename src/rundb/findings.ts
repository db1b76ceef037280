import type { DesiredResource } from '../resource.ts'
import { desiredFromRow } from './desired.ts'
import { type Applied, BEYOND } from './known.ts'
import type { RunDatabase } from './run-database.ts'
import { VERIFY_TABLES } from './schema.ts'

/**
 * What verifying asks. In: a copy of the state (`applied`), what WorkOS holds (`live`), and which of it is which (`matched`). Out: what is
 * desired or left with what WorkOS has of it, and the findings, each as JSON.
 */

export function createVerifyTables(rundb: RunDatabase): void {
  rundb.exec(VERIFY_TABLES)
}

/** A finding is a row; all of it is kept as JSON. */
export function insertFinding(rundb: RunDatabase, finding: { type: string }): void {
  rundb.run('INSERT INTO findings (type, finding) VALUES (?, ?)', finding.type, JSON.stringify(finding))
}

export function countFindingsOf(rundb: RunDatabase, type: string): number {
  return rundb.count('SELECT count(*) FROM findings WHERE type = ?', type)
}

/** The findings of one type as JSON, in the order of kinds and keys. */
export function* findingRows(rundb: RunDatabase, type: string, limit: number): Generator<string> {
  const rows = rundb.iterate(
    'SELECT finding FROM findings WHERE type = ? ORDER BY position LIMIT ?',
    type,
    Number.isFinite(limit) ? limit : -1,
  )
  for (const row of rows) yield String(row.finding)
}

/** Whether the source or the state has any of a kind. */
export function isUsed(rundb: RunDatabase, kind: string): boolean {
  const used = 'SELECT 1 FROM desired WHERE kind = ?1 UNION ALL SELECT 1 FROM applied WHERE kind = ?1 LIMIT 1'
  return rundb.statement(used).get(kind) !== undefined
}

/** Everything that is desired of a kind with what the state says of it: what the state knows first, then by key. */
export function* desiredWithApplied(
  rundb: RunDatabase,
  kind: string,
): Generator<{ desired: DesiredResource; applied: Applied | undefined }> {
  const rows = rundb.iterate(
    `SELECT d.*, a.id, a.attributes AS base, a.reduced, a.answered FROM desired d
         LEFT JOIN applied a ON a.kind = d.kind AND a.key = d.key WHERE d.kind = ? ORDER BY a.key IS NULL, d.key`,
    kind,
  )
  for (const row of rows) {
    const { id, base, reduced, answered } = row
    const applied: Applied | undefined =
      id === null
        ? undefined
        : {
            id: String(id),
            attributes: JSON.parse(String(base)),
            ...(reduced !== null && { reduced: String(reduced) }),
            ...(answered !== null && { answered: JSON.parse(String(answered)) }),
          }
    yield { desired: desiredFromRow(row), applied }
  }
}

/** What is desired and either not in the state, or gone from WorkOS under the state's id. */
export function* desiredWithoutLive(rundb: RunDatabase, kind: string): Generator<DesiredResource> {
  const rows = rundb.iterate(
    `SELECT d.* FROM desired d WHERE d.kind = ?1
       AND NOT EXISTS (SELECT 1 FROM applied a JOIN live l ON l.kind = a.kind AND l.id = a.id WHERE a.kind = d.kind AND a.key = d.key)`,
    kind,
  )
  for (const row of rows) yield desiredFromRow(row)
}

export function insertMatched(rundb: RunDatabase, { kind, key }: DesiredResource, id: string): void {
  rundb.run('INSERT INTO matched VALUES (?, ?, ?)', kind, key, id)
}

/** WorkOS's id of what stands for a desired resource. */
export function matchedId(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb.statement('SELECT id FROM matched WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.id)
}

/** The desired resource for which a live one stands. */
export function matchedKey(rundb: RunDatabase, kind: string, id: string): string | undefined {
  const row = rundb.statement('SELECT key FROM matched WHERE kind = ? AND id = ?').get(kind, id)
  return row && String(row.key)
}

/** Whether the source has it, in scope or not. */
export function isInTheSource(rundb: RunDatabase, kind: string, key: string): boolean {
  const inTheSource = `SELECT 1 FROM desired WHERE kind = ?1 AND key = ?2
    UNION ALL SELECT 1 FROM out_of_scope WHERE kind = ?1 AND key = ?2`
  return rundb.statement(inTheSource).get(kind, key) !== undefined
}

/** Live ones that neither the source nor the state knows. */
export function countOthers(rundb: RunDatabase, kind: string): number {
  return rundb.count(
    `SELECT count(*) FROM live l WHERE kind = ?
     AND NOT EXISTS (SELECT 1 FROM matched m WHERE m.kind = l.kind AND m.id = l.id)
     AND NOT EXISTS (SELECT 1 FROM applied a WHERE a.kind = l.kind AND a.id = l.id)`,
    kind,
  )
}

/** What this state created, is still in WorkOS, and is not desired any more. */
export function* createdAndLeft(rundb: RunDatabase, kind: string): Generator<{ key: string; id: string }> {
  const rows = rundb.iterate(
    `SELECT k.key, k.id FROM applied k JOIN live l ON l.kind = k.kind AND l.id = k.id
       WHERE k.kind = ? AND k.ownership = 'created'
       AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)
       AND NOT EXISTS (SELECT 1 FROM matched m WHERE m.kind = k.kind AND m.id = k.id) AND NOT ${BEYOND} ORDER BY k.key`,
    kind,
  )
  for (const { key, id } of rows) yield { key: String(key), id: String(id) }
}

/**
 * Resources in WorkOS that a kind is listed within: those that stand for a desired one or that the state knows, and those that the state has
 * one of the kind in which belongs to the scope.
 * @param parent the kind that it is listed within
 * @param within the reference to that
 */
export function idsToListWithin(rundb: RunDatabase, parent: string, kind: string, within: string): string[] {
  return rundb
    .statement(
      `SELECT id FROM matched WHERE kind = ?1
       UNION SELECT k.id FROM applied k JOIN live l ON l.kind = k.kind AND l.id = k.id WHERE k.kind = ?1 AND NOT ${BEYOND}
       UNION SELECT p.id FROM applied k JOIN applied p ON p.kind = ?1 AND p.key = k.refs ->> ('$.' || ?3)
         JOIN live l ON l.kind = p.kind AND l.id = p.id WHERE k.kind = ?2 AND NOT ${BEYOND}
           AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)`,
    )
    .all(parent, kind, within)
    .map((row) => String(row.id))
}

/** Of the parents of something sparse, those that should have one or have it by the state. It shares their keys. */
export function idsOfHolders(rundb: RunDatabase, parent: string, kind: string): string[] {
  return rundb
    .statement(
      `SELECT id FROM matched m WHERE kind = ?1 AND EXISTS (SELECT 1 FROM desired d WHERE d.kind = ?2 AND d.key = m.key)
       UNION SELECT k.id FROM applied k JOIN live l ON l.kind = k.kind AND l.id = k.id
       WHERE k.kind = ?1 AND NOT ${BEYOND} AND EXISTS (SELECT 1 FROM applied a WHERE a.kind = ?2 AND a.key = k.key)`,
    )
    .all(parent, kind)
    .map((row) => String(row.id))
}

/** Desired resources that no record describes, and resources out of scope that records describe. */
export function countApartFromRecords(rundb: RunDatabase, kind: string): { declared: number; outside: number } {
  return {
    declared: rundb.count('SELECT count(*) FROM desired WHERE kind = ? AND records = 0', kind),
    outside: rundb.count('SELECT count(*) FROM out_of_scope WHERE kind = ? AND records > 0', kind),
  }
}

/** How many of a kind have secrets in the source; and by the state, of those that it created and of those that it adopted. */
export function countWithSecrets(
  rundb: RunDatabase,
  kind: string,
): { desired: number; created: number; adopted: number } {
  const withDigests = (ownership: string) =>
    rundb.count(
      `SELECT count(*) FROM applied a JOIN desired d ON d.kind = a.kind AND d.key = a.key
       WHERE a.kind = ? AND a.secrets = 1 AND a.ownership = ?`,
      kind,
      ownership,
    )
  return {
    desired: rundb.count('SELECT count(*) FROM desired WHERE kind = ? AND secrets IS NOT NULL', kind),
    created: withDigests('created'),
    adopted: withDigests('adopted'),
  }
}
/** The fields that differ most often between the source and WorkOS, as `user.email`, and in how many resources. */
export function differencesByField(rundb: RunDatabase, limit: number): { field: string; count: number }[] {
  return rundb
    .statement(
      `SELECT (finding ->> 'kind') || '.' || (finding ->> 'field') AS field, count(*) AS n FROM findings WHERE type = 'different'
       GROUP BY 1 ORDER BY n DESC, field LIMIT ?`,
    )
    .all(limit)
    .map(({ field, n }) => ({ field: String(field), count: Number(n) }))
}
