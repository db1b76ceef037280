import type { Selector } from '../../config/pilot.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { belongingOf, type ChosenOnes, type RefusedItem } from './reject-scope.ts'

const isChosen = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM chosen c WHERE c.kind = '${kind}' AND c.key = ${key})`
const isIn = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM in_scope s WHERE s.kind = '${kind}' AND s.key = ${key})`
const ref = (role: string) => `(d.refs ->> '$.${role}')`

const MEMBER = `${isIn('user', ref('user'))} AND (${isChosen('organization', ref('organization'))} OR ${isChosen('user', ref('user'))})`

/**
 * Which desired resources `d` of a kind are in scope. What is not named here belongs to nobody and goes with every scope: permissions, and
 * roles of the environment, which WorkOS ranks in the order in which they are made.
 */
const BELONGS: readonly (readonly [kind: string, condition: string])[] = [
  ['organization', isIn('organization', 'd.key')],
  ['organization-role', isIn('organization', ref('organization'))],
  ['user', isIn('user', 'd.key')],
  ['totp-factor', isIn('user', ref('user'))],
  ['membership', MEMBER],
  ['group-membership', MEMBER],
  [
    'group',
    `${isChosen('organization', ref('organization'))} OR EXISTS (SELECT 1 FROM desired m
      WHERE m.kind = 'group-membership' AND m.refs ->> '$.group' = d.key)`,
  ],
  ['connection', isChosen('organization', ref('organization'))],
]

/** Moves the desired resources of others out of the set. Members of groups go before the groups, which are kept by those that stay. */
export function moveOut(rundb: RunDatabase): void {
  for (const [kind, condition] of BELONGS) {
    if (kind === 'group')
      rundb.db.exec("CREATE INDEX desired_by_group ON desired (refs ->> '$.group') WHERE kind = 'group-membership'")
    rundb.run(
      `INSERT INTO out_of_scope SELECT kind, key, refs, attributes, records FROM desired d WHERE d.kind = '${kind}' AND NOT (${condition})`,
    )
    rundb.run(
      `DELETE FROM desired WHERE kind = '${kind}' AND EXISTS
         (SELECT 1 FROM out_of_scope o WHERE o.kind = desired.kind AND o.key = desired.key)`,
    )
  }
  // What is remarked on, or merged into, somebody else.
  rundb.run(
    `DELETE FROM notes WHERE EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = notes.kind AND o.key = coalesce(
       (SELECT a.canonical FROM aliases a WHERE a.kind = notes.kind AND a.key = notes.key), notes.key))`,
  )
  rundb.run("DELETE FROM cases WHERE NOT EXISTS (SELECT 1 FROM in_scope s WHERE s.kind = 'user' AND s.key = cases.key)")
}

/** Of what is left out with what it belongs to, that of the chosen alone is worth telling. The sums are of the whole source. */
export function forgetLeftOut(rundb: RunDatabase): void {
  rundb.run(
    `DELETE FROM left_out_with AS d WHERE coalesce(${ref('user')}, ${ref('organization')}) IS NOT NULL
       AND NOT (${isIn('user', ref('user'))} OR ${isChosen('user', ref('user'))} OR ${isChosen('organization', ref('organization'))})`,
  )
  for (const kind of ['user', 'organization']) {
    rundb.run(
      `DELETE FROM left_out WHERE kind = '${kind}' AND key IS NOT NULL AND key NOT IN (SELECT key FROM in_scope WHERE kind = '${kind}')
         AND key NOT IN (SELECT refs ->> '$.${kind}' FROM left_out_with WHERE refs ->> '$.${kind}' IS NOT NULL)`,
    )
  }
}

/** Takes out what was refused of others, with the remarks on it. What nobody can tell whose it is stays. */
export function moveRejectsOut(rundb: RunDatabase, selectors: readonly Selector[]): void {
  const has = (table: string, kind: string) => {
    const statement = rundb.statement(`SELECT 1 FROM ${table} WHERE kind = '${kind}' AND key = ?`)
    return (key: string) => statement.get(key) !== undefined
  }
  const by = (...kinds: Selector['kind'][]) => selectors.some(({ kind }) => kinds.includes(kind))
  const chosen: ChosenOnes = {
    choosesOrganization: has('chosen', 'organization'),
    choosesUser: has('chosen', 'user'),
    hasOrganization: has('in_scope', 'organization'),
    hasUser: has('in_scope', 'user'),
    by: {
      organization: by('organization'),
      user: by('user') || selectors.length === 0,
      address: by('email', 'domain'),
    },
  }
  const gone = rundb.statement('DELETE FROM rejects WHERE rowid = ?')
  const told = rundb.statement('INSERT INTO rejects_out VALUES (?, ?, ?)')
  const remarks = rundb.statement(
    `DELETE FROM notes WHERE kind = ? AND key = ? AND NOT EXISTS
       (SELECT 1 FROM desired d WHERE d.kind = notes.kind AND d.key = notes.key)`,
  )
  for (const { id, kind, key, records, item } of refused(rundb)) {
    if (belongingOf(item, chosen) !== 'out') continue
    gone.run(id)
    told.run(kind, key, records)
    if (key !== null) remarks.run(kind, key)
  }
}

interface Refused {
  id: number
  kind: string
  key: string | null
  records: number
  /** With the users that those of the record merged into. */
  item: RefusedItem
}

function* refused(rundb: RunDatabase): Generator<Refused> {
  const rows = rundb.spool(
    `SELECT r.rowid AS id, r.kind, r.key, r.refs, r.records, own.canonical AS merged, a.canonical AS user,
       CASE WHEN r.kind = 'user' THEN coalesce((SELECT o.email FROM addresses o WHERE o.key = r.key AND o.seq = r.seq),
         (SELECT d.attributes ->> '$.email' FROM drafts d WHERE d.kind = 'user' AND d.key = r.key LIMIT 1)) END AS email
     FROM rejects r
     LEFT JOIN aliases own ON own.kind = r.kind AND own.key = r.key
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = r.refs ->> '$.user'`,
  )
  for (const { id, kind, key, refs, records, merged, user, email } of rows) {
    const known: Record<string, string> = JSON.parse(String(refs))
    const own = key === null ? null : String(merged ?? key)
    yield {
      id: Number(id),
      kind: String(kind),
      key: key === null ? null : String(key),
      records: Number(records),
      item: {
        kind: String(kind),
        key: own,
        refs: user === null ? known : { ...known, user: String(user) },
        ...(email !== null && { email: String(email) }),
      },
    }
  }
}
