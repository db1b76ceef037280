import { after, again, type Remarks, type Remedies, rejectedWith } from '../wording.ts'

export const membershipRemarks: Remarks = {
  role_dropped: ({ resources, detail }) =>
    `${resources} without the role ${detail}: roles.map does not list it, and roles.unmapped is drop`,
  role_default: ({ resources, detail }) =>
    `${resources} without a role in the source, or with none that is kept: assigned ${detail} (roles.default)`,
  still_reduced: ({ resources }) =>
    `${resources} with one of several roles in WorkOS: the environment allowed no more when they were applied. If it allows several now, apply with --refresh and onDrift: { membership: overwrite }`,
  role_lost: ({ resources, detail }) =>
    `${resources} without the role ${detail}: another role comes first in roles.priority (roles.multiple is first)`,
  role_of_group: ({ resources, detail }) =>
    `${resources} with the role ${detail}: the group assigns it, and the plan does not change it`,
}

/** Codes of plans first, then codes of WorkOS. */
export const membershipRemedies: Remedies = {
  role_for_two_users: after('correct external_id or email, or leave one empty: the row names two users'),
  membership_rejected: rejectedWith('membership'),
  membership_incomplete: after(
    'map the keys of the user and of the organization, or skip the record with map.membership.when',
  ),
  unmapped_role: after('translate the role under roles.map, or set roles.unmapped to drop or keep'),
  several_roles: after('assign one role to the membership, or set roles.multiple to first, with roles.priority'),
  roles_without_priority: after('add the role that such memberships keep to roles.priority'),
  no_role: after('map the role to assign, or skip the record with when'),
  role_without_membership: after('add the membership that the role is for, or remove the role'),
  unknown_role: after('define the role under roles.define, translate it under roles.map, or correct it in the source'),
  unknown_organization_role: after(
    'define the role under roles.define with the type organization, translate it under roles.map, or correct it in the source',
  ),
  role_lost: after(
    'enable several roles per membership in the WorkOS dashboard, then apply again with onDrift: { membership: overwrite } and --refresh',
  ),
  invalid_role: after('define the role under roles.define, or create it in WorkOS'),
  sub_resource_scoped_role_not_allowed: after(
    'use another role, with roles.map: WorkOS assigns that role only on resources below an organization',
  ),
  multiple_roles_not_enabled: after(
    'enable several roles per membership in the WorkOS dashboard, or set roles.notEnabled to first and add one role of each such membership to roles.priority',
  ),
  organization_membership_already_exists: again('apply again: the membership exists now, and apply finds it'),
  user_already_organization_member: again('apply again: the membership exists now, and apply finds it'),
  cannot_reactivate_pending_organization_membership: after(
    'revoke the open invitation of the user in WorkOS, or wait until the user accepts it',
  ),
}

export function describeLost({ kept, lost }: { kept: string; lost: string[] }): string {
  return `keeps ${kept}, loses ${lost.join(', ')}`
}
