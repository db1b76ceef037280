import { parseLimit } from '../../../config/limits.ts'
import { ManifestError } from '../../../diagnostics/errors.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { nullsOption, textOption } from '../../csv/options.ts'
import { type Address, addressOf } from './address.ts'
import { checkOptions } from './check-options.ts'
import { isLive, isoTime, type OrganizationsFrom, organizationsFrom } from './option-values.ts'

/** Dotted paths into a user, the first that leads somewhere counting. */
export interface MetadataPaths {
  organizationId: string[]
  organizationName: string[]
  roles: string[]
}

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
  pageSize: number
  concurrency: number
  rate: { requests: number; seconds: number } | undefined
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
  paths: MetadataPaths
  passwords: string[]
  mfa: string[]
  /** Values of CSV files that stand for nothing. */
  nulls: string[]
  updatedSince: string | undefined
}

/** Records that Auth0 gives by pages, whatever is asked for. */
export const LAST_OF_PAGES = 1000
/** The largest page that Auth0 gives. */
const LARGEST_PAGE = 100

/** Under `app_metadata` alone: what is in `user_metadata` users may write themselves. */
const DEFAULT_PATHS: MetadataPaths = {
  organizationId: ['organization_id', 'org_id', 'organizationId', 'orgId'].map((name) => `app_metadata.${name}`),
  organizationName: ['organization_name', 'org_name', 'organizationName', 'orgName'].map(
    (name) => `app_metadata.${name}`,
  ),
  roles: ['app_metadata.roles', 'app_metadata.role'],
}

/** @throws ManifestError where `checkOptions` finds something */
export function readOptions(config: Record<string, unknown>): ReadOptions {
  requireSound(config)
  return {
    users: isLive(config) ? undefined : textOption(config, 'users'),
    organizations: organizationsFrom(config),
    connections: config.connections === true,
    paths: pathsOf(config.metadata),
    passwords: texts(config.passwords),
    mfa: texts(config.mfa),
    nulls: nullsOption(config),
    updatedSince: isoTime(textOption(config, 'updatedSince')),
  }
}

/** @throws ManifestError where `checkOptions` finds something */
export function liveOptions(config: Record<string, unknown>): LiveOptions {
  requireSound(config)
  const address = addressOf(textOption(config, 'domain') ?? '', textOption(config, 'audience'))
  if (!('baseUrl' in address)) throw new ManifestError(address)
  const rate = textOption(config, 'rate')
  const limit = rate === undefined ? undefined : parseLimit(rate)
  return {
    address,
    clientId: textOption(config, 'clientId') ?? '',
    clientSecret: textOption(config, 'clientSecret') ?? '',
    organizations: organizationsFrom(config),
    only: config.organizations === undefined ? undefined : texts(config.organizations),
    engine: config.engine === 'export' || config.engine === 'pages' ? config.engine : 'auto',
    connections: config.connections === true,
    exportAbove: number(config.exportAbove, LAST_OF_PAGES),
    pageSize: number(config.pageSize, LARGEST_PAGE),
    concurrency: number(config.concurrency, 4),
    rate: limit === undefined ? undefined : { requests: limit.count, seconds: limit.perMs / 1000 },
    updatedSince: isoTime(textOption(config, 'updatedSince')),
  }
}

/** What decides about what is read: see LiveReading.identity. */
export function identityOf(config: Record<string, unknown>): JsonObject {
  const { address, organizations, only, connections, updatedSince } = liveOptions(config)
  return {
    tenant: address.audience,
    organizations:
      organizations === 'organizations' ? (only === undefined ? 'all' : [...new Set(only)].sort()) : 'none',
    ...(connections ? { connections } : {}),
    ...(updatedSince === undefined ? {} : { updatedSince }),
  }
}

/** The values of an option that is one text or a list of them. */
export function texts(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string')
}

function requireSound(config: Record<string, unknown>): void {
  const problems = checkOptions(config)
  if (problems.length > 0) throw new ManifestError(problems)
}

function pathsOf(value: unknown): MetadataPaths {
  const given = isObject(value) ? value : {}
  const paths = (name: keyof MetadataPaths) => (given[name] === undefined ? DEFAULT_PATHS[name] : texts(given[name]))
  return {
    organizationId: paths('organizationId'),
    organizationName: paths('organizationName'),
    roles: paths('roles'),
  }
}

function number(value: unknown, absent: number): number {
  return typeof value === 'number' ? value : absent
}
