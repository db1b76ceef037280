import { Document, isCollection, isMap, isScalar, type Pair, Scalar } from 'yaml'
import { UNNAMED_ROLE } from '../../inspecting/findings.ts'
import type { Inspection, PathInspection } from '../../inspecting/inspection.ts'
import { type LockedOut, lockedOutBy } from '../../inspecting/locked-out.ts'
import { nameInExpression } from '../../inspecting/profile.ts'
import { proposeMapping } from '../../inspecting/propose-mapping.ts'
import { sideRules } from '../../inspecting/side-mapping.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { isRoleSlug, lookUpRole, MAX_ROLE_SLUG } from '../../kinds/role/roles.ts'
import { counted } from '../../reporting/style.ts'
import type { WrittenNull } from '../../sources/text/written-nulls.ts'
import { type Answers, keyVariable, ORIGINS, type Origin, type Variable } from './answers.ts'
import { type Forecast, MAX_PLANNED } from './forecast.ts'
import { findingsInWords } from './inspect.ts'
import { filled, type ProposedSource, readRecipe } from './propose-source.ts'

export interface ProposedManifest {
  text: string
  variables: Variable[]
  /** Required fields without a column. */
  incomplete: string[]
  /** Columns that mark users who cannot sign in. */
  lockedOut: LockedOut[]
  origin: Origin
}

/** What a proposal is based on, besides the answers. */
export interface ProposalBasis {
  source: ProposedSource
  /** Undefined if the source was not read. */
  inspection: Inspection | undefined
  /** Cells that `nulls` of the source covers. */
  nulls: readonly WrittenNull[]
  /** The date, `2026-11-29`. */
  today: string
  /** Undefined before the plan. */
  forecast?: Forecast
}

/** Environments that get safety.confirm. */
const CAREFUL = /^(prod|production|live)$/i

export function proposeManifest(answers: Answers, basis: ProposalBasis): ProposedManifest {
  const { source, inspection, nulls, forecast } = basis
  const content: JsonObject = { version: 1, name: answers.name }
  const comments: Comments = {}
  const variables = source.variables.map((name) => ({ environment: '', name }))
  addRecipes(answers, content, comments)
  content.source = source.written
  comments.source = sourceComment(answers, inspection)
  if (nulls.length > 0) comments['source.nulls'] = nullsComment(nulls)
  if (answers.organize === 'one') addOrganization(answers, content, comments)
  if (answers.organize === 'from-metadata' && answers.origin !== 'auth0') addMetadataNames(content, comments)
  if (answers.origin === 'firebase' && answers.live === undefined) addFirebase(inspection, content, comments, variables)
  const mapped = inspection === undefined ? NOTHING_MAPPED : addOwnMapping(answers, basis, content, comments)
  addGroups(answers, content, comments)
  if (inspection !== undefined) addRoles(answers, inspection, content, comments)
  addTarget(answers, content, comments, variables)
  addRejects(forecast, content, comments)
  addEnvironments(answers, content, comments, variables)
  const text = commentedYaml(content, head(answers, inspection, forecast), comments)
  return { text, variables, origin: answers.origin, ...mapped }
}

function head(answers: Answers, inspection: Inspection | undefined, forecast: Forecast | undefined): string {
  const lines = [
    `Migrates users from ${originTitle(answers)} to WorkOS. Written by \`workos-migrate init\`; edit it as you like.`,
    'To see it with the recipe and the defaults, run `workos-migrate config`.',
  ]
  const found = inspection === undefined ? [] : findingsInWords(inspection, forecast)
  if (found.length > 0) lines.push('', ...found)
  return lines.join('\n')
}

export function originTitle({ origin, files, database }: Pick<Answers, 'origin' | 'files' | 'database'>): string {
  const known = origin === 'file' ? files.users?.data.recognised?.title : undefined
  if (database === undefined) return known ?? ORIGINS[origin].title
  const kind = database.type === 'postgres' ? 'a PostgreSQL database' : 'a MySQL database'
  const layout = known ?? (origin === 'file' ? undefined : ORIGINS[origin].title)
  return layout === undefined ? kind : `${kind} (${layout})`
}

