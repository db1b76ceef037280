import type { Attributes } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import { attributesIn, BEYOND, HAS_LEFT, LEFT } from './known.ts'
import type { RunDatabase } from './run-database.ts'

/**
 * Deletions in the run's database: resources of the state that left the source, and those that
 * stay. The state is in `known`, skipped deletions in `spared`, resources out of scope in `beyond`.
 */

/** A resource that is in the state and no longer in the source. */
export interface DeletionCandidate {
  kind: string
  key: string
  /** The WorkOS ID. */
  id: string
  attributes: Attributes
  refs: Record<string, string>
  ownership: 'created' | 'adopted'
  answered: Attributes
}

const NOT_SKIPPED = 'NOT EXISTS (SELECT 1 FROM spared s WHERE s.kind = k.kind AND s.key = k.key)'

/**
 * Resources that left the source and have no action yet, in key order. A resource out of scope is
 * included only if the plan deletes something that it refers to: WorkOS deletes both.
 * @param refs roles of references and the kinds they point to
 */
export function* deletionCandidates(
  rundb: RunDatabase,
  kind: string,
  refs: Readonly<Record<string, string>>,
): Generator<DeletionCandidate> {
  const holders = Object.entries(refs).map(
    ([role, holder]) => `EXISTS (SELECT 1 FROM decided_actions h
           WHERE h.kind = '${holder}' AND h.key = k.refs ->> '$.${role}' AND h.type = 'delete')`,
  )
  const rows = rundb.iterate(
    `SELECT k.* FROM ${LEFT} WHERE p.kind = ?1
         AND NOT EXISTS (SELECT 1 FROM decided_actions a WHERE a.kind = k.kind AND a.id = k.id)
         AND ${NOT_SKIPPED} AND (${[`NOT ${BEYOND}`, ...holders].join(' OR ')})
       ORDER BY p.key`,
    kind,
  )
  for (const row of rows) yield candidateFromRow(row)
}

/** Whether a resource is in the state, not in the source, and not kept. */
export function isLeaving(rundb: RunDatabase, kind: string, id: string): boolean {
  const sql = `SELECT 1 FROM known k WHERE k.kind = ?1 AND k.id = ?2 AND ${HAS_LEFT}
    AND NOT EXISTS (SELECT 1 FROM decided_actions a WHERE a.kind = k.kind AND a.id = k.id AND a.type = 'adopt')
    AND ${NOT_SKIPPED} AND (NOT ${BEYOND}
      OR EXISTS (SELECT 1 FROM decided_actions a WHERE a.kind = k.kind AND a.id = k.id AND a.type = 'delete'))`
  return rundb.statement(sql).get(kind, id) !== undefined
}

/** The number of resources of a kind in scope that the state created. */
export function countCreated(rundb: RunDatabase, kind: string): number {
  return rundb.count(`SELECT count(*) FROM known k WHERE kind = ? AND ownership = 'created' AND NOT ${BEYOND}`, kind)
}

/**
 * The resource whose deletion deletes this one: itself, or the one that it is deleted with. Nothing
 * is deleted before the one request for all of them.
 */
export function deletedBy(rundb: RunDatabase, kind: string, key: string): { kind: string; key: string } | undefined {
  const row = rundb
    .statement(
      `SELECT action ->> '$.with.kind' AS kind, action ->> '$.with.key' AS key FROM decided_actions
       WHERE kind = ? AND key = ? AND type = 'delete'`,
    )
    .get(kind, key)
  return row && { kind: String(row.kind ?? kind), key: String(row.key ?? key) }
}

/**
 * The kind whose `attribute`, a list, contains the names it uses. Of keys `name@place`, only those
 * whose `place` is in the reference `within` of both.
 */
export interface UsedBy {
  kind: string
  attribute: string
  within: string
}

/** The key of a resource in the state that uses another one and stays: the first by key. */
export function remainingUser(
  rundb: RunDatabase,
  { kind, attribute, within }: UsedBy,
  { key, refs }: DeletionCandidate,
): string | undefined {
  rundb.exec(`CREATE INDEX IF NOT EXISTS known_${kind}_within ON known (refs ->> '$.${within}') WHERE kind = '${kind}'`)
  const row = rundb
    .statement(
      `SELECT k.key FROM known k WHERE k.kind = '${kind}' AND k.refs ->> '$.${within}' = ?1 AND ${HAS_LEFT}
         AND EXISTS (SELECT 1 FROM json_each(k.attributes, '$.${attribute}') WHERE value || '@' || ?1 = ?2)
         AND NOT EXISTS (SELECT 1 FROM decided_actions a WHERE a.kind = k.kind AND a.id = k.id AND a.type IN ('adopt', 'delete'))
       ORDER BY k.key LIMIT 1`,
    )
    .get(refs[within] ?? '', key)
  return row && String(row.key)
}

