import type { Rate } from '../http/bucket.ts'
import type { LogEntry } from '../http/exchange.ts'
import type { NetworkErrorSettings } from '../http/network-errors.ts'
import type { AnswerHook } from '../http/server.ts'

/** Every scope that an endpoint of the fake needs. */
export const ALL_SCOPES = [
  'read:users',
  'read:organizations',
  'read:organization_members',
  'read:organization_member_roles',
  'read:roles',
  'read:connections',
  'read:connections_options',
  'read:organization_connections',
  'read:organization_invitations',
]

/** The behavior of the tenant: plain data, except the hooks and `now`. */
export interface Auth0Settings {
  clientId?: string
  clientSecret?: string
  /** The expected audience of token requests; default `<url>/api/v2/`. */
  audience?: string
  /** False: the application is not authorized for the Management API. */
  granted?: boolean
  /** The scopes of every token; default all. */
  scopes?: string[]
  /** Lifetime of a token, seconds; default 86,400. */
  tokenLifetime?: number
  /** Number of requests before a token expires; default unlimited. */
  tokenUses?: number
  /** Largest page of users; default 100. Some tenants silently use 50. */
  pageCap?: number
  /** Largest page of invitations; default 100. */
  invitationsCap?: number
  /**
   * Share of checkpoint pages that are shorter than requested before the end. The last page can be
   * empty.
   */
  shortPages?: number
  /** Added to the returned totals. */
  totalsOff?: { users?: number; organizations?: number; members?: number; roles?: number }
  export?: ExportSettings
  /** Default: no limit, and no headers. */
  rate?: Rate
  /** Whether a 429 has Retry-After. Default false. */
  retryAfter?: boolean
  networkErrors?: NetworkErrorSettings
  seed?: number
  /** Milliseconds since the epoch. */
  now?: () => number
  onRequest?: (entry: LogEntry) => void | Promise<void>
  onAnswer?: AnswerHook
}

export interface ExportSettings {
  /** Scheme and host of the links; default: the tenant's own. */
  storage?: string
  /** Number of status requests before a job is done; default 2. */
  pendingPolls?: number
  /** Lifetime of a link, seconds; default 60. */
  linkLifetime?: number
  /** Number of links that are expired from the start; default none. */
  staleLinks?: number
  /** Whether the download has Content-Encoding: gzip. Default false. */
  contentEncoding?: boolean
  /** False: not compressed. */
  gzip?: boolean
  /** Number of downloads that silently end in the middle of the gzip data. Default none. */
  truncatedDownloads?: number
  /** Lines that are not JSON, by number from 1. */
  malformedLines?: number[]
  /** Number of failing jobs; default none. */
  failedJobs?: number
  /** Users that are missing in the export. */
  missing?: string[]
}
