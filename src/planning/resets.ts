import type { DesiredSet } from '../desired/desired-set.ts'
import type { ResetReason } from '../kinds/user/passwords-text.ts'
import { RESETS, THERE } from './password-counts.ts'

export interface PasswordReset {
  key: string
  email: string
  /** `users.csv:12`. */
  origin: string
  /** As the plan counts it: see PasswordCounts. */
  fate: 'reset' | 'there' | 'none'
  reason: ResetReason
  /** Hasher and public parameters; empty: there is nothing to add. */
  detail: string
  /** The user was in WorkOS before. */
  existing: boolean
}

/** Users of whom a record has a password, and did not prove to be the same person. */
const UNPROVEN = `SELECT DISTINCT m.key FROM merges m, json_each(m.conflicts) c WHERE m.kind = 'user'
  AND c.value ->> 'rule' = 'proof' AND c.value ->> 'field' IN ('password', 'passwordHash')`

/** Every user whose password is not migrated, in the order of the source. Together with those that are kept: all users of the set. */
export function* passwordResets({ rundb }: DesiredSet): Generator<PasswordReset> {
  const rows = rundb.db
    .prepare(
      `SELECT d.key, d.attributes ->> 'email' AS email, coalesce(f.name || coalesce(':' || d.line, ''), '') AS origin, r.code, r.detail,
         d.secrets IS NOT NULL AS held, ${THERE} AS there,
         EXISTS (SELECT 1 FROM notes n WHERE n.kind = 'user' AND n.key = d.key AND n.code = 'password_kept_back') AS unverified,
         u.key IS NOT NULL AS unproven
       FROM desired d LEFT JOIN files f ON f.id = d.file LEFT JOIN (${RESETS}) r ON r.key = d.key
       LEFT JOIN (${UNPROVEN}) u ON u.key = d.key
       WHERE d.kind = 'user' ORDER BY d.seq, d.key`,
    )
    .iterate()
  for (const row of rows) {
    const existing = row.there === 1
    if (row.held === 1 && !existing) continue
    const user = { key: String(row.key), email: String(row.email ?? ''), origin: String(row.origin), existing }
    if (row.held === 1 || (row.code !== null && existing)) {
      yield { ...user, fate: 'there', reason: row.unverified === 1 ? 'unverified' : 'there', detail: '' }
    } else if (row.code !== null) {
      const reason = row.code === 'password_weak_reset' ? 'weak' : 'unsupported'
      yield { ...user, fate: 'reset', reason, detail: String(row.detail) }
    } else yield { ...user, fate: 'none', reason: row.unproven === 1 ? 'unproven' : 'none', detail: '' }
  }
}
