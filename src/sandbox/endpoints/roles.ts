import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { type Call, type Endpoint, notFound, pathParameter, type Reply, refusal } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage, slicePage } from '../paging.ts'
import { findOrganization } from './organizations.ts'
import {
  DESCRIPTION,
  deleteRole,
  ENVIRONMENT_ROLES,
  findRole,
  insertRole,
  isGivenByGroup,
  LABEL,
  permissionsOf,
  presentRole,
  type RoleRow,
  requireRole,
  rolesOf,
  updateRole,
  withdrawPermission,
} from './role-store.ts'

const ENVIRONMENT_SLUG = { max: 48, pattern: /^[a-z0-9_-]+$/ }
const ORGANIZATION_SLUG = { max: 48, pattern: /^org-[a-z0-9_-]+$/ }

const ENVIRONMENT_PATH = '/authorization/roles'
const ORGANIZATION_PATH = '/authorization/organizations/:organizationId/roles'

export const roleEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: ENVIRONMENT_PATH, handle: createEnvironmentRole },
  { method: 'GET', path: ENVIRONMENT_PATH, handle: (call) => list(call, [ENVIRONMENT_ROLES]) },
  { method: 'GET', path: `${ENVIRONMENT_PATH}/:slug`, handle: (call) => roleReply(200, environmentRole(call)) },
  { method: 'PATCH', path: `${ENVIRONMENT_PATH}/:slug`, handle: (call) => relabel(call, environmentRole(call)) },
  {
    method: 'PUT',
    path: `${ENVIRONMENT_PATH}/:slug/permissions`,
    handle: (call) => setPermissions(call, environmentRole(call)),
  },
  {
    method: 'POST',
    path: `${ENVIRONMENT_PATH}/:slug/permissions`,
    handle: (call) => addPermission(call, environmentRole(call)),
  },
  { method: 'POST', path: ORGANIZATION_PATH, handle: createOrganizationRole },
  { method: 'GET', path: ORGANIZATION_PATH, handle: listOrganizationRoles },
  { method: 'GET', path: `${ORGANIZATION_PATH}/:slug`, handle: getOrganizationRole },
  { method: 'PATCH', path: `${ORGANIZATION_PATH}/:slug`, handle: (call) => relabel(call, organizationRole(call)) },
  { method: 'DELETE', path: `${ORGANIZATION_PATH}/:slug`, handle: deleteOrganizationRole },
  {
    method: 'PUT',
    path: `${ORGANIZATION_PATH}/:slug/permissions`,
    handle: (call) => setPermissions(call, organizationRole(call)),
  },
  {
    method: 'POST',
    path: `${ORGANIZATION_PATH}/:slug/permissions`,
    handle: (call) => addPermission(call, organizationRole(call)),
  },
  {
    method: 'DELETE',
    path: `${ORGANIZATION_PATH}/:slug/permissions/:permissionSlug`,
    handle: (call) => removePermission(call, organizationRole(call)),
  },
]

function createEnvironmentRole(call: Call): Reply {
  const fields = new Fields(call.body)
  const slug = fields.requiredText('slug', ENVIRONMENT_SLUG)
  return create(call, fields, ENVIRONMENT_ROLES, slug, 'role_slug_conflict')
}

function createOrganizationRole(call: Call): Reply {
  const organization = findOrganization(call, pathParameter(call, 'organizationId'))
  const fields = new Fields(call.body)
  const slug = fields.text('slug', ORGANIZATION_SLUG) ?? generatedSlug(fields.text('name') ?? '')
  return create(call, fields, organization.id, slug, 'organization_role_slug_conflict')
}

function create(call: Call, fields: Fields, owner: string, slug: string, conflict: string): Reply {
  const name = fields.requiredText('name', LABEL)
  const description = fields.nullableText('description', DESCRIPTION) ?? null
  const resourceType = fields.text('resource_type_slug', LABEL) ?? 'organization'
  fields.check()
  if (findRole(call, owner, slug) !== undefined)
    throw refusal(409, conflict, `A role with the slug '${slug}' already exists.`)
  const role: RoleRow = {
    id: call.newId('role'),
    organization_id: owner,
    slug,
    name,
    description,
    resource_type_slug: resourceType,
    permissions: '[]',
    created_at: call.timestamp,
    updated_at: call.timestamp,
  }
  insertRole(call, role)
  return roleReply(201, role)
}

