import type { IdSet } from '../id-set.ts'
import { type ClerkApi, MOST_IDS } from './api.ts'
import type { ReadingContext } from './counted-list.ts'
import { GONE, MEMBERSHIPS, USERS } from './objects.ts'

/** Asks for the members who are not among the users that were read: they came meanwhile, or are gone again. */
export async function fetchMembers(api: ClerkApi, seen: IdSet, { snapshot, progress }: ReadingContext): Promise<void> {
  const step = 'members'
  if (snapshot.isDone(step)) return
  const gone = new Set<string>()
  for await (const rows of snapshot.read(GONE)) for (const { data } of rows) gone.add(String(data.id))
  const fetch = async (ids: string[]) => {
    if (ids.length === 0) return
    const found = seen.add(await api.usersOf(ids))
    const missing = ids.filter((id) => !seen.has(id))
    for (const id of missing) gone.add(id)
    await snapshot.append(USERS, found, { step, cursor: null })
    const rows = missing.map((id) => ({ id }))
    if (rows.length > 0) await snapshot.append(GONE, rows, { step, cursor: null })
    progress({ phase: 'asking for the users of memberships', done: found.length })
  }
  let unknown = new Set<string>()
  for await (const rows of snapshot.read(MEMBERSHIPS)) {
    for (const { data } of rows) {
      const id = String(data.user_id)
      if (id === '' || seen.has(id) || gone.has(id)) continue
      unknown.add(id)
      if (unknown.size < MOST_IDS) continue
      await fetch([...unknown])
      unknown = new Set()
    }
  }
  await fetch([...unknown])
  await snapshot.append(USERS, [], { step, cursor: null, done: true })
}
