import { lowerAscii } from '../../addresses.ts'
import { parseRoleNames } from '../role/roles.ts'
import { accept, type Check, refuse, shown } from '../values/check.ts'

/** WorkOS: at most 48 characters of lowercase letters, digits, `-`, `_`, `:`, `.` and `*`. */
const MAX_PERMISSION_SLUG = 48
const SLUG = /^[a-z0-9_:.*-]+$/

function isPermissionSlug(slug: string): boolean {
  return slug.length <= MAX_PERMISSION_SLUG && SLUG.test(slug)
}

/** The slug for a permission's name: characters that a slug cannot contain become `-`. */
export function slugOfPermission(name: string): string {
  return lowerAscii(name)
    .replace(/[^a-z0-9_:.*-]+/g, '-')
    .slice(0, MAX_PERMISSION_SLUG)
}

export function permissionSlug(slug: string): Check<string> {
  if (isPermissionSlug(slug)) return accept(slug)
  return refuse(
    'invalid_permission_slug',
    `${shown(slug)} is not a permission slug`,
    `use at most ${MAX_PERMISSION_SLUG} lowercase letters, digits, and - _ : . *`,
  )
}

/**
 * The slugs in a list, a comma-separated text, or the JSON text of a list: each once, in the order
 * of their characters.
 */
export function parsePermissions(value: unknown): Check<string[]> {
  const names = parseRoleNames(value, 'permission')
  if (!names.ok) return names
  for (const name of names.value) {
    const slug = permissionSlug(name)
    if (!slug.ok) return slug
  }
  return accept([...new Set(names.value)].sort())
}