/** Auth0 has its own option for organizations in metadata. */
function addRecipes({ origin, organize, database }: Answers, content: JsonObject, comments: Comments): void {
  const situations = {
    source: [],
    one: ['one-organization'],
    'per-domain': ['organization-per-domain'],
    'from-metadata': ['organization-from-metadata'],
  }
  if (origin === 'auth0' && organize === 'from-metadata') return
  const own = database?.recipe?.name ?? ORIGINS[origin].recipe
  // The recipe of a source type applies by default; list it only if another recipe goes on top.
  const base = own ?? (situations[organize].length > 0 && origin !== 'file' ? ORIGINS[origin].type : undefined)
  const recipes = [...(base === undefined ? [] : [base]), ...situations[organize]]
  const [only] = recipes
  if (only === undefined) return
  content.extends = recipes.length === 1 ? only : recipes
  comments.extends = 'This file overrides these recipes key by key.'
}

function sourceComment(answers: Answers, inspection: Inspection | undefined): string {
  const { live, files, database } = answers
  if (database !== undefined) return databaseComment(answers)
  const lines = filled(answers).map(({ slot, file }) => {
    return `${slot.option}: ${file.data.recognised?.title ?? slot.title}`
  })
  if (live !== undefined)
    lines.unshift('Read once over the API, into a snapshot in .workos-migrate; --fresh reads it again.')
  if (
    live === undefined &&
    files.users !== undefined &&
    answers.origin === 'clerk' &&
    files.memberships === undefined
  ) {
    lines.push(
      "Clerk's export has no organization memberships. Add a memberships file: see docs/how-to/sources/clerk.md.",
    )
  }
  return [...lines, ...(inspection === undefined && live !== undefined ? ['The source was not read yet.'] : [])].join(
    '\n',
  )
}

function databaseComment(answers: Answers): string {
  const read = [...filled(answers).map(({ file }) => file), ...answers.sides.map(({ file }) => file)]
  return [
    'Read in one transaction, into a snapshot in .workos-migrate; --fresh reads it again. Keep the URL in the environment.',
    `Tables: ${read.map(({ name }) => name).join(', ')}.`,
  ].join('\n')
}

/** Columns to list in the comment. */
const NAMED = 5

function nullsComment(nulls: readonly WrittenNull[]): string {
  const found = nulls.slice(0, NAMED).map(({ column, values, of }) => {
    return `${column} (${values.map(({ value, count }) => `${value} in ${count}`).join(', ')} of ${of})`
  })
  const more = nulls.length > NAMED ? [counted(nulls.length - NAMED, 'more column')] : []
  return [
    'Texts that mean "no value", as databases write them. These cells count as empty. Found in',
    `${[...found, ...more].join(', ')}.`,
    'Check this list, and remove texts that are real values.',
  ].join('\n')
}

function addTarget({ target, baseUrl }: Answers, content: JsonObject, comments: Comments, variables: Variable[]): void {
  if (target === 'sandbox') {
    content.target = { type: 'sandbox' }
    comments.target = 'The sandbox is a local WorkOS in a file, to rehearse with.'
    return
  }
  content.target = workosTarget(baseUrl)
  comments.target = 'Keep the key in the environment. Never write it into this file.'
  variables.push({ environment: '', name: keyVariable() })
}

/** The user decides how many rejects to accept. */
function addRejects(forecast: Forecast | undefined, content: JsonObject, comments: Comments): void {
  if (forecast === undefined || forecast.rejected === 0) return
  content.safety = { maxRejects: 0 }
  const first = forecast.complete ? '' : ` of the first ${MAX_PLANNED}`
  comments.safety = [
    `${counted(forecast.rejected, 'record or resource', 'records and resources')}${first} cannot be migrated. The plan lists every one and`,
    'fails above this limit. Correct them in the source, or set how many to leave behind.',
  ].join('\n')
}

