import { isObject, type JsonObject } from '../../json.ts'
import { type Call, type Endpoint, invalidParameters, notFound, pathParameter, type Reply, refusal } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { deleteRolesOfGroups } from './cascade.ts'
import { findMembership, type MembershipRow, presentMembershipBase, SELECT_MEMBERSHIPS } from './memberships.ts'
import { findOrganization } from './organizations.ts'
import { roleAppliesTo, SELECT_GROUP_ROLES } from './role-store.ts'

export interface GroupRow {
  id: string
  organization_id: string
  name: string
  description: string | null
  created_at: string
  updated_at: string
}

const NAME = { max: 256 }
const DESCRIPTION = { max: 150 }

const BASE = '/organizations/:id/groups'

export const groupEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: BASE, handle: createGroup },
  { method: 'GET', path: BASE, handle: listGroups },
  { method: 'GET', path: `${BASE}/:group_id`, handle: (call) => reply(200, groupOfPath(call)) },
  { method: 'PATCH', path: `${BASE}/:group_id`, handle: updateGroup },
  { method: 'DELETE', path: `${BASE}/:group_id`, handle: deleteGroup },
]

/** @throws Refusal 404 */
function findGroup(call: Call, id: string): GroupRow {
  const sql = 'SELECT * FROM organization_groups WHERE environment = ? AND id = ?'
  const group = call.database.one<GroupRow>(sql, call.environment, id)
  if (group === undefined) throw notFound('Group', id)
  return group
}

/**
 * The group in a path, within the organization in it.
 * @throws Refusal 404 for either
 */
function groupOfPath(call: Call): GroupRow {
  const organization = findOrganization(call, pathParameter(call, 'id'))
  const id = pathParameter(call, 'group_id')
  const group = findGroup(call, id)
  if (group.organization_id !== organization.id) throw notFound('Group', id)
  return group
}

