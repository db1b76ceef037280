import { isDay } from '../../clock.ts'
import { parseLimit, type SourceOptions } from '../../config/manifest.ts'
import { SOURCE_DEFAULTS } from '../../config/manifest-types.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isLoopback } from '../../http/proxy.ts'
import type { JsonObject } from '../../json.ts'
import { type MetadataPaths, nullsOption, requireNone, textsOf } from '../source.ts'

/** The options of the source. */
export type Auth0Options = SourceOptions<'auth0'>

/** A tenant that is asked over the network. */
export interface LiveOptions {
  address: Address
  clientId: string
  clientSecret: string
  organizations: OrganizationsFrom
  /** Ids; undefined: all. */
  only: string[] | undefined
  engine: 'auto' | 'export' | 'pages'
  exportAbove: number
  /** Whether connections are read with what they are made of. */
  connections: boolean
  /** Whether invitations to organizations are read. */
  invitations: boolean
  pageSize: number
  concurrency: number
  rate: { requests: number; seconds: number } | undefined
  /** Name of the connection whose users alone are read. */
  connection: string | undefined
  /** ISO, UTC. */
  updatedSince: string | undefined
}

/** What is read, whether it comes from a tenant or a file. */
export interface ReadOptions {
  /** A file of users in place of a tenant, as written in the manifest. */
  users: string | undefined
  organizations: OrganizationsFrom
  /** Whether connections are records. */
  connections: boolean
  /** Whether invitations are records. */
  invitations: boolean
  paths: MetadataPaths
  passwords: string[]
  mfa: string[]
  /** Values of CSV files that stand for nothing. */
  nulls: string[]
  /** See LiveOptions. */
  connection: string | undefined
  maxRecordBytes: number | undefined
  updatedSince: string | undefined
}

