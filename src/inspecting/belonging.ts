import { isObject } from '../json.ts'
import { wordsOf } from './sensitivity.ts'

/** What a record says about where its person belongs. */
export interface Belonging {
  /** One key for each organization it names. */
  organizations: string[]
  /** Roles in an organization that the record names. */
  roles: string[]
  /** Roles, or groups, of the person at large. */
  ownRoles: string[]
  /** Whether there is a place for organizations. */
  told: boolean
}

/** Names of lists that hold one item for each organization. */
const LISTS = new Set([
  'memberships',
  'organizations',
  'organization memberships',
  'orgs',
  'members',
  'member',
  'user tenants',
  'tenants',
])
/** What names the organization in such an item, or in the record itself; the surest first. */
const OWN_KEYS = [
  'org id',
  'organization id',
  'org external id',
  'organization external id',
  'tenant id',
  'company id',
  'team id',
  'workspace id',
  'organization',
  'org name',
  'organization name',
  'tenant',
  'company',
  'company name',
  'team',
  'team name',
  'workspace',
]
const ITEM_KEYS = [...OWN_KEYS, 'id', 'external id', 'slug', 'name']
const ROLE_LISTS = new Set(['roles', 'role', 'role slugs', 'role slug', 'role names', 'groups', 'realm roles'])
const ROLE_KEYS = ['role slug', 'group', 'group name', 'role id', 'role', 'slug', 'name', 'id', 'role name']

/** The organizations and roles that a record names. */
export function belongingOf(record: Record<string, unknown>): Belonging {
  const found: Belonging = { organizations: [], roles: [], ownRoles: [], told: false }
  const members = byWords(record)
  const own = keyAmong(members, OWN_KEYS)
  found.told = OWN_KEYS.some((key) => members.has(key))
  if (own !== undefined) found.organizations.push(own)
  for (const [name, value] of members) {
    if (ROLE_LISTS.has(name)) (own === undefined ? found.ownRoles : found.roles).push(...rolesIn(value))
    if (!LISTS.has(name) || !Array.isArray(value)) continue
    if (value.length > 0) found.told = true
    for (const item of value) addItem(item, found)
  }
  return found
}

function addItem(item: unknown, found: Belonging): void {
  if (typeof item === 'string' && item !== '') found.organizations.push(item)
  if (!isObject(item)) return
  const members = byWords(item)
  const key = keyAmong(members, ITEM_KEYS)
  if (key !== undefined) found.organizations.push(key)
  for (const [name, value] of members) if (ROLE_LISTS.has(name)) found.roles.push(...rolesIn(value))
}

function keyAmong(members: ReadonlyMap<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = members.get(name)
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
    if (typeof value === 'number') return String(value)
    if (isObject(value)) {
      const inner = keyAmong(byWords(value), ['id', 'external id', 'slug', 'name'])
      if (inner !== undefined) return inner
    }
  }
  return undefined
}

/** A comma list, the JSON text of a list, a list of names, or a list of objects that have one. */
function rolesIn(value: unknown): string[] {
  if (typeof value === 'string') return splitRoles(value)
  if (!Array.isArray(value)) return []
  return value.flatMap((item) => {
    if (typeof item === 'string') return item === '' ? [] : [item]
    return isObject(item) ? (keyAmong(byWords(item), ROLE_KEYS) ?? []) : []
  })
}

function splitRoles(text: string): string[] {
  if (text.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(text)
      if (Array.isArray(list)) return list.filter((item) => typeof item === 'string')
    } catch {
      // Not JSON after all: a comma list with an odd beginning.
    }
  }
  return text.split(',').flatMap((role) => role.trim() || [])
}

function byWords(record: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(record).map(([name, value]) => [wordsOf(name), value]))
}
