import type { JsonObject } from '../../json.ts'
import { type Call, notFound } from '../call.ts'

/** The API reference's limits for names and descriptions of roles and permissions. */
export const LABEL = { max: 48 }
export const DESCRIPTION = { max: 150 }

/** The default role of a membership. */
export const DEFAULT_ROLE = 'member'

/** Owner of environment roles, instead of an organization's ID. */
export const ENVIRONMENT_ROLES = ''

export interface RoleRow {
  id: string
  organization_id: string
  slug: string
  name: string
  description: string | null
  resource_type_slug: string
  permissions: string
  created_at: string
  updated_at: string
}

export function findRole(call: Call, owner: string, slug: string): RoleRow | undefined {
  const sql = 'SELECT * FROM roles WHERE environment = ? AND organization_id = ? AND slug = ?'
  return call.database.one<RoleRow>(sql, call.environment, owner, slug)
}

/** @throws Refusal 404 */
export function requireRole(call: Call, owner: string, slug: string): RoleRow {
  const role = findRole(call, owner, slug)
  if (role === undefined) throw notFound('Role', slug)
  return role
}

/**
 * Whether members of an organization can have a role: it is the environment's, or the
 * organization's own.
 */
export function roleAppliesTo(call: Call, organizationId: string, slug: string): boolean {
  return findRole(call, ENVIRONMENT_ROLES, slug) !== undefined || findRole(call, organizationId, slug) !== undefined
}

/** Environment roles, then those of the organization, each in the order of creation. */
export function rolesOf(call: Call, owners: readonly string[]): RoleRow[] {
  const sql = 'SELECT * FROM roles WHERE environment = ? AND organization_id = ? ORDER BY id'
  return owners.flatMap((owner) => call.database.all<RoleRow>(sql, call.environment, owner))
}

export function insertRole(call: Call, role: RoleRow): void {
  call.database.run(
    `INSERT INTO roles (environment, organization_id, slug, id, name, description, resource_type_slug, permissions, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    call.environment,
    role.organization_id,
    role.slug,
    role.id,
    role.name,
    role.description,
    role.resource_type_slug,
    role.permissions,
    role.created_at,
    role.updated_at,
  )
}

export function updateRole(call: Call, role: RoleRow): void {
  call.database.run(
    `UPDATE roles SET name = ?, description = ?, permissions = ?, updated_at = ?
      WHERE environment = ? AND organization_id = ? AND slug = ?`,
    role.name,
    role.description,
    role.permissions,
    role.updated_at,
    call.environment,
    role.organization_id,
    role.slug,
  )
}

export function deleteRole(call: Call, role: RoleRow): void {
  const sql = 'DELETE FROM roles WHERE environment = ? AND organization_id = ? AND slug = ?'
  call.database.run(sql, call.environment, role.organization_id, role.slug)
}

/** Removes a permission from every role. */
export function withdrawPermission(call: Call, slug: string): void {
  const sql = `SELECT * FROM roles WHERE environment = ? AND EXISTS (SELECT 1 FROM json_each(permissions) WHERE value = ?)`
  for (const role of call.database.all<RoleRow>(sql, call.environment, slug)) {
    const kept = permissionsOf(role).filter((permission) => permission !== slug)
    updateRole(call, { ...role, permissions: JSON.stringify(kept), updated_at: call.timestamp })
  }
}

export function permissionsOf(role: RoleRow): string[] {
  return JSON.parse(role.permissions)
}

export function presentRole(role: RoleRow): JsonObject {
  return {
    object: 'role',
    id: role.id,
    slug: role.slug,
    name: role.name,
    description: role.description,
    type: role.organization_id === ENVIRONMENT_ROLES ? 'EnvironmentRole' : 'OrganizationRole',
    resource_type_slug: role.resource_type_slug,
    permissions: permissionsOf(role),
    created_at: role.created_at,
    updated_at: role.updated_at,
  }
}

export const SELECT_GROUP_ROLES = `SELECT r.*, o.organization_id FROM group_roles r
  JOIN organization_groups o ON o.environment = r.environment AND o.id = r.group_id`

/** Whether any group assigns a role. Few environments have one, and many memberships are read. */
export function someGroupHasRole(call: Call): boolean {
  return call.database.one('SELECT 1 FROM group_roles WHERE environment = ? LIMIT 1', call.environment) !== undefined
}

/** The roles that a membership has from its groups. */
export function rolesByGroups(call: Call, membershipId: string): string[] {
  const sql = `SELECT DISTINCT r.role_slug FROM group_members m
    JOIN group_roles r ON r.environment = m.environment AND r.group_id = m.group_id
    WHERE m.environment = ? AND m.membership_id = ? ORDER BY r.role_slug`
  return call.database.all<{ role_slug: string }>(sql, call.environment, membershipId).map(({ role_slug }) => role_slug)
}

/** Whether a group of the organization assigns the role. */
export function isGivenByGroup(call: Call, organizationId: string, roleSlug: string): boolean {
  const sql = `${SELECT_GROUP_ROLES} WHERE r.environment = ? AND o.organization_id = ? AND r.role_slug = ? LIMIT 1`
  return call.database.one(sql, call.environment, organizationId, roleSlug) !== undefined
}
