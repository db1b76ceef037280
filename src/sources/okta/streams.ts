import type { JsonObject } from '../../json.ts'

/** The streams of a snapshot of an org. */
export const STREAMS = {
  users: 'users',
  groups: 'groups',
  /** `{ group_id, user_id }` */
  members: 'group_members',
  /** Identity providers; SAML ones with their certificates. */
  connections: 'identity_providers',
  /** SAML apps, with their metadata. */
  apps: 'apps',
} as const

/** The streams of an open source. `groups` are joined to users. */
export const USERS = 'users'
export const GROUPS = 'groups'
export const CONNECTIONS = 'connections'
export const APPS = 'apps'

/** An object in a list of the API. */
export type OktaObject = JsonObject & { id: string }
