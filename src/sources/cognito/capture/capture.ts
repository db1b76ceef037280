/**
 * Reads user pools. In: the options of the source. Out: a snapshot of groups, identity providers,
 * users and members of groups. It is written page by page, so that an interrupted reading
 * continues. ../records.ts makes records of it.
 */

import type { Json, JsonObject } from '../../../json.ts'
import { isObject } from '../../../json.ts'
import { IdSet } from '../../join/id-set.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import type { Asking, CaptureContext } from '../../source.ts'
import { type CognitoOptions, type LiveOptions, liveOptions, type UserPool } from '../options.ts'
import { attributeOf, factOf, GONE_GROUPS, goneGroup, memberKey, type PoolFacts, STREAMS, userKey } from '../streams.ts'
import { nameOf, UserPools } from './api.ts'
import { readPages } from './pages.ts'

interface Reading {
  api: UserPools
  options: LiveOptions
  snapshot: SnapshotWriter
  context: CaptureContext
  /** The users read so far, of all pools. */
  seen: IdSet
}

/** See LiveReading.capture. Short readings come first: they show missing permissions early. */
export async function capture(
  config: CognitoOptions,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  const options = liveOptions(config)
  const api = await UserPools.open(options, context)
  const seen = new IdSet()
  const reading: Reading = { api, options, snapshot, context, seen }
  try {
    for await (const rows of snapshot.read(STREAMS.users))
      seen.add(rows, ({ data }) => userKey(String(data.pool), data))
    for (const pool of options.pools) {
      await estimateUsers(reading, pool)
      if (options.groups) await readGroups(reading, pool)
      if (options.connections) await readProviders(reading, pool)
    }
    for (const pool of options.pools) await readUsers(reading, pool)
    if (options.groups) await readMembers(reading)
  } finally {
    seen.close()
  }
}

/** See LiveReading.tryCredentials. */
export async function tryCredentials(config: CognitoOptions, asking: Asking): Promise<void> {
  const options = liveOptions(config)
  const api = await UserPools.open(options, asking)
  for (const pool of options.pools) {
    await api.estimate(pool)
    const { rows } = await api.users(pool, undefined, 1)
    if (options.groups) await api.groups(pool, undefined)
    if (options.connections) await api.providers(pool, undefined)
    const username = rows[0]?.Username
    if (options.mfa && typeof username === 'string') await api.secondFactors(pool, username)
  }
}

/** Before reading: users created during the reading must not hide missing ones. */
async function estimateUsers({ api, snapshot, context }: Reading, pool: UserPool): Promise<void> {
  if (snapshot.fact(factOf(pool.id)) !== undefined) return
  context.progress({ phase: `connecting to ${nameOf(pool)}` })
  const estimated = (await api.estimate(pool)) ?? null
  snapshot.note(factOf(pool.id), { estimated, read: 0 } satisfies PoolFacts)
}

async function readGroups(reading: Reading, pool: UserPool): Promise<void> {
  const page = (token: string | undefined) => reading.api.groups(pool, token)
  await readWhole(reading, { pool, stream: STREAMS.groups, what: 'groups', page, id: 'GroupName' })
}

/** Types of enterprise identity providers. The settings of other types are not needed. */
const ENTERPRISE: ReadonlySet<Json | undefined> = new Set(['SAML', 'OIDC'])

async function readProviders(reading: Reading, pool: UserPool): Promise<void> {
  const { api } = reading
  const page = (token: string | undefined) => api.providers(pool, token)
  const describe = async (row: JsonObject): Promise<JsonObject[]> => {
    if (!ENTERPRISE.has(row.ProviderType)) return [row]
    const provider = await api.provider(pool, String(row.ProviderName))
    return provider === undefined ? [] : [provider]
  }
  const what = 'identity providers'
  await readWhole(reading, { pool, stream: STREAMS.providers, what, page, id: 'ProviderName', describe })
}

interface WholeList {
  pool: UserPool
  stream: string
  /** `groups`. */
  what: string
  page: Parameters<typeof readPages>[0]['page']
  /** The key that identifies an entry. */
  id: string
  /** The rows to keep of an entry. */
  describe?(row: JsonObject): Promise<JsonObject[]>
}

/** Reads a list that fits into memory. */
async function readWhole({ snapshot, context }: Reading, list: WholeList): Promise<void> {
  const { pool, stream, what, page, id, describe = async (row: JsonObject) => [row] } = list
  const step = `${stream}/${pool.id}`
  if (snapshot.isDone(step)) return
  const { signal, warn, progress } = context
  const all = new Map<string, JsonObject>()
  const pages = {
    what: `${what} of ${nameOf(pool)}`,
    signal,
    warn,
    page,
    take: async ({ rows }: { rows: JsonObject[] }) => {
      for (const row of rows) all.set(String(row[id]), row)
      progress({ phase: `reading the ${what} of ${pool.id}`, done: all.size })
    },
    restart: async () => {},
  }
  await readPages(pages, undefined)
  const rows: JsonObject[] = []
  for (const row of all.values()) for (const kept of await describe(row)) rows.push({ pool: pool.id, ...kept })
  await snapshot.append(stream, rows, { step, cursor: null, done: true })
}

