import { isObject, type JsonObject } from '../../json.ts'
import type { ClerkObject } from './api.ts'

/** Streams of a snapshot, and of an open source. */
export const USERS = 'users'
export const ORGANIZATIONS = 'organizations'
export const MEMBERSHIPS = 'memberships'
/** Enterprise connections. */
export const CONNECTIONS = 'connections'
/** Roles of organizations with their permissions: `roles` is the file of who has which. */
export const ORGANIZATION_ROLES = 'organizationRoles'
/** Ids of members who were deleted while the instance was read. */
export const GONE = 'gone'

/** A membership as a snapshot keeps it: without what it repeats of its organization and its user. */
export type SlimMembership = ClerkObject & { user_id: string }

export function slimMembership(membership: ClerkObject): SlimMembership {
  const { public_user_data: user, organization, ...own } = membership
  const { id, name, slug } = isObject(organization) ? (organization as JsonObject) : {}
  return {
    ...own,
    id: membership.id,
    user_id: isObject(user) && typeof user.user_id === 'string' ? user.user_id : '',
    organization: { id: id ?? null, name: name ?? null, slug: slug ?? null },
  }
}
