import type { Reason } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import { IdSet } from '../join/id-set.ts'
import type { SnapshotWriter } from '../snapshot/snapshot.ts'
import type { Origin } from '../source.ts'

/** The streams of a snapshot of a tenant. */
export const STREAMS = {
  users: 'users',
  organizations: 'organizations',
  /** `{ organization_id, user_id, roles: [{ id, name }] }` */
  members: 'members',
  /** Each with its `permissions`. */
  roles: 'roles',
  connections: 'connections',
  /** `{ organization_id, connection_id }` */
  enabledConnections: 'enabled_connections',
  /** Each with `expired`: whether it had expired when it was read. */
  invitations: 'invitations',
  /** See `Unread`. */
  unread: 'unread',
} as const

/** A record of the tenant that could not be read. Reading the snapshot rejects it. */
export interface Unread extends Required<Reason> {
  stream: 'users' | 'organizations'
  at: Origin
  /** ID of an organization whose members are left out too. */
  organization?: string
  /** ID of the user of the record. The user might have been read in another way. */
  user?: string | undefined
}

export function unreadRow({ at, ...unread }: Unread): JsonObject {
  const { organization, user, ...reason } = unread
  const row: JsonObject = { ...reason, file: at.file }
  if (at.line !== undefined) row.line = at.line
  if (organization !== undefined) row.organization = organization
  if (user !== undefined) row.user = user
  return row
}

/** The values of one key in the rows that a stream has so far. */
export async function idsIn(snapshot: SnapshotWriter, stream: string, name: string): Promise<IdSet> {
  const ids = new IdSet()
  for await (const rows of snapshot.read(stream)) ids.add(rows, ({ data }) => String(data[name]))
  return ids
}

/**
 * The fields of a user to request. An export job leaves out what is not requested, for example
 * metadata and phone numbers.
 */
export const USER_FIELDS: readonly string[] = [
  'user_id',
  'email',
  'email_verified',
  'username',
  'phone_number',
  'phone_verified',
  'given_name',
  'family_name',
  'name',
  'nickname',
  'picture',
  'identities',
  'app_metadata',
  'user_metadata',
  'blocked',
  'multifactor',
  'last_login',
  'logins_count',
  'created_at',
  'updated_at',
]
