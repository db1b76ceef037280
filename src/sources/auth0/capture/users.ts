import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { IdSet } from '../../join/id-set.ts'
import { type SnapshotWriter, SpoiledReading } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import { LAST_OF_PAGES, type LiveOptions } from '../options.ts'
import { idsIn, STREAMS, USER_FIELDS } from '../streams.ts'
import { requireCount, type Tenant } from './api.ts'
import { exportUsers } from './users-export.ts'

const STEP = 'users'
/** The step after the number of users has been compared with the tenant's count. */
const CHECKED = 'users/counted'

type Engine = 'export' | 'pages'

/** How the users are read. Stored, because a resumed run must not decide again. */
interface Decision {
  engine: Engine
  /** The tenant's count before reading. */
  before: number
  /** Whether the tenant filters the users by search. */
  searched: boolean
}

/**
 * Reads the users, in any organization or none.
 * @throws SourceError if they cannot all be read, or differ from the tenant's count
 */
export async function readUsers(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  options: LiveOptions,
  context: CaptureContext,
): Promise<void> {
  if (snapshot.isDone(CHECKED)) return
  const { pageSize } = options
  const search = searchFor(options)
  const count = (q: string | undefined) => tenant.total('/users', 'users', searchQuery(q))
  const decision = decisionIn(snapshot) ?? (await decide(tenant, options, search, count))
  snapshot.note('reading of users', { ...decision })
  const { engine, before, searched } = decision
  let result: { read: number; total?: number } | undefined = readIn(snapshot)
  if (result === undefined) {
    result =
      engine === 'export'
        ? {
            read: await exportUsers({
              tenant,
              snapshot,
              context,
              step: STEP,
              total: before,
              keep: wanted(options),
            }),
          }
        : await pageUsers({ tenant, snapshot, context, step: STEP, pageSize, search })
  }
  const { read, total = before } = result
  const after = await count(searched ? search : undefined)
  requireCount({ what: searched ? `users for the search ${search}` : 'users', before: total, after, read }, tenant.name)
  snapshot.note('users', { before: total, after, read })
  await snapshot.append(STREAMS.users, [], { step: CHECKED, cursor: read, done: true })
}

async function decide(
  tenant: Tenant,
  { engine, exportAbove }: LiveOptions,
  search: string | undefined,
  count: (q: string | undefined) => Promise<number>,
): Promise<Decision> {
  if (search !== undefined && engine !== 'export') {
    const changed = await count(search)
    if (changed <= LAST_OF_PAGES) return { engine: 'pages', before: changed, searched: true }
    if (engine === 'pages') throw tooMany(tenant, changed)
  }
  const before = await count(undefined)
  if (engine === 'pages' && before > LAST_OF_PAGES) throw tooMany(tenant, before)
  const pages = engine === 'pages' || (engine === 'auto' && before <= exportAbove && search === undefined)
  return { engine: pages ? 'pages' : 'export', before, searched: false }
}

/** The search for the users to read; undefined: all users. */
function searchFor({ connection, updatedSince }: LiveOptions): string | undefined {
  const terms = [
    ...(connection === undefined ? [] : [`identities.connection:"${connection.replaceAll(/["\\]/g, '\\$&')}"`]),
    ...(updatedSince === undefined ? [] : [`updated_at:[${updatedSince} TO *]`]),
  ]
  return terms.length === 0 ? undefined : terms.join(' AND ')
}

/** The filter that replaces the search, because an export job does not support one. */
function wanted({ connection, updatedSince }: LiveOptions): (user: JsonObject) => boolean {
  const from = updatedSince === undefined ? Number.NEGATIVE_INFINITY : Date.parse(updatedSince)
  const changed = ({ updated_at }: JsonObject) => typeof updated_at !== 'string' || !(Date.parse(updated_at) < from)
  return (user) => changed(user) && (connection === undefined || connectionsOf(user).includes(connection))
}

function connectionsOf({ identities }: JsonObject): unknown[] {
  return Array.isArray(identities) ? identities.map((one) => (isObject(one) ? one.connection : undefined)) : []
}

function decisionIn(snapshot: SnapshotWriter): Decision | undefined {
  const fact = snapshot.fact('reading of users')
  if (!isObject(fact)) return undefined
  const { engine, before, searched } = fact
  return { engine: engine === 'export' ? 'export' : 'pages', before: Number(before), searched: searched === true }
}

