import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * Refuses members of groups who are no members of the group's organization, as far as nothing else is the cause: an organization, a
 * group, a user or a membership that was refused is told by the general rule.
 */
export function refuseStrangers(rundb: RunDatabase): void {
  const isStranger = `kind = 'group-membership'
    AND NOT EXISTS (SELECT 1 FROM desired m WHERE m.kind = 'membership' AND m.key = desired.refs ->> '$.membership')
    AND NOT EXISTS (SELECT 1 FROM rejects r WHERE r.kind = 'membership' AND r.key = desired.refs ->> '$.membership')
    AND EXISTS (SELECT 1 FROM desired g WHERE g.kind = 'group' AND g.key = desired.refs ->> '$.group')
    AND EXISTS (SELECT 1 FROM desired u WHERE u.kind = 'user' AND u.key = desired.refs ->> '$.user')`
  rundb.run(
    `INSERT INTO rejects SELECT kind, key, 'group_member_without_membership', 'user',
       (refs ->> '$.user') || ' is in the group ' || (refs ->> '$.group') || ', and is no member of the organization '
         || (refs ->> '$.organization'),
       'add the membership, or leave the member of the group out', seq, file, line, refs, records
     FROM desired WHERE ${isStranger}`,
  )
  rundb.run(`DELETE FROM desired WHERE ${isStranger}`)
}
