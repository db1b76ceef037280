import { isDay } from '../../clock.ts'
import { parseLimit, type SourceOptions } from '../../config/manifest.ts'
import { SOURCE_DEFAULTS } from '../../config/manifest-types.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isLoopback } from '../../http/proxy.ts'
import type { JsonObject } from '../../json.ts'
import { requireNone, textsOf } from '../source.ts'

export type CognitoOptions = SourceOptions<'cognito'>

export interface UserPool {
  id: string
  region: string
}

export interface LiveOptions {
  pools: UserPool[]
  /** Scheme, host and port; undefined: the endpoint of the region. */
  endpoint: string | undefined
  profile: string | undefined
  /** Undefined: the SDK finds credentials. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  groups: boolean
  connections: boolean
  mfa: boolean
  pageSize: number
  concurrency: number
  /** Undefined: a rate below the quota of each category. */
  rate: { requests: number; seconds: number } | undefined
  /** Epoch milliseconds. */
  updatedSince: number | undefined
}

const DEFAULTS = SOURCE_DEFAULTS.cognito

/**
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
 */
const POOL_ID = /^[\w-]{1,44}_[0-9A-Za-z]{1,55}$/
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/
/** A reference to an unset variable. Its value is not known. */
const UNSET = /^\$\{/

/** Problems with the combination of options. The schema checks each option by itself. */
export function checkOptions(config: CognitoOptions): Problem[] {
  return [
    ...textsOf(config.userPools).flatMap((id) => poolProblems(id, config)),
    ...credentialProblems(config),
    ...(config.endpoint === undefined ? [] : endpointProblems(config.endpoint)),
    ...sinceProblems(config.updatedSince),
  ]
}

/** @throws ManifestError if `checkOptions` finds a problem */
export function liveOptions(config: CognitoOptions): LiveOptions {
  requireNone(checkOptions(config))
  const { endpoint, profile, accessKeyId, secretAccessKey, sessionToken, rate, updatedSince } = config
  const limit = rate === undefined ? undefined : parseLimit(rate)
  const ids = [...new Set(textsOf(config.userPools))]
  return {
    pools: ids.map((id) => ({ id, region: config.region ?? regionOf(id) ?? '' })),
    endpoint: endpoint === undefined || UNSET.test(endpoint) ? undefined : new URL(endpoint).origin,
    profile,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    groups: config.groups ?? DEFAULTS.groups,
    connections: config.connections ?? DEFAULTS.connections,
    mfa: config.mfa ?? DEFAULTS.mfa,
    pageSize: config.pageSize ?? DEFAULTS.pageSize,
    concurrency: config.concurrency ?? DEFAULTS.concurrency,
    rate: limit === undefined ? undefined : { requests: limit.count, seconds: limit.perMs / 1000 },
    updatedSince: updatedSince === undefined || UNSET.test(updatedSince) ? undefined : Date.parse(updatedSince),
  }
}

/** The options that change what is read: see LiveReading.identity. */
export function identityOf(config: CognitoOptions): JsonObject {
  const { pools, endpoint, groups, connections, mfa, updatedSince } = liveOptions(config)
  return {
    pools: pools.map(({ id }) => id).sort(),
    groups,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(connections ? { connections } : {}),
    ...(mfa ? { mfa } : {}),
    ...(updatedSince === undefined ? {} : { updatedSince: new Date(updatedSince).toISOString() }),
  }
}

/** The region at the beginning of a pool's ID. */
function regionOf(id: string): string | undefined {
  const region = id.split('_')[0] ?? ''
  return REGION.test(region) ? region : undefined
}

function poolProblems(id: string, { region, endpoint }: CognitoOptions): Problem[] {
  const path = 'source.userPools'
  if (UNSET.test(id)) return []
  if (!POOL_ID.test(id)) {
    const hint =
      'copy the user pool ID from the Cognito console, for example eu-west-1_Example01; the name and the ARN do not work'
    return [{ code: 'bad_user_pool', message: `${id} is not the ID of a user pool`, hint, path }]
  }
  const own = regionOf(id)
  if (region === undefined) {
    if (own !== undefined) return []
    const hint = 'set region, for example eu-west-1'
    return [{ code: 'no_region', message: `the ID of the user pool ${id} does not contain a region`, hint, path }]
  }
  // A custom endpoint can use any region.
  if (own === undefined || own === region || endpoint !== undefined || UNSET.test(region)) return []
  return [
    {
      code: 'region_differs',
      message: `the user pool ${id} is in ${own}, but source.region is ${region}`,
      hint: 'remove region: the IDs of the user pools contain it',
      path: 'source.region',
    },
  ]
}

function credentialProblems({ profile, accessKeyId, secretAccessKey, sessionToken }: CognitoOptions): Problem[] {
  const incomplete = (name: string, lacking: string): Problem => ({
    code: 'credentials_incomplete',
    message: `source.${name} has no effect without ${lacking}`,
    hint: `add ${lacking}; or remove ${name}, and the AWS SDK finds credentials itself`,
    path: `source.${name}`,
  })
  const problems: Problem[] = []
  if (accessKeyId !== undefined && secretAccessKey === undefined)
    problems.push(incomplete('accessKeyId', 'secretAccessKey'))
  if (secretAccessKey !== undefined && accessKeyId === undefined)
    problems.push(incomplete('secretAccessKey', 'accessKeyId'))
  if (sessionToken !== undefined && accessKeyId === undefined && secretAccessKey === undefined)
    problems.push(incomplete('sessionToken', 'accessKeyId'))
  if (profile !== undefined && accessKeyId !== undefined) {
    problems.push({
      code: 'two_credentials',
      message: 'the source has two sets of credentials: profile and accessKeyId',
      hint: 'remove profile, or remove accessKeyId and secretAccessKey',
      path: 'source.profile',
    })
  }
  return problems
}

function endpointProblems(text: string): Problem[] {
  if (UNSET.test(text)) return []
  const bad = (message: string, hint: string) => [{ code: 'bad_base_url', message, hint, path: 'source.endpoint' }]
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return bad('source.endpoint is not an http(s) URL', 'write a URL like https://cognito-idp.eu-west-1.amazonaws.com')
  }
  if (url.username !== '' || url.password !== '') {
    return bad('source.endpoint contains a user name or a password', `write ${url.origin}`)
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return bad('source.endpoint has more than a host and a port', `write ${url.origin}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`source.endpoint would send requests to ${url.hostname} unencrypted`, 'use https')
  }
  return []
}

function sinceProblems(since: string | undefined): Problem[] {
  if (since === undefined || UNSET.test(since)) return []
  if (isDay(since.slice(0, 10)) && !Number.isNaN(Date.parse(since))) return []
  return [
    {
      code: 'bad_value',
      message: `source.updatedSince is not an existing date: ${since}`,
      hint: 'write a date like 2026-03-01 or a time like 2026-03-01T12:00:00Z',
      path: 'source.updatedSince',
    },
  ]
}
