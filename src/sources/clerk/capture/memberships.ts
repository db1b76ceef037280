import { IdSet } from '../../join/id-set.ts'
import { GONE, MEMBERSHIPS, ORGANIZATIONS, slimMembership, USERS } from '../objects.ts'
import { type ClerkApi, type ClerkObject, isMissing, MOST_IDS } from './api.ts'
import { type CountedList, idsOf, ListReader, listOf, OLDEST_FIRST, type ReadingContext } from './lists.ts'

/**
 * Reads the memberships: from the list of all of them, or organization by organization where the API does not have that list.
 * @param concerns which are kept; undefined: all
 */
export async function captureMemberships(
  api: ClerkApi,
  reading: ReadingContext,
  concerns: ((membership: ClerkObject) => boolean) | undefined,
): Promise<void> {
  const { snapshot } = reading
  const listAt = (path: string): CountedList => ({
    ...listOf(MEMBERSHIPS, (offset, limit) => api.page(path, { limit, offset, order_by: OLDEST_FIRST })),
    keep: (entry) => (concerns === undefined || concerns(entry) ? slimMembership(entry) : undefined),
    whole: concerns === undefined,
  })
  const known = await idsOf(MEMBERSHIPS, snapshot)
  try {
    if (await captureWhole(listAt('/organization_memberships'), reading, known)) return
    for await (const rows of snapshot.read(ORGANIZATIONS)) {
      for (const { data } of rows) {
        const id = String(data.id)
        const list = { ...listAt(`/organizations/${encodeURIComponent(id)}/memberships`), whole: false }
        await captureOne({ ...list, what: `${MEMBERSHIPS} of ${id}` }, `${MEMBERSHIPS}/${id}`, reading, known)
      }
    }
  } finally {
    known.close()
  }
}

/** @returns false where the API does not have this list */
async function captureWhole(list: CountedList, reading: ReadingContext, known: IdSet): Promise<boolean> {
  const { snapshot } = reading
  if (snapshot.fact('byOrganization') === true) return false
  const memberships = new ListReader(list, reading, known)
  try {
    await memberships.read(MEMBERSHIPS)
    await memberships.finish()
    return true
  } catch (error) {
    if (!isMissing(error) || snapshot.cursor(MEMBERSHIPS) !== undefined) throw error
    snapshot.note('byOrganization', true)
    return false
  }
}

async function captureOne(list: CountedList, step: string, reading: ReadingContext, known: IdSet): Promise<void> {
  const own = new IdSet()
  const memberships = new ListReader(list, reading, known, own)
  try {
    await memberships.read(step)
    await memberships.finish()
  } catch (error) {
    if (!isMissing(error)) throw error
    // The organization was deleted since the list of them was read, and its memberships with it.
    await reading.snapshot.append(list.stream, [], { step, cursor: 0, done: true })
  } finally {
    own.close()
  }
}

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
