import type { UserDedupe } from '../../config/manifest.ts'
import type { Json } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import type { CaseFate } from '../../rundb/merges.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { hasTrait, TRAIT } from '../../rundb/traits.ts'
import { rejectRepeated, repeatedValues } from '../collisions.ts'
import { comparedEmail } from '../values/email.ts'

/**
 * Finds records of users that share one identity and differ in another. Counts these cases for the
 * report on duplicates, and rejects users that claim the same external ID.
 */

/** Stable names of contradictions between records of users. */
export type DuplicateCaseCode =
  | 'same_email_different_external_ids'
  | 'same_external_id_different_emails'
  | 'key_contradiction'

/**
 * The cases among the records of one user: two share one identity and differ in the other.
 * @param shared external IDs of these records that records of other users have too
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

/**
 * Runs after all rejects of users: a user that merged and was rejected later counts as rejected.
 */
export function recordDuplicateCases(rundb: RunDatabase): void {
  rundb.run(
    `UPDATE cases SET fate = 'rejected' WHERE fate = 'merged'
       AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'user' AND d.key = cases.key)`,
  )
}

const SAME_ID: DuplicateCaseCode = 'same_external_id_different_emails'

/**
 * Rejects all users that differ by `dedupe.user.by` and claim the same external ID: who is right
 * decides who gets which account. An ID that merging did not keep does not count.
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
      message: `the external ID ${id} also belongs to ${others}`,
      hint: 'map another external ID, since WorkOS accepts each only once; if they are one user, set dedupe.user.by so that they merge',
    }),
    (key) => {
      // A user that lost such an ID in a merge is already counted, with all its records.
      rundb.run('DELETE FROM cases WHERE code = ? AND key = ? AND fate = ?', SAME_ID, key, 'merged')
      insertCase(rundb, SAME_ID, 'rejected', key, recordsOf(rundb, key))
    },
  )
}

/**
 * Collects external IDs that different users claim. Usually the external ID is the key, which no
 * two users share: `external` is set only for the others, so that those cost nothing. Runs after
 * contradictions are rejected and before users merge.
 */
export function findSharedIds(rundb: RunDatabase): void {
  rundb.exec('CREATE TABLE suspects (value TEXT PRIMARY KEY) WITHOUT ROWID, STRICT')
  if (!hasTrait(rundb, 'user', TRAIT.externalId)) return
  rundb.exec(`
    CREATE INDEX drafts_by_external ON drafts (external, dedupe_group) WHERE external IS NOT NULL;
    INSERT INTO suspects
      SELECT external FROM drafts WHERE external IS NOT NULL GROUP BY external HAVING min(dedupe_group) <> max(dedupe_group)
      UNION SELECT external FROM drafts d WHERE external IS NOT NULL
        AND EXISTS (SELECT 1 FROM drafts k WHERE k.kind = 'user' AND k.key = d.external AND k.dedupe_group <> d.dedupe_group
          AND k.attributes ->> '$.externalId' = k.key);
  `)
}

/**
 * The external IDs of one user's records that other users claim too.
 * @param taken the ID that the user keeps, which `refuseSharedUsers` handles; undefined: none
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

/** A query for users with an external ID that others have too. */
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
