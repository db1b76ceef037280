import type { LoadedManifest } from '../config/load.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { isObject, type Json } from '../json.ts'
import { mapRoleSlug, roleEntry, rolesIn } from '../kinds/role/roles.ts'
import { mergedKeys, notesUnder, refsAnywhere } from '../rundb/questions.ts'
import { type ExplainedRole, placeOf, writtenAt } from './explanation.ts'
import { canonicalKey } from './find-addresses.ts'
import type { TracedItem, TracedRecord, TracedRule } from './trace-record.ts'

/** The sources of a membership's roles: the rows that assign them, and the manifest's lines. */
export function rolesGiven(
  set: DesiredSet,
  loaded: LoadedManifest,
  membership: { key: string; user: string; organization: string },
  records: readonly TracedRecord[],
): ExplainedRole[] {
  const { rundb } = set
  const kept = rolesOf(set, membership.key)
  const users = [membership.user, ...mergedKeys(rundb, 'user', membership.user)]
  const given: ExplainedRole[] = []
  for (const { rules } of records)
    for (const rule of rules)
      for (const item of rule.items) {
        if (!gives(rule, item, users, membership.organization)) continue
        const from = rule.kind === undefined ? 'map.roleAssignment.role' : 'map.membership.roles'
        for (const name of item.roleNames) {
          given.push(meaningOf(loaded, name, membership.organization, kept, placeOf(item.origin), from))
        }
      }
  for (const note of notesUnder(rundb, 'membership', [membership.key])) {
    if (note.code === 'role_default') given.push(byDefault(loaded, note.detail, membership.organization, kept))
    if (note.code === 'role_lost') {
      const why = 'another role is before it in roles.priority (roles.multiple is first)'
      for (const one of given) if (one.role === note.detail) Object.assign(one, { given: false, why })
    }
  }
  return distinct(given)
}

/**
 * Whether an item assigns roles to the membership: its own item, or an assignment to its user in
 * that organization or in all organizations.
 */
function gives(
  { kind }: TracedRule,
  { outcome, fields, chosen }: TracedItem,
  users: readonly string[],
  organization: string,
): boolean {
  if (!chosen) return false
  if (kind === 'membership') {
    if (!outcome?.ok) return false
    const { refs } = outcome.value
    return users.includes(refs.user ?? '') && refs.organization === organization
  }
  if (kind !== undefined) return false
  const valueIn = (name: string) => textOf(fields.find(({ path }) => path[0] === name)?.value)
  const [user, where] = [valueIn('user'), valueIn('organization')]
  return (user === undefined || users.includes(user)) && (where === undefined || where === organization)
}

function meaningOf(
  loaded: LoadedManifest,
  name: string,
  organization: string,
  kept: ReadonlySet<string>,
  origin: string,
  from: string,
): ExplainedRole {
  const { roles } = loaded.manifest
  const base = { name, origin, from }
  const meant = mapRoleSlug(name, roles, organization)
  if (!meant.ok) return { ...base, role: name, by: null, at: null, given: false, why: meant.fault.message }
  if (meant.value.kind === 'drop') {
    const at = writtenAt(loaded, ['roles', 'unmapped'])
    return {
      ...base,
      role: name,
      by: 'roles.unmapped',
      at,
      given: false,
      why: 'roles.map does not list it, and roles.unmapped is drop',
    }
  }
  const { slug } = meant.value
  const path = entryPath(loaded, name, organization)
  const role = !kept.has(slug) && kept.has(`org-${slug}`) ? `org-${slug}` : slug
  return {
    ...base,
    role,
    by: path === undefined ? null : path.join('.'),
    at: path === undefined ? null : writtenAt(loaded, path),
    given: kept.has(role),
  }
}

/** The path of the map entry for the name. The organization's own map comes first. */
function entryPath({ manifest: { roles } }: LoadedManifest, name: string, organization: string): string[] | undefined {
  const own = roleEntry(name, rolesIn(roles, organization)?.map ?? {})
  if (own !== undefined) return ['roles', 'organizations', organization, 'map', own.entry]
  const entry = roleEntry(name, roles.map ?? {})
  return entry === undefined ? undefined : ['roles', 'map', entry.entry]
}

function byDefault(
  loaded: LoadedManifest,
  role: string,
  organization: string,
  kept: ReadonlySet<string>,
): ExplainedRole {
  const own = rolesIn(loaded.manifest.roles, organization)?.default === undefined ? [] : ['organizations', organization]
  const path = ['roles', ...own, 'default']
  const by = path.join('.')
  return { role, name: null, origin: 'the manifest', from: by, by, at: writtenAt(loaded, path), given: kept.has(role) }
}

/** The role slugs of the membership in the desired set. */
function rolesOf(set: DesiredSet, key: string): ReadonlySet<string> {
  const roles = set.get('membership', key)?.attributes.roles
  return new Set(Array.isArray(roles) ? roles.map(String) : [])
}

function distinct(roles: readonly ExplainedRole[]): ExplainedRole[] {
  return [...new Map(roles.map((role) => [JSON.stringify(role), role])).values()]
}

function textOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || isObject(value) || Array.isArray(value)) return undefined
  return String(value).trim() || undefined
}

/** The user and the organization of a membership, also of a rejected one. */
export function endsOf(set: DesiredSet, key: string): { key: string; user: string; organization: string } | undefined {
  const { rundb } = set
  for (const { user, organization } of refsAnywhere(rundb, { kind: 'membership', key })) {
    if (user !== undefined && organization !== undefined)
      return { key, user: canonicalKey(rundb, 'user', user), organization }
  }
  return undefined
}
