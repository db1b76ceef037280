import type { Reason } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import { IdSet } from '../join/join-table.ts'
import type { SnapshotWriter } from '../snapshot/snapshot.ts'
import type { Origin } from '../source.ts'

/** The streams of a snapshot of a tenant. */
export const STREAMS = {
  users: 'users',
  organizations: 'organizations',
  /** `{ organization_id, user_id, roles: [{ id, name }] }` */
  members: 'members',
  /** With their `permissions`. */
  roles: 'roles',
  connections: 'connections',
  /** `{ organization_id, connection_id }` */
  enabledConnections: 'enabled_connections',
  /** Invitations to organizations, each with whether it had `expired` when it was read. */
  invitations: 'invitations',
  /** What could not be read: see `unreadRow`. */
  unread: 'unread',
} as const

/**
 * Something that the tenant has and that could not be read as it should; it is rejected when the
 * snapshot is read.
 */
export interface Unread extends Required<Reason> {
  stream: 'users' | 'organizations'
  at: Origin
  /** Whose members are left out with it. */
  organization?: string
  /** Id of the user whom it is of: who was read in another way is not missing. */
  user?: string | undefined
}

export function unreadRow({ at, ...unread }: Unread): JsonObject {
  const { organization, user, ...told } = unread
  const row: JsonObject = { ...told, file: at.file }
  if (at.line !== undefined) row.line = at.line
  if (organization !== undefined) row.organization = organization
  if (user !== undefined) row.user = user
  return row
}

/** The ids under a name in the rows of a stream that have been written so far. */
export async function idsIn(snapshot: SnapshotWriter, stream: string, name: string): Promise<IdSet> {
  const ids = new IdSet()
  for await (const rows of snapshot.read(stream)) ids.add(rows, ({ data }) => String(data[name]))
  return ids
}

/**
 * What is asked for of users: an export job leaves out what it is not asked for, metadata and
 * telephone numbers among them.
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
