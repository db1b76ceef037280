/**
 * Reads a Firebase project. In: the options of the source. Out: a snapshot of tenants, hash
 * parameters, providers and users. It is written page by page, so that an interrupted reading
 * continues. ../records.ts makes records of it.
 */

import { ManifestError, SourceError } from '../../../diagnostics/errors.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { IdSet } from '../../join/id-set.ts'
import { type SnapshotWriter, SpoiledReading } from '../../snapshot/snapshot.ts'
import { type Asking, type CaptureContext, requireNone } from '../../source.ts'
import { checkOptions, type FirebaseOptions } from '../options.ts'
import {
  CONNECTIONS,
  connectionRow,
  HASH_CONFIGS,
  hashConfigOf,
  isRedacted,
  TENANTS,
  tenantRow,
  USERS,
  userRow,
} from '../streams.ts'
import { FirebaseApi } from './api.ts'

/** See LiveReading.capture. */
export async function capture(
  config: FirebaseOptions,
  snapshot: SnapshotWriter,
  context: CaptureContext,
): Promise<void> {
  requireNone(checkOptions(config))
  const api = new FirebaseApi(config, context)
  context.progress({ phase: `connecting to ${api.name}` })
  await readSettings(api, snapshot)
  const tenants = await idsOf(snapshot)
  if (api.options.connections) for (const of of [undefined, ...tenants]) await readProviders(api, snapshot, of, context)
  for (const of of [undefined, ...tenants]) await readUsers(api, snapshot, of, context)
}

/** See LiveReading.tryCredentials. */
export async function tryCredentials(config: FirebaseOptions, asking: Asking): Promise<void> {
  requireNone(checkOptions(config))
  const api = new FirebaseApi(config, asking)
  const settings = await settingsOf(api)
  for await (const _ of tenantsOf(api, settings)) break
  const { rows } = await api.users(undefined, undefined, 1)
  requireSeen(api, rows)
}

/**
 * The settings of the project, if the options need them.
 * @throws CredentialsError if the API withholds the hash parameters
 */
async function settingsOf(api: FirebaseApi): Promise<JsonObject> {
  const { hashes, tenants } = api.options
  if (!hashes && tenants !== undefined) return {}
  const settings = await api.settings()
  if (hashes && hashConfigOf(hashConfigIn(settings)) === undefined)
    throw withheld(api, 'does not return its hash parameters')
  return settings
}

function hashConfigIn({ signIn }: JsonObject): unknown {
  return isObject(signIn) ? signIn.hashConfig : undefined
}

function withheld(api: FirebaseApi, what: string): Error {
  return api.lacks('hashes', what, '; or set hashes: false, and all users set a new password')
}

/** Reads the tenants, and the hash parameters of the project and of each tenant. */
async function readSettings(api: FirebaseApi, snapshot: SnapshotWriter): Promise<void> {
  if (snapshot.isDone(TENANTS)) return
  const settings = await settingsOf(api)
  const { hashes } = api.options
  const configs: JsonObject[] = []
  const rows: ReturnType<typeof tenantRow>[] = []
  const own = hashes ? hashConfigOf(hashConfigIn(settings)) : undefined
  if (own !== undefined) configs.push(own)
  for await (const tenants of tenantsOf(api, settings)) {
    for (const tenant of tenants) {
      const row = tenantRow(tenant)
      rows.push(row)
      if (!hashes) continue
      // The list of tenants omits the parameters.
      const { hashConfig } = tenant.hashConfig === undefined ? ((await api.tenant(row.id)) ?? {}) : tenant
      const config = hashConfigOf(hashConfig)
      if (config !== undefined) configs.push({ tenantId: row.id, ...config })
    }
  }
  // Of duplicate accounts in two tenants, the first counts. The order must not change.
  rows.sort((one, other) => (one.id < other.id ? -1 : 1))
  await snapshot.append(HASH_CONFIGS, configs, { step: HASH_CONFIGS, cursor: null, done: true })
  await snapshot.append(TENANTS, rows, { step: TENANTS, cursor: null, done: true })
}

/** The tenants in the options, or all. @throws ManifestError if one does not exist */
async function* tenantsOf(api: FirebaseApi, { multiTenant }: JsonObject): AsyncGenerator<JsonObject[]> {
  const { tenants } = api.options
  if (tenants === undefined) {
    if (isObject(multiTenant) && multiTenant.allowTenants === true) yield* api.tenants()
    return
  }
  for (const [index, id] of [...new Set(tenants)].entries()) {
    const tenant = await api.tenant(id)
    if (tenant === undefined) {
      throw new ManifestError({
        code: 'no_such_tenant',
        message: `${api.name} has no tenant ${id}`,
        hint: 'set tenants to IDs from Google Cloud console → Identity Platform → Tenants, not to display names',
        path: `source.tenants.${index}`,
      })
    }
    yield [tenant]
  }
}

async function idsOf(snapshot: SnapshotWriter): Promise<string[]> {
  const ids: string[] = []
  for await (const rows of snapshot.read(TENANTS)) ids.push(...rows.map(({ data }) => String(data.id)))
  return ids
}

async function readProviders(
  api: FirebaseApi,
  snapshot: SnapshotWriter,
  tenant: string | undefined,
  context: CaptureContext,
): Promise<void> {
  const step = stepOf(CONNECTIONS, tenant)
  if (snapshot.isDone(step)) return
  const rows: JsonObject[] = []
  for (const type of ['saml', 'oidc'] as const) {
    for await (const providers of api.providers(type, tenant)) {
      rows.push(...providers.map((provider) => connectionRow(provider, { type, tenant })))
    }
  }
  await snapshot.append(CONNECTIONS, rows, { step, cursor: null, done: true })
  context.progress({ phase: 'reading the providers', done: snapshot.count(CONNECTIONS) })
}

