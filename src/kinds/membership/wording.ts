import { after, again, type Remarks, type Remedies, rejectedWith } from '../wording.ts'

/** What a plan remarks on memberships that it accepts. */
export const membershipRemarks: Remarks = {
  role_dropped: ({ resources, detail }) =>
    `${resources} without the role ${detail}: roles.map does not list it, and roles.unmapped is drop`,
  role_default: ({ resources, detail }) =>
    `${resources} for which the source has no role, or none that is kept, given ${detail} (roles.default)`,
  still_reduced: ({ resources }) =>
    `${resources} with one of the roles in WorkOS, which took no more when they were applied: where it takes several by now, apply with --refresh and onDrift: { membership: overwrite }`,
  role_lost: ({ resources, detail }) =>
    `${resources} without the role ${detail}: one comes before it in roles.priority (roles.multiple is first)`,
  role_of_group: ({ resources, detail }) =>
    `${resources} with the role ${detail}: the group gives it, and the plan leaves it as it is`,
}

/** What helps against the codes of memberships: those of a plan first, then WorkOS's. */
export const membershipRemedies: Remedies = {
  role_for_two_users: after('the row names two users: correct external_id or email, or leave one of them empty'),
  membership_rejected: rejectedWith('membership'),
  membership_incomplete: after('map the keys of the user and of the organization, or leave the record out with when'),
  unmapped_role: after('translate the role under roles.map, or set roles.unmapped to drop or keep'),
  several_roles: after('give the membership one role, or set roles.multiple to first, with roles.priority'),
  roles_without_priority: after('add the role that such memberships keep to roles.priority'),
  no_role: after('map the role that is given, or leave the record out with when'),
  role_without_membership: after('add the membership that the role is for, or leave the role out'),
  unknown_role: after('declare the role under roles.define, translate it under roles.map, or correct it in the source'),
  unknown_organization_role: after(
    'define the role under roles.define with the type organization, translate it under roles.map, or correct it in the source',
  ),
  role_lost: after(
    'enable several roles per membership in the WorkOS dashboard, then apply again with onDrift: { membership: overwrite } and --refresh',
  ),
  invalid_role: after('declare the role under roles.define, or create it in WorkOS'),
  sub_resource_scoped_role_not_allowed: after(
    'WorkOS gives that role on resources below an organization alone: give another one, by roles.map',
  ),
  multiple_roles_not_enabled: after(
    'enable several roles per membership in the WorkOS dashboard, or set roles.notEnabled to first, with one of the roles of each such membership in roles.priority',
  ),
  organization_membership_already_exists: again('the membership exists by now: apply again, and it is found'),
  user_already_organization_member: again('the membership exists by now: apply again, and it is found'),
  cannot_reactivate_pending_organization_membership: after(
    'the user was invited and has not accepted: revoke the invitation in WorkOS, or wait until it is accepted',
  ),
}

/** What one membership keeps and loses. */
export function describeLost({ kept, lost }: { kept: string; lost: string[] }): string {
  return `keeps ${kept}, loses ${lost.join(', ')}`
}
