import type { Rate } from '../http/bucket.ts'
import type { LogEntry } from '../http/exchange.ts'
import type { NetworkErrorSettings } from '../http/network-errors.ts'
import type { AnswerHook } from '../http/server.ts'

/** Every scope that an endpoint of the fake asks for. */
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

/** How the tenant behaves. Plain data but for the hooks and `now`. */
export interface Auth0Settings {
  clientId?: string
  clientSecret?: string
  /** What tokens have to be asked for; default `<url>/api/v2/`. */
  audience?: string
  /** False: the application is not authorized for the Management API. */
  granted?: boolean
  /** Of every token; default all. */
  scopes?: string[]
  /** Seconds that a token lives; default 86,400. */
  tokenLifetime?: number
  /** How many requests a token serves before it is called expired; default any number. */
  tokenUses?: number
  /** Largest page of users; default 100. Some tenants silently give 50. */
  pageCap?: number
  /** Largest page of invitations; default 100. */
  invitationsCap?: number
  /**
   * Share of pages with checkpoints that hold fewer than asked for, though they are not the last;
   * an end may be empty.
   */
  shortPages?: number
  /** What is added to the totals that are told. */
  totalsOff?: { users?: number; organizations?: number; members?: number; roles?: number }
  export?: ExportSettings
  /** Default: no limit, and no headers. */
  rate?: Rate
  /** Whether a 429 says when to come again. Default false. */
  retryAfter?: boolean
  networkErrors?: NetworkErrorSettings
  seed?: number
  /** Milliseconds since the epoch. */
  now?: () => number
  onRequest?: (entry: LogEntry) => void | Promise<void>
  onAnswer?: AnswerHook
}

export interface ExportSettings {
  /** Scheme and host of the links; default: those of the tenant. */
  storage?: string
  /** How often a job is read before it is done; default 2. */
  pendingPolls?: number
  /** Seconds that a link lives; default 60. */
  linkLifetime?: number
  /** How many links are expired from the start; default none. */
  staleLinks?: number
  /** Whether the download has Content-Encoding: gzip. Default false. */
  contentEncoding?: boolean
  /** False: not compressed at all. */
  gzip?: boolean
  /** How many downloads end in the middle of the gzip data, as if that were all. Default none. */
  truncatedDownloads?: number
  /** Lines that are no JSON, by number from 1. */
  malformedLines?: number[]
  /** How many jobs fail; default none. */
  failedJobs?: number
  /** Users that the export leaves out. */
  missing?: string[]
}
