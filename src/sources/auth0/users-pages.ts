import { isObject } from '../../json.ts'
import { HttpRefusal } from '../http/refusal.ts'
import type { SnapshotWriter } from '../snapshot/snapshot.ts'
import { SpoiledReading } from '../snapshot/spoiled-reading.ts'
import type { CaptureContext } from '../source.ts'
import { LAST_OF_PAGES } from './options.ts'
import { idsIn, STREAMS } from './snapshot-rows.ts'
import type { Tenant } from './tenant.ts'
import { USER_FIELDS } from './user-fields.ts'

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

/**
 * Reads users by pages, in the order in which they were created. A page may be shorter than it was asked to be, and is the last one
 * only if it is empty or the tenant counts no more.
 * @returns how many different users there were
 * @throws SpoiledReading when there are more than pages reach
 */
export async function pageUsers({ tenant, snapshot, context, step, pageSize, search }: PagesReading): Promise<number> {
  const seen = await idsIn(snapshot, STREAMS.users, 'user_id')
  try {
    const cursor = snapshot.cursor(step)
    let { page, read } = isObject(cursor)
      ? { page: Number(cursor.page), read: Number(cursor.read) }
      : { page: 0, read: 0 }
    for (;;) {
      const { items, total } = await pageOf(tenant, page, pageSize, search, read)
      if (total > LAST_OF_PAGES) throw tooMany(tenant, total)
      // A user who is created or deleted meanwhile moves others from page to page.
      const fresh = seen.add(items, ({ user_id }) => String(user_id))
      read += fresh.length
      page += 1
      const done = items.length === 0 || read >= total || page >= LAST_OF_PAGES
      await snapshot.append(STREAMS.users, fresh, { step, cursor: { page, read }, done })
      context.progress(`users: ${read.toLocaleString('en')} of ${total.toLocaleString('en')}`)
      if (done) return read
    }
  } finally {
    seen.close()
  }
}

/** A page of users; an empty one behind the last record that pages reach. */
async function pageOf(tenant: Tenant, page: number, size: number, search: string | undefined, read: number) {
  try {
    return await tenant.counted('/users', 'users', page, size, {
      ...searchQuery(search),
      sort: 'created_at:1',
      fields: USER_FIELDS.join(','),
      include_fields: true,
    })
  } catch (error) {
    if (error instanceof HttpRefusal && error.code === 'invalid_paging') return { items: [], total: read }
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