function stepOf(stream: string, tenant: string | undefined): string {
  return tenant === undefined ? stream : `${stream}/${tenant}`
}

/**
 * Reads the users of a tenant, or those without one.
 * @throws SpoiledReading if fewer users were read than the API counts
 */
async function readUsers(
  api: FirebaseApi,
  snapshot: SnapshotWriter,
  tenant: string | undefined,
  context: CaptureContext,
): Promise<void> {
  const step = stepOf(USERS, tenant)
  if (snapshot.isDone(step)) return
  const what = tenant === undefined ? 'users' : `users of the tenant ${tenant}`
  const before = await countBefore(api, snapshot, tenant)
  const seen = await seenIn(snapshot, tenant)
  try {
    const cursor = snapshot.cursor(step)
    const begin = typeof cursor === 'string' ? cursor : undefined
    let last = begin ?? null
    for await (const { rows, next } of pagesFrom(api, tenant, begin)) {
      context.signal?.throwIfAborted()
      requireSeen(api, rows)
      // A user created or deleted meanwhile can move others to the next page.
      const fresh = seen.add(
        rows.map((row) => userRow(row, tenant, api.options.hashes)),
        accountId,
      )
      last = next ?? last
      await snapshot.append(USERS, fresh, { step, cursor: last })
      const [done, total] = [seen.size, Math.max(before ?? 0, seen.size)]
      context.progress({ phase: `reading the ${what}`, done, ...(before !== undefined && { total }) })
    }
    requireCount({ what, before, after: await api.count(tenant), read: seen.size }, api, context)
    await snapshot.append(USERS, [], { step, cursor: last, done: true })
  } finally {
    seen.close()
  }
}

function accountId({ localId }: JsonObject): string {
  return String(localId)
}

/** The users that the snapshot has so far. The caller closes the set. */
async function seenIn(snapshot: SnapshotWriter, tenant: string | undefined): Promise<IdSet> {
  const seen = new IdSet()
  // Without a cursor, the snapshot has no users of this tenant. Searching it anyway would take
  // longer than the reading if there are many tenants.
  if (snapshot.cursor(stepOf(USERS, tenant)) === undefined) return seen
  try {
    for await (const rows of snapshot.read(USERS)) {
      const own = rows.map(({ data }) => data).filter(({ tenantId }) => tenantId === tenant)
      seen.add(own, accountId)
    }
    return seen
  } catch (error) {
    seen.close()
    throw error
  }
}

async function countBefore(
  api: FirebaseApi,
  snapshot: SnapshotWriter,
  tenant: string | undefined,
): Promise<number | undefined> {
  const fact = `${stepOf(USERS, tenant)} before`
  const known = snapshot.fact(fact)
  if (typeof known === 'number') return known
  const before = await api.count(tenant)
  if (before !== undefined) snapshot.note(fact, before)
  return before
}

/**
 * The pages from a token on. An empty page can have another after it. Detects a cycle of tokens of
 * any length with one token in memory, replaced after 1, 2, 4, 8 … pages (Brent's algorithm).
 */
async function* pagesFrom(api: FirebaseApi, tenant: string | undefined, begin: string | undefined) {
  let [from, anchor, stretch] = [begin, begin, 1]
  for (let steps = 1; ; steps += 1) {
    const page = await api.users(tenant, from)
    yield page
    // After the last user, the API can return the last token again.
    if (page.next === undefined || (page.rows.length === 0 && page.next === from)) return
    from = page.next
    if (from === anchor) {
      throw new SourceError({
        code: 'unexpected_answer',
        message: `the pages of users of ${api.name} form a loop`,
        hint: 'check that source.baseUrl is the Identity Toolkit API',
      })
    }
    if (steps < stretch) continue
    ;[anchor, stretch, steps] = [from, stretch * 2, 0]
  }
}

/** Most names in a message. */
const NAMED = 5

/** @throws CredentialsError if hashes are redacted: they look valid, but no password matches */
function requireSeen(api: FirebaseApi, users: readonly JsonObject[]): void {
  const hidden = api.options.hashes ? users.filter(isRedacted).map(accountId) : []
  if (hidden.length === 0) return
  const more = hidden.length > NAMED ? ` and ${hidden.length - NAMED} more` : ''
  throw withheld(api, `hides the password hashes of ${hidden.slice(0, NAMED).join(', ')}${more}`)
}

interface Counted {
  what: string
  /** Undefined: the API returned no count. */
  before: number | undefined
  after: number | undefined
  read: number
}

/** Warns of more users than counted. @throws SpoiledReading if users can be missing */
function requireCount({ what, before, after, read }: Counted, { name }: FirebaseApi, context: CaptureContext): void {
  if (before === undefined || after === undefined) {
    context.warn({
      code: 'not_counted',
      severity: 'warning',
      message: `${name} does not return a count of its ${what}, so the number of users read cannot be checked`,
      hint: `compare with the number in the console: ${read} were read`,
    })
    return
  }
  if (read < Math.min(before, after)) {
    throw new SpoiledReading({
      code: 'count_mismatch',
      message: `${name} counted ${before} ${what} before reading and ${after} after it, but ${read} were read`,
      hint: 'run the same command again while nobody changes the project: it reads from the beginning, and never migrates an incomplete reading',
    })
  }
  if (read > after) {
    context.warn({
      code: 'deleted_meanwhile',
      severity: 'warning',
      message: `${read - after} of the ${what} read ${read - after === 1 ? 'was' : 'were'} deleted in Firebase during the reading and ${read - after === 1 ? 'is' : 'are'} still in the snapshot`,
      hint: 'read again with --fresh to remove them from the snapshot',
    })
  }
}
