import { isDay } from '../../clock.ts'
import { parseLimit, type SourceOptions } from '../../config/manifest.ts'
import { SOURCE_DEFAULTS } from '../../config/manifest-types.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isLoopback } from '../../http/proxy.ts'
import type { JsonObject } from '../../json.ts'
import { type MetadataPaths, nullsOption, requireNone, textsOf } from '../source.ts'

export type Auth0Options = SourceOptions<'auth0'>

/** Options of a tenant that is read over the network. */
export interface LiveOptions {
  address: Address
  clientId: string
  clientSecret: string
  organizations: OrganizationsFrom
  /** IDs of the organizations to read; undefined: all. */
  only: string[] | undefined
  engine: 'auto' | 'export' | 'pages'
  exportAbove: number
  /** Whether connections are read, with their options. */
  connections: boolean
  invitations: boolean
  pageSize: number
  concurrency: number
  rate: { requests: number; seconds: number } | undefined
  /** Name of the only connection whose users are read; undefined: all. */
  connection: string | undefined
  /** ISO, UTC. */
  updatedSince: string | undefined
}

/** Options that apply to a tenant and to a file. */
export interface ReadOptions {
  /** A file of users instead of a tenant, as written in the manifest. */
  users: string | undefined
  organizations: OrganizationsFrom
  connections: boolean
  invitations: boolean
  paths: MetadataPaths
  passwords: string[]
  mfa: string[]
  /** Values of CSV files that mean "no value". */
  nulls: string[]
  /** See LiveOptions. */
  connection: string | undefined
  maxRecordBytes: number | undefined
  updatedSince: string | undefined
}