async function readUsers(reading: Reading, pool: UserPool): Promise<void> {
  const { api, snapshot, context } = reading
  const step = `${STREAMS.users}/${pool.id}`
  if (snapshot.isDone(step)) return
  const { signal, warn, progress } = context
  const cursor = snapshot.cursor(step)
  const from = isObject(cursor) ? cursor : {}
  let read = Number(from.read ?? 0)
  await readPages(
    {
      what: `users of ${nameOf(pool)}`,
      signal,
      warn,
      page: (token) => api.users(pool, token),
      async take({ rows, next }) {
        const fresh = await freshUsers(reading, pool, rows)
        read += rows.length
        if (next === undefined) noteRead(snapshot, pool, read)
        const place = { step, cursor: { token: next ?? null, read }, done: next === undefined }
        await snapshot.append(STREAMS.users, fresh, place)
        progress({ phase: `reading the users of ${pool.id}`, done: read })
      },
      async restart() {
        read = 0
        await snapshot.append(STREAMS.users, [], { step, cursor: { token: null, read } })
      },
    },
    tokenOf(cursor),
  )
}

function noteRead(snapshot: SnapshotWriter, pool: UserPool, read: number): void {
  const fact = snapshot.fact(factOf(pool.id))
  const estimated = isObject(fact) && typeof fact.estimated === 'number' ? fact.estimated : null
  snapshot.note(factOf(pool.id), { estimated, read } satisfies PoolFacts)
}

function tokenOf(cursor: Json | undefined): string | undefined {
  return isObject(cursor) && typeof cursor.token === 'string' ? cursor.token : undefined
}

/** The users of a page that are new and match the options; with `mfa`, with their factors. */
async function freshUsers(
  { api, options, seen }: Reading,
  pool: UserPool,
  rows: readonly JsonObject[],
): Promise<JsonObject[]> {
  const { updatedSince: since, mfa } = options
  const wanted = rows.filter(
    ({ UserLastModifiedDate: changed }) =>
      since === undefined || typeof changed !== 'string' || Date.parse(changed) >= since,
  )
  const fresh = seen.add(wanted, (user) => userKey(pool.id, user))
  if (!mfa) return fresh.map((user) => ({ pool: pool.id, ...user }))
  return Promise.all(
    fresh.map(async (user) => ({ pool: pool.id, ...user, ...(await api.secondFactors(pool, String(user.Username))) })),
  )
}

/** Reads the members of all groups in the snapshot. */
async function readMembers(reading: Reading): Promise<void> {
  const { options, snapshot } = reading
  const known = new IdSet()
  try {
    const keyOf = (member: JsonObject) => `${member.group} ${member.pool} ${memberKey(member)}`
    for await (const rows of snapshot.read(STREAMS.members)) known.add(rows, ({ data }) => keyOf(data))
    for await (const rows of snapshot.read(STREAMS.groups)) {
      for (const { data } of rows) {
        const pool = options.pools.find(({ id }) => id === data.pool)
        if (pool === undefined) continue
        await readMembersOf(reading, pool, String(data.GroupName), (members) => known.add(members, keyOf))
      }
    }
  } finally {
    known.close()
  }
}

async function readMembersOf(
  reading: Reading,
  pool: UserPool,
  group: string,
  fresh: (members: JsonObject[]) => JsonObject[],
): Promise<void> {
  const { api, snapshot, context } = reading
  const step = `${STREAMS.members}/${pool.id}/${group}`
  if (snapshot.isDone(step)) return
  const { signal, warn, progress } = context
  const cursor = snapshot.cursor(step) ?? null
  const isThere = await readPages(
    {
      what: `users in the group ${group} of ${nameOf(pool)}`,
      signal,
      warn,
      page: (token) => api.members(pool, group, token),
      async take({ rows, next }) {
        // A user who signed up after the list of users was read appears here with all attributes.
        // The user is appended first, because each member must be a user.
        const users = await freshUsers(reading, pool, rows)
        const here = snapshot.cursor(step) ?? cursor
        if (users.length > 0) await snapshot.append(STREAMS.users, users, { step, cursor: here })
        const members = fresh(rows.map((user) => memberRow(pool.id, group, user)))
        const place = { step, cursor: { token: next ?? null }, done: next === undefined }
        await snapshot.append(STREAMS.members, members, place)
        progress({ phase: `reading the groups of ${pool.id}`, done: snapshot.count(STREAMS.members) })
      },
      async restart() {
        await snapshot.append(STREAMS.members, [], { step, cursor: null })
      },
    },
    tokenOf(cursor),
  )
  if (isThere) return
  const gone = snapshot.fact(GONE_GROUPS)
  snapshot.note(GONE_GROUPS, [...(Array.isArray(gone) ? gone : []), goneGroup(pool.id, group)])
  await snapshot.append(STREAMS.members, [], { step, cursor: null, done: true })
}

function memberRow(pool: string, group: string, user: JsonObject): JsonObject {
  const sub = attributeOf(user, 'sub')
  return { pool, group, username: user.Username ?? null, ...(sub !== undefined && { sub }) }
}
