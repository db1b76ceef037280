import { join, relative } from 'node:path'
import type { JsonObject } from '../../../json.ts'
import type { LineRecord } from '../../record-file.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import type { StreamCount } from '../../source.ts'

export const USERS = 'users'
export const ORGANIZATIONS = 'organizations'
export const ROLES = 'roles'
export const CONNECTIONS = 'connections'

/** Users with their memberships, and organizations: from a snapshot of a tenant, or from a file. */
export interface Users {
  /** Where their records stand, as messages say it. */
  file: string
  /** All users, without rejecting or counting any. */
  peek(): AsyncIterable<LineRecord[]>
  /** All users, each with its `memberships`. */
  users(): AsyncIterable<LineRecord[]>
  /** The organizations; after the users have been read. */
  organizations(): AsyncIterable<{ file: string; records: LineRecord[] }>
  /** The roles with their permissions; a file of users has none. */
  roles(): AsyncIterable<{ file: string; records: LineRecord[] }>
  /** The connections, where they were asked for; after the organizations have been read. */
  connections?(): AsyncIterable<{ file: string; records: LineRecord[] }>
  counts(): StreamCount[]
  digest(): string
  close(): void
}

/** Where a stream of a snapshot stands, as messages say it: relative to the manifest. */
export function fileOf(snapshot: Snapshot, stream: string, directory: string): string {
  const file = snapshot.streams.find(({ name }) => name === stream)?.file ?? stream
  return relative(directory, join(snapshot.folder, file))
}

/** What to say of a user without an id. */
export const NO_ID = {
  code: 'missing_key',
  message: 'the user has no id',
  hint: 'every user has a user_id in Auth0 (Id in a dashboard export)',
} as const

/** Whether a record says who it is of. */
export function hasId({ user_id }: JsonObject): boolean {
  return typeof user_id === 'string' && user_id !== ''
}