/** Completes "users who …" for the users that are not read; undefined: all users are read. */
export function unreadUsers({
  connection,
  updatedSince,
}: Pick<ReadOptions, 'connection' | 'updatedSince'>): string | undefined {
  const parts = [
    ...(connection === undefined ? [] : [`have no account in the connection ${connection}`]),
    ...(updatedSince === undefined ? [] : [`have not changed since ${updatedSince}`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', or ')
}

/** The options that limit which users are read, for messages. */
export function partOptions({ connection, updatedSince }: Pick<ReadOptions, 'connection' | 'updatedSince'>): string {
  return [
    ...(connection === undefined ? [] : ['connection']),
    ...(updatedSince === undefined ? [] : ['updatedSince']),
  ].join(' and ')
}

/** The most records that Auth0 returns by pages for one query. */
export const LAST_OF_PAGES = 1000

const DEFAULTS = SOURCE_DEFAULTS.auth0

/** Only under `app_metadata`: users can change their own `user_metadata`. */
const DEFAULT_PATHS: MetadataPaths = {
  organizationId: ['organization_id', 'org_id', 'organizationId', 'orgId'].map((name) => `app_metadata.${name}`),
  organizationName: ['organization_name', 'org_name', 'organizationName', 'orgName'].map(
    (name) => `app_metadata.${name}`,
  ),
  roles: ['app_metadata.roles', 'app_metadata.role'],
}

/** @throws ManifestError if `checkOptions` finds a problem */
export function readOptions(config: Auth0Options): ReadOptions {
  requireNone(checkOptions(config))
  return {
    users: isLive(config) ? undefined : config.users,
    organizations: organizationsFrom(config),
    connections: config.connections === true,
    invitations: config.invitations === true,
    paths: pathsOf(config.metadata),
    passwords: textsOf(config.passwords),
    mfa: textsOf(config.mfa),
    nulls: nullsOption(config.nulls),
    connection: config.connection,
    maxRecordBytes: config.maxRecordBytes,
    updatedSince: isoTime(config.updatedSince),
  }
}

/** @throws ManifestError if `checkOptions` finds a problem */
export function liveOptions(config: Auth0Options): LiveOptions {
  requireNone(checkOptions(config))
  const address = addressOf(config.domain ?? '', config.audience)
  if (!('baseUrl' in address)) throw new ManifestError(address)
  const limit = config.rate === undefined ? undefined : parseLimit(config.rate)
  return {
    address,
    clientId: config.clientId ?? '',
    clientSecret: config.clientSecret ?? '',
    organizations: organizationsFrom(config),
    only: config.organizations === undefined ? undefined : textsOf(config.organizations),
    engine: config.engine ?? DEFAULTS.engine,
    connections: config.connections === true,
    invitations: config.invitations === true,
    exportAbove: config.exportAbove ?? DEFAULTS.exportAbove,
    pageSize: config.pageSize ?? DEFAULTS.pageSize,
    concurrency: config.concurrency ?? DEFAULTS.concurrency,
    rate: limit === undefined ? undefined : { requests: limit.count, seconds: limit.perMs / 1000 },
    connection: config.connection,
    updatedSince: isoTime(config.updatedSince),
  }
}

/** The options that change what is read: see LiveReading.identity. */
export function identityOf(config: Auth0Options): JsonObject {
  const { address, organizations, only, connections, invitations, connection, updatedSince } = liveOptions(config)
  return {
    tenant: address.audience,
    organizations:
      organizations === 'organizations' ? (only === undefined ? 'all' : [...new Set(only)].sort()) : 'none',
    ...(connections ? { connections } : {}),
    ...(invitations ? { invitations } : {}),
    ...(connection === undefined ? {} : { connection }),
    ...(updatedSince === undefined ? {} : { updatedSince }),
  }
}

function pathsOf(given: Auth0Options['metadata'] = {}): MetadataPaths {
  const paths = (name: keyof MetadataPaths) => (given[name] === undefined ? DEFAULT_PATHS[name] : textsOf(given[name]))
  return {
    organizationId: paths('organizationId'),
    organizationName: paths('organizationName'),
    roles: paths('roles'),
  }
}

/** Where the organizations of a user come from. */
type OrganizationsFrom = 'organizations' | 'metadata' | 'none'

/** Whether the users come from a tenant and not from a file. */
export function isLive(config: Auth0Options): boolean {
  return config.domain !== undefined
}

function organizationsFrom(config: Auth0Options): OrganizationsFrom {
  const { organizationFrom } = config
  if (organizationFrom === 'metadata' || organizationFrom === 'none') return organizationFrom
  return isLive(config) ? 'organizations' : 'none'
}

/** A time as ISO, UTC; undefined if the text does not begin with an existing date. */
function isoTime(text: string | undefined): string | undefined {
  if (text === undefined || !isDay(text.slice(0, 10))) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/** Options that apply only to a tenant. */
const LIVE_ONLY = [
  'audience',
  'clientId',
  'clientSecret',
  'organizations',
  'connections',
  'invitations',
  'engine',
  'exportAbove',
  'pageSize',
  'rate',
  'concurrency',
  'connection',
  'updatedSince',
] as const

/** Problems with the combination of options. The schema checks each option by itself. */
export function checkOptions(config: Auth0Options): Problem[] {
  const problems: Problem[] = []
  const file = config.users
  if (!isLive(config)) {
    if (file === undefined) {
      problems.push({
        code: 'no_users',
        message: 'the source has neither a tenant nor a file of users',
        hint: 'set domain, clientId and clientSecret: ${AUTH0_CLIENT_SECRET}; or set users to a bulk export or a dashboard export',
        path: 'source',
      })
      return problems
    }
    for (const name of LIVE_ONLY.filter((option) => config[option] !== undefined)) {
      problems.push({
        code: 'option_without_tenant',
        message: `${name} applies only to a tenant, but the users come from a file`,
        hint: `remove ${name}, or replace users with domain to read a tenant`,
        path: `source.${name}`,
      })
    }
    if (config.organizationFrom === 'organizations') {
      problems.push({
        code: 'no_organizations_in_file',
        message: 'a file of users does not contain Auth0 organizations',
        hint: 'read the tenant (domain, clientId, clientSecret), or set organizationFrom to metadata or none',
        path: 'source.organizationFrom',
      })
    }
    return [...problems, ...metadataProblems(config)]
  }
  if (file !== undefined) {
    problems.push({
      code: 'two_sources_of_users',
      message: 'the source has both a tenant and a file of users',
      hint: 'remove users to read the tenant, or remove domain to read the file',
      path: 'source.users',
    })
  }
  const address = addressOf(config.domain ?? '', config.audience)
  if (!('baseUrl' in address)) problems.push(address)
  if (config.organizations !== undefined && organizationsFrom(config) !== 'organizations') {
    problems.push({
      code: 'organizations_not_read',
      message: `organizations lists organizations to read, but organizationFrom is ${organizationsFrom(config)}`,
      hint: 'remove organizations or organizationFrom',
      path: 'source.organizations',
    })
  }
  if (config.invitations === true && organizationsFrom(config) !== 'organizations') {
    problems.push({
      code: 'organizations_not_read',
      message: `invitations belong to organizations, but organizationFrom is ${organizationsFrom(config)}`,
      hint: 'remove invitations or organizationFrom',
      path: 'source.invitations',
    })
  }
  const { updatedSince: since } = config
  if (since !== undefined && isoTime(since) === undefined) {
    problems.push({
      code: 'bad_value',
      message: 'source.updatedSince is not an existing date',
      hint: 'write a date and a time, for example 2026-11-20T18:00:00Z',
      path: 'source.updatedSince',
    })
  }
  return [...problems, ...metadataProblems(config)]
}

/** Missing credentials of a tenant. Reading an existing snapshot needs none. */
export function checkCredentials(config: Auth0Options): Problem[] {
  if (!isLive(config)) return []
  return (['clientId', 'clientSecret'] as const).flatMap((name): Problem[] => {
    if (config[name] !== undefined) return []
    return [
      {
        code: 'missing_key',
        message: `"${name}" is missing`,
        hint: 'create a machine-to-machine application and set its credentials: see docs/how-to/sources/auth0.md',
        path: `source.${name}`,
      },
    ]
  })
}

function metadataProblems(config: Auth0Options): Problem[] {
  if (config.metadata === undefined || organizationsFrom(config) === 'metadata') return []
  return [
    {
      code: 'metadata_not_read',
      message: `metadata applies only to organizationFrom: metadata, but organizationFrom is ${organizationsFrom(config)}`,
      hint: 'set organizationFrom: metadata, or remove metadata',
      path: 'source.metadata',
    },
  ]
}

export interface Address {
  /** Scheme and host, without a trailing slash. */
  baseUrl: string
  /** Identifier of the Management API, for which tokens are requested. */
  audience: string
  /** Name of the tenant in messages. */
  name: string
}

/** Tenants of the public cloud. Any other host is a custom domain or a private deployment. */
const CANONICAL = /\.auth0\.com$/

/**
 * The address of a tenant. Accepts http only on loopback, where nobody can read the secret in
 * transit.
 * @param domain a host (`acme.eu.auth0.com`), a custom domain, or a URL
 * @param audience needed for a custom domain: `https://acme.eu.auth0.com/api/v2/`
 */
export function addressOf(domain: string, audience?: string): Address | Problem {
  const text = domain.trim()
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || url.hostname === '') return bad(`"${shown(text)}" is not a domain`, EXAMPLE)
  if (url.username !== '' || url.password !== '') {
    return bad(
      'the domain contains a user name or a password',
      'write only the host; set the credentials as clientId and clientSecret: ${AUTH0_CLIENT_SECRET}',
    )
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return bad(`${url.protocol}// is not supported`, EXAMPLE)
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`http would send the secret to ${url.host} unencrypted`, `write https://${url.host}`)
  }
  if (!/^\/?(api\/v2\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return bad(`the domain has more than a host: ${url.host}…`, `write only ${url.host}`)
  }
  if (audience !== undefined && !/^https?:\/\/[^/]+\/api\/v2\/$/.test(audience)) {
    return {
      code: 'bad_value',
      message: `"${shown(audience)}" is not the audience of a Management API`,
      hint: 'write the URL with the tenant and a trailing slash: https://acme.eu.auth0.com/api/v2/',
      path: 'source.audience',
    }
  }
  const baseUrl = url.origin
  return {
    baseUrl,
    audience: audience ?? `${baseUrl}/api/v2/`,
    name: `the Auth0 tenant ${url.host}`,
  }
}

/** A hint for a rejected token request: a custom domain needs the audience of its tenant. */
export function audienceHint({ baseUrl, audience }: Address): string | undefined {
  const host = new URL(baseUrl).hostname
  if (CANONICAL.test(host) || audience !== `${baseUrl}/api/v2/`) return undefined
  return `if ${host} is a custom domain, set audience to the one of its tenant: https://<tenant>.<region>.auth0.com/api/v2/`
}

const EXAMPLE = 'write the host of the tenant, for example acme.eu.auth0.com (Auth0 dashboard, Applications, Domain)'

function bad(message: string, hint: string): Problem {
  return { code: 'bad_domain', message, hint, path: 'source.domain' }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
