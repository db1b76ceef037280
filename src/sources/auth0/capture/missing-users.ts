import { IdSet } from '../../id-set.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import { idsIn, STREAMS } from '../snapshot-rows.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { USER_FIELDS } from '../user-fields.ts'

const STEP = 'members without a user'

/**
 * Asks one by one for members who are not among the users: who came while the tenant was read becomes a record, and who left is found
 * without one when the snapshot is read.
 */
export async function readMissingUsers(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  if (snapshot.isDone(STEP)) return
  const users = await idsIn(snapshot, STREAMS.users, 'user_id')
  const missing = new IdSet()
  try {
    for await (const rows of snapshot.read(STREAMS.members)) {
      const ids = rows.map(({ data }) => String(data.user_id))
      missing.add(
        ids.filter((id) => !users.has(id)),
        (id) => id,
      )
    }
    const cursor = snapshot.cursor(STEP)
    const start = typeof cursor === 'string' ? cursor : ''
    let last = start
    let found = 0
    for (const id of missing.after(start)) {
      const path = `/users/${encodeURIComponent(id)}`
      const user = await tenant.find(path, { fields: USER_FIELDS.join(','), include_fields: true })
      await snapshot.append(STREAMS.users, user === undefined ? [] : [user], { step: STEP, cursor: id })
      last = id
      context.progress({ phase: 'asking for members who are not among the users', done: ++found })
    }
    await snapshot.append(STREAMS.users, [], { step: STEP, cursor: last, done: true })
  } finally {
    users.close()
    missing.close()
  }
}
