import type { Manifest } from '../../config/manifest.ts'
import { originOf, type RunDatabase, textIn } from '../../rundb/run-database.ts'
import type { UnsupportedTotp } from './totp-text.ts'

/**
 * Makes a factor of each merged user's secret, and takes the secret from the user. The user's key is the factor's; the account is what
 * the source calls it, else the e-mail address.
 */
export function deriveTotpFactors(rundb: RunDatabase, { totp }: Pick<Manifest, 'totp'>): void {
  const having = "kind = 'user' AND secrets ->> '$.totpSecret.secret' IS NOT NULL"
  rundb.run(
    // A merge patch leaves null out; the names are in the order of canonical JSON.
    `INSERT INTO desired SELECT 'totp-factor', key, json_object('user', key),
       json_patch('{}', json_object('account', coalesce(secrets ->> '$.totpSecret.account', attributes ->> '$.email'),
         'issuer', coalesce(secrets ->> '$.totpSecret.issuer', ?))),
       json_object('totpSecret', secrets ->> '$.totpSecret.secret'), seq, file, line, 0
     FROM desired WHERE ${having}`,
    totp.issuer ?? null,
  )
  rundb.run(`UPDATE desired SET secrets = nullif(json_remove(secrets, '$.totpSecret'), '{}') WHERE ${having}`)
}

/** Remarks about a secret that a merge has replaced by that of another record, or taken away, are none on its user. */
const UNSUPPORTED = `notes n LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
  JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
  WHERE n.code = 'totp_unsupported'
    AND NOT EXISTS (SELECT 1 FROM desired t WHERE t.kind = 'totp-factor' AND t.key = d.key)`

/** How many users each reason leaves without a factor, most first. A user with several counts for the first record's. */
export function unsupportedTotpCounts({ rundb }: { rundb: RunDatabase }): { reason: string; count: number }[] {
  return rundb
    .statement(
      `SELECT detail, count(*) AS n FROM (SELECT d.key, min(n.seq), n.detail FROM ${UNSUPPORTED} GROUP BY d.key)
       GROUP BY detail ORDER BY n DESC, detail`,
    )
    .all()
    .map(({ detail, n }) => ({ reason: String(detail), count: Number(n) }))
}

/** These users, by key. */
export function* unsupportedTotp(
  { rundb }: { rundb: RunDatabase },
  limit = Number.MAX_SAFE_INTEGER,
): Generator<UnsupportedTotp> {
  const rows = rundb.iterate(
    `SELECT u.key, u.reason, u.email, ${originOf('u')} FROM
         (SELECT d.key, min(n.seq), n.detail AS reason, d.attributes ->> '$.email' AS email, d.file, d.line
          FROM ${UNSUPPORTED} GROUP BY d.key ORDER BY d.key LIMIT ?) u JOIN files f ON f.id = u.file ORDER BY u.key`,
    limit,
  )
  for (const { key, email, reason, origin } of rows) {
    yield {
      key: String(key),
      email: textIn(email),
      reason: String(reason),
      origin: String(origin),
    }
  }
}
