import { SourceError } from '../../../diagnostics/errors.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { IdSet } from '../../join/id-set.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import { type Asking, type CaptureContext, requireNone } from '../../source.ts'
import { type ClerkOptions, checkOptions, type LiveOptions, liveOptions } from '../options.ts'
import {
  CONNECTIONS,
  GONE,
  INVITATIONS,
  MEMBERSHIPS,
  ORGANIZATION_ROLES,
  ORGANIZATIONS,
  slimMembership,
  USERS,
} from '../streams.ts'
import { ClerkApi, type ClerkObject, isMissing, isNotEnabled, lacksFeature, MOST_IDS, type Page } from './api.ts'
import { type CountedList, idsOf, ListReader, listOf, OLDEST_FIRST, type ReadingContext, readList } from './lists.ts'

/**
 * Reads an instance into a snapshot: connections and invitations if requested, users, organizations
 * with their roles, memberships, then new users and members who were not among the users.
 * @throws CredentialsError; SourceError, also when the counts do not match; ManifestError for
 *   options that do not fit
 */
export async function captureClerk(
  config: ClerkOptions,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  requireNone(checkOptions(config))
  const options = liveOptions(config)
  const api = new ClerkApi(options, context)
  const { pageSize, concurrency } = options
  const reading: ReadingContext = { ...context, snapshot, name: api.name, pageSize, concurrency }
  if (snapshot.fact('begun') === undefined) snapshot.note('begun', Date.now())
  if (options.connections) await captureConnections(api, reading)
  if (options.invitations) await captureInvitations(api, reading)
  if (options.updatedSince === undefined) await captureAll(api, options, reading)
  else await captureChanged(api, options, options.updatedSince, reading)
}

/** Requests the number of users. See LiveReading.tryCredentials. */
export async function tryCredentials(config: ClerkOptions, asking: Asking): Promise<void> {
  requireNone(checkOptions(config))
  await new ClerkApi(liveOptions(config), asking).countUsers()
}

async function captureAll(api: ClerkApi, options: LiveOptions, reading: ReadingContext): Promise<void> {
  const { snapshot } = reading
  const seen = await idsOf(USERS, snapshot)
  const list = listOf(USERS, (offset, limit) => api.page('/users', { limit, offset, order_by: OLDEST_FIRST }))
  const users = new ListReader({ ...list, total: () => api.countUsers() }, reading, seen)
  try {
    await users.read(USERS)
    if (options.organizations && (await captureOrganizations(api, reading))) {
      await captureRoles(api, reading)
      await captureMemberships(api, reading, undefined)
      await users.read(`${USERS}/later`, Number(snapshot.cursor(USERS) ?? 0))
      await fetchMembers(api, seen, reading)
    }
    await users.finish()
  } finally {
    seen.close()
  }
}

/**
 * Reads only changed users and users with changed memberships. Reads all organizations and roles,
 * which are few.
 */
async function captureChanged(
  api: ClerkApi,
  options: LiveOptions,
  since: number,
  reading: ReadingContext,
): Promise<void> {
  const seen = await captureChangedUsers(api, since, reading)
  try {
    if (!options.organizations || !(await captureOrganizations(api, reading))) return
    await captureRoles(api, reading)
    await captureMemberships(
      api,
      reading,
      (membership) => Number(membership.updated_at) >= since || seen.has(slimMembership(membership).user_id),
    )
    await fetchMembers(api, seen, reading)
  } finally {
    seen.close()
  }
}

/** @returns false if organizations are turned off in the instance */
async function captureOrganizations(api: ClerkApi, reading: ReadingContext): Promise<boolean> {
  const { snapshot, warn } = reading
  if (snapshot.fact('organizationsOff') === true) return false
  const seen = await idsOf(ORGANIZATIONS, snapshot)
  const list = listOf(ORGANIZATIONS, (offset, limit) =>
    api.page('/organizations', { limit, offset, order_by: OLDEST_FIRST }),
  )
  const organizations = new ListReader(list, reading, seen)
  try {
    await organizations.read(ORGANIZATIONS)
    await organizations.finish()
    return true
  } catch (error) {
    if (!(error instanceof HttpRefusal) || !isNotEnabled(error)) throw error
    snapshot.note('organizationsOff', true)
    warn({
      code: 'organizations_off',
      severity: 'warning',
      message: `${api.name} reports that organizations are turned off in this instance: only users are read`,
    })
    return false
  } finally {
    seen.close()
  }
}

