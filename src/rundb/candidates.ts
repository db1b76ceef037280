import type { Attributes, DesiredResource } from '../resource.ts'
import { desiredFromRow } from './desired.ts'
import { countDesired } from './desired-facts.ts'
import { keyRanges } from './key-ranges.ts'
import { hasKnown, type Known, knownFromRow } from './known.ts'
import type { RunDatabase } from './run-database.ts'
import { PLAN_TABLES } from './schema.ts'

/**
 * What planning has to look at: the table `candidates`. What the state does not know is there if
 * code has to decide about it.
 */

/** A desired resource that may need something. */
export interface Candidate {
  desired: DesiredResource
  /** What the state says of it; undefined: nothing. */
  known: Known | undefined
  /** Secret fields whose value in the source changed and is to be sent. */
  changedSecrets: string[]
}

/** How many of a kind the state does not know. */
export function countUnknown(rundb: RunDatabase, kind: string): number {
  const known = 'SELECT count(*) FROM known WHERE kind = ? AND unchanged IS NOT NULL'
  return countDesired(rundb, kind) - rundb.count(known, kind)
}

/** That the state does not know the resource `d`, as SQL. */
export function isUnknown(rundb: RunDatabase, kind: string): string {
  return hasKnown(rundb, kind) ? 'NOT EXISTS (SELECT 1 FROM known k WHERE k.kind = d.kind AND k.key = d.key)' : '1'
}

/**
 * Adds what the state does not know.
 * @param which of these resources `d`, as SQL
 * @returns how many
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

/**
 * The secrets of a desired resource and the digests of those last applied, both as JSON: nobody can
 * compare them in SQL.
 */
export interface SecretsAndDigests {
  key: string
  secrets: string
  digests: string
}

/**
 * Secrets of what the state knows, in the order of keys.
 * @param isSame tells of secrets and digests that these are surely theirs: then they are left out
 */
export function* secretsOfKnown(
  rundb: RunDatabase,
  kind: string,
  isSame: (secrets: string, digests: string) => boolean,
): Generator<SecretsAndDigests> {
  // A function takes one text. There is no line end in JSON.
  rundb.define('same_secrets', (both) => {
    const end = both.lastIndexOf('\n')
    return isSame(both.slice(0, end), both.slice(end + 1)) ? 1 : 0
  })
  for (const range of keyRanges(rundb, 'known', kind)) {
    const rows = rundb.iterate(
      `SELECT d.key, d.secrets, k.digests FROM desired d JOIN known k ON k.kind = d.kind AND k.key = d.key
       WHERE d.kind = ? AND d.key BETWEEN ? AND ? AND d.secrets IS NOT NULL
         AND NOT same_secrets(d.secrets || char(10) || k.digests) ORDER BY d.key`,
      kind,
      ...range,
    )
    for (const { key, secrets, digests } of rows) {
      yield { key: String(key), secrets: String(secrets), digests: String(digests) }
    }
  }
}

/** Which of what the state knows planning looks at, whether the source has changed it or not. */
export interface Looked {
  /** All of it. */
  all: boolean
  /** What was adopted. */
  adopted: boolean
}

/** Adds what an earlier run was told is gone, and what planning looks at in any case. */
export function insertLookedCandidates(rundb: RunDatabase, kind: string, { all, adopted }: Looked): void {
  rundb.run(
    `INSERT OR IGNORE INTO candidates SELECT kind, key, '[]' FROM known WHERE kind = ?1 AND unchanged IS NOT NULL
     AND (?2 OR gone IS NOT NULL OR (?3 AND ownership = 'adopted'))`,
    kind,
    all ? 1 : 0,
    adopted ? 1 : 0,
  )
}

/** What the state knows with other attributes, and is no candidate yet. */
export function* changedAttributes(
  rundb: RunDatabase,
  kind: string,
): Generator<{ key: string; desired: Attributes; base: Attributes }> {
  const rows = rundb.iterate(
    `SELECT k.key, d.attributes, k.attributes AS base FROM known k CROSS JOIN desired d ON d.kind = k.kind AND d.key = k.key
     WHERE k.kind = ? AND NOT k.unchanged AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.kind = k.kind AND c.key = k.key)`,
    kind,
  )
  for (const { key, attributes, base } of rows) {
    yield { key: String(key), desired: JSON.parse(String(attributes)), base: JSON.parse(String(base)) }
  }
}

/**
 * Adds what refers in a role to something that was deleted in WorkOS, whether that is about to be
 * created again, another one is adopted in its place, or it is blocked or left so: it went with it.
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
 * One candidate for each set of attributes and each resource that it is within: what a resource
 * mentions follows from these, and few differ in both. Without secrets.
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
