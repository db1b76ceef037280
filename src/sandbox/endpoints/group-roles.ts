import { isObject, type JsonObject } from '../../json.ts'
import { type Call, type Endpoint, invalidParameters, notFound, pathParameter, type Reply, refusal } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { findGroup, type GroupRow } from './groups.ts'
import { roleAppliesTo } from './role-store.ts'

const BASE = '/authorization/groups/:group_id/role_assignments'

/** The most that a replacement may name. */
const MAX_ASSIGNMENTS = 100

export const groupRoleEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: BASE, handle: (call) => list(call, groupOf(call)) },
  { method: 'POST', path: BASE, handle: assign },
  { method: 'PUT', path: BASE, handle: replace },
  { method: 'DELETE', path: BASE, handle: removeByCriteria },
  {
    method: 'GET',
    path: `${BASE}/:id`,
    handle: (call) => ({ status: 200, body: presentGroupRole(assignmentOf(call)) }),
  },
  { method: 'DELETE', path: `${BASE}/:id`, handle: (call) => remove(call, assignmentOf(call)) },
]

function list(call: Call, group: GroupRow): Reply {
  return listPage<GroupRoleRow>(call, {
    select: SELECT_GROUP_ROLES,
    idColumn: 'r.id',
    where: ['r.environment = ?', 'r.group_id = ?'],
    parameters: [call.environment, group.id],
    idOf: (assignment) => assignment.id,
    present: presentGroupRole,
  })
}

function assign(call: Call): Reply {
  const group = groupOf(call)
  const slug = readAssignment(call, group, call.body)
  if (groupRole(call, group, slug) !== undefined) {
    throw refusal(409, 'duplicate_group_role_assignment', `The group has the role '${slug}' already.`)
  }
  return { status: 201, body: presentGroupRole(insertGroupRole(call, group, slug)) }
}

/** What is in both lists keeps its id. */
function replace(call: Call): Reply {
  const group = groupOf(call)
  const entries = call.body.role_assignments
  if (!Array.isArray(entries) || entries.length > MAX_ASSIGNMENTS || !entries.every(isObject)) {
    const message = `role_assignments must be a list of at most ${MAX_ASSIGNMENTS}`
    throw invalidParameters([{ code: 'role_assignments_invalid', message, field: 'role_assignments' }])
  }
  const slugs = new Set(entries.map((entry) => readAssignment(call, group, entry)))
  const sql = `${SELECT_GROUP_ROLES} WHERE r.environment = ? AND r.group_id = ?`
  for (const held of call.database.all<GroupRoleRow>(sql, call.environment, group.id)) {
    if (!slugs.delete(held.role_slug)) deleteGroupRole(call, held)
  }
  for (const slug of slugs) insertGroupRole(call, group, slug)
  return list(call, group)
}

function removeByCriteria(call: Call): Reply {
  const group = groupOf(call)
  const slug = readAssignment(call, group, call.body)
  const held = groupRole(call, group, slug)
  if (held === undefined) throw notFound('Group role assignment', slug)
  return remove(call, held)
}

function remove(call: Call, assignment: GroupRoleRow): Reply {
  deleteGroupRole(call, assignment)
  return { status: 204 }
}

/** The role that a body names, on the organization itself: the sandbox knows no other resources. */
function readAssignment(call: Call, group: GroupRow, body: Readonly<Record<string, unknown>>): string {
  const fields = new Fields(body)
  const slug = fields.requiredText('role_slug')
  const resourceId = fields.text('resource_id')
  const externalId = fields.text('resource_external_id')
  const type = fields.text('resource_type_slug')
  fields.check()
  const isOther =
    (resourceId !== undefined && resourceId !== resourceOf(group.organization_id)) ||
    (externalId !== undefined && externalId !== group.organization_id) ||
    (type !== undefined && type !== ORGANIZATION)
  if (isOther) throw notFound('Resource', resourceId ?? externalId ?? type ?? '')
  if (!roleAppliesTo(call, group.organization_id, slug)) throw notFound('Role', slug)
  return slug
}

function groupOf(call: Call): GroupRow {
  return findGroup(call, pathParameter(call, 'group_id'))
}

function assignmentOf(call: Call): GroupRoleRow {
  const id = pathParameter(call, 'id')
  const sql = `${SELECT_GROUP_ROLES} WHERE r.environment = ? AND r.group_id = ? AND r.id = ?`
  const found = call.database.one<GroupRoleRow>(sql, call.environment, groupOf(call).id, id)
  if (found === undefined) throw notFound('Group role assignment', id)
  return found
}

interface Group {
  id: string
  organization_id: string
}

/** A role that a group gives to its members. */
interface GroupRoleRow {
  id: string
  group_id: string
  role_slug: string
  organization_id: string
  created_at: string
  updated_at: string
}

const SELECT_GROUP_ROLES = `SELECT r.*, o.organization_id FROM group_roles r
  JOIN organization_groups o ON o.environment = r.environment AND o.id = r.group_id`

function groupRole(call: Call, group: Group, roleSlug: string): GroupRoleRow | undefined {
  const sql = `${SELECT_GROUP_ROLES} WHERE r.environment = ? AND r.group_id = ? AND r.role_slug = ?`
  return call.database.one<GroupRoleRow>(sql, call.environment, group.id, roleSlug)
}

function insertGroupRole(call: Call, group: Group, roleSlug: string): GroupRoleRow {
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

function deleteGroupRole(call: Call, { id }: GroupRoleRow): void {
  call.database.run('DELETE FROM group_roles WHERE environment = ? AND id = ?', call.environment, id)
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

function presentGroupRole(row: GroupRoleRow): JsonObject {
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

const ORGANIZATION = 'organization'

/** The id of an organization as a resource. */
function resourceOf(organizationId: string): string {
  return organizationId.replace(/^org_/, 'authz_resource_')
}
