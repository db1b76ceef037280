import { HttpRefusal } from '../../../http/refusal.ts'
import type { IdSet } from '../../join/id-set.ts'
import { type SnapshotWriter, SpoiledReading } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import { LAST_OF_PAGES } from '../options.ts'
import { idsIn, STREAMS, USER_FIELDS } from '../snapshot-rows.ts'
import type { Tenant } from './tenant.ts'

export interface PagesReading {
  tenant: Tenant
  snapshot: SnapshotWriter
  context: CaptureContext
  step: string
  pageSize: number
  /** A search (https://auth0.com/docs/manage-users/user-search/user-search-query-syntax); undefined: all users. */
  search: string | undefined
}

/** What the search for users is asked, besides the page. */
export function searchQuery(search: string | undefined): { q?: string; search_engine?: string } {
  return search === undefined ? {} : { q: search, search_engine: 'v3' }
}

/** What came of reading by pages. */
export interface PagesRead {
  /** Different users there were at the end. */
  read: number
  /** What the tenant counted while they were read. */
  total: number
}

/** How often the pages are read again from the first when users came or went meanwhile. */
const SWEEPS = 5

/**
 * Reads users by pages, in the order in which they were created. A page may be shorter than it was asked to be, and is the last one
 * only if it is empty or the tenant counts no more. Who is deleted meanwhile moves all others forward, and one of them past the end of a
 * page that was read already: so when the count has moved, all pages are read once more.
 * @throws SpoiledReading when there are more than pages reach
 */
export async function pageUsers(reading: PagesReading): Promise<PagesRead> {
  const { snapshot, step } = reading
  const known = await idsIn(snapshot, STREAMS.users, 'user_id')
  try {
    for (let sweep = 1; ; sweep++) {
      const { steady, ...came } = await readOnce(reading, known)
      if (!steady && sweep < SWEEPS) continue
      await snapshot.append(STREAMS.users, [], { step, cursor: { ...came }, done: true })
      return came
    }
  } finally {
    known.close()
  }
}

/** Reads all pages; who is known is not kept again. */
async function readOnce(
  { tenant, snapshot, context, step, pageSize, search }: PagesReading,
  known: IdSet,
): Promise<PagesRead & { steady: boolean }> {
  // No more than pages reach.
  const seen = new Set<string>()
  let first: number | undefined
  let last = 0
  let steady = true
  for (let page = 0; ; page++) {
    const { items, total } = await pageOf(tenant, page, pageSize, search, last)
    if (total > LAST_OF_PAGES) throw tooMany(tenant, total)
    first ??= total
    if (total !== first) steady = false
    last = total
    for (const { user_id } of items) seen.add(String(user_id))
    const fresh = known.add(items, ({ user_id }) => String(user_id))
    await snapshot.append(STREAMS.users, fresh, { step, cursor: { read: seen.size, total } })
    context.progress({ phase: 'reading the users', done: seen.size, total })
    if (items.length === 0 || seen.size >= total || page + 1 >= LAST_OF_PAGES) return { read: seen.size, total, steady }
  }
}

/** A page of users; an empty one behind the last record that pages reach, where the tenant still counts as many. */
async function pageOf(tenant: Tenant, page: number, size: number, search: string | undefined, counted: number) {
  try {
    return await tenant.counted('/users', 'users', page, size, {
      ...searchQuery(search),
      sort: 'created_at:1',
      fields: USER_FIELDS.join(','),
      include_fields: true,
    })
  } catch (error) {
    if (error instanceof HttpRefusal && error.code === 'invalid_paging') return { items: [], total: counted }
    throw error
  }
}

/** For more users than pages reach. A reading that began with fewer has to choose anew how it goes on. */
export function tooMany(tenant: Tenant, total: number): SpoiledReading {
  return new SpoiledReading({
    code: 'too_many_for_pages',
    message: `${tenant.name} has ${total} users to read, and its pages end with the first ${LAST_OF_PAGES}`,
    hint: 'set engine under source to export, or leave it out',
    path: 'source.engine',
  })
}
