import { desiredFromRow } from '../../rundb/desired.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { ReadContext } from '../kind.ts'
import { eachOf } from '../wire.ts'
import { group } from './group.ts'
import { describeGiven, rolesOfGroup, whereEnabled } from './group-roles.ts'

const KIND = 'group-membership'

/** Remarks on users who are about to get a role because they are added to a group that has it in WorkOS. */
export async function noteGivingGroups({ rundb, api, refIds }: ReadContext): Promise<void> {
  const joined = rundb.db
    .prepare(
      `SELECT d.*, g.attributes ->> '$.name' AS name FROM actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key
       JOIN desired g ON g.kind = ? AND g.key = d.refs ->> '$.group'
       WHERE a.kind = ? AND a.type = 'create' GROUP BY g.key`,
    )
    .all(group.name, KIND)
  await whereEnabled(() =>
    eachOf(joined, async (row) => {
      const desired = desiredFromRow(row)
      // A group that is about to be created has no role yet.
      const id = refIds(desired)?.group
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
    KIND,
    groupKey,
  )
}
