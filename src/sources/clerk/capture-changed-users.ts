import { IdSet } from '../id-set.ts'
import type { ClerkApi, Page } from './api.ts'
import type { ReadingContext } from './counted-list.ts'
import { USERS } from './objects.ts'
import { readList } from './read-list.ts'

/** How often it is looked for users who changed while others were read. */
const ROUNDS = 10

/**
 * Users who changed since a time (epoch milliseconds), latest first; Clerk has no filter for that, but an order. Who changes
 * meanwhile comes to the front, and is looked for there until nobody new is found.
 * @returns who was read; the caller closes it
 */
export async function captureChangedUsers(api: ClerkApi, since: number, reading: ReadingContext): Promise<IdSet> {
  const { snapshot, pageSize, progress } = reading
  const step = USERS
  const seen = new IdSet()
  snapshot.note('partial', true)
  for await (const rows of snapshot.read(USERS)) seen.add(rows.map(({ data }) => ({ id: String(data.id) })))
  if (snapshot.isDone(step)) return seen
  let border = since
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = seen.size
    let latest = border
    const page = async (offset: number, limit: number): Promise<Page> => {
      const { rows } = await api.page('/users', { limit, offset, order_by: '-updated_at' })
      latest = Math.max(latest, ...rows.map(({ updated_at }) => Number(updated_at)))
      const changed = rows.filter(({ updated_at }) => Number(updated_at) >= border)
      return { rows: changed, last: changed.length < rows.length }
    }
    await readList({
      page,
      pageSize,
      concurrency: 1,
      from: 0,
      expected: 0,
      seen,
      take: async (fresh) => {
        await snapshot.append(USERS, fresh, { step, cursor: null })
        progress({ phase: 'reading the users that changed', done: seen.size })
      },
    })
    if (round > 1 && seen.size === before) break
    border = latest
  }
  await snapshot.append(USERS, [], { step, cursor: null, done: true })
  return seen
}
