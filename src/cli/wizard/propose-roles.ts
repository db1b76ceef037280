import type { Inspection } from '../../inspecting/inspection.ts'
import { lookUpRole } from '../../kinds/role/role-patterns.ts'
import { isRoleSlug, MAX_ROLE_SLUG } from '../../kinds/role/roles.ts'
import type { Answers } from './answers.ts'
import { ORIGINS } from './origins.ts'
import { readRecipe } from './recipe.ts'

export interface ProposedRoles {
  define: Record<string, { name: string }>
  map: Record<string, string>
}

/** Every environment of WorkOS has it. */
const ALWAYS_THERE = 'member'
/** More roles than this are no roles but something else. */
const MAX_ROLES = 30

/** Roles for WorkOS by the names that were found, without what the recipe says already. */
export function proposeRoles({ origin, files }: Answers, { people }: Inspection): ProposedRoles {
  const recipe = readRecipe(ORIGINS[origin].recipe ?? ORIGINS[origin].type)
  const proposed: ProposedRoles = { define: {}, map: {} }
  if (people.roles.length > MAX_ROLES) return proposed
  // A role that is called by a slug keeps it, whatever else would have it too.
  const taken = new Set(people.roles.map(({ role }) => role).filter((role) => slugOf(role) === role))
  for (const { role, at } of people.roles) {
    // What a user is called at large is seldom a role that the recipe gives in an organization.
    if (at === 'user' && files.roles === undefined && files.groups === undefined) continue
    if (files.groups !== undefined && /^everyone$/i.test(role)) continue
    const translated = lookUpRole(role, recipe.translated)
    const known = translated !== undefined && isRoleSlug(translated) ? translated : undefined
    const own = slugOf(role)
    const slug = known ?? (own === role ? role : (proposed.map[role] ?? freeSlug(own, taken)))
    if (slug === undefined) continue
    taken.add(slug)
    if (known === undefined && slug !== role) proposed.map[role] = slug
    if (slug !== ALWAYS_THERE && !recipe.defined.includes(slug)) proposed.define[slug] = { name: titleOf(slug) }
  }
  return proposed
}

/** Two roles are never proposed as one: `Admin` and `Admin!` become `admin` and `admin-2`. */
function freeSlug(slug: string | undefined, taken: ReadonlySet<string>): string | undefined {
  if (slug === undefined) return undefined
  for (let count = 1; ; count++) {
    const end = count === 1 ? '' : `-${count}`
    const free = `${slug.slice(0, MAX_ROLE_SLUG - end.length)}${end}`
    if (!taken.has(free)) return free
  }
}

/** `org:billing` → `billing`, `Tenant Admin` → `tenant-admin`. */
function slugOf(role: string): string | undefined {
  const slug = role
    .normalize('NFKD')
    .toLowerCase()
    .replace(/^org:/, '')
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, MAX_ROLE_SLUG)
  return slug !== '' && isRoleSlug(slug) ? slug : undefined
}

function titleOf(slug: string): string {
  const words = slug.split(/[-_]+/).filter((word) => word !== '')
  return words.map((word) => (word[0] ?? '').toUpperCase() + word.slice(1)).join(' ')
}