function workosTarget(baseUrl: string | undefined, environment?: string): JsonObject {
  const apiKey = `\${${keyVariable(environment)}}`
  return { type: 'workos', apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) }
}

function addEnvironments(answers: Answers, content: JsonObject, comments: Comments, variables: Variable[]): void {
  if (answers.environments.length === 0) return
  const environments: JsonObject = {}
  for (const name of answers.environments) {
    environments[name] = {
      target: workosTarget(answers.baseUrl, name),
      state: { path: `.workos-migrate/${name}.sqlite` },
      ...(CAREFUL.test(name) ? { safety: { confirm: name } } : {}),
    }
    comments[`environments.${name}`] = `${keyVariable(name)}=sk_… workos-migrate plan -e ${name}`
    comments[`environments.${name}.safety`] =
      `apply needs --confirm ${name}, also for a saved plan, to prevent writes by mistake.`
    variables.push({ environment: name, name: keyVariable(name) })
  }
  content.environments = environments
  comments.environments = 'Variants of this file. Choose one with -e. Each has its own state.'
}

/** Keys whose objects and lists are written on one line. */
const ON_ONE_LINE = new Set(['join', 'columns', 'extends', 'nulls', 'key'])

/** YAML with comments above keys, and an empty line between sections. */
function commentedYaml(content: JsonObject, head: string, comments: Comments): string {
  const document = new Document(content, { version: '1.2' })
  document.commentBefore = asComment(head)
  annotate(document.contents, '', comments)
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

function annotate(node: unknown, above: string, comments: Comments): void {
  if (!isMap(node)) return
  for (const [index, pair] of node.items.entries()) {
    const key = keyOf(pair)
    const path = above === '' ? key.value : `${above}.${key.value}`
    const comment = comments[String(path)]
    if (comment !== undefined) key.commentBefore = asComment(comment)
    if (above === '' && index > 1) key.spaceBefore = true
    pair.key = key
    if (ON_ONE_LINE.has(String(key.value)) && isCollection(pair.value)) pair.value.flow = true
    annotate(pair.value, String(path), comments)
  }
}

function keyOf(pair: Pair): Scalar {
  return isScalar(pair.key) ? pair.key : new Scalar(pair.key)
}

function asComment(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : ` ${line}`))
    .join('\n')
}

function addOrganization({ organizationName = 'Main' }: Answers, content: JsonObject, comments: Comments): void {
  const externalId =
    organizationName
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'main'
  content.vars = { organization: { externalId, name: organizationName } }
  comments.vars = 'The organization of all users. It is created if WorkOS has no organization with this external ID.'
}

function addMetadataNames(content: JsonObject, comments: Comments): void {
  content.vars = { organizationFrom: { id: 'org_id', name: 'org_name', role: 'role' } }
  comments.vars = 'The keys of the organization and the role in the metadata of a user. Check these names.'
}

function addFirebase(
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

/** Adds rules for side files to a recipe. */
function addSides({ origin, sides, withoutOrganizations }: Answers, content: JsonObject): void {
  const { user, ...rules } = sideRules(
    sides.map(({ side }) => side),
    'email',
    [],
  )
  const none: JsonObject = withoutOrganizations ? { organization: null, membership: null } : {}
  const own: JsonObject = { ...none, ...(Object.keys(user).length > 0 && { user }), ...withConditionsOf(origin, rules) }
  if (Object.keys(own).length > 0) content.map = own
}

/** Combines conditions with those of the recipe. */
function withConditionsOf(origin: Origin, rules: JsonObject): JsonObject {
  const { conditions } = readRecipe(ORIGINS[origin].recipe ?? ORIGINS[origin].type)
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => {
      const before = conditions[name]
      if (!isObject(rule) || typeof rule.when !== 'string' || before === undefined) return [name, rule]
      return [name, { ...rule, when: `(${before}) and ${rule.when}` }]
    }),
  )
}

