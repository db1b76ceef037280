import { isObject } from '../../json.ts'
import { type Call, type Endpoint, pathParameter, type Reply } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { invalidParameters, notFound, refusal } from '../refusal.ts'
import {
  deleteGroupRole,
  type GroupRoleRow,
  groupRole,
  insertGroupRole,
  ORGANIZATION,
  presentGroupRole,
  resourceOf,
  SELECT_GROUP_ROLES,
} from './group-role-store.ts'
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
