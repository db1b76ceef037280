import { IdSet } from '../id-set.ts'
import { type ClerkApi, type ClerkObject, isMissing } from './api.ts'
import { type CountedList, idsOf, ListReader, type ReadingContext } from './counted-list.ts'
import { listOf, OLDEST_FIRST } from './lists.ts'
import { MEMBERSHIPS, ORGANIZATIONS, slimMembership } from './objects.ts'

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
    await memberships.settle()
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
    await memberships.settle()
  } catch (error) {
    if (!isMissing(error)) throw error
    // The organization was deleted since the list of them was read, and its memberships with it.
    await reading.snapshot.append(list.stream, [], { step, cursor: 0, done: true })
  } finally {
    own.close()
  }
}
