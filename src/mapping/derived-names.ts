import type { RoleConfig } from '../config/manifest.ts'
import type { Derivation } from '../expressions/expression.ts'
import type { Json, JsonObject } from '../json.ts'
import { groupKey } from '../kinds/group/group.ts'
import { mappedSlug } from '../kinds/role/role-definition.ts'
import { parseRoleNames, rolesIn } from '../kinds/role/roles.ts'
import { optionalText } from '../kinds/values/check.ts'
import type { DerivedName } from '../rundb/names.ts'
import type { Origin } from '../sources/source.ts'
import type { CompiledRule } from './compile.ts'
import type { MapResult } from './result.ts'

/** What the key of a kind refers to, if names can become keys. */
const OF_KEY: Readonly<Record<string, DerivedName['kind']>> = {
  user: 'user',
  organization: 'organization',
  group: 'group',
  'role-definition': 'role',
  permission: 'permission',
}

/** Where to note names, and the manifest's rules for them. */
export interface Naming {
  result: MapResult
  roles: RoleConfig
  stream: string
  seq: number
  origin: Origin
}

/**
 * Slugs that the expression of a field made of names; and those of the rule's `each`, which belong
 * to all its items.
 */
interface Derived {
  own: readonly Derivation[]
  inEach: readonly Derivation[]
}

/**
 * Notes the names that `$slug` and similar functions turn into keys and slugs, to find two names
 * with one slug once all records are read. For a role in `roles.map` the name counts instead of the
 * slug: the manifest distinguishes it.
 * @param kind the kind that the rule makes
 */
export function noteNames(kind: string, rule: CompiledRule, fields: JsonObject, naming: Naming): void {
  const organization = textOf(fields.organization)
  const inEach = rule.each(naming.stream)?.derived() ?? []
  for (const { name, value } of rule.fields) {
    const own = Array.isArray(value) ? [] : value.derived()
    if (own.length + inEach.length === 0) continue
    const derived = { own, inEach }
    const of = meaningOf(kind, name, rule)
    if (of === 'role')
      fields[name] = namedRoles(slugsIn(name, fields[name]), fields[name], derived, organization, naming)
    else if (of !== undefined) noteKeys(of, fields[name], derived, organization, naming)
  }
}

function meaningOf(kind: string, field: string, rule: CompiledRule): DerivedName['kind'] | undefined {
  switch (field) {
    case 'key':
      return OF_KEY[kind]
    case 'name':
      // Without a mapped key, the name of a group is its key.
      return kind === 'group' && !rule.fields.some(({ name }) => name === 'key') ? 'group' : undefined
    case 'user':
    case 'organization':
    case 'group':
      return field
    case 'role':
    case 'roles':
      return 'role'
    case 'permissions':
      return 'permission'
    default:
      return undefined
  }
}

function noteKeys(
  kind: Exclude<DerivedName['kind'], 'role'>,
  value: Json | undefined,
  derived: Derived,
  organization: string | undefined,
  naming: Naming,
): void {
  const slugs = Array.isArray(value) ? value.map(textOf) : [textOf(value)]
  for (const text of slugs) {
    if (text === undefined || (kind === 'group' && organization === undefined)) continue
    const slug = kind === 'group' ? groupKey(text, organization ?? '') : text
    for (const name of namesOf(text, derived))
      note(naming, { kind, derived: slug, slug, scope: '', name, mapped: false })
  }
}

/** The slugs in a field: the key of a definition is a slug as a whole. */
function slugsIn(field: string, value: Json | undefined): string[] {
  if (field === 'key') return [textOf(value)].filter((slug) => slug !== undefined)
  const parsed = parseRoleNames(value)
  return parsed.ok ? parsed.value : []
}

/** The roles by slug, except those whose names `roles.map` contains. */
function namedRoles(
  slugs: readonly string[],
  value: Json | undefined,
  derived: Derived,
  organization: string | undefined,
  naming: Naming,
): Json {
  let translated = false
  const named = slugs.flatMap((slug) => {
    const names = namesOf(slug, derived)
    const known = names.filter((name) => isMapped(name, naming.roles, organization))
    for (const name of names) {
      const mapped = known.includes(name)
      const role = mappedSlug(mapped ? name : slug, organization ?? null, naming.roles)
      note(naming, { kind: 'role', derived: slug, slug: role, scope: organization ?? '', name, mapped })
    }
    if (known.length > 0) translated = true
    return known.length === names.length && names.length > 0 ? known : [...known, slug]
  })
  if (!translated) return value ?? null
  return named.length === 1 ? (named[0] ?? null) : named
}

function isMapped(name: string, roles: RoleConfig, organization: string | undefined): boolean {
  const maps = [rolesIn(roles, organization ?? null)?.map, roles.map]
  return maps.some((map) => map !== undefined && Object.hasOwn(map, name))
}

/**
 * The names that a key or slug was made of: each name that resulted in exactly this one, or all
 * names of its parts together.
 */
export function namesOf(slug: string, { own, inEach }: Derived): string[] {
  const exact = [...own, ...inEach].filter((one) => one.slug === slug)
  if (exact.length > 0) return [...new Set(exact.map(({ name }) => name))]
  const within = own.filter((one) => slug.includes(one.slug))
  // The slug admin-eu contains admin too: a slug inside a longer one does not count.
  const longest = within.filter((one) => !within.some((other) => other !== one && isPartOf(one.slug, other.slug)))
  const names = [...new Set(longest.map(({ name }) => name))]
  return names.length === 0 ? [] : [names.join(', ')]
}

function isPartOf(part: string, whole: string): boolean {
  return whole.length > part.length && whole.includes(part)
}

function note({ result, seq, origin }: Naming, name: Omit<DerivedName, 'seq' | 'origin'>): void {
  const id = JSON.stringify([name.kind, name.derived, name.scope, name.name])
  if (!result.names.has(id)) result.names.set(id, { ...name, seq, origin })
}

function textOf(value: Json | undefined): string | undefined {
  const text = optionalText(value)
  return text.ok ? text.value : undefined
}
