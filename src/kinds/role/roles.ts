import type { RoleConfig, RoleRules } from '../../config/manifest.ts'
import { innermostJson, parseJsonText } from '../../json-text.ts'
import type { ValueProblem, ValueRules } from '../draft.ts'
import { accept, type Check, isEmpty, refuse, shown, take } from '../values/check.ts'

/**
 * Roles as sources name them. In: names, alone or in a list, and what the manifest says under
 * roles. Out: slugs that WorkOS takes, or why not. Names are translated by roles.map, whose entries
 * may be patterns; without a map, slugs pass as they are.
 */

/** WorkOS: at most 48 characters of lowercase letters, digits, `-` and `_`. */
export const MAX_ROLE_SLUG = 48
const SLUG = /^[a-z0-9_-]+$/

/** Whether WorkOS takes the slug. */
export function isRoleSlug(slug: string): boolean {
  return slug.length <= MAX_ROLE_SLUG && SLUG.test(slug)
}

/**
 * What becomes of a role of the source. `drop`: it is left out, as the manifest wants unmapped
 * roles to be.
 */
export type MappedRole = { kind: 'role'; slug: string } | { kind: 'drop' }

/**
 * The WorkOS role for a role of the source, by `roles.map` and `roles.unmapped`, and before them by
 * what `roles.organizations` says of the organization. Where neither has a map, slugs pass as they
 * are.
 * @param organization the key of the organization in which the role is given; null where it is
 *   given in none
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

/**
 * The slugs of mapped roles, each once and in order, and remarks on those that are left out.
 * @param of.organization in which they are given
 */
export function rolesOf(
  value: unknown,
  {
    rules,
    organization,
    problems,
  }: { rules: Pick<ValueRules, 'roles'>; organization: string | undefined; problems: ValueProblem[] },
): { slugs: string[]; notes: { code: string; detail: string }[] } {
  const slugs = new Set<string>()
  const notes: { code: string; detail: string }[] = []
  for (const name of take('roles', parseRoleNames(value), problems) ?? []) {
    const mapped = take('roles', mapRoleSlug(name, rules.roles, organization ?? null), problems)
    if (mapped?.kind === 'role') slugs.add(mapped.slug)
    if (mapped?.kind === 'drop') notes.push({ code: 'role_dropped', detail: name })
  }
  return { slugs: [...slugs].sort(), notes }
}

/** What `roles.organizations` says of an organization. */
export function rolesIn({ organizations }: RoleConfig, organization: string | null): Partial<RoleRules> | undefined {
  if (organization === null || organizations === undefined) return undefined
  return Object.hasOwn(organizations, organization) ? organizations[organization] : undefined
}

/**
 * The names of roles, or of permissions, in a list, a comma list, or the JSON text of a list:
 * trimmed, in order, without empty ones.
 */
export function parseRoleNames(value: unknown, what: 'role' | 'permission' = 'role'): Check<string[]> {
  const code = `invalid_${what}s`
  if (isEmpty(value)) return accept([])
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

/** Stands for any text, also none, in a name under `roles.map`, and for that text in its slug. */
const STAR = '*'

/** What a map of roles makes of a name, and the entry that says so. */
interface RoleEntry {
  entry: string
  slug: string
}

/**
 * The entry of a map of roles for a name: that of just this name, else the pattern (one `*`) that
 * says most about it: the one with the most characters beside the `*`, and of two equals that with
 * more before it. So the order of the map does not matter, nor does it where a manifest adds to a
 * recipe's. Matching is linear in the length of the name.
 * @returns undefined where no entry fits
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

/** The slug that a map of roles has for a name: see roleEntry. */
export function lookUpRole(name: string, map: Readonly<Record<string, string>>): string | undefined {
  return roleEntry(name, map)?.slug
}
