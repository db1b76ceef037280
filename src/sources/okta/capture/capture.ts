/**
 * Reads an Okta org. In: the options of the source, with credentials. Out: a snapshot of identity
 * providers, apps, users, groups and their members. It is written page by page, so that an
 * interrupted reading continues. ../records.ts makes records of it.
 */

import { ManifestError, SourceError } from '../../../diagnostics/errors.ts'
import { JsonClient, type Query } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { IdSet } from '../../join/id-set.ts'
import { partsInOrder } from '../../parts-in-order.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { Asking, CaptureContext } from '../../source.ts'
import { credentialsOf, type LiveOptions, liveOptions, type OktaOptions, unreadUsers } from '../options.ts'
import { STREAMS } from '../streams.ts'
import { Org, type Page, scopesFor } from './api.ts'
import { readApps, readIdentityProviders } from './connections.ts'
import { accessTokens } from './token.ts'

interface Reading {
  org: Org
  snapshot: SnapshotWriter
  options: LiveOptions
  context: CaptureContext
}

/** See LiveReading.capture. */
export async function capture(config: OktaOptions, snapshot: SnapshotWriter, context: CaptureContext): Promise<void> {
  const { org, options } = reach(config, context)
  context.progress({ phase: `connecting to ${org.name}` })
  await org.checkAccess(options)
  const reading = { org, snapshot, options, context }
  if (options.connections) await readIdentityProviders(org, snapshot, options)
  if (options.apps) await readApps(org, snapshot, options)
  const users = await idsIn(snapshot, STREAMS.users)
  try {
    await readUsers(reading, users)
    if (!options.groups) return
    await readGroups(reading)
    await readMembers(reading, users)
    // If only some users are read, other members are expected.
    if (unreadUsers(options) === undefined) await readMissingUsers(reading, users)
  } finally {
    users.close()
  }
}

/** See LiveReading.tryCredentials. */
export async function tryCredentials(config: OktaOptions, asking: Asking): Promise<void> {
  const { org, options } = reach(config, asking)
  await org.checkAccess(options)
}

/** @throws ManifestError for missing or malformed credentials */
function reach(
  config: OktaOptions,
  { signal, clock, proxies, onWait, onFailedRequest }: Asking,
): { org: Org; options: LiveOptions } {
  const credentials = credentialsOf(config)
  if (!('kind' in credentials)) throw new ManifestError(credentials)
  const options = liveOptions(config)
  const { address, rate, concurrency } = options
  const { baseUrl, name } = address
  const asking = { name, signal, clock, proxies, onWait, onFailedRequest }
  const tokens =
    credentials.kind === 'app'
      ? accessTokens(new JsonClient({ ...asking, baseUrl }), credentials, address, scopesFor(options))
      : undefined
  const authorize = async (renew: boolean) =>
    credentials.kind === 'token' ? `SSWS ${credentials.token}` : ((await tokens?.authorize(renew)) ?? '')
  const client = new JsonClient({ ...asking, baseUrl: `${baseUrl}/api/v1`, authorize, rate, concurrency })
  return { org: new Org(client, name, credentials.kind), options }
}

/** The IDs that a stream has so far. The caller closes the set. */
async function idsIn(snapshot: SnapshotWriter, stream: string): Promise<IdSet> {
  const ids = new IdSet()
  for await (const rows of snapshot.read(stream)) ids.add(rows, ({ data }) => String(data.id))
  return ids
}

/**
 * Reads the users. Okta has no count of users to compare with. Its pages continue from the last
 * user and not from a number, so that changes lose no user.
 * @param known IDs of the users that have been read
 */
async function readUsers(reading: Reading, known: IdSet): Promise<void> {
  const { search, memberOf, updatedSince, deprovisioned, pageSize: limit } = reading.options
  if (memberOf !== undefined) {
    for (const id of memberOf) await readMembersAsUsers(reading, known, id)
    return
  }
  const changed = updatedSince === undefined ? undefined : `lastUpdated gt "${updatedSince}"`
  const term = allOf(search, changed)
  await readUserList(reading, known, 'users', { limit, search: term })
  if (!deprovisioned) return
  await readUserList(reading, known, 'users/deprovisioned', { limit, search: allOf(DEPROVISIONED, term) })
}

/** Okta's list omits deactivated users unless they are requested. */
const DEPROVISIONED = 'status eq "DEPROVISIONED"'

/** Both terms of a search, joined by "and". */
function allOf(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || other === undefined ? (one ?? other) : `(${one}) and (${other})`
}

async function readUserList(reading: Reading, known: IdSet, step: string, query: Query, path = '/users') {
  const { org, snapshot, context } = reading
  if (snapshot.isDone(step)) return
  for await (const { items, next } of org.pages(path, query, cursorOf(snapshot, step))) {
    const done = next === undefined
    await snapshot.append(STREAMS.users, known.add(items), { step, cursor: next ?? null, done })
    context.progress({ phase: 'reading the users', done: known.size })
  }
}

