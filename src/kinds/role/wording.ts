import { after, again, type Remedies, withCause } from '../wording.ts'

/** Codes of plans first, then codes of WorkOS. */
export const roleRemedies: Remedies = {
  role_slug_collision: after(
    'several names of the source result in the same slug: give each its own slug under roles.map; if they are one role, give all the same slug there',
  ),
  role_unnamed: after('map the slug of the role, or skip the record with map.role.when'),
  invalid_role_type: after('use environment or organization as the type, or leave it empty'),
  environment_role_in_organization: after('remove the organization, or set the type organization'),
  environment_role_with_prefix: after('change the slug, or set the type organization'),
  invalid_permissions: after('write permissions as comma-separated text or a JSON array of slugs'),
  invalid_roles: after('write roles as comma-separated text or a JSON array of slugs'),
  invalid_role_slug: after('use at most 48 lowercase letters, digits, - and _ in a slug'),
  role_text_too_long: after('shorten the name or the description of the role'),
  role_rejected: withCause('the definition of the role was rejected: correct the definition'),
  organization_role_rejected: withCause('the definition of the role was rejected: correct the definition'),
  role_slug_conflict: again('the role was created in the meantime: apply again, and apply finds it'),
  organization_role_slug_conflict: again('the role was created in the meantime: apply again, and apply finds it'),
  role_has_group_role_mappings: after(
    'groups assign the role to their members: remove it from those groups in WorkOS first',
  ),
  role_has_assignments: after('remove the role from the memberships that have it first'),
}
