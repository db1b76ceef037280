import type { Call } from '../call.ts'

/**
 * Deletes memberships, one by its ID or all of a user or organization, and removes them from their
 * groups.
 */
export function deleteMemberships(call: Call, column: 'id' | 'user_id' | 'organization_id', value: string): void {
  const { database, environment } = call
  const those = `environment = ? AND ${column} = ?`
  database.run(
    `DELETE FROM group_members WHERE environment = ? AND membership_id IN (SELECT id FROM memberships WHERE ${those})`,
    environment,
    environment,
    value,
  )
  database.run(`DELETE FROM memberships WHERE ${those}`, environment, value)
}

/** Removes the roles of one group, or of all groups of an organization. */
export function deleteRolesOfGroups(call: Call, column: 'id' | 'organization_id', value: string): void {
  call.database.run(
    `DELETE FROM group_roles WHERE environment = ?1 AND group_id IN
       (SELECT id FROM organization_groups WHERE environment = ?1 AND ${column} = ?2)`,
    call.environment,
    value,
  )
}
