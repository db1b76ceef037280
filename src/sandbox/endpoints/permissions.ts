import type { JsonObject } from '../../json.ts'
import { type Call, type Endpoint, notFound, pathParameter, type Reply, refusal } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { DESCRIPTION, LABEL, withdrawPermission } from './role-store.ts'

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
  { method: 'GET', path: '/authorization/permissions/:slug', handle: (call) => reply(200, permissionOfPath(call)) },
  { method: 'PATCH', path: '/authorization/permissions/:slug', handle: updatePermission },
  { method: 'DELETE', path: '/authorization/permissions/:slug', handle: deletePermission },
]

/** @throws Refusal 404 */
export function requirePermission(call: Call, slug: string): PermissionRow {
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
    throw refusal(409, 'permission_slug_conflict', `A permission with the slug '${slug}' exists.`)
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
  return reply(201, requirePermission(call, slug))
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
  return reply(200, requirePermission(call, before.slug))
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

function reply(status: number, permission: PermissionRow): Reply {
  return { status, body: presentPermission(permission) }
}
