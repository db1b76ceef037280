import { isDay } from '../../clock.ts'
import { parseLimit, type SourceOptions } from '../../config/manifest.ts'
import { SOURCE_DEFAULTS } from '../../config/manifest-types.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isLoopback } from '../../http/proxy.ts'
import type { JsonObject } from '../../json.ts'
import { requireNone, textsOf } from '../source.ts'

/** The options of the source. */
export type CognitoOptions = SourceOptions<'cognito'>

/** A user pool, and where it is. */
export interface UserPool {
  id: string
  region: string
}

/** How user pools are asked over the network. */
export interface LiveOptions {
  pools: UserPool[]
  /** Scheme, host and port; undefined: that of the region. */
  endpoint: string | undefined
  profile: string | undefined
  /** Undefined: what the SDK finds. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  groups: boolean
  connections: boolean
  mfa: boolean
  pageSize: number
  concurrency: number
  /** Undefined: below the quota of each category. */
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
/** A reference whose variable is not set: nothing is known of its value. */
const UNSET = /^\$\{/

/**
 * Everything that is wrong with how the options go together: the schema has seen to each by itself.
 */
export function checkOptions(config: CognitoOptions): Problem[] {
  return [
    ...textsOf(config.userPools).flatMap((id) => poolProblems(id, config)),
    ...credentialProblems(config),
    ...(config.endpoint === undefined ? [] : endpointProblems(config.endpoint)),
    ...sinceProblems(config.updatedSince),
  ]
}

/** @throws ManifestError where `checkOptions` finds something */
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

/** What decides about what is read: see LiveReading.identity. */
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

/** The region that the id of a pool begins with. */
function regionOf(id: string): string | undefined {
  const region = id.split('_')[0] ?? ''
  return REGION.test(region) ? region : undefined
}

function poolProblems(id: string, { region, endpoint }: CognitoOptions): Problem[] {
  const path = 'source.userPools'
  if (UNSET.test(id)) return []
  if (!POOL_ID.test(id)) {
    const hint =
      'copy the user pool ID, such as eu-west-1_Example01, from the Cognito console; it is neither the name nor the ARN'
    return [{ code: 'bad_user_pool', message: `${id} is not the id of a user pool`, hint, path }]
  }
  const own = regionOf(id)
  if (region === undefined) {
    if (own !== undefined) return []
    const hint = 'add region, such as eu-west-1'
    return [{ code: 'no_region', message: `the id of the user pool ${id} names no region`, hint, path }]
  }
  // Behind an address of one's own, regions are what one makes of them.
  if (own === undefined || own === region || endpoint !== undefined || UNSET.test(region)) return []
  return [
    {
      code: 'region_differs',
      message: `the user pool ${id} is in ${own}, and source.region says ${region}`,
      hint: 'take region out: the ids of the user pools tell it',
      path: 'source.region',
    },
  ]
}

function credentialProblems({ profile, accessKeyId, secretAccessKey, sessionToken }: CognitoOptions): Problem[] {
  const incomplete = (name: string, lacking: string): Problem => ({
    code: 'credentials_incomplete',
    message: `source.${name} says nothing without ${lacking}`,
    hint: `add ${lacking}, or take ${name} out: then the AWS SDK looks for credentials itself`,
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
      message: 'source.profile and source.accessKeyId are two sets of credentials',
      hint: 'take one of them out',
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
    return bad('source.endpoint is no http(s) address', 'write it like https://cognito-idp.eu-west-1.amazonaws.com')
  }
  if (url.username !== '' || url.password !== '') {
    return bad('source.endpoint holds a user name or a password', `write ${url.origin}`)
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return bad('source.endpoint has more than a host and a port', `write ${url.origin}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`source.endpoint would be asked unencrypted, at ${url.hostname}`, 'use https')
  }
  return []
}

function sinceProblems(since: string | undefined): Problem[] {
  if (since === undefined || UNSET.test(since)) return []
  if (isDay(since.slice(0, 10)) && !Number.isNaN(Date.parse(since))) return []
  return [
    {
      code: 'bad_value',
      message: `source.updatedSince is no time: ${since}`,
      hint: 'write it like 2026-03-01 or 2026-03-01T12:00:00Z',
      path: 'source.updatedSince',
    },
  ]
}
