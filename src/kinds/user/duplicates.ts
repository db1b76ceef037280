import type { UserDedupe } from '../../config/manifest.ts'
import type { Json } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import type { CaseFate } from '../../rundb/merges.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { rejectRepeated, repeatedValues } from '../collisions.ts'
import { comparedEmail } from '../values/email.ts'

/**
 * Records of users that agree in one identity and differ in the other. In: the records of one user,
 * and external ids that several users claim. Out: the cases by their names, as the report on
 * duplicates counts them; users who claim one external id are rejected.
 */

/** What records say of users that cannot be true of all of them, by its stable name. */
export type DuplicateCaseCode =
  | 'same_email_different_external_ids'
  | 'same_external_id_different_emails'
  | 'key_contradiction'

/**
 * The cases that records of one user are: two of them agree in one identity and differ in the
 * other.
 * @param shared external ids of theirs that records of other users have as well
 */
export function casesOf(
  records: readonly { attributes: Attributes }[],
  rules: UserDedupe['email'],
  shared: ReadonlySet<string> = new Set(),
): DuplicateCaseCode[] {
  const emails = new Map<string, Set<string>>()
  const ids = new Map<string, Set<string>>()
  for (const { attributes } of records) {
    const { email, externalId } = attributes
    if (typeof email !== 'string' || typeof externalId !== 'string') continue
    const compared = comparedEmail(email, rules)
    emails.set(compared, (emails.get(compared) ?? new Set()).add(externalId))
    ids.set(externalId, (ids.get(externalId) ?? new Set()).add(compared))
  }
  const several = (sets: Map<string, Set<string>>) => [...sets.values()].some(({ size }) => size > 1)
  return [
    ...(several(emails) ? (['same_email_different_external_ids'] as const) : []),
    ...(several(ids) || shared.size > 0 ? (['same_external_id_different_emails'] as const) : []),
  ]
}

export function insertCase(
  rundb: RunDatabase,
  code: DuplicateCaseCode,
  fate: CaseFate,
  key: string,
  records: number,
): void {
  rundb.run('INSERT INTO cases VALUES (?, ?, ?, ?)', code, fate, key, records)
}

/** Once all users that are refused have been: what was merged and then refused was refused. */
export function recordDuplicateCases(rundb: RunDatabase): void {
  rundb.run(
    `UPDATE cases SET fate = 'rejected' WHERE fate = 'merged'
       AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'user' AND d.key = cases.key)`,
  )
}

const SAME_ID: DuplicateCaseCode = 'same_external_id_different_emails'

/**
 * Refuses users that are different people by `dedupe.user.by` and claim one external id. All of
 * them, for who is right decides who gets whose account. An id that merging did not take is none
 * that a user claims.
 */
export function refuseSharedUsers(rundb: RunDatabase): void {
  if (rundb.count('SELECT EXISTS (SELECT 1 FROM suspects)') === 0) return
  rejectRepeated(
    rundb,
    'user',
    repeatedValues(rundb, sharedIds()),
    (id, others) => ({
      code: 'shared_external_id',
      field: 'externalId',
      message: `the external id ${id} is that of ${others} as well`,
      hint: 'WorkOS takes an external id once: map another one, or let dedupe.user.by tell that they are one user',
    }),
    (key) => {
      // One that lost such an id in a merge is counted already, with all of its records.
      rundb.run('DELETE FROM cases WHERE code = ? AND key = ? AND fate = ?', SAME_ID, key, 'merged')
      insertCase(rundb, SAME_ID, 'rejected', key, recordsOf(rundb, key))
    },
  )
}

/**
 * Collects the external ids that users claim who are different people. Where it is the key, as it
 * mostly is, two users cannot: `external` is set for the others alone, so that nothing is looked
 * into for them. Once contradictions are refused, and before users merge.
 */
export function findSharedIds(rundb: RunDatabase): void {
  rundb.exec(`
    CREATE INDEX drafts_by_external ON drafts (external, dedupe_group) WHERE external IS NOT NULL;
    CREATE TABLE suspects (value TEXT PRIMARY KEY) WITHOUT ROWID, STRICT;
    INSERT INTO suspects
      SELECT external FROM drafts WHERE external IS NOT NULL GROUP BY external HAVING min(dedupe_group) <> max(dedupe_group)
      UNION SELECT external FROM drafts d WHERE external IS NOT NULL
        AND EXISTS (SELECT 1 FROM drafts k WHERE k.kind = 'user' AND k.key = d.external AND k.dedupe_group <> d.dedupe_group
          AND k.attributes ->> '$.externalId' = k.key);
  `)
}

/**
 * Which external ids of the records of one user are claimed by other people as well.
 * @param taken the one that the user takes, which is left to `refuseSharedUsers`; undefined: none
 */
export function sharedIdsOf(
  rundb: RunDatabase,
  records: readonly { attributes: Attributes }[],
  taken: Json | undefined,
): Set<string> {
  const ids = records.map(({ attributes }) => attributes.externalId).filter((id) => typeof id === 'string')
  const suspect = rundb.statement('SELECT 1 FROM suspects WHERE value = ?')
  return new Set(ids.filter((id) => id !== taken && suspect.get(id) !== undefined))
}

/** A query for the users that have an external id which others have as well. */
function sharedIds(): string {
  const bearers = (condition: string) =>
    `SELECT s.value, coalesce(a.canonical, d.key) AS key FROM suspects s JOIN drafts d ON ${condition}
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = d.key`
  return `SELECT DISTINCT b.value, b.key FROM
    (${bearers('d.external = s.value')} UNION ${bearers("d.kind = 'user' AND d.key = s.value")}) b
    JOIN desired u ON u.kind = 'user' AND u.key = b.key WHERE u.attributes ->> '$.externalId' = b.value`
}

function recordsOf(rundb: RunDatabase, key: string): number {
  return rundb.count("SELECT records FROM desired WHERE kind = 'user' AND key = ?", key)
}