/** Maximum number of searches for users who changed during the reading. */
const ROUNDS = 10

/**
 * Reads the users who changed since a time (epoch milliseconds), latest first. Clerk has no filter
 * for changes, only an order. Users who change meanwhile move to the front, so the search repeats
 * there until it finds no new user.
 * @returns the IDs of these users; the caller closes the set
 */
async function captureChangedUsers(api: ClerkApi, since: number, reading: ReadingContext): Promise<IdSet> {
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
        progress({ phase: 'reading the changed users', done: seen.size })
      },
    })
    if (round > 1 && seen.size === before) break
    border = latest
  }
  await snapshot.append(USERS, [], { step, cursor: null, done: true })
  return seen
}

/**
 * Reads the memberships: from the list of all, or by organization if the API lacks that list.
 * @param concerns which memberships to keep; undefined: all
 */
async function captureMemberships(
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

/** @returns false if the API lacks this list */
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
    // The organization and its memberships were deleted after the list of organizations was read.
    await reading.snapshot.append(list.stream, [], { step, cursor: 0, done: true })
  } finally {
    own.close()
  }
}

/** Requests the members who are not among the users: they are new, or already deleted. */
async function fetchMembers(api: ClerkApi, seen: IdSet, { snapshot, progress }: ReadingContext): Promise<void> {
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
    progress({ phase: 'reading the users of memberships', done: found.length })
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

/** A list that fits in memory. */
interface WholeList {
  /** The name of the list in messages. */
  what: string
  /** The system as messages name it. */
  name: string
  pageSize: number
  page(offset: number, limit: number): Promise<Page>
}

interface Reading {
  entries: Map<string, ClerkObject>
  /** Total number of entries, if the API reports it. */
  total: number | undefined
  /** Whether one response contained all entries. */
  atOnce: boolean
}

/** Maximum number of readings until a list is consistent. */
const READINGS = 6

/**
 * Reads a short list in any order. If one response does not contain all counted entries, it reads
 * the list until two readings in a row have the same entries, as many as the API counts. While
 * entries come and go, or if the order is not fixed, a page can miss an entry that no other page
 * has.
 * @throws SourceError when the readings never agree
 */
export async function wholeList(list: WholeList): Promise<ClerkObject[]> {
  let last: Reading | undefined
  for (let reading = 1; reading <= READINGS; reading += 1) {
    const { entries, total, atOnce } = await readOnce(list)
    const isCounted = total === undefined || entries.size === total
    if (isCounted && (atOnce || (last !== undefined && sameIds(entries, last.entries)))) return [...entries.values()]
    last = { entries, total, atOnce }
  }
  throw new SourceError({
    code: 'count_mismatch',
    message: `${list.name} returned ${last?.entries.size ?? 0} ${list.what} (reported total: ${last?.total ?? 'none'}), and ${READINGS} readings did not agree`,
    hint: 'run the command again while nobody changes the instance; an incomplete reading is never migrated',
  })
}

async function readOnce({ page, pageSize }: WholeList): Promise<Reading> {
  const entries = new Map<string, ClerkObject>()
  for (let offset = 0; ; ) {
    const { rows, total } = await page(offset, pageSize)
    const before = entries.size
    for (const row of rows) entries.set(row.id, row)
    offset += rows.length
    // Without a count, the list ends when nothing new comes, even if the API ignores the offset.
    const isEnd = total === undefined ? entries.size === before : rows.length === 0 || offset >= total
    if (isEnd) return { entries, total, atOnce: total !== undefined && before === 0 }
  }
}

function sameIds(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return one.size === other.size && [...one.keys()].every((id) => other.has(id))
}

/**
 * Reads SAML and OpenID Connect enterprise connections:
 * https://clerk.com/changelog/2026-03-09-bapi-enterprise-connections. Warns if the instance does
 * not offer them.
 * @throws SourceError when not all were read, or the API lacks the list
 */
async function captureConnections(api: ClerkApi, reading: ReadingContext): Promise<void> {
  const { snapshot, name, pageSize, warn, progress } = reading
  const step = CONNECTIONS
  if (snapshot.isDone(step)) return
  try {
    const page = (offset: number, limit: number) => api.page('/enterprise_connections', { limit, offset })
    const connections = await wholeList({ what: 'enterprise connections', name, pageSize, page })
    await snapshot.append(CONNECTIONS, connections, { step, cursor: null, done: true })
    progress({ phase: 'reading the connections', done: connections.length })
  } catch (error) {
    if (isMissing(error)) throw notListed(name, error)
    if (!(error instanceof HttpRefusal) || !lacksFeature(error)) throw error
    warn({
      code: 'connections_off',
      severity: 'warning',
      message: `${name} reports that enterprise connections are turned off in this instance or not in its plan: none are read (HTTP ${error.status} ${error.errorCode ?? ''})`,
      hint: 'remove source.connections if the instance has no connections',
    })
    await snapshot.append(CONNECTIONS, [], { step, cursor: null, done: true })
  }
}

/** Lists of invitations to the instance and to its organizations. */
const INVITATION_LISTS = { '/invitations': 'invitations', '/organization_invitations': 'invitations to organizations' }

/**
 * Reads pending invitations: https://clerk.com/docs/reference/backend-api/tag/invitations
 * @throws SourceError when not all were read
 */
async function captureInvitations(api: ClerkApi, reading: ReadingContext): Promise<void> {
  const { snapshot, name, pageSize, progress } = reading
  for (const [path, what] of Object.entries(INVITATION_LISTS)) {
    const step = `${INVITATIONS}${path}`
    if (snapshot.isDone(step)) continue
    const page = (offset: number, limit: number) => api.page(path, { status: 'pending', limit, offset })
    const found = await wholeList({ what, name, pageSize, page }).catch((error: unknown) => {
      if (error instanceof HttpRefusal && (isNotEnabled(error) || lacksFeature(error))) return []
      throw error
    })
    // Anyone who has the URL of an invitation can accept it, so it is not stored.
    const rows = found.map(({ url: _url, ...invitation }) => invitation)
    await snapshot.append(INVITATIONS, rows, { step, cursor: null, done: true })
    progress({ phase: 'reading the invitations', done: snapshot.count(INVITATIONS) })
  }
}

function notListed(name: string, cause: HttpRefusal): SourceError {
  return new SourceError(
    {
      code: 'connections_not_listed',
      message: `${name} has no list of enterprise connections (HTTP 404); Clerk's Backend API has had one since March 2026`,
      hint: 'check source.baseUrl; or remove source.connections and map connections from a file: see docs/how-to/connections.md',
      path: 'source.connections',
    },
    { cause },
  )
}

/**
 * Reads roles of organizations with their permissions. If the API lacks this list, memberships
 * contain the roles that users have.
 * @throws SourceError when not all were read
 */
async function captureRoles(api: ClerkApi, reading: ReadingContext): Promise<void> {
  const { snapshot, name, pageSize } = reading
  const step = ORGANIZATION_ROLES
  if (snapshot.isDone(step)) return
  const page = (offset: number, limit: number) =>
    api.page('/organization_roles', { limit, offset, order_by: OLDEST_FIRST })
  const roles = await wholeList({ what: 'roles', name, pageSize, page }).catch((error: unknown) => {
    if (isMissing(error)) return []
    if (error instanceof HttpRefusal && (isNotEnabled(error) || lacksFeature(error))) return []
    throw error
  })
  await snapshot.append(ORGANIZATION_ROLES, roles, { step, cursor: null, done: true })
}
