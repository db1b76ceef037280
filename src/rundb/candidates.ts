import type { Attributes, DesiredResource } from '../resource.ts'
import { desiredFromRow } from './desired.ts'
import { type Known, knownFromRow, ownershipOf } from './known.ts'
import type { RunDatabase } from './run-database.ts'
import { PLAN_TABLES } from './schema.ts'

/** What planning has to look at: the table `candidates`. */

/** A desired resource that may need something. */
export interface Candidate {
  desired: DesiredResource
  /** What the state says of it; undefined: nothing. */
  known: Known | undefined
  /** Secret fields whose value in the source changed and is to be sent. */
  changedSecrets: string[]
}

/** A desired resource that the state knows, and that may have changed in the source. */
export interface MaybeChanged extends Pick<Known, 'digests' | 'ownership'> {
  desired: DesiredResource
  /** Its attributes when it was last applied. */
  base: Attributes
  /** An earlier run was told that WorkOS has it no more. */
  gone: boolean
}

/** Adds what the state does not know. */
export function insertUnknownCandidates(rundb: RunDatabase, kind: string): void {
  rundb.run(
    `INSERT INTO candidates SELECT kind, key, '[]' FROM desired d WHERE kind = ?
       AND NOT EXISTS (SELECT 1 FROM known k WHERE k.kind = d.kind AND k.key = d.key)`,
    kind,
  )
}

export function insertCandidate(
  rundb: RunDatabase,
  { kind, key }: DesiredResource,
  changedSecrets: readonly string[],
): void {
  rundb.run('INSERT INTO candidates VALUES (?, ?, ?)', kind, key, JSON.stringify(changedSecrets))
}

/**
 * What differs from the state or may do so, for nobody can see a secret in SQL; and what is gone.
 * @param which `all`: whether it differs or not; `adopted`: what was adopted, whether it differs or not
 */
export function* maybeChanged(
  rundb: RunDatabase,
  kind: string,
  { all, adopted }: { all: boolean; adopted: boolean },
): Generator<MaybeChanged> {
  const rows = rundb.iterate(
    `SELECT d.*, k.attributes AS base, k.digests, k.ownership, k.gone FROM desired d JOIN known k ON k.kind = d.kind AND k.key = d.key
       WHERE d.kind = ? AND (? OR d.attributes <> k.attributes OR d.secrets IS NOT NULL OR k.gone IS NOT NULL OR (? AND k.ownership = 'adopted'))`,
    kind,
    all ? 1 : 0,
    adopted ? 1 : 0,
  )
  for (const row of rows) {
    yield {
      desired: desiredFromRow(row),
      base: JSON.parse(String(row.base)),
      digests: JSON.parse(String(row.digests)),
      ownership: ownershipOf(row),
      gone: row.gone !== null,
    }
  }
}

/**
 * Adds what refers in a role to something that was deleted in WorkOS, whether that is about to be created again, another one is adopted in its
 * place, or it is blocked or left so: it went with it.
 * @param kind the kind that refers
 * @param to the kind that it refers to
 */
export function insertDependentCandidates(rundb: RunDatabase, kind: string, role: string, to: string): void {
  const deleted = `SELECT a.key FROM actions a JOIN known k ON k.kind = a.kind AND k.key = a.key WHERE a.kind = ?2 AND a.type IN ('create', 'adopt', 'blocked')
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

/** How many of them the state does not know. */
export function countUnknownCandidates(rundb: RunDatabase, kind: string): number {
  const unknown = `SELECT count(*) FROM candidates c WHERE kind = ?
    AND NOT EXISTS (SELECT 1 FROM known k WHERE k.kind = c.kind AND k.key = c.key)`
  return rundb.count(unknown, kind)
}

/** The candidates of a kind, ordered by key. */
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
 * One candidate for each set of attributes and each resource that it is within: what a resource mentions follows from these, and few differ
 * in both. Without secrets.
 */
export function* distinctCandidates(rundb: RunDatabase, kind: string, within: string): Generator<DesiredResource> {
  const rows = rundb.iterate(
    `SELECT d.kind, min(d.key) AS key, d.refs, d.attributes, NULL AS secrets FROM candidates c
       JOIN desired d ON d.kind = c.kind AND d.key = c.key
       WHERE c.kind = ? GROUP BY d.attributes, d.refs ->> ('$.' || ?)`,
    kind,
    within,
  )
  for (const row of rows) yield desiredFromRow(row)
}

export function createPlanTables(rundb: RunDatabase): void {
  rundb.exec(PLAN_TABLES)
}
