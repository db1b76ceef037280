/**
 * Reads an Auth0 tenant. In: the options of the source, with credentials. Out: a snapshot of
 * connections, roles, organizations, users, members and invitations. It is written page by page, so
 * that an interrupted reading continues. ../records/ makes records of it.
 */

import { CredentialsError } from '../../../diagnostics/errors.ts'

import type { AccessTokens } from '../../../http/access-tokens.ts'
import { JsonClient } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import { type Asking, type CaptureContext, requireNone } from '../../source.ts'
import { type Auth0Options, checkCredentials, type LiveOptions, liveOptions, unreadUsers } from '../options.ts'
import { STREAMS } from '../streams.ts'
import { pagesFrom, requireCount, Tenant } from './api.ts'
import { readInvitations } from './invitations.ts'
import { readMembers, readOrganizations } from './organizations.ts'
import { accessTokens, checkScopes, missingOptionsScope } from './token.ts'
import { readMissingUsers, readUsers } from './users.ts'

/** See LiveReading.capture. Short readings come first, so that a missing scope shows early. */
export async function capture(config: Auth0Options, snapshot: SnapshotWriter, context: CaptureContext): Promise<void> {
  const { tenant, tokens, options } = reach(config, context)
  context.progress({ phase: `connecting to ${tenant.name}` })
  await checkScopes(tenant, tokens, options)
  if (options.connections) await readConnections(tenant, snapshot, options)
  // Without memberships, nobody has a role.
  if (options.organizations !== 'none') await readRoles(tenant, snapshot, options)
  const organized = options.organizations === 'organizations'
  if (organized) await readOrganizations(tenant, snapshot, options, context)
  if (organized && options.connections) await readEnabledConnections(tenant, snapshot, options, context)
  await readUsers(tenant, snapshot, options, context)
  if (!organized) return
  await readMembers(tenant, snapshot, options, context)
  if (options.invitations) await readInvitations(tenant, snapshot, options, context)
  // If only some users are read, other members are expected.
  if (unreadUsers(options) === undefined) await readMissingUsers(tenant, snapshot, context)
}

/** Requests a token and checks its scopes. See LiveReading.tryCredentials. */
export async function tryCredentials(config: Auth0Options, asking: Asking): Promise<void> {
  const { tenant, tokens, options } = reach(config, asking)
  await checkScopes(tenant, tokens, options)
}

/** @throws ManifestError for missing credentials */
function reach(
  config: Auth0Options,
  { signal, clock, proxies, onWait, onFailedRequest }: Asking,
): { tenant: Tenant; tokens: AccessTokens; options: LiveOptions } {
  requireNone(checkCredentials(config))
  const options = liveOptions(config)
  const { address, rate, concurrency } = options
  const { baseUrl, name } = address
  const asking = { name, signal, clock, proxies, onWait, onFailedRequest }
  const tokens = accessTokens(new JsonClient({ ...asking, baseUrl }), options)
  const authorize = (renew: boolean) => tokens.authorize(renew)
  const client = new JsonClient({ ...asking, baseUrl: `${baseUrl}/api/v2`, authorize, rate, concurrency })
  return { tenant: new Tenant(client, name), tokens, options }
}

/**
 * Strategies of enterprise connections:
 * https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers. Options of
 * other connections are not kept: those of databases contain scripts.
 */
const ENTERPRISE: ReadonlySet<Json | undefined> = new Set([
  'samlp',
  'adfs',
  'pingfederate',
  'oidc',
  'okta',
  'waad',
  'google-apps',
  'ad',
  'auth0-adldap',
  'office365',
  'sharepoint',
])

/**
 * Reads the connections. The options of enterprise connections contain secrets.
 * @throws CredentialsError if the tenant omits the options
 */