/** A deletion that the rule requires but that is skipped for another reason. */
export interface SkippedDeletion {
  kind: string
  key: string
  code:
    | 'adopted'
    | 'protected'
    | 'signed_in'
    | 'changed_since'
    | 'has_others'
    | 'depends'
    | 'no_deletion'
    | 'rejected'
    | 'out_of_scope'
  message: string
}

export function insertSkippedDeletion(rundb: RunDatabase, { kind, key, code, message }: SkippedDeletion): void {
  rundb.run('INSERT OR IGNORE INTO spared VALUES (?, ?, ?, ?)', kind, key, code, message)
}

/** The reason why the deletion of this resource is skipped. Undefined: it is not. */
export function skippedCode(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb.statement('SELECT code FROM spared WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.code)
}

export function* skippedDeletions(rundb: RunDatabase, limit: number): Generator<SkippedDeletion> {
  for (const row of rundb.iterate('SELECT * FROM spared LIMIT ?', limit)) {
    const { kind, key, code, message } = row
    // The JSON of a plan has the members in this order.
    yield { kind: String(kind), key: String(key), message: String(message), code: code as SkippedDeletion['code'] }
  }
}

/** By kind and reason, most frequent first. */
export function countSkippedDeletions(rundb: RunDatabase): { kind: string; code: string; count: number }[] {
  return rundb
    .statement('SELECT kind, code, count(*) AS n FROM spared GROUP BY kind, code ORDER BY n DESC, kind, code')
    .all()
    .map((row) => ({ kind: String(row.kind), code: String(row.code), count: Number(row.n) }))
}

/** Orphans among the resources of LEFT. Rejected ones are in the source. */
const ORPHANED = `NOT EXISTS (SELECT 1 FROM rejects r WHERE r.kind = k.kind AND r.key = k.key)
  AND NOT EXISTS (SELECT 1 FROM decided_actions a WHERE a.kind = k.kind AND a.id = k.id AND a.type IN ('adopt', 'delete')) AND NOT ${BEYOND}`

/** The number of orphans of a kind: in the state, not in the source, and kept in WorkOS. */
export function countOrphans(rundb: RunDatabase, kind: string): number {
  return rundb.count(`SELECT count(*) FROM ${LEFT} WHERE p.kind = ? AND ${ORPHANED}`, kind)
}

export interface OrphanRow extends DeletionCandidate {
  /** The condition of the manifest that leaves its record out. Undefined: it has no record. */
  leftOutBy: string | undefined
}

/** The first orphans of a kind, in key order. @param limit Infinity: all of them */
export function* orphansOfKind(rundb: RunDatabase, kind: string, limit: number): Generator<OrphanRow> {
  const rows = rundb.iterate(
    `SELECT k.*, coalesce((SELECT min(l.path) FROM left_out l WHERE l.kind = k.kind AND l.key = k.key),
         (SELECT l.path FROM left_out_keys l WHERE l.kind = k.kind AND l.key = k.key)) AS path
       FROM ${LEFT} WHERE p.kind = ? AND ${ORPHANED} ORDER BY p.key LIMIT ?`,
    kind,
    Number.isFinite(limit) ? limit : -1,
  )
  for (const row of rows) {
    yield { ...candidateFromRow(row), leftOutBy: typeof row.path === 'string' ? row.path : undefined }
  }
}

function candidateFromRow(row: Row): DeletionCandidate {
  return {
    kind: String(row.kind),
    key: String(row.key),
    id: String(row.id),
    attributes: attributesIn(row.attributes),
    refs: JSON.parse(String(row.refs)),
    ownership: row.ownership === 'created' ? 'created' : 'adopted',
    answered: row.answered === null ? {} : attributesIn(row.answered),
  }
}

/** Whether a record of this resource was rejected. */
export function isRejected(rundb: RunDatabase, kind: string, key: string): boolean {
  return rundb.statement('SELECT 1 FROM rejects WHERE kind = ? AND key = ? LIMIT 1').get(kind, key) !== undefined
}

/** Whether any record of this kind was rejected. */
export function hasRejects(rundb: RunDatabase, kind: string): boolean {
  return rundb.statement('SELECT 1 FROM rejects WHERE kind = ? LIMIT 1').get(kind) !== undefined
}

/** Records that were rejected before their owner was known. */
export function countUnknownRejects(rundb: RunDatabase, without: readonly string[]): number {
  return rundb.count(
    `SELECT sum(records) FROM rejects
     WHERE (kind = 'record' OR key IS NULL) AND coalesce(would_be, kind) NOT IN (SELECT value FROM json_each(?))`,
    JSON.stringify(without),
  )
}
