/**
 * Reads a tenant of Auth0. In: the options of the source, with credentials. Out: a snapshot with
 * connections, roles, organizations, users, members and invitations, page by page, so that an
 * interrupted reading goes on where it was; the records are made of it in ../records/.
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

/**
 * Reads a tenant into a snapshot: first what is quick and shows what the application may not, then
 * organizations, users, and who is a member of what. See LiveReading.capture.
 */
export async function capture(config: Auth0Options, snapshot: SnapshotWriter, context: CaptureContext): Promise<void> {
  const { tenant, tokens, options } = reach(config, context)
  context.progress({ phase: `asking ${tenant.name}` })
  await checkScopes(tenant, tokens, options)
  if (options.connections) await readConnections(tenant, snapshot, options)
  // Without memberships, roles are nobody's.
  if (options.organizations !== 'none') await readRoles(tenant, snapshot, options)
  const organized = options.organizations === 'organizations'
  if (organized) await readOrganizations(tenant, snapshot, options, context)
  if (organized && options.connections) await readEnabledConnections(tenant, snapshot, options, context)
  await readUsers(tenant, snapshot, options, context)
  if (!organized) return
  await readMembers(tenant, snapshot, options, context)
  if (options.invitations) await readInvitations(tenant, snapshot, options, context)
  // A part of the users was asked for: the other members are no surprise.
  if (unreadUsers(options) === undefined) await readMissingUsers(tenant, snapshot, context)
}

/** Asks for a token, and whether it has the scopes. See LiveReading.tryCredentials. */
export async function tryCredentials(config: Auth0Options, asking: Asking): Promise<void> {
  const { tenant, tokens, options } = reach(config, asking)
  await checkScopes(tenant, tokens, options)
}

/** @throws ManifestError for credentials that are missing */
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
 * Strategies of enterprise connections
 * (https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers). The
 * options of others, database connections above all, hold scripts and settings that nothing here
 * needs.
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
 * Connections, with what those of enterprises are made of, which holds secrets of identity
 * providers.
 * @throws CredentialsError where the tenant keeps the options to itself
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
 * Which connections are enabled for which organizations, of those that have been read.
 * @throws SourceError when not all of an organization were read
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
    // It was deleted while the tenant was read; reading its members tells of that.
    if (error instanceof HttpRefusal && error.status === 404) return []
    throw error
  }
}

/** Roles with the permissions they give. @throws SourceError when not all were read */
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
 * A list that knows no checkpoints, as far as its pages reach.
 * @param idOf the member that tells its entries apart
 * @throws SpoiledReading when not all were read
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
 * A page; an empty one behind the last record that pages reach, which is told by the refusal: a
 * tenant may give less than a page is asked for.
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
