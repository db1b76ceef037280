import type { JsonObject } from '../../json.ts'
import { type Call, type Endpoint, invalidParameters, notFound, pathParameter, type Reply, refusal } from '../call.ts'
import { Fields } from '../fields.ts'
import { listPage } from '../paging.ts'
import { deleteMemberships } from './cascade.ts'
import { findOrganization } from './organizations.ts'
import {
  DEFAULT_ROLE,
  ENVIRONMENT_ROLES,
  roleAppliesTo,
  rolesByGroups,
  rolesOf,
  someGroupHasRole,
} from './role-store.ts'
import { findUser, presentUser, type UserRow } from './users.ts'

/**
 * `pending` is the state of an invitation. The sandbox does not have it, but a list can request it.
 */
const STATUSES = ['active', 'inactive', 'pending']

const BASE = '/user_management/organization_memberships'

export const membershipEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: BASE, handle: createMembership },
  { method: 'GET', path: BASE, handle: listMemberships },
  {
    method: 'GET',
    path: `${BASE}/:id`,
    handle: (call) => reply(call, 200, findMembership(call, pathParameter(call, 'id'))),
  },
  { method: 'PUT', path: `${BASE}/:id`, handle: updateMembership },
  { method: 'PUT', path: `${BASE}/:id/deactivate`, handle: (call) => setStatus(call, 'inactive') },
  { method: 'PUT', path: `${BASE}/:id/reactivate`, handle: (call) => setStatus(call, 'active') },
  { method: 'DELETE', path: `${BASE}/:id`, handle: deleteMembership },
]

function createMembership(call: Call): Reply {
  const fields = new Fields(call.body)
  const userId = fields.requiredText('user_id')
  const organizationId = fields.requiredText('organization_id')
  const roles = readRoles(fields) ?? [DEFAULT_ROLE]
  fields.check()

  findUser(call, userId)
  findOrganization(call, organizationId)
  refuseRoles(call, organizationId, roles)
  const { database, environment, timestamp } = call
  const sql = 'SELECT id, status FROM memberships WHERE environment = ? AND organization_id = ? AND user_id = ?'
  const existing = database.one<{ id: string; status: MembershipStatus }>(sql, environment, organizationId, userId)
  if (existing?.status === 'active') {
    throw refusal(409, 'organization_membership_already_exists', 'The user is already a member of the organization.')
  }
  if (existing !== undefined) {
    writeMembership(call, existing.id, 'active', roles)
    return reply(call, 201, findMembership(call, existing.id))
  }
  const id = call.newId('om')
  database.run(
    `INSERT INTO memberships (environment, id, user_id, organization_id, status, role_slugs, created_at, updated_at)
      VALUES (?, ?, ?, ?, 'active', ?, ?, ?)`,
    environment,
    id,
    userId,
    organizationId,
    JSON.stringify(roles),
    timestamp,
    timestamp,
  )
  return reply(call, 201, findMembership(call, id))
}

function listMemberships(call: Call): Reply {
  const userId = call.query.get('user_id')
  const organizationId = call.query.get('organization_id')
  if (userId === null && organizationId === null) {
    throw refusal(400, 'missing_user_id_or_organization_id', 'Provide user_id or organization_id.')
  }
  const statuses = (call.query.get('statuses') ?? 'active').split(',')
  if (!statuses.every((status) => STATUSES.includes(status))) {
    const message = `statuses must be a comma-joined list of ${STATUSES.join(', ')}`
    throw invalidParameters([{ code: 'statuses_invalid', message, field: 'statuses' }])
  }
  const where = ['m.environment = ?', 'm.status IN (SELECT value FROM json_each(?))']
  const parameters: (string | number)[] = [call.environment, JSON.stringify(statuses)]
  if (userId !== null) {
    where.push('m.user_id = ?')
    parameters.push(userId)
  }
  if (organizationId !== null) {
    where.push('m.organization_id = ?')
    parameters.push(organizationId)
  }
  return listPage<MembershipRow>(call, {
    select: selectMemberships(call),
    idColumn: 'm.id',
    where,
    parameters,
    idOf: (membership) => membership.membership_id,
    present: presentMemberships(call),
  })
}

function updateMembership(call: Call): Reply {
  const fields = new Fields(call.body)
  const roles = readRoles(fields)
  fields.check()
  const before = findMembership(call, pathParameter(call, 'id'))
  if (roles !== undefined) {
    refuseRoles(call, before.organization_id, roles)
    writeMembership(call, before.membership_id, before.status, roles)
  }
  return reply(call, 200, findMembership(call, before.membership_id))
}

function setStatus(call: Call, status: MembershipStatus): Reply {
  const before = findMembership(call, pathParameter(call, 'id'))
  if (before.status !== status) writeMembership(call, before.membership_id, status, rolesOfMembership(before))
  return reply(call, 200, findMembership(call, before.membership_id))
}

function deleteMembership(call: Call): Reply {
  const { membership_id } = findMembership(call, pathParameter(call, 'id'))
  deleteMemberships(call, 'id', membership_id)
  return { status: 200 }
}

