import type { JsonObject } from '../../json.ts'

/** The streams of a snapshot of user pools. */
export const STREAMS = {
  /** As `list-users` prints them, with `pool`; with `mfa` also the factors of `admin-get-user`. */
  users: 'users',
  /** As `list-groups` prints them, with `pool`. */
  groups: 'groups',
  /** `{ pool, group, username, sub }` */
  members: 'group_members',
  /** As `describe-identity-provider` prints them, with `pool`. */
  providers: 'identity_providers',
} as const

/** Streams of an open source. */
export const USERS = 'users'
export const CONNECTIONS = 'connections'
/** The groups themselves. `groups` is the joined stream of their members. */
export const POOL_GROUPS = 'poolGroups'
export const GROUPS = 'groups'

export function attributeOf({ Attributes: attributes }: JsonObject, name: string): string | undefined {
  if (!Array.isArray(attributes)) return undefined
  for (const attribute of attributes) {
    if (attribute === null || typeof attribute !== 'object' || Array.isArray(attribute)) continue
    if (attribute.Name === name && typeof attribute.Value === 'string') return attribute.Value
  }
  return undefined
}

/** What identifies a user: `sub`, which is unique and never changes, or the pool and user name. */
export function userKey(pool: string, user: JsonObject): string {
  return attributeOf(user, 'sub') ?? memberKey({ pool, username: user.Username ?? '' })
}

/** `userKey` for a row of `STREAMS.members`. */
export function memberKey({ pool = '', username = '', sub }: JsonObject): string {
  return typeof sub === 'string' ? sub : `${pool} ${username}`
}

/** The fact about a pool in a snapshot, under `factOf(pool)`. */
export interface PoolFacts {
  /** Cognito's estimate of the number of users; null: unknown. */
  estimated: number | null
  /** Number of users read, including those that `updatedSince` filters out. */
  read: number
}

export const factOf = (pool: string) => `users of ${pool}`
/** The fact that lists groups deleted during the reading, in the form of `goneGroup`. */
export const GONE_GROUPS = 'groups deleted meanwhile'
export const goneGroup = (pool: string, group: string) => `${pool} ${group}`