async function readMembersAsUsers(reading: Reading, known: IdSet, id: string): Promise<void> {
  const path = membersPath(id)
  try {
    await readUserList(reading, known, `users/of/${id}`, { limit: MEMBERS }, path)
  } catch (error) {
    if (!(error instanceof HttpRefusal) || error.status !== 404) throw error
    throw new SourceError(
      {
        code: 'unknown_group',
        message: `there is no group ${id} in ${reading.org.name}`,
        hint: 'correct source.memberOf: a group ID looks like 00g1emaKYZTWRYYRRTSK and is in the URL of the group in the Okta admin console',
        path: 'source.memberOf',
      },
      { cause: error },
    )
  }
}

function cursorOf(snapshot: SnapshotWriter, step: string): string | undefined {
  const cursor = snapshot.cursor(step)
  return typeof cursor === 'string' ? cursor : undefined
}

/**
 * The most members of a group per request:
 * https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/
 */
const MEMBERS = 1000

function membersPath(group: string): string {
  return `/groups/${encodeURIComponent(group)}/users`
}

async function readGroups({ org, snapshot, options, context }: Reading): Promise<void> {
  const step = 'groups'
  if (snapshot.isDone(step)) return
  const known = await idsIn(snapshot, STREAMS.groups)
  try {
    for await (const { items, next } of org.pages('/groups', { limit: options.pageSize }, cursorOf(snapshot, step))) {
      const done = next === undefined
      await snapshot.append(STREAMS.groups, known.add(items), { step, cursor: next ?? null, done })
      context.progress({ phase: 'reading the groups', done: known.size })
    }
  } finally {
    known.close()
  }
}

interface Group {
  id: string
  /** Whether its members changed, so that they must also be read as users. */
  changed: boolean
}

/** Reads the members of groups, several groups at a time. Each continues from its last page. */
async function readMembers(reading: Reading, users: IdSet): Promise<void> {
  const { org, snapshot, options, context } = reading
  await partsInOrder(
    openGroups(reading),
    options.concurrency,
    ({ id }) => membersOf(org, id, cursorOf(snapshot, stepOf(id))),
    async ({ id, changed }, { items, next }) => {
      context.signal?.throwIfAborted()
      const step = stepOf(id)
      if (changed) {
        const before = snapshot.cursor(step) ?? null
        await snapshot.append(STREAMS.users, users.add(items), { step, cursor: before })
      }
      const rows = items.map((user) => ({ group_id: id, user_id: user.id }))
      await snapshot.append(STREAMS.members, rows, { step, cursor: next ?? null, done: next === undefined })
      context.progress({ phase: 'reading the members of groups', done: snapshot.count(STREAMS.members) })
    },
  )
}

function stepOf(group: string): string {
  return `members/${group}`
}

/** The members of a group; empty if the group was deleted after the list was read. */
async function* membersOf(org: Org, id: string, from: string | undefined): AsyncGenerator<Page> {
  try {
    yield* org.pages(membersPath(id), { limit: MEMBERS }, from)
  } catch (error) {
    if (!(error instanceof HttpRefusal) || error.status !== 404) throw error
    yield { items: [], next: undefined }
  }
}

/** The groups with members still to read, without the built-in group of all users. */
async function* openGroups({ snapshot, options }: Reading): AsyncGenerator<Group> {
  const { updatedSince, search } = options
  for await (const rows of snapshot.read(STREAMS.groups)) {
    for (const { data } of rows) {
      const id = String(data.id)
      if (snapshot.isDone(stepOf(id)) || isEveryone(data)) continue
      // Only Okta can evaluate the search, and a member of a changed group might not match it.
      const since = search === undefined ? updatedSince : undefined
      yield { id, changed: since !== undefined && Date.parse(String(data.lastMembershipUpdated)) >= Date.parse(since) }
    }
  }
}

function isEveryone({ type, profile }: JsonObject): boolean {
  return type === 'BUILT_IN' && isObject(profile) && profile.name === 'Everyone'
}

const MISSING_STEP = 'members without a user'

/**
 * Requests each member without a user. A user created during the reading becomes a record. A
 * deleted user stays missing, and reading the snapshot reports it.
 */
async function readMissingUsers({ org, snapshot, context }: Reading, users: IdSet): Promise<void> {
  const step = MISSING_STEP
  if (snapshot.isDone(step)) return
  const missing = new IdSet()
  try {
    for await (const rows of snapshot.read(STREAMS.members)) {
      const ids = rows.map(({ data }) => String(data.user_id))
      missing.add(
        ids.filter((id) => !users.has(id)),
        (id) => id,
      )
    }
    const start = cursorOf(snapshot, step) ?? ''
    let last = start
    let found = 0
    for (const id of missing.after(start)) {
      const user = await org.find(`/users/${encodeURIComponent(id)}`)
      await snapshot.append(STREAMS.users, user === undefined ? [] : [user], { step, cursor: id })
      last = id
      context.progress({ phase: 'reading the members without a user', done: ++found })
    }
    await snapshot.append(STREAMS.users, [], { step, cursor: last, done: true })
  } finally {
    missing.close()
  }
}
