import { after, again, type Remedies, withCause } from '../wording.ts'

/** Codes of plans first, then codes of WorkOS. */
export const roleRemedies: Remedies = {
  role_slug_collision: after(
    'give each role its own slug under roles.map, or all names of one role the same slug: several names of the source result in the same slug',
  ),
  role_unnamed: after('map the slug of the role, or skip the record with map.role.when'),
  invalid_role_type: after('use environment or organization as the type, or leave it empty'),
  environment_role_in_organization: after('remove the organization, or set the type organization'),
  environment_role_with_prefix: after('change the slug, or set the type organization'),
  invalid_permissions: after('write permissions as comma-separated text or a JSON array of slugs'),
  invalid_roles: after('write roles as comma-separated text or a JSON array of slugs'),
  invalid_role_slug: after('use at most 48 lowercase letters, digits, - and _ in a slug'),
  role_text_too_long: after('shorten the name or the description of the role'),
  role_rejected: withCause('correct the definition of the role: it was rejected'),
  organization_role_rejected: withCause('correct the definition of the role: it was rejected'),
  role_slug_conflict: again('apply again: the role was created in the meantime, and apply finds it'),
  organization_role_slug_conflict: again('apply again: the role was created in the meantime, and apply finds it'),
  role_has_group_role_mappings: after(
    'first remove the role in WorkOS from the groups that assign it to their members',
  ),
  role_has_assignments: after('remove the role from the memberships that have it first'),
}
