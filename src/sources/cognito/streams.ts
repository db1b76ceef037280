import type { JsonObject } from '../../json.ts'

/** The streams of a snapshot of user pools. */
export const STREAMS = {
  /** As `list-users` prints them, with `pool`, and with `mfa` what `admin-get-user` adds. */
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
/** The groups themselves: `groups` is the joined stream of who is in which. */
export const POOL_GROUPS = 'poolGroups'
export const GROUPS = 'groups'

/** An attribute of a user. */
export function attributeOf({ Attributes: attributes }: JsonObject, name: string): string | undefined {
  if (!Array.isArray(attributes)) return undefined
  for (const attribute of attributes) {
    if (attribute === null || typeof attribute !== 'object' || Array.isArray(attribute)) continue
    if (attribute.Name === name && typeof attribute.Value === 'string') return attribute.Value
  }
  return undefined
}

/**
 * What tells a user from every other: `sub`, which never changes and is nobody else's, or else the
 * user name in its pool.
 */
export function userKey(pool: string, user: JsonObject): string {
  return attributeOf(user, 'sub') ?? memberKey({ pool, username: user.Username ?? '' })
}

/** The same, of a row of `STREAMS.members`. */
export function memberKey({ pool = '', username = '', sub }: JsonObject): string {
  return typeof sub === 'string' ? sub : `${pool} ${username}`
}

/** What a snapshot says of a pool beside its records, under `factOf(pool)`. */
export interface PoolFacts {
  /** How many users there are by Cognito's own estimate; null: it does not tell. */
  estimated: number | null
  /** How many were read, with those that `updatedSince` leaves out. */
  read: number
}

export const factOf = (pool: string) => `users of ${pool}`
/**
 * The fact that lists groups that were deleted while they were read, as `goneGroup` writes them.
 */
export const GONE_GROUPS = 'groups deleted meanwhile'
export const goneGroup = (pool: string, group: string) => `${pool} ${group}`
