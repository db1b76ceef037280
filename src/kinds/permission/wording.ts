import { after, again, type Remedies } from '../wording.ts'

/** What helps against the codes of permissions: those of a plan first, then WorkOS's. */
export const permissionRemedies: Remedies = {
  permission_slug_collision: after(
    'several names of the source give one slug: tell them apart in map.permission.key and map.role.permissions',
  ),
  permission_unnamed: after('map the slug of the permission, or leave the record out with when'),
  permission_text_too_long: after('shorten the name or the description of the permission'),
  invalid_permission_slug: after('a slug has at most 48 lowercase letters, digits, and - _ : . *'),
  permission_slug_conflict: again('somebody created the permission in the meantime: apply again, and it is found'),
}
