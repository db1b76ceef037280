import type { Attributes, DesiredResource } from '../resource.ts'
import { desiredFromRow } from './desired.ts'
import { countDesired } from './desired-facts.ts'
import { attributesIn, countKnownDesired, HAS_LEFT, hasKnown, type Known, knownFromRow } from './known.ts'
import { canBeKnown } from './known-facts.ts'
import type { RunDatabase } from './run-database.ts'
import { PLAN_TABLES } from './schema.ts'

/** What planning must look at: the table `candidates`. */

/** A desired resource that might need an action. */
export interface Candidate {
  desired: DesiredResource
  /** Its entry in the state. Undefined: none. */
  known: Known | undefined
  /** Secret fields whose value changed in the source and is sent. */
  changedSecrets: string[]
}

/** The number of resources of a kind that are not in the state. */
export function countUnknown(rundb: RunDatabase, kind: string): number {
  return countDesired(rundb, kind) - countKnownDesired(rundb, kind)
}

/** The SQL condition that is true for every resource. */
export const EVERY = '1'

/** The SQL condition that the resource `d` is not in the state. */
export function isUnknown(rundb: RunDatabase, kind: string): string {
  return hasKnown(rundb, kind) ? 'NOT EXISTS (SELECT 1 FROM known k WHERE k.kind = d.kind AND k.key = d.key)' : EVERY
}

/**
 * Adds resources that are not in the state.
 * @param which a condition on these resources `d`, as SQL
 * @returns the number of resources
 */
export function insertUnknownCandidates(rundb: RunDatabase, kind: string, which = '1'): number {
  return rundb.run(
    `INSERT INTO candidates SELECT d.kind, d.key, '[]' FROM desired d
     WHERE d.kind = ? AND ${isUnknown(rundb, kind)} AND ${which}`,
    kind,
  )
}

export function insertCandidate(
  rundb: RunDatabase,
  kind: string,
  key: string,
  changedSecrets: readonly string[],
): void {
  rundb.run('INSERT INTO candidates VALUES (?, ?, ?)', kind, key, JSON.stringify(changedSecrets))
}

/** Resources of the state that planning looks at even if the source has not changed. */
export interface Looked {
  all: boolean
  /** Adopted ones. */
  adopted: boolean
}

/** Adds what an earlier run found deleted, and what planning always looks at. */
export function insertLookedCandidates(rundb: RunDatabase, kind: string, { all, adopted }: Looked): void {
  if (!all && !canBeKnown(rundb, 'gone', kind) && !(adopted && canBeKnown(rundb, 'adopted', kind))) return
  rundb.run(
    `INSERT OR IGNORE INTO candidates SELECT kind, key, '[]' FROM known k
     WHERE kind = ?1 AND (?2 OR gone IS NOT NULL OR (?3 AND ownership = 'adopted')) AND NOT ${HAS_LEFT}`,
    kind,
    all ? 1 : 0,
    adopted ? 1 : 0,
  )
}

/** Resources of the state with changed attributes that are not candidates yet. */
export function* changedAttributes(
  rundb: RunDatabase,
  kind: string,
): Generator<{ key: string; desired: Attributes; base: Attributes }> {
  const rows = rundb.iterate(
    `SELECT k.key, d.attributes, k.attributes AS base FROM apart p
       CROSS JOIN known k ON k.kind = p.kind AND k.key = p.key CROSS JOIN desired d ON d.kind = k.kind AND d.key = k.key
     WHERE p.kind = ? AND p.desired AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.kind = k.kind AND c.key = k.key)`,
    kind,
  )
  for (const { key, attributes, base } of rows) {
    yield { key: String(key), desired: JSON.parse(String(attributes)), base: attributesIn(base) }
  }
}

/**
 * Adds resources whose reference in a role is to a resource deleted in WorkOS, whatever becomes of
 * that one: WorkOS deleted both.
 * @param kind the kind that refers
 * @param to the kind that it refers to
 */
export function insertDependentCandidates(rundb: RunDatabase, kind: string, role: string, to: string): void {
  const deleted = `SELECT a.key FROM decided_actions a JOIN known k ON k.kind = a.kind AND k.key = a.key WHERE a.kind = ?2 AND a.type IN ('create', 'adopt', 'blocked')
       UNION SELECT key FROM drift WHERE kind = ?2 AND field = '*'`
  if (rundb.statement(deleted.replaceAll('?2', '?')).get(to, to) === undefined) return
  rundb.run(
    `INSERT OR IGNORE INTO candidates SELECT d.kind, d.key, '[]' FROM desired d
       WHERE d.kind = ?1 AND d.refs ->> ('$.' || ?3) IN (${deleted})
       AND EXISTS (SELECT 1 FROM known k WHERE k.kind = d.kind AND k.key = d.key)`,
    kind,
    to,
    role,
  )
}

export function countCandidates(rundb: RunDatabase, kind: string): number {
  return rundb.count('SELECT count(*) FROM candidates WHERE kind = ?', kind)
}

/** The candidates of a kind, in key order. */
export function* candidates(rundb: RunDatabase, kind: string): Generator<Candidate> {
  const rows = rundb.iterate(
    `SELECT d.*, c.secrets AS changed, k.id, k.attributes AS base, k.digests, k.ownership, k.reduced, k.answered, k.gone FROM candidates c
       JOIN desired d ON d.kind = c.kind AND d.key = c.key
       LEFT JOIN known k ON k.kind = c.kind AND k.key = c.key WHERE c.kind = ? ORDER BY c.key`,
    kind,
  )
  for (const row of rows) {
    yield {
      desired: desiredFromRow(row),
      known: knownFromRow(row),
      changedSecrets: JSON.parse(String(row.changed)),
    }
  }
}

/**
 * One candidate per set of attributes and parent: what a resource mentions depends only on these.
 * Without secrets.
 */
export function* distinctCandidates(rundb: RunDatabase, kind: string, within: string): Generator<DesiredResource> {
  const rows = rundb.iterate(
    `SELECT d.kind, min(d.key) AS key, d.refs, d.attributes, NULL AS secrets FROM candidates c
       CROSS JOIN desired d ON d.kind = c.kind AND d.key = c.key
       WHERE c.kind = ? GROUP BY d.attributes, d.refs ->> ('$.' || ?)`,
    kind,
    within,
  )
  for (const row of rows) yield desiredFromRow(row)
}

export function createPlanTables(rundb: RunDatabase): void {
  rundb.exec(PLAN_TABLES)
}
