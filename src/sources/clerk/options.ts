import { createHash } from 'node:crypto'
import { isDay } from '../../clock.ts'
import { parseLimit, type SourceOptions } from '../../config/manifest.ts'
import { SOURCE_DEFAULTS } from '../../config/manifest-types.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isLoopback } from '../../http/proxy.ts'
import type { JsonObject } from '../../json.ts'
import { requireNone } from '../source.ts'

export type ClerkOptions = SourceOptions<'clerk'>

/** How to send requests to an instance. */
export interface LiveOptions {
  secretKey: string
  /** Scheme, host and port, without the version: `https://api.clerk.com`. */
  baseUrl: string
  /** Whether to read organizations and memberships. False if a file contains the memberships. */
  organizations: boolean
  /** Whether to read enterprise connections. */
  connections: boolean
  /** Whether to read pending invitations. */
  invitations: boolean
  pageSize: number
  concurrency: number
  rate: { requests: number; seconds: number }
  /** Epoch milliseconds. */
  updatedSince: number | undefined
}

const CLERK = 'https://api.clerk.com'

/** Clerk's limits: https://clerk.com/docs/guides/how-clerk-works/system-limits */
const RATES = { live: { requests: 1000, seconds: 10 }, test: { requests: 100, seconds: 10 } }

const DEFAULTS = SOURCE_DEFAULTS.clerk

/** Options that apply only to an instance. */
const LIVE_ONLY = [
  'baseUrl',
  'connections',
  'invitations',
  'updatedSince',
  'pageSize',
  'rate',
  'concurrency',
  'snapshot',
] as const

/** Whether the options name an instance. */
export function isLive(config: ClerkOptions): boolean {
  return config.secretKey !== undefined
}

/** Problems in the combination of options. The schema has checked each option. */
export function checkOptions(config: ClerkOptions): Problem[] {
  const problems: Problem[] = []
  if (!isLive(config)) {
    if (config.users === undefined) {
      problems.push({
        code: 'no_users',
        message: 'the source has neither a secret key nor a file of users',
        hint: 'set secretKey: ${CLERK_SECRET_KEY} to read the Backend API, users to the CSV file that the dashboard exports, or both',
        path: 'source',
      })
    }
    for (const name of LIVE_ONLY.filter((option) => config[option] !== undefined)) {
      problems.push({
        code: 'option_without_key',
        message: `${name} applies only to the Backend API, and the source has no secret key`,
        hint: `remove ${name}, or add secretKey: \${CLERK_SECRET_KEY}`,
        path: `source.${name}`,
      })
    }
    return problems
  }
  problems.push(...keyProblems(config.secretKey ?? ''))
  const { baseUrl, updatedSince: since } = config
  if (baseUrl !== undefined) problems.push(...addressProblems(baseUrl))
  if (since !== undefined && (Number.isNaN(Date.parse(since)) || !isDay(since.slice(0, 10)))) {
    problems.push({
      code: 'bad_value',
      message: `source.updatedSince is not a date or time: ${since}`,
      hint: 'write it like 2026-03-01 or 2026-03-01T12:00:00Z',
      path: 'source.updatedSince',
    })
  }
  return problems
}

/** @param config without problems in `checkOptions` */
export function liveOptions(config: ClerkOptions): LiveOptions {
  const secretKey = config.secretKey ?? ''
  const { rate, updatedSince, baseUrl = CLERK } = config
  const limit = rate === undefined ? undefined : parseLimit(rate)
  return {
    secretKey,
    baseUrl: new URL(baseUrl).origin,
    organizations: config.memberships === undefined,
    connections: config.connections === true,
    invitations: config.invitations === true,
    pageSize: config.pageSize ?? DEFAULTS.pageSize,
    concurrency: config.concurrency ?? DEFAULTS.concurrency,
    rate: limit === undefined ? RATES[kindOf(secretKey)] : { requests: limit.count, seconds: limit.perMs / 1000 },
    updatedSince: updatedSince === undefined ? undefined : Date.parse(updatedSince),
  }
}

/**
 * What decides what is read. Only the key distinguishes instances, but it must not be stored, so a
 * part of its digest is. Without the key, the instance is unknown.
 * @throws ManifestError for options that do not fit
 */
export function identity(config: ClerkOptions): JsonObject {
  requireNone(checkOptions(config))
  const { secretKey, baseUrl, organizations, connections, invitations, updatedSince } = liveOptions(config)
  const key = /^\$\{/.test(secretKey) ? null : createHash('sha256').update(secretKey).digest('hex').slice(0, 8)
  const read: JsonObject = { baseUrl, key, organizations }
  if (connections) read.connections = true
  if (invitations) read.invitations = true
  if (updatedSince !== undefined) read.updatedSince = new Date(updatedSince).toISOString()
  return read
}

/** Keys of development instances begin with `sk_test_` and have a tenth of the rate limit. */
function kindOf(secretKey: string): 'live' | 'test' {
  return secretKey.startsWith('sk_test_') ? 'test' : 'live'
}

function keyProblems(secretKey: string): Problem[] {
  if (/^[\x21-\x7e]+$/.test(secretKey) && !secretKey.startsWith('pk_')) return []
  const message = secretKey.startsWith('pk_')
    ? 'source.secretKey is a publishable key, which cannot read users'
    : 'source.secretKey is empty or contains characters that no key has: spaces, line breaks or non-ASCII characters'
  const hint = 'copy the secret key (sk_live_… or sk_test_…) from the Clerk dashboard under Configure > API keys'
  return [{ code: 'bad_api_key', message, hint, path: 'source.secretKey' }]
}

function addressProblems(text: string): Problem[] {
  const bad = (message: string, hint: string) => [{ code: 'bad_base_url', message, hint, path: 'source.baseUrl' }]
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return bad('source.baseUrl is not an http or https URL', `write it like ${CLERK}`)
  }
  if (url.username !== '' || url.password !== '') {
    return bad('source.baseUrl contains a user name or a password', `set it to ${url.origin}`)
  }
  if (!/^\/(v1\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return bad('source.baseUrl contains more than a host and a port', `set it to ${url.origin}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`source.baseUrl would send the secret key unencrypted to ${url.hostname}`, 'use https')
  }
  return []
}