/** Who is not among the users that are read, in words; undefined: all of them are read. */
export function unreadUsers({
  connection,
  updatedSince,
}: Pick<ReadOptions, 'connection' | 'updatedSince'>): string | undefined {
  const parts = [
    ...(connection === undefined ? [] : [`have no account of the connection ${connection}`]),
    ...(updatedSince === undefined ? [] : [`have not changed since ${updatedSince}`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', or ')
}

/** The options that say so. */
export function partOptions({ connection, updatedSince }: Pick<ReadOptions, 'connection' | 'updatedSince'>): string {
  return [
    ...(connection === undefined ? [] : ['connection']),
    ...(updatedSince === undefined ? [] : ['updatedSince']),
  ].join(' and ')
}

/** Records that Auth0 gives by pages, whatever is asked for. */
export const LAST_OF_PAGES = 1000

const DEFAULTS = SOURCE_DEFAULTS.auth0

/** Under `app_metadata` alone: what is in `user_metadata` users may write themselves. */
const DEFAULT_PATHS: MetadataPaths = {
  organizationId: ['organization_id', 'org_id', 'organizationId', 'orgId'].map((name) => `app_metadata.${name}`),
  organizationName: ['organization_name', 'org_name', 'organizationName', 'orgName'].map(
    (name) => `app_metadata.${name}`,
  ),
  roles: ['app_metadata.roles', 'app_metadata.role'],
}

/** @throws ManifestError where `checkOptions` finds something */
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

/** @throws ManifestError where `checkOptions` finds something */
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

/** What decides about what is read: see LiveReading.identity. */
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

/** From where the organizations of a user come. */
type OrganizationsFrom = 'organizations' | 'metadata' | 'none'

/** Whether the options name a tenant. */
export function isLive(config: Auth0Options): boolean {
  return config.domain !== undefined
}

/** Where the organizations come from, by what the options say and leave out. */
function organizationsFrom(config: Auth0Options): OrganizationsFrom {
  const { organizationFrom } = config
  if (organizationFrom === 'metadata' || organizationFrom === 'none') return organizationFrom
  return isLive(config) ? 'organizations' : 'none'
}

/** A time that begins with its date as ISO, UTC; undefined for one that does not exist. */
function isoTime(text: string | undefined): string | undefined {
  if (text === undefined || !isDay(text.slice(0, 10))) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/** Options that say how a tenant is read, and say nothing to a file. */
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

/**
 * Everything that is wrong with how the options go together: the schema has seen to each by itself.
 */
export function checkOptions(config: Auth0Options): Problem[] {
  const problems: Problem[] = []
  const file = config.users
  if (!isLive(config)) {
    if (file === undefined) {
      problems.push({
        code: 'no_users',
        message: 'neither a tenant nor a file of users is named',
        hint: 'give domain, clientId and clientSecret: ${AUTH0_CLIENT_SECRET}, or users: a bulk export or a dashboard export',
        path: 'source',
      })
      return problems
    }
    for (const name of LIVE_ONLY.filter((option) => config[option] !== undefined)) {
      problems.push({
        code: 'option_without_tenant',
        message: `${name} is about a tenant, and the users come from a file`,
        hint: `take ${name} out, or name the tenant (domain) in place of users`,
        path: `source.${name}`,
      })
    }
    if (config.organizationFrom === 'organizations') {
      problems.push({
        code: 'no_organizations_in_file',
        message: 'a file of users says nothing of Auth0 organizations',
        hint: 'read the tenant (domain, clientId, clientSecret), or set organizationFrom to metadata or none',
        path: 'source.organizationFrom',
      })
    }
    return [...problems, ...metadataProblems(config)]
  }
  if (file !== undefined) {
    problems.push({
      code: 'two_sources_of_users',
      message: 'the users cannot come from a tenant and from a file',
      hint: 'take users out to read the tenant, or domain to read the file',
      path: 'source.users',
    })
  }
  const address = addressOf(config.domain ?? '', config.audience)
  if (!('baseUrl' in address)) problems.push(address)
  if (config.organizations !== undefined && organizationsFrom(config) !== 'organizations') {
    problems.push({
      code: 'organizations_not_read',
      message: `organizations names some to read, and organizationFrom is ${organizationsFrom(config)}`,
      hint: 'take one of the two out',
      path: 'source.organizations',
    })
  }
  if (config.invitations === true && organizationsFrom(config) !== 'organizations') {
    problems.push({
      code: 'organizations_not_read',
      message: `invitations are to organizations, and organizationFrom is ${organizationsFrom(config)}`,
      hint: 'take invitations out, or organizationFrom',
      path: 'source.invitations',
    })
  }
  const { updatedSince: since } = config
  if (since !== undefined && isoTime(since) === undefined) {
    problems.push({
      code: 'bad_value',
      message: 'source.updatedSince is no date that exists',
      hint: 'for example 2026-11-20T18:00:00Z',
      path: 'source.updatedSince',
    })
  }
  return [...problems, ...metadataProblems(config)]
}

/** What keeps a tenant from being asked. A snapshot of it is read without credentials. */
export function checkCredentials(config: Auth0Options): Problem[] {
  if (!isLive(config)) return []
  return (['clientId', 'clientSecret'] as const).flatMap((name): Problem[] => {
    if (config[name] !== undefined) return []
    return [
      {
        code: 'missing_key',
        message: `"${name}" is missing`,
        hint: 'a tenant is read with the credentials of a machine-to-machine application: see docs/how-to/sources/auth0.md',
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
      message: `metadata says where organizations stand in users, and organizationFrom is ${organizationsFrom(config)}`,
      hint: 'set organizationFrom: metadata, or take metadata out',
      path: 'source.metadata',
    },
  ]
}

/** Where a tenant is reached. */
export interface Address {
  /** Scheme and host, without a slash at the end. */
  baseUrl: string
  /** What tokens are asked for: the identifier of the Management API. */
  audience: string
  /** The tenant as messages name it. */
  name: string
}

/** Tenants of the public cloud; every other host is a custom domain or a private one. */
const CANONICAL = /\.auth0\.com$/

/**
 * Where the tenant of `domain` is: a host (`acme.eu.auth0.com`), a custom domain, or a URL; http is
 * taken on loopback alone, where nobody else can read the secret on its way.
 * @param audience for custom domains: that of the tenant itself,
 *   `https://acme.eu.auth0.com/api/v2/`
 */
export function addressOf(domain: string, audience?: string): Address | Problem {
  const text = domain.trim()
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || url.hostname === '') return bad(`"${shown(text)}" is no domain`, EXAMPLE)
  if (url.username !== '' || url.password !== '') {
    return bad(
      'the domain holds a user name or a password',
      'write the host alone; the credentials have keys of their own, clientId and clientSecret: ${AUTH0_CLIENT_SECRET}',
    )
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return bad(`${url.protocol}// is not spoken here`, EXAMPLE)
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`${url.host} would be asked over http, and the secret sent in the clear`, `write https://${url.host}`)
  }
  if (!/^\/?(api\/v2\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return bad(`the domain goes on after the host: ${url.host}…`, `write ${url.host} alone`)
  }
  if (audience !== undefined && !/^https?:\/\/[^/]+\/api\/v2\/$/.test(audience)) {
    return {
      code: 'bad_value',
      message: `"${shown(audience)}" is not what the Management API of a tenant is called`,
      hint: 'write it with the tenant and the slash at its end: https://acme.eu.auth0.com/api/v2/',
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

/**
 * What helps when a token is refused for this address: custom domains have to name the tenant
 * behind them.
 */
export function audienceHint({ baseUrl, audience }: Address): string | undefined {
  const host = new URL(baseUrl).hostname
  if (CANONICAL.test(host) || audience !== `${baseUrl}/api/v2/`) return undefined
  return `if ${host} is a custom domain, set audience to that of the tenant behind it: https://<tenant>.<region>.auth0.com/api/v2/`
}

const EXAMPLE = 'write the host of the tenant, such as acme.eu.auth0.com (Auth0 dashboard, Applications, Domain)'

function bad(message: string, hint: string): Problem {
  return { code: 'bad_domain', message, hint, path: 'source.domain' }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
