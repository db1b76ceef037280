import { after, again, type Remedies, withCause } from '../wording.ts'

/** What helps against the codes of roles: those of a plan first, then WorkOS's. */
export const roleRemedies: Remedies = {
  role_slug_collision: after(
    'several names of the source give one slug: give each a slug of its own under roles.map, or all the same one if they are one role',
  ),
  role_unnamed: after('map the slug of the role, or leave the record out with when'),
  invalid_role_type: after(
    'a role is of the environment or of an organization: write environment, organization or nothing',
  ),
  environment_role_in_organization: after('leave the organization out, or give the role the type organization'),
  environment_role_with_prefix: after('give the role another slug, or the type organization'),
  invalid_permissions: after('write permissions as a list with commas or a JSON array of slugs'),
  invalid_roles: after('write roles as a list with commas or a JSON array of slugs'),
  invalid_role_slug: after('a slug has at most 48 lowercase letters, digits, - and _'),
  role_text_too_long: after('shorten the name or the description of the role'),
  role_rejected: withCause('the definition of the role was rejected: correct that one'),
  organization_role_rejected: withCause('the definition of the role was rejected: correct that one'),
  role_slug_conflict: again('somebody created the role in the meantime: apply again, and it is found'),
  organization_role_slug_conflict: again('somebody created the role in the meantime: apply again, and it is found'),
  role_has_group_role_mappings: after(
    'groups give the role to their members: take it away from those groups in WorkOS first',
  ),
  role_has_assignments: after('take the role away from the memberships that have it first'),
}
