import type { Origin } from '../sources/source.ts'
import { placeOf } from './rows.ts'
import type { RunDatabase } from './run-database.ts'

/** What a role that a record gives is called where its fate is told. It is no resource. */
export const ROLE_ASSIGNMENT = 'roleAssignment'

/**
 * A role that a record gives to a user: in one organization; or, without one, on the memberships of the record itself (`record`), or on all
 * that the user has in its own name (`user`), where the record is of a stream that knows no memberships.
 */
export interface RoleGrant {
  seq: number
  user: string
  /** The address of the user, where the record names that as well: compared with those of all users once these are known. */
  email?: string
  organization: string | null
  scope: 'organization' | 'record' | 'user'
  /** Its slug; with the scope `user` its name in the source, whose meaning may depend on the organization. */
  role: string
  origin: Origin
}

export function insertGrant(rundb: RunDatabase, grant: RoleGrant): void {
  rundb.run(
    'INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    grant.seq,
    grant.user,
    grant.organization,
    grant.scope,
    grant.role,
    ...placeOf(rundb, grant.origin),
    grant.email ?? null,
  )
}
