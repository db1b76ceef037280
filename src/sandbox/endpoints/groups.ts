import type { JsonObject } from '../../json.ts'
import { type Call, type Endpoint, notFound, pathParameter, type Reply } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { deleteRolesOfGroups } from './cascade.ts'
import { findOrganization } from './organizations.ts'

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
export function findGroup(call: Call, id: string): GroupRow {
  const sql = 'SELECT * FROM organization_groups WHERE environment = ? AND id = ?'
  const group = call.database.one<GroupRow>(sql, call.environment, id)
  if (group === undefined) throw notFound('Group', id)
  return group
}

/**
 * The group that a path names, of the organization that it names.
 * @throws Refusal 404 for either
 */
export function groupOfPath(call: Call): GroupRow {
  const organization = findOrganization(call, pathParameter(call, 'id'))
  const id = pathParameter(call, 'group_id')
  const group = findGroup(call, id)
  if (group.organization_id !== organization.id) throw notFound('Group', id)
  return group
}

/** Names may repeat: nothing that WorkOS publishes says that they may not. */
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

export function presentGroup(group: GroupRow): JsonObject {
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
