import type { RoleConfig, RoleRules } from '../../config/manifest.ts'
import { innermostJson, parseJsonText } from '../../json-text.ts'
import type { ValueProblem, ValueRules } from '../draft.ts'
import { accept, type Check, isEmpty, refuse, shown, take } from '../values/check.ts'

/**
 * Translates role names of the source into slugs by roles.map, whose entries can be patterns.
 * Without a map, slugs pass unchanged.
 */

/** WorkOS: at most 48 characters of lowercase letters, digits, `-` and `_`. */
export const MAX_ROLE_SLUG = 48
const SLUG = /^[a-z0-9_-]+$/

export function isRoleSlug(slug: string): boolean {
  return slug.length <= MAX_ROLE_SLUG && SLUG.test(slug)
}

/** The result for a role of the source. `drop`: the manifest drops unmapped roles. */
export type MappedRole = { kind: 'role'; slug: string } | { kind: 'drop' }

/**
 * Translates a role by the rules of the organization under `roles.organizations`, then by
 * `roles.map` and `roles.unmapped`. If neither has a map, slugs pass unchanged.
 * @param organization the key of the organization in which the role is assigned; null: none
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
      const where = own === undefined ? '' : `, nor in the map of the organization ${shown(organization)}`
      const message = `the role ${shown(name)} is not in roles.map${where}`
      const hint = 'add it there, or set roles.unmapped to drop or keep'
      return { ok: false, fault: { code: 'unmapped_role', message, hint, role: name } }
    }
  }
  if (isRoleSlug(slug)) return accept({ kind: 'role', slug })
  return refuse(
    'invalid_role_slug',
    `${shown(slug)} is not a role slug`,
    `use at most ${MAX_ROLE_SLUG} lowercase letters, digits, - and _, or translate the name under roles.map`,
  )
}

/**
 * The slugs of roles, each once, in order, with notes on dropped roles.
 * @param of.organization in which they are assigned
 */
export function rolesOf(
  value: unknown,
  {
    rules,
    organization,
    problems,
  }: { rules: Pick<ValueRules, 'roles'>; organization: string | undefined; problems: ValueProblem[] },
): { slugs: string[]; notes: { code: string; detail: string }[] } {
  if (isEmpty(value)) return { slugs: [], notes: [] }
  const slugs = new Set<string>()
  const notes: { code: string; detail: string }[] = []
  for (const name of take('roles', parseRoleNames(value), problems) ?? []) {
    const mapped = take('roles', mapRoleSlug(name, rules.roles, organization ?? null), problems)
    if (mapped?.kind === 'role') slugs.add(mapped.slug)
    if (mapped?.kind === 'drop') notes.push({ code: 'role_dropped', detail: name })
  }
  return { slugs: [...slugs].sort(), notes }
}

/** The rules of an organization under `roles.organizations`. */
export function rolesIn({ organizations }: RoleConfig, organization: string | null): Partial<RoleRules> | undefined {
  if (organization === null || organizations === undefined) return undefined
  return Object.hasOwn(organizations, organization) ? organizations[organization] : undefined
}

/**
 * The names of roles or permissions in a list, a comma-separated text, or the JSON text of a list:
 * trimmed, in order, without empty ones.
 */
export function parseRoleNames(value: unknown, what: 'role' | 'permission' = 'role'): Check<string[]> {
  if (isEmpty(value)) return accept([])
  const code = `invalid_${what}s`
  let items: unknown[]
  if (Array.isArray(value)) items = value
  else if (typeof value !== 'string') return refuse(code, `${shown(value)} is not a list of ${what}s`)
  else if (/^\s*(?:\[|"\s*\[)/.test(value)) {
    const parsed = parseJsonText(innermostJson(value))
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

/**
 * Matches any text, including none, in a name under `roles.map`; in the slug it stands for the same
 * text.
 */
const STAR = '*'

/** The result of a role map for a name, with the entry that produced it. */
interface RoleEntry {
  entry: string
  slug: string
}

/**
 * The entry of a role map for a name: the exact name, otherwise the most specific pattern (one
 * `*`), that is the one with the most other characters, and of two equals the one with more before
 * the `*`. So the order of the map does not matter, even if a manifest extends a recipe's map.
 * Linear in the length of the name.
 * @returns undefined: no entry matches
 */
export function roleEntry(name: string, map: Readonly<Record<string, string>>): RoleEntry | undefined {
  if (Object.hasOwn(map, name)) return { entry: name, slug: map[name] ?? '' }
  let best: { before: number; fixed: number; found: RoleEntry } | undefined
  for (const [pattern, target] of Object.entries(map)) {
    const before = pattern.indexOf(STAR)
    const fixed = pattern.length - STAR.length
    if (before < 0 || fixed > name.length) continue
    const after = pattern.slice(before + STAR.length)
    if (!name.startsWith(pattern.slice(0, before)) || !name.endsWith(after)) continue
    if (best !== undefined && (fixed < best.fixed || (fixed === best.fixed && before < best.before))) continue
    const matched = name.slice(before, name.length - after.length)
    best = { before, fixed, found: { entry: pattern, slug: target.split(STAR).join(matched) } }
  }
  return best?.found
}

/** The slug for a name: see `roleEntry`. */
export function lookUpRole(name: string, map: Readonly<Record<string, string>>): string | undefined {
  return roleEntry(name, map)?.slug
}
