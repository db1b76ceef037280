import { readSelector, type Scope, type Selector } from '../../config/pilot.ts'
import { UsageError } from '../../diagnostics/errors.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { choose, type Population } from './choose.ts'
import { forgetLeftOut, moveOut, moveRejectsOut } from './move-out.ts'
import { matchesNothing } from './near-keys.ts'

/** Who is in the source, by whatever name a record of theirs has; also those who were refused. */
const IN_THE_SOURCE: Population = {
  organizations: `SELECT key FROM desired WHERE kind = 'organization'
    UNION SELECT key FROM rejects WHERE kind = 'organization' AND key IS NOT NULL`,
  users: `SELECT key, key AS chosen, attributes ->> '$.email' AS email FROM desired WHERE kind = 'user'
    UNION ALL SELECT key, canonical, NULL FROM aliases WHERE kind = 'user'
    UNION ALL SELECT r.key, coalesce(a.canonical, r.key),
        (SELECT o.email FROM addresses o WHERE o.key = r.key UNION ALL
         SELECT d.attributes ->> '$.email' FROM drafts d WHERE d.kind = 'user' AND d.key = r.key LIMIT 1)
      FROM (SELECT DISTINCT key FROM rejects WHERE kind = 'user' AND key IS NOT NULL) r
      LEFT JOIN aliases a ON a.kind = 'user' AND a.key = r.key`,
}

/** Who is a member of what, also those whose membership was refused. */
const TIES = `CREATE TABLE ties AS
  SELECT key, refs ->> '$.user' AS user, refs ->> '$.organization' AS organization FROM desired WHERE kind = 'membership'
  UNION ALL SELECT r.key, coalesce(a.canonical, r.refs ->> '$.user'), r.refs ->> '$.organization' FROM rejects r
    LEFT JOIN aliases a ON a.kind = 'user' AND a.key = r.refs ->> '$.user'
    WHERE r.kind = 'membership' AND r.refs ->> '$.user' IS NOT NULL AND r.refs ->> '$.organization' IS NOT NULL;
  CREATE INDEX ties_by_user ON ties (user);
  CREATE INDEX ties_by_organization ON ties (organization)`

/** Whether the tie `t` is that of a chosen one: a chosen user brings all of its memberships, a chosen organization its own. */
const CHOSEN_TIE = `(EXISTS (SELECT 1 FROM chosen c WHERE c.kind = 'organization' AND c.key = t.organization)
  OR EXISTS (SELECT 1 FROM chosen c WHERE c.kind = 'user' AND c.key = t.user))`

/**
 * Leaves in the desired set what belongs to the chosen, and moves all else out of it. The whole source has been read and merged before: who
 * is chosen changes nothing about what becomes of a record. The first `limit` of the users are meant by their keys, which is the order in
 * which they are applied.
 * @throws UsageError for a selector that fits nothing
 */
export function narrow(rundb: RunDatabase, scope: Scope): void {
  const selectors = selectorsOf(scope)
  rundb.transaction(() => {
    rundb.db.exec('CREATE INDEX addresses_by_key ON addresses (key)')
    if (selectors.length === 0) {
      rundb.run(`INSERT OR IGNORE INTO chosen SELECT DISTINCT 'user', chosen FROM (${IN_THE_SOURCE.users})`)
    }
  })
  for (const [index, selector] of selectors.entries()) {
    if (choose(rundb, selector, IN_THE_SOURCE)) continue
    throw new UsageError(matchesNothing(rundb, scope.only[index] ?? '', selector, IN_THE_SOURCE, 'the source'))
  }
  rundb.transaction(() => {
    rundb.db.exec(TIES)
    findUsers(rundb, scope.limit)
    findOrganizations(rundb)
    moveOut(rundb)
    moveRejectsOut(rundb, selectors)
    forgetLeftOut(rundb)
    rundb.db.exec('DROP TABLE ties')
  })
}

/** @throws UsageError for what is no selector */
export function selectorsOf({ only }: Scope): Selector[] {
  return only.map((text) => {
    const read = readSelector(text)
    if (!read.ok) throw new UsageError(read.problem)
    return read.selector
  })
}

function findUsers(rundb: RunDatabase, limit: number | null): void {
  rundb.run(
    `INSERT INTO in_scope SELECT 'user', key FROM chosen WHERE kind = 'user'
     UNION SELECT 'user', t.user FROM ties t WHERE ${CHOSEN_TIE}`,
  )
  if (limit === null) return
  const last = rundb
    .statement(
      `SELECT u.key FROM in_scope u WHERE u.kind = 'user'
       AND EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'user' AND d.key = u.key) ORDER BY u.key LIMIT 1 OFFSET ?`,
    )
    .get(limit - 1)
  if (last !== undefined) rundb.run("DELETE FROM in_scope WHERE kind = 'user' AND key > ?", String(last.key))
}

/** The chosen organizations, and those that users in scope are members of by a membership in scope. */
function findOrganizations(rundb: RunDatabase): void {
  rundb.run(
    `INSERT INTO in_scope SELECT 'organization', key FROM chosen WHERE kind = 'organization'
     UNION SELECT 'organization', t.organization FROM ties t WHERE ${CHOSEN_TIE}
       AND EXISTS (SELECT 1 FROM in_scope u WHERE u.kind = 'user' AND u.key = t.user)`,
  )
}
