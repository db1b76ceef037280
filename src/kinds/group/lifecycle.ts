import { someOf } from '../../diagnostics/printable.ts'
import { rejectAll, rejectDesired } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/** Rejects merged groups and members that WorkOS cannot store. */

/**
 * Rejects all groups of one organization that share a name: if the state or a response is lost,
 * nothing else tells them apart in WorkOS.
 */
export function refuseSharedGroupNames(rundb: RunDatabase): void {
  const shared = rundb.spool(
    `SELECT json_extract(refs, '$.organization') AS organization, json_extract(attributes, '$.name') AS name,
       json_group_array(key ORDER BY key) AS keys
     FROM desired WHERE kind = 'group' GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2`,
  )
  for (const { organization, name, keys } of shared) {
    const groups = JSON.parse(String(keys)).map(String)
    for (const key of groups) {
      rejectDesired(
        rundb,
        { kind: 'group', key },
        {
          code: 'shared_group_name',
          field: 'name',
          message: `${organization} has several groups with the name ${name}: ${named(groups)}`,
          hint: 'map names that differ, such as the full path of a group; if they are one group, map the same key',
        },
      )
    }
  }
}

function named(keys: readonly string[]): string {
  return someOf(keys.map((key) => `group:${key}`))
}

/**
 * Rejects members of groups who are not members of the group's organization. If the organization,
 * the group, the user or the membership was rejected, the general rule reports that.
 */
export function refuseStrangers(rundb: RunDatabase): void {
  const isStranger = `kind = 'group-membership'
    AND NOT EXISTS (SELECT 1 FROM desired m WHERE m.kind = 'membership' AND m.key = desired.refs ->> '$.membership')
    AND NOT EXISTS (SELECT 1 FROM rejects r WHERE r.kind = 'membership' AND r.key = desired.refs ->> '$.membership')
    AND EXISTS (SELECT 1 FROM desired g WHERE g.kind = 'group' AND g.key = desired.refs ->> '$.group')
    AND EXISTS (SELECT 1 FROM desired u WHERE u.kind = 'user' AND u.key = desired.refs ->> '$.user')`
  rejectAll(rundb, {
    from: 'desired',
    where: isStranger,
    reason: {
      code: 'group_member_without_membership',
      field: 'user',
      message: {
        sql: `(refs ->> '$.user') || ' is in the group ' || (refs ->> '$.group') || ' but not a member of the organization '
          || (refs ->> '$.organization')`,
      },
      hint: 'add the membership, or remove the member from the group',
    },
  })
}
