import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { ClerkObject } from './capture/api.ts'

/** Streams of a snapshot, and of an open source. */
export const USERS = 'users'
export const ORGANIZATIONS = 'organizations'
export const MEMBERSHIPS = 'memberships'
/** Enterprise connections. */
export const CONNECTIONS = 'connections'
/** Pending invitations to the instance and to organizations. */
export const INVITATIONS = 'invitations'
/** Roles of organizations with their permissions. `roles` is the file of users' roles. */
export const ORGANIZATION_ROLES = 'organizationRoles'
/** IDs of members who were deleted while the instance was read. */
export const GONE = 'gone'

/** A membership in a snapshot, without the data that repeats its organization and its user. */
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

/** Separates the values in a cell, as in the dashboard's export. */
export const SEPARATOR = '|'

/** Members of a user that are times in epoch milliseconds. */
const TIMES = ['created_at', 'updated_at', 'last_sign_in_at', 'last_active_at', 'legal_accepted_at', 'expires_at']

/**
 * A user of the API with the columns of the dashboard's export, so that one mapping works for both.
 * Omits empty members.
 */
export function userRecord(user: JsonObject): JsonObject {
  const emails = identifications(user.email_addresses, 'email_address')
  const phones = identifications(user.phone_numbers, 'phone_number')
  return filled({
    ...user,
    ...timesOf(user),
    primary_email_address: emails.find(({ id }) => id === user.primary_email_address_id)?.value,
    primary_phone_number: phones.find(({ id }) => id === user.primary_phone_number_id)?.value,
    verified_email_addresses: cell(emails, true),
    unverified_email_addresses: cell(emails, false),
    verified_phone_numbers: cell(phones, true),
    unverified_phone_numbers: cell(phones, false),
  })
}

/** A role or a connection of the API, with times as text. */
export function plainRecord(object: JsonObject): JsonObject {
  return filled({ ...object, ...timesOf(object) })
}

/** An organization of the API, with the columns that memberships use for organizations. */
export function organizationRecord(organization: JsonObject): JsonObject {
  const { id, name, slug, public_metadata, private_metadata, ...own } = organization
  return filled({
    ...own,
    ...timesOf(organization),
    ...organizationColumns({ id, name, slug }),
    org_public_metadata: public_metadata,
    org_private_metadata: private_metadata,
  })
}

/**
 * A membership of a snapshot, with the columns of a file of memberships.
 * @param listed keys of roles that the API lists, so that memberships need not describe them
 */
export function membershipRow(membership: JsonObject, listed: ReadonlySet<unknown>): JsonObject {
  const { user_id, organization, role, ...own } = membership
  return filled({
    ...own,
    ...timesOf(membership),
    clerk_user_id: user_id,
    ...organizationColumns(isObject(organization) ? (organization as JsonObject) : {}),
    role_slugs: role,
    ...(listed.has(role) && { role_listed: true }),
  })
}

/**
 * Clerk's ID is the organization's external ID. `org_id` means the WorkOS ID, and both begin with
 * `org_`.
 */
function organizationColumns({ id, name, slug }: Record<string, Json | undefined>): JsonObject {
  return { org_external_id: id ?? null, org_name: name ?? null, org_slug: slug ?? null }
}

interface Identification {
  id: string
  value: string
  verified: boolean
}

function identifications(list: Json | undefined, member: string): Identification[] {
  return (Array.isArray(list) ? list : []).flatMap((item) => {
    if (!isObject(item)) return []
    const { id, [member]: value, verification } = item
    if (typeof id !== 'string' || typeof value !== 'string') return []
    return { id, value, verified: isObject(verification) && verification.status === 'verified' }
  })
}

function cell(list: readonly Identification[], verified: boolean): string {
  return list
    .filter((one) => one.verified === verified)
    .map(({ value }) => value)
    .join(SEPARATOR)
}

/** Times as ISO text, UTC. */
function timesOf(object: JsonObject): JsonObject {
  return Object.fromEntries(
    TIMES.flatMap((name) => {
      const value = object[name]
      return typeof value === 'number' && Math.abs(value) < 8.64e15 ? [[name, new Date(value).toISOString()]] : []
    }),
  )
}

function filled(members: Record<string, Json | undefined>): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && value !== null && value !== '') kept[name] = value
  }
  return kept
}
