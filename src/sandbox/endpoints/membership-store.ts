import type { JsonObject } from '../../json.ts'
import type { Call } from '../call.ts'
import { notFound } from '../refusal.ts'
import { rolesByGroups } from './group-role-store.ts'
import { DEFAULT_ROLE, ENVIRONMENT_ROLES, rolesOf } from './role-store.ts'
import { presentUser, type UserRow } from './users.ts'

export type MembershipStatus = 'active' | 'inactive'

/** A membership with its user and the organization's name. */
export interface MembershipRow extends UserRow {
  membership_id: string
  organization_id: string
  organization_name: string
  status: MembershipStatus
  role_slugs: string
  membership_created_at: string
  membership_updated_at: string
}

export const SELECT_MEMBERSHIPS = `SELECT u.*, m.id AS membership_id, m.organization_id, m.status, m.role_slugs,
    m.created_at AS membership_created_at, m.updated_at AS membership_updated_at, o.name AS organization_name
  FROM memberships m
  JOIN users u ON u.environment = m.environment AND u.id = m.user_id
  JOIN organizations o ON o.environment = m.environment AND o.id = m.organization_id`

/** @throws Refusal 404 */
export function findMembership(call: Call, id: string): MembershipRow {
  const sql = `${SELECT_MEMBERSHIPS} WHERE m.environment = ? AND m.id = ?`
  const membership = call.database.one<MembershipRow>(sql, call.environment, id)
  if (membership === undefined) throw notFound('Organization membership', id)
  return membership
}

/** The roles that it was given itself. */
export function rolesOfMembership(membership: MembershipRow): string[] {
  return JSON.parse(membership.role_slugs)
}

/** With those that its groups give it: all of them, or the highest one alone where a membership has one role. */
export function presentMembership(call: Call, membership: MembershipRow): JsonObject {
  const given = rolesByGroups(call, membership.membership_id)
  const all = [...new Set([...rolesOfMembership(membership), ...given])]
  const highest = all.length > 1 ? highestRole(call, membership.organization_id, all) : (all[0] ?? DEFAULT_ROLE)
  const roles = (call.multipleRoles ? all : [highest]).map((slug) => ({ slug }))
  return { ...presentMembershipBase(membership), role: { slug: highest }, roles, user: presentUser(membership) }
}

/** Priority is the order of creation, that of the environment's roles first. */
function highestRole(call: Call, organizationId: string, slugs: readonly string[]): string {
  const ranked = rolesOf(call, [ENVIRONMENT_ROLES, organizationId])
  return ranked.find(({ slug }) => slugs.includes(slug))?.slug ?? slugs[0] ?? DEFAULT_ROLE
}

/** What the members of a group are shown as: without roles and user. */
export function presentMembershipBase(membership: MembershipRow) {
  return {
    object: 'organization_membership',
    id: membership.membership_id,
    user_id: membership.id,
    organization_id: membership.organization_id,
    organization_name: membership.organization_name,
    status: membership.status,
    directory_managed: false,
    custom_attributes: {},
    created_at: membership.membership_created_at,
    updated_at: membership.membership_updated_at,
  }
}
