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
 * The fields to request. Not `invitation_url` and `ticket_id`: anyone who has them can accept the
 * invitation. https://auth0.com/docs/api/management/v2/organizations/get-invitations
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

/** How often a list of several pages is read until two readings agree. */
const READINGS = 4

/**
 * Reads the invitations to every organization in the snapshot, several organizations at a time.
 * @throws SourceError if a list is incomplete
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
      // Stored, so that a plan of the snapshot is the same on any day.
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
 * The invitations to one organization. Auth0 does not count them, and an entry can move between
 * pages. So a list of several pages is read until two readings agree.
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
    // The organization was deleted during the reading; reading its members reports that.
    if (error instanceof HttpRefusal && error.status === 404) return []
    throw error
  }
  throw new SpoiledReading({
    code: 'count_mismatch',
    message: `the invitations to ${id} in ${tenant.name} changed in each of ${READINGS} readings`,
    hint: 'run the same command again while nobody sends invitations; an incomplete reading is never migrated',
  })
}

interface List {
  tenant: Tenant
  /** ID of the organization. */
  id: string
  path: string
  pageSize: number
}

interface Reading {
  /** By id. */
  rows: Map<string, JsonObject>
  /** Whether one page contained all of them. */
  atOnce: boolean
}

/**
 * Reads from the oldest entry as far as pages reach. If that is not the end, also reads from the
 * newest entry until both meet.
 * @throws SourceError if they do not meet
 */
async function readOnce(list: List): Promise<Reading> {
  const rows = new Map<string, JsonObject>()
  const oldest = await readPages(list, 1, rows)
  if (oldest.ended) return { rows, atOnce: oldest.pages === 1 }
  const newest = await readPages(list, -1, rows)
  if (newest.ended) return { rows, atOnce: false }
  throw new SourceError({
    code: 'too_many_for_pages',
    message: `the organization ${list.id} in ${list.tenant.name} has at least ${2 * LAST_OF_PAGES} invitations, the most that Auth0 lists`,
    hint: 'delete expired invitations in Auth0, or remove invitations under source',
  })
}

/** @param order 1: from the oldest to the end; -1: from the newest to the first known entry */
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
    // A tenant can return shorter pages than requested; `limit` is its maximum. A page shorter than
    // that is the last one.
    const isEnd = items.length === 0 || (typeof limit === 'number' && items.length < limit)
    if (isEnd) return { pages: page + 1, ended: true }
    if (fresh === 0) throw tenant.unexpected(`GET ${path}`, 'a page after the previous ones')
  }
}

function sameIds(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return one.size === other.size && [...one.keys()].every((id) => other.has(id))
}