/** Reads `role_slug` or `role_slugs`. Undefined: neither was sent. */
function readRoles(fields: Fields): string[] | undefined {
  const one = fields.text('role_slug')
  const several = fields.texts('role_slugs')
  if (one !== undefined && several !== undefined) fields.refuse('role_slugs', 'invalid', 'excludes role_slug')
  if (several?.length === 0) fields.refuse('role_slugs', 'invalid', 'must not be empty')
  return one === undefined ? several && [...new Set(several)] : [one]
}

function refuseRoles(call: Call, organizationId: string, roles: readonly string[]): void {
  if (roles.length > 1 && !call.multipleRoles) {
    throw refusal(422, 'multiple_roles_not_enabled', 'Multiple roles are not enabled for this environment.')
  }
  for (const slug of roles) {
    if (!roleAppliesTo(call, organizationId, slug))
      throw refusal(422, 'invalid_role', `Role '${slug}' is not a valid role.`)
  }
}

function writeMembership(call: Call, id: string, status: MembershipStatus, roles: readonly string[]): void {
  call.database.run(
    'UPDATE memberships SET status = ?, role_slugs = ?, updated_at = ? WHERE environment = ? AND id = ?',
    status,
    JSON.stringify(roles),
    call.timestamp,
    call.environment,
    id,
  )
}

function reply(call: Call, status: number, membership: MembershipRow): Reply {
  return { status, body: presentMemberships(call)(membership) }
}

type MembershipStatus = 'active' | 'inactive'

/** A membership with the organization's name. */
export interface MembershipRow {
  membership_id: string
  user_id: string
  organization_id: string
  organization_name: string
  status: MembershipStatus
  role_slugs: string
  membership_created_at: string
  membership_updated_at: string
}

/** The same with its user. */
type MemberRow = MembershipRow & UserRow

/** The user exists as long as the membership does, so it is joined only if it is shown. */
export const SELECT_MEMBERSHIPS = selectWith('')

const SELECT_MEMBERS = `${selectWith('u.*, ')} JOIN users u ON u.environment = m.environment AND u.id = m.user_id`

function selectMemberships({ showsMembers }: Call): string {
  return showsMembers ? SELECT_MEMBERS : SELECT_MEMBERSHIPS
}

function selectWith(columns: string): string {
  return `SELECT ${columns}m.id AS membership_id, m.user_id, m.organization_id, m.status, m.role_slugs,
    m.created_at AS membership_created_at, m.updated_at AS membership_updated_at, o.name AS organization_name
  FROM memberships m
  JOIN organizations o ON o.environment = m.environment AND o.id = m.organization_id`
}

/** @throws Refusal 404 */
export function findMembership(call: Call, id: string): MembershipRow {
  const sql = `${selectMemberships(call)} WHERE m.environment = ? AND m.id = ?`
  const membership = call.database.one<MembershipRow>(sql, call.environment, id)
  if (membership === undefined) throw notFound('Organization membership', id)
  return membership
}

/** The roles that were assigned to it directly. */
function rolesOfMembership(membership: MembershipRow): string[] {
  return JSON.parse(membership.role_slugs)
}

/** With the roles of its groups: all of them, or only the highest if a membership has one role. */
function presentMemberships(call: Call): (membership: MembershipRow | MemberRow) => JsonObject {
  const groupsGive = someGroupHasRole(call)
  const ranked = rankedRoles(call)
  return (membership) => {
    const own = rolesOfMembership(membership)
    const given = groupsGive ? rolesByGroups(call, membership.membership_id) : []
    const all = own.length + given.length > 1 ? [...new Set([...own, ...given])] : own
    const highest = all.length > 1 ? highestOf(all, ranked(membership.organization_id)) : (all[0] ?? DEFAULT_ROLE)
    const roles = (call.multipleRoles ? all : [highest]).map((slug) => ({ slug }))
    const shown = presentMembershipBase(membership)
    shown.role = { slug: highest }
    shown.roles = roles
    if ('email' in membership) shown.user = presentUser(membership)
    return shown
  }
}

/**
 * The slugs of an organization's roles by priority: the order of creation, environment roles first.
 */
function rankedRoles(call: Call): (organizationId: string) => readonly string[] {
  const ranked = new Map<string, readonly string[]>()
  return (organizationId) => {
    let slugs = ranked.get(organizationId)
    if (slugs === undefined) {
      slugs = rolesOf(call, [ENVIRONMENT_ROLES, organizationId]).map(({ slug }) => slug)
      ranked.set(organizationId, slugs)
    }
    return slugs
  }
}

function highestOf(slugs: readonly string[], ranked: readonly string[]): string {
  return ranked.find((slug) => slugs.includes(slug)) ?? slugs[0] ?? DEFAULT_ROLE
}

/** The form of a group's members: without roles and user. */
export function presentMembershipBase(membership: MembershipRow): JsonObject {
  return {
    object: 'organization_membership',
    id: membership.membership_id,
    user_id: membership.user_id,
    organization_id: membership.organization_id,
    organization_name: membership.organization_name,
    status: membership.status,
    directory_managed: false,
    custom_attributes: {},
    created_at: membership.membership_created_at,
    updated_at: membership.membership_updated_at,
  }
}