type Mapped = Pick<ProposedManifest, 'incomplete' | 'lockedOut'>

const NOTHING_MAPPED: Mapped = { incomplete: [], lockedOut: [] }

/**
 * The mapping of the manifest: everything without a recipe, otherwise only what the recipe lacks.
 */
function addOwnMapping(answers: Answers, basis: ProposalBasis, content: JsonObject, comments: Comments): Mapped {
  if (answers.origin === 'file') return addMapping(answers, basis, content, comments)
  addSides(answers, content)
  return KNOWS_NOBODY_OUT.has(answers.origin) ? addConditions(answers, basis, content, comments) : NOTHING_MAPPED
}

/** Origins whose recipes do not skip users who cannot sign in. */
const KNOWS_NOBODY_OUT: ReadonlySet<Origin> = new Set(['csv', 'authjs'])

/** Skips users by columns that no recipe uses. */
function addConditions(
  { origin, leaveOut, files }: Answers,
  { inspection, today }: ProposalBasis,
  content: JsonObject,
  comments: Comments,
): Mapped {
  const lockedOut = lockedOutBy(pathsOf(files, inspection), today, inspection?.complete)
  if (leaveOut && lockedOut.length > 0) {
    const when = lockedOut.map(({ condition }) => condition).join(' and ')
    const user: JsonObject = { user: { when } }
    content.map = origin === 'csv' ? { ...user, organization: { when }, membership: { when } } : user
    comments['map.user'] = lockedOutComment(lockedOut)
  }
  return { incomplete: [], lockedOut }
}

/** The inspected columns, and empty columns that later records can fill. */
function pathsOf({ users }: Answers['files'], inspection: Inspection | undefined): PathInspection[] {
  const seen = inspection?.streams[0]?.paths ?? []
  const { format, paths: columns = [] } = users?.data.head ?? {}
  if (inspection === undefined || inspection.complete || format !== 'csv') return seen
  const empty = columns.filter((column) => !seen.some(({ path }) => path === column))
  return [...seen, ...empty.map(emptyColumn)]
}

function emptyColumn(path: string): PathInspection {
  return { path, expression: nameInExpression(path), filled: 0, of: 0, types: [], secret: false, shapes: [] }
}

function lockedOutComment(lockedOut: readonly LockedOut[]): string {
  const columns = lockedOut.map(({ path, says }) => `${path} ${says}`)
  return `Skips users who cannot sign in, where ${columns.join(', or ')}. In WorkOS they could sign in again.`
}

function addMapping(
  { files, sides, organize, leaveOut }: Answers,
  { inspection, today }: ProposalBasis,
  content: JsonObject,
  comments: Comments,
): Mapped {
  const { only } = files.users?.data ?? {}
  const { user, missing, lockedOut, unplaced, ...rules } = proposeMapping(pathsOf(files, inspection), {
    today,
    leaveOut,
    organized: organize !== 'source',
    whole: inspection?.complete,
    sides: sides.map(({ side }) => side),
    ...(only && { only: `$record.${only.member} = '${only.value}'` }),
  })
  content.map = { user, ...rules }
  const notes = missing.map(({ field, why }) => `No column was found for ${field}: ${why}.`)
  if (unplaced.length > 0) {
    notes.push(
      `Not mapped: ${unplaced.join(', ')}`,
      'To keep a column, add it to metadata: `metadata: { plan: plan_name }`.',
    )
  }
  comments.map = [
    'A guess from column names and values. Check every line.',
    'Each value is a JSONata expression on one record: https://docs.jsonata.org',
    ...notes,
  ].join('\n')
  if (leaveOut && lockedOut.length > 0) comments['map.user'] = lockedOutComment(lockedOut)
  content.dedupe = { user: { by: ['email'], fields: { emailVerified: 'any', metadata: 'union', default: 'first' } } }
  comments.dedupe =
    'WorkOS accepts each email address once. Records that share one become one user; the first value wins.'
  const incomplete = missing.flatMap(({ field }) => (field === 'key' || field === 'email' ? field : []))
  return { incomplete, lockedOut }
}

