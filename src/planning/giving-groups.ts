import { group } from '../kinds/group/group.ts'
import { groupMembership } from '../kinds/group/group-membership.ts'
import { rolesOfGroup } from '../kinds/group/group-roles.ts'
import { desiredFromRow } from '../rundb/desired.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Api } from '../workos/api.ts'
import { eachOf } from './at-once.ts'
import { describeGiven, whereEnabled } from './group-roles.ts'
import { resolveRefs } from './references.ts'

/** Remarks on users who are about to get a role because they are added to a group that has it in WorkOS. */
export async function noteGivingGroups(rundb: RunDatabase, api: Api): Promise<void> {
  const joined = rundb.db
    .prepare(
      `SELECT d.*, g.attributes ->> '$.name' AS name FROM actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key
       JOIN desired g ON g.kind = ? AND g.key = d.refs ->> '$.group'
       WHERE a.kind = ? AND a.type = 'create' GROUP BY g.key`,
    )
    .all(group.name, groupMembership.name)
  await whereEnabled(() =>
    eachOf(joined, async (row) => {
      const desired = desiredFromRow(row)
      const refs = resolveRefs(rundb, groupMembership, desired)
      // A group that is about to be created has no role yet.
      const id = refs.type === 'blocked' ? undefined : refs.ids.group
      const roles = id === undefined ? [] : await rolesOfGroup(api, id)
      for (const role of roles) {
        const detail = describeGiven({ role, group: String(row.name), groupId: id ?? '' })
        note(rundb, desired.refs.group ?? '', detail)
      }
    }),
  )
}

function note(rundb: RunDatabase, groupKey: string, detail: string): void {
  rundb.run(
    `INSERT INTO notes SELECT 0, a.kind, a.key, 'group_gives_role', ?1 FROM actions a
     JOIN desired d ON d.kind = a.kind AND d.key = a.key
     WHERE a.kind = ?2 AND a.type = 'create' AND d.refs ->> '$.group' = ?3`,
    detail,
    groupMembership.name,
    groupKey,
  )
}
