import { SourceError } from '../../../diagnostics/errors.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import type { JsonObject } from '../../../json.ts'
import { partsInOrder } from '../../parts-in-order.ts'
import { type SnapshotWriter, SpoiledReading } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import { LAST_OF_PAGES, type LiveOptions } from '../options.ts'
import { STREAMS } from '../streams.ts'
import type { Tenant } from './api.ts'
import { notDone } from './organizations.ts'

/**
 * What is asked for. `invitation_url` and `ticket_id` are not among it: whoever has them may take
 * the invitation up. https://auth0.com/docs/api/management/v2/organizations/get-invitations
 */
const FIELDS = [
  'id',
  'organization_id',
  'inviter',
  'invitee',
  'created_at',
  'expires_at',
  'connection_id',
  'client_id',
  'app_metadata',
  'user_metadata',
  'roles',
].join(',')

/** How often a list of several pages is read before it counts as one that does not come to rest. */
const READINGS = 4

/**
 * Reads the invitations of every organization that has been read, several organizations at a time.
 * @throws SourceError when those of an organization cannot all be read
 */
export async function readInvitations(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  { pageSize, concurrency }: LiveOptions,
  context: CaptureContext,
): Promise<void> {
  const now = Date.now()
  const total = snapshot.count(STREAMS.organizations)
  let organizations = 0
  await partsInOrder(
    notDone(snapshot, stepOf, () => {
      organizations += 1
    }),
    concurrency,
    async function* (id) {
      yield await invitationsOf(tenant, id, pageSize)
    },
    async (id, found) => {
      context.signal?.throwIfAborted()
      // A plan made of the snapshot says the same on every day.
      const rows = found.map((row): JsonObject => ({ ...row, expired: Date.parse(String(row.expires_at)) <= now }))
      await snapshot.append(STREAMS.invitations, rows, { step: stepOf(id), cursor: null, done: true })
      organizations += 1
      const done = snapshot.count(STREAMS.invitations)
      context.progress({ phase: 'reading the invitations to organizations', done, share: organizations / total })
    },
  )
}

function stepOf(organization: string): string {
  return `invitations/${organization}`
}

/**
 * All of one organization. Auth0 counts none of them. So a list of several pages, between which one
 * may have gone and another have moved up, is read until two readings agree.
 */
async function invitationsOf(tenant: Tenant, id: string, pageSize: number): Promise<JsonObject[]> {
  const list: List = { tenant, id, path: `/organizations/${encodeURIComponent(id)}/invitations`, pageSize }
  try {
    let last: Reading | undefined
    for (let reading = 1; reading <= READINGS; reading += 1) {
      const found = await readOnce(list)
      if (found.atOnce || (last !== undefined && sameIds(last.rows, found.rows))) return [...found.rows.values()]
      last = found
    }
  } catch (error) {
    // It was deleted while the tenant was read; reading its members tells of that.
    if (error instanceof HttpRefusal && error.status === 404) return []
    throw error
  }
  throw new SpoiledReading({
    code: 'count_mismatch',
    message: `the invitations to ${id} in ${tenant.name} changed in each of ${READINGS} readings`,
    hint: 'run the same command again, best when nobody invites people; nothing is migrated from an incomplete reading',
  })
}

interface List {
  tenant: Tenant
  /** Of the organization. */
  id: string
  path: string
  pageSize: number
}

interface Reading {
  /** By id. */
  rows: Map<string, JsonObject>
  /** One page held all of them. */
  atOnce: boolean
}

/**
 * Reads from the oldest on, as far as pages reach, and where that is not the end from the newest
 * on, until the two meet.
 * @throws SourceError when they do not
 */
async function readOnce(list: List): Promise<Reading> {
  const rows = new Map<string, JsonObject>()
  const oldest = await readPages(list, 1, rows)
  if (oldest.ended) return { rows, atOnce: oldest.pages === 1 }
  const newest = await readPages(list, -1, rows)
  if (newest.ended) return { rows, atOnce: false }
  throw new SourceError({
    code: 'too_many_for_pages',
    message: `the organization ${list.id} in ${list.tenant.name} has ${2 * LAST_OF_PAGES} invitations or more, and Auth0 lists no more of them`,
    hint: 'delete those in Auth0 that have expired; or take invitations out under source',
  })
}

/**
 * @param order 1 from the oldest on, to the end; -1 from the newest on, until one comes that is
 *   known
 */
async function readPages(
  { tenant, id, path, pageSize }: List,
  order: 1 | -1,
  rows: Map<string, JsonObject>,
): Promise<{ pages: number; ended: boolean }> {
  for (let page = 0; ; page += 1) {
    const query = { fields: FIELDS, include_fields: true, sort: `created_at:${order}` }
    const answer = await tenant
      .get(path, { page, per_page: pageSize, include_totals: true, ...query })
      .catch((error: unknown) => {
        if (page > 0 && error instanceof HttpRefusal && error.errorCode === 'invalid_paging') return undefined
        throw error
      })
    if (answer === undefined) return { pages: page, ended: false }
    const { invitations, limit } = tenant.object(path, answer)
    const items = tenant.items(path, invitations)
    const before = rows.size
    for (const item of items) {
      const { invitation_url: _url, ticket_id: _ticket, ...row } = item
      rows.set(String(item.id), { ...row, organization_id: id })
    }
    const fresh = rows.size - before
    if (order === -1 && fresh < items.length) return { pages: page + 1, ended: true }
    // A tenant may give less than a page is asked for, and says how much it gives at most. At the
    // last page that it gives that is less still.
    const isEnd = items.length === 0 || (typeof limit === 'number' && items.length < limit)
    if (isEnd) return { pages: page + 1, ended: true }
    if (fresh === 0) throw tenant.unexpected(`GET ${path}`, 'a page beyond those before it')
  }
}

function sameIds(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return one.size === other.size && [...one.keys()].every((id) => other.has(id))
}
