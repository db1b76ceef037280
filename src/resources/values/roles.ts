import type { RoleConfig } from '../../config/manifest.ts'
import { parseJsonText } from '../../json-text.ts'
import { accept, type Check, isEmpty, refuse, shown } from './check.ts'

/** WorkOS: at most 48 characters of lowercase letters, digits, `-` and `_`. */
export const MAX_ROLE_SLUG = 48
const SLUG = /^[a-z0-9_-]+$/

/** Whether WorkOS takes the slug. */
export function isRoleSlug(slug: string): boolean {
  return slug.length <= MAX_ROLE_SLUG && SLUG.test(slug)
}

/** What becomes of a role of the source. `drop`: it is left out, as the manifest wants unmapped roles to be. */
export type MappedRole = { kind: 'role'; slug: string } | { kind: 'drop' }

/**
 * The WorkOS role for a role of the source, by `roles.map` and `roles.unmapped`. Without a map, slugs pass as they are.
 */
export function mapRoleSlug(name: string, roles: RoleConfig): Check<MappedRole> {
  let slug = name
  if (roles.map !== undefined) {
    const mapped = Object.hasOwn(roles.map, name) ? roles.map[name] : undefined
    if (mapped !== undefined) {
      slug = mapped
    } else if (roles.unmapped === 'drop') {
      return accept({ kind: 'drop' })
    } else if (roles.unmapped === 'error') {
      return refuse(
        'unmapped_role',
        `the role ${shown(name)} is not in roles.map`,
        'add it there, or set roles.unmapped to drop or keep',
      )
    }
  }
  if (isRoleSlug(slug)) return accept({ kind: 'role', slug })
  return refuse(
    'invalid_role_slug',
    `${shown(slug)} is not a role slug`,
    `use at most ${MAX_ROLE_SLUG} lowercase letters, digits, - and _; roles.map in the manifest translates the source's names`,
  )
}

/** The role names in a list, a comma list, or the JSON text of a list: trimmed, in order, without empty ones. */
export function parseRoleNames(value: unknown): Check<string[]> {
  if (isEmpty(value)) return accept([])
  let items: unknown[]
  if (Array.isArray(value)) items = value
  else if (typeof value !== 'string') return refuse('invalid_roles', `${shown(value)} is not a list of roles`)
  else if (value.trimStart().startsWith('[')) {
    const parsed = parseJsonText(value)
    if (!parsed.ok) return refuse('invalid_roles', `the list of roles is ${parsed.message}`)
    items = Array.isArray(parsed.value) ? parsed.value : [parsed.value]
  } else items = value.split(',')
  const names: string[] = []
  for (const item of items) {
    if (isEmpty(item)) continue
    if (typeof item !== 'string') return refuse('invalid_roles', `${shown(item)} is not the slug of a role`)
    names.push(item.trim())
  }
  return accept(names)
}