/** Names can repeat: WorkOS publishes no rule against it. */
function createGroup(call: Call): Reply {
  const fields = new Fields(call.body)
  const name = fields.requiredText('name', NAME)
  const description = fields.nullableText('description', DESCRIPTION) ?? null
  fields.check()

  const group: GroupRow = {
    id: call.newId('group'),
    organization_id: findOrganization(call, pathParameter(call, 'id')).id,
    name,
    description,
    created_at: call.timestamp,
    updated_at: call.timestamp,
  }
  call.database.run(
    `INSERT INTO organization_groups (environment, id, organization_id, name, description, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
    call.environment,
    group.id,
    group.organization_id,
    group.name,
    group.description,
    group.created_at,
    group.updated_at,
  )
  return reply(201, group)
}

function listGroups(call: Call): Reply {
  const organization = findOrganization(call, pathParameter(call, 'id'))
  return listPage<GroupRow>(call, {
    select: 'SELECT * FROM organization_groups',
    idColumn: 'id',
    where: ['environment = ?', 'organization_id = ?'],
    parameters: [call.environment, organization.id],
    idOf: (group) => group.id,
    present: presentGroup,
  })
}

function updateGroup(call: Call): Reply {
  const fields = new Fields(call.body)
  const name = fields.raw('name') === undefined ? undefined : fields.requiredText('name', NAME)
  const description = fields.nullableText('description', DESCRIPTION)
  fields.check()

  const before = groupOfPath(call)
  const group: GroupRow = {
    ...before,
    name: name ?? before.name,
    description: description === undefined ? before.description : description,
    updated_at: call.timestamp,
  }
  call.database.run(
    'UPDATE organization_groups SET name = ?, description = ?, updated_at = ? WHERE environment = ? AND id = ?',
    group.name,
    group.description,
    group.updated_at,
    call.environment,
    group.id,
  )
  return reply(200, group)
}

function deleteGroup(call: Call): Reply {
  const { id } = groupOfPath(call)
  call.database.run('DELETE FROM group_members WHERE environment = ? AND group_id = ?', call.environment, id)
  deleteRolesOfGroups(call, 'id', id)
  call.database.run('DELETE FROM organization_groups WHERE environment = ? AND id = ?', call.environment, id)
  return { status: 204 }
}

function presentGroup(group: GroupRow): JsonObject {
  return {
    object: 'group',
    id: group.id,
    organization_id: group.organization_id,
    name: group.name,
    description: group.description,
    created_at: group.created_at,
    updated_at: group.updated_at,
  }
}

function reply(status: number, group: GroupRow): Reply {
  return { status, body: presentGroup(group) }
}

const MEMBERS = '/organizations/:id/groups/:group_id/organization-memberships'

export const groupMemberEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: MEMBERS, handle: addMember },
  { method: 'GET', path: MEMBERS, handle: listMembers },
  { method: 'DELETE', path: `${MEMBERS}/:membership_id`, handle: removeMember },
  { method: 'GET', path: '/user_management/organization_memberships/:id/groups', handle: listGroupsOfMembership },
]

/** Adding an existing member changes nothing, as WorkOS documents. */
function addMember(call: Call): Reply {
  const fields = new Fields(call.body)
  const membershipId = fields.requiredText('organization_membership_id')
  fields.check()
  const group = groupOfPath(call)
  const membership = findMembership(call, membershipId)
  if (membership.organization_id !== group.organization_id) throw notFound('Organization membership', membershipId)
  call.database.run(
    'INSERT INTO group_members (environment, group_id, membership_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    call.environment,
    group.id,
    membershipId,
  )
  return { status: 200, body: presentGroup(group) }
}

function listMembers(call: Call): Reply {
  const group = groupOfPath(call)
  return listPage<MembershipRow>(call, {
    select: `${SELECT_MEMBERSHIPS} JOIN group_members g ON g.environment = m.environment AND g.membership_id = m.id`,
    idColumn: 'g.membership_id',
    where: ['g.environment = ?', 'g.group_id = ?'],
    parameters: [call.environment, group.id],
    idOf: (membership) => membership.membership_id,
    present: presentMembershipBase,
  })
}

function removeMember(call: Call): Reply {
  const group = groupOfPath(call)
  const membershipId = pathParameter(call, 'membership_id')
  const those = 'FROM group_members WHERE environment = ? AND group_id = ? AND membership_id = ?'
  const key = [call.environment, group.id, membershipId] as const
  if (call.database.one(`SELECT 1 ${those}`, ...key) === undefined) throw notFound('Group member', membershipId)
  call.database.run(`DELETE ${those}`, ...key)
  return { status: 204 }
}

function listGroupsOfMembership(call: Call): Reply {
  const membership = findMembership(call, pathParameter(call, 'id'))
  return listPage<GroupRow>(call, {
    select:
      'SELECT o.* FROM group_members g JOIN organization_groups o ON o.environment = g.environment AND o.id = g.group_id',
    idColumn: 'g.group_id',
    where: ['g.environment = ?', 'g.membership_id = ?'],
    parameters: [call.environment, membership.membership_id],
    idOf: (group) => group.id,
    present: presentGroup,
  })
}

const ROLES = '/authorization/groups/:group_id/role_assignments'

/** Maximum number of roles in a replacement. */
const MAX_ASSIGNMENTS = 100

export const groupRoleEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: ROLES, handle: (call) => listRoles(call, groupOf(call)) },
  { method: 'POST', path: ROLES, handle: assignRole },
  { method: 'PUT', path: ROLES, handle: replaceRoles },
  { method: 'DELETE', path: ROLES, handle: removeRoleByCriteria },
  {
    method: 'GET',
    path: `${ROLES}/:id`,
    handle: (call) => ({ status: 200, body: presentGroupRole(assignmentOf(call)) }),
  },
  { method: 'DELETE', path: `${ROLES}/:id`, handle: (call) => removeRole(call, assignmentOf(call)) },
]

function listRoles(call: Call, group: GroupRow): Reply {
  return listPage<GroupRoleRow>(call, {
    select: SELECT_GROUP_ROLES,
    idColumn: 'r.id',
    where: ['r.environment = ?', 'r.group_id = ?'],
    parameters: [call.environment, group.id],
    idOf: (assignment) => assignment.id,
    present: presentGroupRole,
  })
}

function assignRole(call: Call): Reply {
  const group = groupOf(call)
  const slug = readAssignment(call, group, call.body)
  if (groupRole(call, group, slug) !== undefined) {
    throw refusal(409, 'duplicate_group_role_assignment', `The group already has the role '${slug}'.`)
  }
  return { status: 201, body: presentGroupRole(insertGroupRole(call, group, slug)) }
}

/** Assignments in both lists keep their IDs. */
function replaceRoles(call: Call): Reply {
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
  return listRoles(call, group)
}

function removeRoleByCriteria(call: Call): Reply {
  const group = groupOf(call)
  const slug = readAssignment(call, group, call.body)
  const held = groupRole(call, group, slug)
  if (held === undefined) throw notFound('Group role assignment', slug)
  return removeRole(call, held)
}

function removeRole(call: Call, assignment: GroupRoleRow): Reply {
  deleteGroupRole(call, assignment)
  return { status: 204 }
}

/** The role in a body, on the organization itself: the sandbox has no other resources. */
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

/** A role that a group assigns to its members. */
interface GroupRoleRow {
  id: string
  group_id: string
  role_slug: string
  organization_id: string
  created_at: string
  updated_at: string
}

function groupRole(call: Call, group: GroupRow, roleSlug: string): GroupRoleRow | undefined {
  const sql = `${SELECT_GROUP_ROLES} WHERE r.environment = ? AND r.group_id = ? AND r.role_slug = ?`
  return call.database.one<GroupRoleRow>(sql, call.environment, group.id, roleSlug)
}

function insertGroupRole(call: Call, group: GroupRow, roleSlug: string): GroupRoleRow {
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

/** The ID of an organization as a resource. */
function resourceOf(organizationId: string): string {
  return organizationId.replace(/^org_/, 'authz_resource_')
}
