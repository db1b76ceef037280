import type { UserDedupe } from '../../config/manifest.ts'
import type { Attributes } from '../../resource.ts'
import type { CaseFate } from '../../rundb/merges.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { comparedEmail } from '../values/email.ts'

/** What records say of users that cannot be true of all of them, by its stable name. */
export type DuplicateCaseCode =
  | 'same_email_different_external_ids'
  | 'same_external_id_different_emails'
  | 'key_contradiction'

/**
 * The cases that records of one user are: two of them agree in one identity and differ in the other.
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
