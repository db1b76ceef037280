import { type Call, type Endpoint, notFound, pathParameter, type Reply } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { type GroupRow, groupOfPath, presentGroup } from './groups.ts'
import { findMembership, type MembershipRow, presentMembershipBase, SELECT_MEMBERSHIPS } from './memberships.ts'

const BASE = '/organizations/:id/groups/:group_id/organization-memberships'

export const groupMemberEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: BASE, handle: addMember },
  { method: 'GET', path: BASE, handle: listMembers },
  { method: 'DELETE', path: `${BASE}/:membership_id`, handle: removeMember },
  { method: 'GET', path: '/user_management/organization_memberships/:id/groups', handle: listGroupsOfMembership },
]

/** Adding a member who is one already changes nothing, as WorkOS documents. */
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
