import { after, again, type Remedies } from '../wording.ts'

/** Codes of plans first, then codes of WorkOS. */
export const permissionRemedies: Remedies = {
  permission_slug_collision: after(
    'make the slugs differ in map.permission.key and map.role.permissions: several names of the source result in the same slug',
  ),
  permission_unnamed: after('map the slug of the permission, or skip the record with map.permission.when'),
  permission_text_too_long: after('shorten the name or the description of the permission'),
  invalid_permission_slug: after('use at most 48 lowercase letters, digits, and - _ : . * in a slug'),
  permission_slug_conflict: again('apply again: the permission was created in the meantime, and apply finds it'),
}