/** The numbers of a finished step; undefined before, because partial numbers mean nothing. */
function readIn(snapshot: SnapshotWriter): { read: number; total?: number } | undefined {
  if (!snapshot.isDone(STEP)) return undefined
  const cursor = snapshot.cursor(STEP)
  if (!isObject(cursor)) return undefined
  if (cursor.lines !== undefined) return { read: Number(cursor.lines) }
  return { read: Number(cursor.read), total: Number(cursor.total) }
}

const MISSING_STEP = 'members without a user'

/**
 * Requests each member without a user. A user created during the reading becomes a record. A
 * deleted user stays missing, and reading the snapshot reports it.
 */
export async function readMissingUsers(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  if (snapshot.isDone(MISSING_STEP)) return
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
    const cursor = snapshot.cursor(MISSING_STEP)
    const start = typeof cursor === 'string' ? cursor : ''
    let last = start
    let found = 0
    for (const id of missing.after(start)) {
      const path = `/users/${encodeURIComponent(id)}`
      const user = await tenant.find(path, { fields: USER_FIELDS.join(','), include_fields: true })
      await snapshot.append(STREAMS.users, user === undefined ? [] : [user], { step: MISSING_STEP, cursor: id })
      last = id
      context.progress({ phase: 'reading the members without a user', done: ++found })
    }
    await snapshot.append(STREAMS.users, [], { step: MISSING_STEP, cursor: last, done: true })
  } finally {
    users.close()
    missing.close()
  }
}

interface PagesReading {
  tenant: Tenant
  snapshot: SnapshotWriter
  context: CaptureContext
  step: string
  pageSize: number
  /**
   * A search (https://auth0.com/docs/manage-users/user-search/user-search-query-syntax); undefined:
   * all users.
   */
  search: string | undefined
}

function searchQuery(search: string | undefined): { q?: string; search_engine?: string } {
  return search === undefined ? {} : { q: search, search_engine: 'v3' }
}

interface PagesRead {
  /** Number of different users. */
  read: number
  /** The tenant's last count during the reading. */
  total: number
}

/** How often all pages are read if users are created or deleted during the reading. */
const SWEEPS = 5

/**
 * Reads users by pages, oldest first. A page can be shorter than requested. It is the last one only
 * if it is empty or as many users were read as the tenant counts. A deletion moves later users
 * forward, so that one can slip into a page that was already read. So if the count changes, all
 * pages are read again.
 * @throws SpoiledReading if there are more users than pages reach
 */
async function pageUsers(reading: PagesReading): Promise<PagesRead> {
  const { snapshot, step } = reading
  const known = await idsIn(snapshot, STREAMS.users, 'user_id')
  try {
    for (let sweep = 1; ; sweep++) {
      const { steady, ...result } = await readOnce(reading, known)
      if (!steady && sweep < SWEEPS) continue
      await snapshot.append(STREAMS.users, [], { step, cursor: { ...result }, done: true })
      return result
    }
  } finally {
    known.close()
  }
}

/** Reads all pages and appends the users that are not known yet. */
async function readOnce(
  { tenant, snapshot, context, step, pageSize, search }: PagesReading,
  known: IdSet,
): Promise<PagesRead & { steady: boolean }> {
  // At most LAST_OF_PAGES IDs.
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

/** A page of users; an empty one past the last record that Auth0 returns by pages. */
async function pageOf(tenant: Tenant, page: number, size: number, search: string | undefined, counted: number) {
  try {
    return await tenant.counted('/users', 'users', page, size, {
      ...searchQuery(search),
      sort: 'created_at:1',
      fields: USER_FIELDS.join(','),
      include_fields: true,
    })
  } catch (error) {
    if (error instanceof HttpRefusal && error.errorCode === 'invalid_paging') return { items: [], total: counted }
    throw error
  }
}

/** For more users than pages reach. A reading that started with fewer must start again. */
function tooMany(tenant: Tenant, total: number): SpoiledReading {
  return new SpoiledReading({
    code: 'too_many_for_pages',
    message: `${tenant.name} has ${total} users to read, but returns only the first ${LAST_OF_PAGES} by pages`,
    hint: 'set engine under source to export, or remove engine',
    path: 'source.engine',
  })
}