function relabel(call: Call, before: RoleRow): Reply {
  const fields = new Fields(call.body)
  const name = fields.text('name', LABEL)
  const description = fields.nullableText('description', DESCRIPTION)
  fields.check()
  return save(call, {
    ...before,
    name: name ?? before.name,
    description: description === undefined ? before.description : description,
  })
}

function setPermissions(call: Call, role: RoleRow): Reply {
  const fields = new Fields(call.body)
  const slugs = fields.texts('permissions')
  if (fields.raw('permissions') === undefined) fields.refuse('permissions', 'required', 'is required')
  fields.check()
  const permissions = [...new Set(slugs)]
  for (const slug of permissions) requirePermission(call, slug)
  return save(call, { ...role, permissions: JSON.stringify(permissions) })
}

function addPermission(call: Call, role: RoleRow): Reply {
  const fields = new Fields(call.body)
  const slug = fields.requiredText('slug')
  fields.check()
  requirePermission(call, slug)
  return save(call, { ...role, permissions: JSON.stringify([...new Set([...permissionsOf(role), slug])]) })
}

function removePermission(call: Call, role: RoleRow): Reply {
  const { slug } = requirePermission(call, pathParameter(call, 'permissionSlug'))
  return save(call, { ...role, permissions: JSON.stringify(permissionsOf(role).filter((held) => held !== slug)) })
}

function listOrganizationRoles(call: Call): Reply {
  const organization = findOrganization(call, pathParameter(call, 'organizationId'))
  return list(call, [ENVIRONMENT_ROLES, organization.id])
}

/**
 * Environment roles apply to every organization, so they are found here too. Only an organization's
 * own roles can be changed.
 */
function getOrganizationRole(call: Call): Reply {
  const organization = findOrganization(call, pathParameter(call, 'organizationId'))
  const slug = pathParameter(call, 'slug')
  return roleReply(200, findRole(call, organization.id, slug) ?? requireRole(call, ENVIRONMENT_ROLES, slug))
}

function deleteOrganizationRole(call: Call): Reply {
  const role = organizationRole(call)
  const assigned = `SELECT id FROM memberships WHERE environment = ? AND organization_id = ?
    AND EXISTS (SELECT 1 FROM json_each(role_slugs) WHERE value = ?) LIMIT 1`
  if (call.database.one(assigned, call.environment, role.organization_id, role.slug) !== undefined) {
    throw refusal(409, 'role_has_assignments', `The role '${role.slug}' is assigned to memberships.`)
  }
  if (isGivenByGroup(call, role.organization_id, role.slug)) {
    throw refusal(409, 'role_has_group_role_mappings', `A group assigns the role '${role.slug}'.`)
  }
  deleteRole(call, role)
  return { status: 204 }
}

function environmentRole(call: Call): RoleRow {
  return requireRole(call, ENVIRONMENT_ROLES, pathParameter(call, 'slug'))
}

function organizationRole(call: Call): RoleRow {
  const organization = findOrganization(call, pathParameter(call, 'organizationId'))
  return requireRole(call, organization.id, pathParameter(call, 'slug'))
}

/** Built from the name, with a random suffix and without the prefix, as in WorkOS's newer pages. */
function generatedSlug(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? ['role']
  const stem = words.join('-').slice(0, 32).replace(/-$/, '')
  return `${stem}-${randomBytes(4).toString('hex')}`
}

function save(call: Call, role: RoleRow): Reply {
  const saved = { ...role, updated_at: call.timestamp }
  updateRole(call, saved)
  return roleReply(200, saved)
}

