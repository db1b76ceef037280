import type { JsonObject } from '../../json.ts'
import type { Call } from '../call.ts'

interface Group {
  id: string
  organization_id: string
}

/** A role that a group gives to its members. */
export interface GroupRoleRow {
  id: string
  group_id: string
  role_slug: string
  organization_id: string
  created_at: string
  updated_at: string
}

export const SELECT_GROUP_ROLES = `SELECT r.*, o.organization_id FROM group_roles r
  JOIN organization_groups o ON o.environment = r.environment AND o.id = r.group_id`

export function groupRole(call: Call, group: Group, roleSlug: string): GroupRoleRow | undefined {
  const sql = `${SELECT_GROUP_ROLES} WHERE r.environment = ? AND r.group_id = ? AND r.role_slug = ?`
  return call.database.one<GroupRoleRow>(sql, call.environment, group.id, roleSlug)
}

export function insertGroupRole(call: Call, group: Group, roleSlug: string): GroupRoleRow {
  const { id: group_id, organization_id } = group
  const id = call.newId('gra')
  const times = { created_at: call.timestamp, updated_at: call.timestamp }
  call.database.run(
    'INSERT INTO group_roles (environment, id, group_id, role_slug, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
    call.environment,
    id,
    group_id,
    roleSlug,
    call.timestamp,
    call.timestamp,
  )
  return { id, group_id, role_slug: roleSlug, organization_id, ...times }
}

export function deleteGroupRole(call: Call, { id }: GroupRoleRow): void {
  call.database.run('DELETE FROM group_roles WHERE environment = ? AND id = ?', call.environment, id)
}

/** Takes the roles from one group, or from all groups of an organization. */
export function deleteRolesOfGroups(call: Call, column: 'id' | 'organization_id', value: string): void {
  call.database.run(
    `DELETE FROM group_roles WHERE environment = ?1 AND group_id IN
       (SELECT id FROM organization_groups WHERE environment = ?1 AND ${column} = ?2)`,
    call.environment,
    value,
  )
}

/** The roles that the groups of a membership give it. */
export function rolesByGroups(call: Call, membershipId: string): string[] {
  const sql = `SELECT DISTINCT r.role_slug FROM group_members m
    JOIN group_roles r ON r.environment = m.environment AND r.group_id = m.group_id
    WHERE m.environment = ? AND m.membership_id = ? ORDER BY r.role_slug`
  return call.database.all<{ role_slug: string }>(sql, call.environment, membershipId).map(({ role_slug }) => role_slug)
}

/** Whether a group of the organization gives the role. */
export function isGivenByGroup(call: Call, organizationId: string, roleSlug: string): boolean {
  const sql = `${SELECT_GROUP_ROLES} WHERE r.environment = ? AND o.organization_id = ? AND r.role_slug = ? LIMIT 1`
  return call.database.one(sql, call.environment, organizationId, roleSlug) !== undefined
}

export function presentGroupRole(row: GroupRoleRow): JsonObject {
  return {
    object: 'group_role_assignment',
    id: row.id,
    group_id: row.group_id,
    role: { slug: row.role_slug },
    resource: {
      id: resourceOf(row.organization_id),
      external_id: row.organization_id,
      resource_type_slug: ORGANIZATION,
    },
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

export const ORGANIZATION = 'organization'

/** The id of an organization as a resource. */
export function resourceOf(organizationId: string): string {
  return organizationId.replace(/^org_/, 'authz_resource_')
}
