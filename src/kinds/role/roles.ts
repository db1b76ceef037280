import type { RoleConfig, RoleRules } from '../../config/manifest.ts'
import { parseJsonText } from '../../json-text.ts'
import { accept, type Check, isEmpty, refuse, shown } from '../values/check.ts'
import { lookUpRole } from './role-patterns.ts'

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
 * The WorkOS role for a role of the source, by `roles.map` and `roles.unmapped`, and before them by what `roles.organizations` says of
 * the organization. Where neither has a map, slugs pass as they are.
 * @param organization the key of the organization in which the role is given; null where it is given in none
 */
export function mapRoleSlug(name: string, roles: RoleConfig, organization: string | null): Check<MappedRole> {
  const own = rolesIn(roles, organization)
  let slug = name
  if (roles.map !== undefined || own?.map !== undefined) {
    const mapped = lookUpRole(name, own?.map ?? {}) ?? lookUpRole(name, roles.map ?? {})
    const unmapped = own?.unmapped ?? roles.unmapped
    if (mapped !== undefined) {
      slug = mapped
    } else if (unmapped === 'drop') {
      return accept({ kind: 'drop' })
    } else if (unmapped === 'error') {
      const where = own === undefined ? '' : `, nor in that of the organization ${shown(organization)}`
      const message = `the role ${shown(name)} is not in roles.map${where}`
      const hint = 'add it there, or set roles.unmapped to drop or keep'
      return { ok: false, fault: { code: 'unmapped_role', message, hint, role: name } }
    }
  }
  if (isRoleSlug(slug)) return accept({ kind: 'role', slug })
  return refuse(
    'invalid_role_slug',
    `${shown(slug)} is not a role slug`,
    `use at most ${MAX_ROLE_SLUG} lowercase letters, digits, - and _; roles.map in the manifest translates the source's names`,
  )
}

/** What `roles.organizations` says of an organization. */
export function rolesIn({ organizations }: RoleConfig, organization: string | null): Partial<RoleRules> | undefined {
  if (organization === null || organizations === undefined) return undefined
  return Object.hasOwn(organizations, organization) ? organizations[organization] : undefined
}

/** The names of roles, or of permissions, in a list, a comma list, or the JSON text of a list: trimmed, in order, without empty ones. */
export function parseRoleNames(value: unknown, what: 'role' | 'permission' = 'role'): Check<string[]> {
  const code = `invalid_${what}s`
  if (isEmpty(value)) return accept([])
  let items: unknown[]
  if (Array.isArray(value)) items = value
  else if (typeof value !== 'string') return refuse(code, `${shown(value)} is not a list of ${what}s`)
  else if (value.trimStart().startsWith('[')) {
    const parsed = parseJsonText(value)
    if (!parsed.ok) return refuse(code, `the list of ${what}s is ${parsed.message}`)
    items = Array.isArray(parsed.value) ? parsed.value : [parsed.value]
  } else items = value.split(',')
  const names: string[] = []
  for (const item of items) {
    if (isEmpty(item)) continue
    if (typeof item !== 'string') return refuse(code, `${shown(item)} is not the slug of a ${what}`)
    names.push(item.trim())
  }
  return accept(names)
}