/** Whether the source has group members: in a file, or over the API of Cognito or Okta. */
function tellsGroups({ origin, files, live }: Pick<Answers, 'origin' | 'files' | 'live'>): boolean {
  return files.groups !== undefined || live?.userPools !== undefined || (origin === 'okta' && live !== undefined)
}

/** Groups become roles if there are organizations. */
function addGroups(answers: Answers, content: JsonObject, comments: Comments): void {
  const { origin, files, organize } = answers
  if (!tellsGroups(answers) || organize === 'source') return
  const named = files.groups?.data.head.paths.find((path) => /^group(_?name)?$/i.test(path))
  const role = named ?? (origin === 'okta' && files.groups === undefined ? 'groupName' : 'group')
  content.map = { roleAssignment: { each: 'groups', role } }
  comments['map.roleAssignment'] =
    origin === 'cognito' || origin === 'okta'
      ? 'Groups become roles in the organizations of the user.'
      : 'Groups become roles.'
}

function addRoles(answers: Answers, inspection: Inspection, content: JsonObject, comments: Comments): void {
  const isGroups = tellsGroups(answers)
  if (isGroups && answers.organize === 'source') return
  const { define, map } = proposeRoles(answers, inspection)
  for (const slug of answers.definedRoles ?? []) delete define[slug]
  if (Object.keys(define).length + Object.keys(map).length === 0) return
  const roles: JsonObject = {}
  if (Object.keys(define).length > 0) roles.define = define
  if (Object.keys(map).length > 0) roles.map = map
  if (isGroups) roles.unmapped = 'drop'
  content.roles = roles
  comments['roles.define'] =
    'Created if WorkOS has no role with this slug, and never overwritten. `member` always exists.'
  comments['roles.map'] = 'Maps role names in the source to slugs in WorkOS.'
  comments['roles.unmapped'] = 'Groups that are not in the map are ignored.'
}

interface ProposedRoles {
  define: Record<string, { name: string }>
  map: Record<string, string>
}

/** The role that every WorkOS environment has. */
const ALWAYS_THERE = 'member'
/** With more values than this, the column does not contain roles. */
const MAX_ROLES = 30

/** Roles for the names in the source, without those that the recipe defines. */
export function proposeRoles(
  answers: Pick<Answers, 'origin' | 'files' | 'sides' | 'live'>,
  { people }: Inspection,
): ProposedRoles {
  const { origin, files, sides, live } = answers
  const recipe = readRecipe(ORIGINS[origin].recipe ?? ORIGINS[origin].type)
  const proposed: ProposedRoles = { define: {}, map: {} }
  if (people.roles.length > MAX_ROLES) return proposed
  // A role whose name is a slug keeps it, even if another role would get the same slug.
  const taken = new Set(people.roles.map(({ role }) => role).filter((role) => slugOf(role) === role))
  for (const { role, at } of people.roles) {
    if (role === UNNAMED_ROLE) continue
    // A role of a user outside of organizations is rarely a role in an organization.
    const isAsked =
      files.roles !== undefined ||
      tellsGroups(answers) ||
      sides.some(({ side }) => side.columns.role !== undefined && side.part === 'roles')
    if (at === 'user' && !isAsked) continue
    if (tellsGroups(answers) && /^everyone$/i.test(role)) continue
    if (live?.userPools?.some((pool) => role.startsWith(`${pool}_`))) continue // Cognito's own, for an identity provider
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

/** Never merges two roles: `Admin` and `Admin!` become `admin` and `admin-2`. */
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

/** Comments by the dotted path of their key. */
type Comments = Record<string, string>
