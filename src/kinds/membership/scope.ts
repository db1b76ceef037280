import type { RunDatabase } from '../../rundb/run-database.ts'
import { memberScope, type ScopeRules } from '../scope.ts'

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

/** A membership is the tie by which organizations bring their members into a scope, and users their organizations. */
export const membershipScope: ScopeRules = {
  ...memberScope,
  findInScope(rundb, limit) {
    rundb.exec(TIES)
    findUsers(rundb, limit)
    findOrganizations(rundb)
  },
  narrowed: (rundb) => rundb.exec('DROP TABLE ties'),
}

/** The first `limit` of the users are meant by their keys, which is the order in which they are applied. */
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
