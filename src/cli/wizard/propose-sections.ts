import type { Inspection } from '../../inspecting/inspection.ts'
import { proposeMapping } from '../../inspecting/propose-mapping.ts'
import type { JsonObject } from '../../json.ts'
import { isRoleSlug, lookUpRole, MAX_ROLE_SLUG } from '../../kinds/role/roles.ts'
import { type Answers, ORIGINS, type Variable } from './answers.ts'
import { readRecipe } from './propose-source.ts'

export function addOrganization({ organizationName = 'Main' }: Answers, content: JsonObject, comments: Comments): void {
  const externalId =
    organizationName
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'main'
  content.vars = { organization: { externalId, name: organizationName } }
  comments.vars = 'The organization that everybody belongs to. It is created if WorkOS has none with this external id.'
}

export function addMetadataNames(content: JsonObject, comments: Comments): void {
  content.vars = { organizationFrom: { id: 'org_id', name: 'org_name', role: 'role' } }
  comments.vars = 'Under which names the metadata of a user hold the organization and the role: please check.'
}

export function addFirebase(
  inspection: Inspection | undefined,
  content: JsonObject,
  comments: Comments,
  variables: Variable[],
): void {
  if (inspection !== undefined && inspection.people.passwords.formats.length === 0) {
    content.map = { user: { passwordHash: null } }
    comments['map.user.passwordHash'] = 'No record has a password.'
    return
  }
  content.secrets = { firebaseSignerKey: '${FIREBASE_SIGNER_KEY}' }
  comments.secrets =
    'Firebase console → Authentication → Users → ⋮ → Password hash parameters: base64_signer_key.\nIf rounds or mem_cost are not 8 and 14, say so under vars.firebase.'
  variables.push({ environment: '', name: 'FIREBASE_SIGNER_KEY' })
}

/** Returns the fields that cannot be done without and that nothing was found for. */
export function addMapping(inspection: Inspection, content: JsonObject, comments: Comments): string[] {
  const [main] = inspection.streams
  const { user, organization, membership, missing, unplaced } = proposeMapping(main?.paths ?? [])
  content.map = {
    user,
    ...(organization === undefined ? {} : { organization }),
    ...(membership === undefined ? {} : { membership }),
  }
  const notes = missing.map(({ field, why }) => `No column was found for ${field}: ${why}.`)
  if (unplaced.length > 0) {
    notes.push(
      `Not mapped: ${unplaced.join(', ')}`,
      'What is worth keeping can go into metadata: `metadata: { plan: plan_name }`.',
    )
  }
  comments.map = [
    'A guess, by the names of the columns and what they hold. Please check every line.',
    'The values are JSONata over one record: https://docs.jsonata.org',
    ...notes,
  ].join('\n')
  content.dedupe = { user: { by: ['email'], fields: { emailVerified: 'any', metadata: 'union', default: 'first' } } }
  comments.dedupe = 'WorkOS knows an e-mail address once: records that share one become one user, the first value wins.'
  return missing.flatMap(({ field }) => (field === 'key' || field === 'email' ? field : []))
}

/** Groups become roles where there are organizations to have them in. */
export function addGroups({ origin, files, organize }: Answers, content: JsonObject, comments: Comments): void {
  if (files.groups === undefined || organize === 'source') return
  const role = files.groups.data.head.paths.find((path) => /^group(_?name)?$/i.test(path)) ?? 'group'
  content.map = { roleAssignment: { each: 'groups', role } }
  comments['map.roleAssignment'] =
    origin === 'cognito' || origin === 'okta'
      ? 'Groups become roles in the organizations of the user.'
      : 'Groups become roles.'
}

export function addRoles(answers: Answers, inspection: Inspection, content: JsonObject, comments: Comments): void {
  const isGroups = answers.files.groups !== undefined
  if (isGroups && answers.organize === 'source') return
  const { define, map } = proposeRoles(answers, inspection)
  if (Object.keys(define).length + Object.keys(map).length === 0) return
  const roles: JsonObject = {}
  if (Object.keys(define).length > 0) roles.define = define
  if (Object.keys(map).length > 0) roles.map = map
  if (isGroups) roles.unmapped = 'drop'
  content.roles = roles
  comments['roles.define'] =
    'Created where WorkOS has none with this slug, never overwritten. `member` is in every environment.'
  comments['roles.map'] = "From the source's names to slugs of WorkOS."
  comments['roles.unmapped'] = 'A group that is not in the map is no role.'
}

interface ProposedRoles {
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

/** Comments by the dotted path of the key that they stand above. Lines are separated by line ends. */
export type Comments = Record<string, string>
