import { someOf } from '../../diagnostics/printable.ts'
import { rejectAll, rejectDesired } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/**
 * Groups and their members, once records are merged. In: the desired ones. Out: those that WorkOS
 * can take; the others are among the rejects.
 */

/**
 * Refuses groups of one organization that have one name. All of them: WorkOS keeps nothing else by
 * which one of them could be told from the others, once the state is lost or an answer.
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
          message: `${organization} has several groups called ${name}: ${named(groups)}`,
          hint: 'map names that differ, such as the whole path of a group; or the same key, where they are one group',
        },
      )
    }
  }
}

function named(keys: readonly string[]): string {
  return someOf(keys.map((key) => `group:${key}`))
}

/**
 * Refuses members of groups who are no members of the group's organization, as far as nothing else
 * is the cause: an organization, a group, a user or a membership that was refused is told by the
 * general rule.
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
        sql: `(refs ->> '$.user') || ' is in the group ' || (refs ->> '$.group') || ', and is no member of the organization '
          || (refs ->> '$.organization')`,
      },
      hint: 'add the membership, or leave the member of the group out',
    },
  })
}
