import { someOf } from '../../diagnostics/printable.ts'
import { rejectDesired } from '../../rundb/rejects.ts'
import { originOf, type RunDatabase } from '../../rundb/run-database.ts'

interface Lookalike {
  key: string
  email: string
  origin: string
}

/**
 * Refuses users whose addresses differ in the case of letters that are none of ASCII, in how Unicode puts a letter together, or in how
 * the domain is written: `MÜLLER@x.example` and `müller@x.example`. All of them: mail servers do not agree on whether that is one
 * mailbox, so nobody can tell here whose account it is. Once users have merged, so that it is about the addresses that they keep.
 */
export function refuseLookalikes(rundb: RunDatabase): void {
  if (rundb.count('SELECT EXISTS (SELECT 1 FROM lookalikes)') === 0) return
  rundb.exec('CREATE INDEX lookalikes_by_form ON lookalikes (form, email)')
  const forms = rundb.spool(
    `SELECT DISTINCT form FROM lookalikes GROUP BY form HAVING count(DISTINCT email) > 1 ORDER BY form`,
  )
  const owners = rundb.statement(
    `SELECT DISTINCT u.key, l.email, ${originOf('u')} FROM lookalikes l
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = l.key
     JOIN desired u ON u.kind = 'user' AND u.key = coalesce(a.canonical, l.key) AND u.attributes ->> '$.email' = l.email
     JOIN files f ON f.id = u.file
     WHERE l.form = ? ORDER BY u.seq, u.key`,
  )
  for (const { form } of forms) {
    const users = owners
      .all(String(form))
      .map(({ key, email, origin }): Lookalike => ({ key: String(key), email: String(email), origin: String(origin) }))
    if (new Set(users.map(({ email }) => email)).size > 1) for (const user of users) refuse(rundb, user, users)
  }
}

function refuse(rundb: RunDatabase, user: Lookalike, users: readonly Lookalike[]): void {
  const others = users.filter(({ email }) => email !== user.email)
  rejectDesired(
    rundb,
    { kind: 'user', key: user.key },
    {
      code: 'possible_duplicate',
      field: 'email',
      message: `the address ${user.email} may be the same as ${named(others)}: they differ only in the case or form of letters outside ASCII`,
      hint: 'if they are one person, write the address in one way in the source; if they are two, leave one of them out with map.user.when',
    },
  )
}

function named(others: readonly Lookalike[]): string {
  return someOf(others.map(({ email, origin }) => `${email} (${origin})`))
}