async function readConnections(tenant: Tenant, snapshot: SnapshotWriter, { pageSize }: LiveOptions): Promise<void> {
  const step = 'connections'
  if (snapshot.isDone(step)) return
  const rows: JsonObject[] = []
  const list = { path: '/connections', list: 'connections', size: pageSize }
  for await (const { items } of pagesFrom(tenant, list, undefined)) {
    for (const { id = null, name = null, strategy = null, display_name = null, options } of items) {
      const row: JsonObject = { id, name, strategy, display_name }
      if (ENTERPRISE.has(strategy)) {
        if (!isObject(options)) throw new CredentialsError([missingOptionsScope()])
        row.options = options
      }
      rows.push(row)
    }
  }
  await snapshot.append(STREAMS.connections, rows, { step, cursor: null, done: true })
}

/**
 * Reads which connections are enabled for each organization in the snapshot.
 * @throws SourceError if a list is incomplete
 */
async function readEnabledConnections(
  tenant: Tenant,
  snapshot: SnapshotWriter,
  { pageSize }: LiveOptions,
  context: CaptureContext,
): Promise<void> {
  for await (const rows of snapshot.read(STREAMS.organizations)) {
    for (const { data } of rows) {
      const id = String(data.id)
      const step = `connections/${id}`
      if (snapshot.isDone(step)) continue
      context.signal?.throwIfAborted()
      const enabled = await enabledFor(tenant, id, pageSize)
      const found = enabled.map(({ connection_id = null }) => ({ organization_id: id, connection_id }))
      await snapshot.append(STREAMS.enabledConnections, found, { step, cursor: null, done: true })
      const done = snapshot.count(STREAMS.enabledConnections)
      context.progress({ phase: 'reading the connections of organizations', done })
    }
  }
}

async function enabledFor(tenant: Tenant, id: string, pageSize: number): Promise<JsonObject[]> {
  const path = `/organizations/${encodeURIComponent(id)}/enabled_connections`
  try {
    return await countedPages(tenant, path, 'enabled_connections', `connections of ${id}`, pageSize, 'connection_id')
  } catch (error) {
    // The organization was deleted during the reading; reading its members reports that.
    if (error instanceof HttpRefusal && error.status === 404) return []
    throw error
  }
}

/** Reads the roles with their permissions. @throws SourceError if a list is incomplete */
async function readRoles(tenant: Tenant, snapshot: SnapshotWriter, { pageSize }: LiveOptions): Promise<void> {
  const step = 'roles'
  if (snapshot.isDone(step)) return
  const roles = await countedPages(tenant, '/roles', 'roles', 'roles', pageSize)
  const rows: JsonObject[] = []
  for (const role of roles) {
    const path = `/roles/${encodeURIComponent(String(role.id))}/permissions`
    const permissions = await countedPages(tenant, path, 'permissions', `permissions of the role ${role.id}`, pageSize)
    rows.push({ ...role, permissions })
  }
  await snapshot.append(STREAMS.roles, rows, { step, cursor: null, done: true })
}

/**
 * All entries of a list without checkpoints.
 * @param idOf the key that identifies an entry
 * @throws SpoiledReading if the list is incomplete
 */
async function countedPages(
  tenant: Tenant,
  path: string,
  list: string,
  what: string,
  pageSize: number,
  idOf = 'id',
): Promise<JsonObject[]> {
  const all = new Map<string, JsonObject>()
  let before: number | undefined
  for (let page = 0; ; page++) {
    const { items, total } = await pageOf(tenant, path, list, page, pageSize, before)
    before ??= total
    for (const item of items) all.set(String(item[idOf] ?? JSON.stringify(item)), item)
    if (items.length === 0 || all.size >= total) {
      requireCount({ what, before, after: total, read: all.size }, tenant.name)
      return [...all.values()]
    }
  }
}

/**
 * A page; an empty one past the last record that Auth0 returns by pages. Only the error code shows
 * that end, because a tenant can return shorter pages than requested.
 */
async function pageOf(
  tenant: Tenant,
  path: string,
  list: string,
  page: number,
  size: number,
  total: number | undefined,
) {
  try {
    return await tenant.counted(path, list, page, size)
  } catch (error) {
    const isBehind = error instanceof HttpRefusal && error.errorCode === 'invalid_paging'
    if (isBehind && total !== undefined) return { items: [], total }
    throw error
  }
}