/** In order of priority. By the API reference, a list of roles has no pages. */
function list(call: Call, owners: readonly string[]): Reply {
  const roles = rolesOf(call, owners)
  if (call.pagedRoles) return slicePage(call, roles, presentRole)
  return { status: 200, body: { object: 'list', data: roles.map(presentRole) } }
}

function roleReply(status: number, role: RoleRow): Reply {
  return { status, body: presentRole(role) }
}

interface PermissionRow {
  id: string
  slug: string
  name: string
  description: string | null
  resource_type_slug: string
  created_at: string
  updated_at: string
}

const SLUG = { max: 48, pattern: /^[a-z0-9_:.*-]+$/ }

export const permissionEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/authorization/permissions', handle: createPermission },
  { method: 'GET', path: '/authorization/permissions', handle: listPermissions },
  {
    method: 'GET',
    path: '/authorization/permissions/:slug',
    handle: (call) => permissionReply(200, permissionOfPath(call)),
  },
  { method: 'PATCH', path: '/authorization/permissions/:slug', handle: updatePermission },
  { method: 'DELETE', path: '/authorization/permissions/:slug', handle: deletePermission },
]

/** @throws Refusal 404 */
function requirePermission(call: Call, slug: string): PermissionRow {
  const sql = 'SELECT * FROM permissions WHERE environment = ? AND slug = ?'
  const permission = call.database.one<PermissionRow>(sql, call.environment, slug)
  if (permission === undefined) throw notFound('Permission', slug)
  return permission
}

function createPermission(call: Call): Reply {
  const fields = new Fields(call.body)
  const slug = fields.requiredText('slug', SLUG)
  const name = fields.requiredText('name', LABEL)
  const description = fields.nullableText('description', DESCRIPTION) ?? null
  const resourceType = fields.text('resource_type_slug', LABEL) ?? 'organization'
  fields.check()
  const { database, environment, timestamp } = call
  const taken = 'SELECT id FROM permissions WHERE environment = ? AND slug = ?'
  if (database.one(taken, environment, slug) !== undefined) {
    throw refusal(409, 'permission_slug_conflict', `A permission with the slug '${slug}' already exists.`)
  }
  database.run(
    `INSERT INTO permissions (environment, slug, id, name, description, resource_type_slug, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    environment,
    slug,
    call.newId('perm'),
    name,
    description,
    resourceType,
    timestamp,
    timestamp,
  )
  return permissionReply(201, requirePermission(call, slug))
}

function listPermissions(call: Call): Reply {
  return listPage<PermissionRow>(call, {
    select: 'SELECT * FROM permissions',
    idColumn: 'id',
    where: ['environment = ?'],
    parameters: [call.environment],
    idOf: (permission) => permission.id,
    present: presentPermission,
  })
}

function updatePermission(call: Call): Reply {
  const fields = new Fields(call.body)
  const name = fields.text('name', LABEL)
  const description = fields.nullableText('description', DESCRIPTION)
  fields.check()
  const before = permissionOfPath(call)
  call.database.run(
    'UPDATE permissions SET name = ?, description = ?, updated_at = ? WHERE environment = ? AND slug = ?',
    name ?? before.name,
    description === undefined ? before.description : description,
    call.timestamp,
    call.environment,
    before.slug,
  )
  return permissionReply(200, requirePermission(call, before.slug))
}

function deletePermission(call: Call): Reply {
  const { slug } = permissionOfPath(call)
  withdrawPermission(call, slug)
  call.database.run('DELETE FROM permissions WHERE environment = ? AND slug = ?', call.environment, slug)
  return { status: 204 }
}

function permissionOfPath(call: Call): PermissionRow {
  return requirePermission(call, pathParameter(call, 'slug'))
}

function presentPermission(permission: PermissionRow): JsonObject {
  return {
    object: 'permission',
    id: permission.id,
    slug: permission.slug,
    name: permission.name,
    description: permission.description,
    system: false,
    resource_type_slug: permission.resource_type_slug,
    created_at: permission.created_at,
    updated_at: permission.updated_at,
  }
}

function permissionReply(status: number, permission: PermissionRow): Reply {
  return { status, body: presentPermission(permission) }
}
