import type { Inspection } from '../../inspecting/inspection.ts'
import { proposeMapping } from '../../inspecting/propose-mapping.ts'
import type { JsonObject } from '../../json.ts'
import { counted } from '../../reporting/style.ts'
import { type Answers, keyVariable } from './answers.ts'
import { type Comments, commentedYaml } from './commented-yaml.ts'
import { ORIGINS } from './origins.ts'
import { proposeRoles } from './propose-roles.ts'
import { filled, type ProposedSource } from './propose-source.ts'

export interface ProposedManifest {
  text: string
  /** Variables that it refers to, by the environment that needs them; `''`: every one. */
  variables: { environment: string; name: string }[]
  /** Fields without which nobody is migrated, and for which nothing was found. */
  incomplete: string[]
}

/** The word that production asks for is its name. */
const CAREFUL = /^(prod|production|live)$/i

/** A manifest of the answers and of what was found in the source. */
export function proposeManifest(
  answers: Answers,
  source: ProposedSource,
  inspection: Inspection | undefined,
): ProposedManifest {
  const content: JsonObject = { version: 1, name: answers.name }
  const comments: Comments = {}
  const variables = source.variables.map((name) => ({ environment: '', name }))
  addRecipes(answers, content, comments)
  content.source = source.written
  comments.source = sourceComment(answers, inspection)
  if (answers.organize === 'one') addOrganization(answers, content, comments)
  if (answers.organize === 'from-metadata') addMetadataNames(content, comments)
  if (answers.origin === 'firebase') addFirebase(inspection, content, comments, variables)
  const incomplete =
    answers.origin === 'file' && inspection !== undefined ? addMapping(inspection, content, comments) : []
  addGroups(answers, content, comments)
  if (inspection !== undefined) addRoles(answers, inspection, content, comments)
  addTarget(answers, content, comments, variables)
  if (inspection !== undefined) addRejects(inspection, content, comments)
  addEnvironments(answers, content, comments, variables)
  return { text: commentedYaml(content, head(answers, inspection), comments), variables, incomplete }
}

function head(answers: Answers, inspection: Inspection | undefined): string {
  const lines = [
    `Moves users from ${ORIGINS[answers.origin].title} into WorkOS. Written by \`workos-migrate init\`; it is yours from here on.`,
    '`workos-migrate config` prints it with everything that the recipe and the defaults add.',
  ]
  const found = inspection === undefined ? [] : summary(inspection)
  if (found.length > 0) lines.push('', ...found)
  return lines.join('\n')
}

/** What was found, in words. Counts alone: the file is meant to be committed. */
export function summary({ records, complete, people }: Inspection): string[] {
  const { email, organizations, passwords } = people
  const lines = [
    `Found in ${complete ? '' : 'the first '}${counted(records, 'record')} (\`workos-migrate inspect\` shows more):`,
  ]
  const add = (line: string) => lines.push(`  - ${line}`)
  if (email.duplicated > 0) {
    add(
      `${counted(email.duplicated, 'address', 'addresses')} in several records: they become one user each, the first record wins (dedupe)`,
    )
  }
  if (email.without + email.invalid > 0) {
    add(`${counted(email.without + email.invalid, 'record')} without a usable address: rejected, and named in the plan`)
  }
  if (email.unverified !== null) add(`${counted(email.unverified, 'address', 'addresses')} not verified`)
  if (organizations !== null) {
    const { distinct, memberships, usersWithout } = organizations
    add(
      `${counted(distinct, 'organization')}, ${counted(memberships, 'membership')}, ${counted(usersWithout, 'user')} in none`,
    )
  }
  for (const { format, fate, count } of passwords.formats) {
    const becomes = { taken: 'taken', convertible: 'taken, re-encoded', reset: 'to be reset', malformed: 'not sound' }
    add(`${counted(count, 'password')} ${format}: ${becomes[fate]}`)
  }
  if (people.totp > 0) add(`${counted(people.totp, 'user')} with a TOTP secret`)
  return lines.length === 1 ? [] : lines
}

function addRecipes({ origin, organize }: Answers, content: JsonObject, comments: Comments): void {
  const situations = {
    source: [],
    one: ['one-organization'],
    'per-domain': ['organization-per-domain'],
    'from-metadata': ['organization-from-metadata'],
  }
  const own = ORIGINS[origin].recipe
  // A type's own recipe lies beneath everything unasked: it has to be named where another is to lie on top of it.
  const base = own ?? (situations[organize].length > 0 && origin !== 'file' ? ORIGINS[origin].type : undefined)
  const recipes = [...(base === undefined ? [] : [base]), ...situations[organize]]
  const [only] = recipes
  if (only === undefined) return
  content.extends = recipes.length === 1 ? only : recipes
  comments.extends = 'What these recipes say holds unless this file says otherwise, key by key.'
}

function sourceComment(answers: Answers, inspection: Inspection | undefined): string {
  const { live, files } = answers
  const lines = filled(answers).map(({ slot, file }) => {
    return `${slot.option}: ${file.data.recognised?.title ?? slot.title}`
  })
  if (live !== undefined)
    lines.unshift('Read over the API, once, into a snapshot beneath .workos-migrate; --fresh reads it again.')
  if (
    live === undefined &&
    files.users !== undefined &&
    answers.origin === 'clerk' &&
    files.memberships === undefined
  ) {
    lines.push(
      "Clerk's export does not say who belongs to which organization. A file of memberships does: see docs/sources/clerk.md.",
    )
  }
  return [...lines, ...(inspection === undefined && live !== undefined ? ['Nothing was looked at yet.'] : [])].join(
    '\n',
  )
}

function addOrganization({ organizationName = 'Main' }: Answers, content: JsonObject, comments: Comments): void {
  const externalId =
    organizationName
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'main'
  content.vars = { organization: { externalId, name: organizationName } }
  comments.vars = 'The organization that everybody belongs to. It is created if WorkOS has none with this external id.'
}

function addMetadataNames(content: JsonObject, comments: Comments): void {
  content.vars = { organizationFrom: { id: 'org_id', name: 'org_name', role: 'role' } }
  comments.vars = 'Under which names the metadata of a user hold the organization and the role: please check.'
}

function addFirebase(
  inspection: Inspection | undefined,
  content: JsonObject,
  comments: Comments,
  variables: ProposedManifest['variables'],
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
function addMapping(inspection: Inspection, content: JsonObject, comments: Comments): string[] {
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
function addGroups({ origin, files, organize }: Answers, content: JsonObject, comments: Comments): void {
  if (files.groups === undefined || organize === 'source') return
  const role = files.groups.data.head.paths.find((path) => /^group(_?name)?$/i.test(path)) ?? 'group'
  content.map = { roleAssignment: { each: 'groups', role } }
  comments['map.roleAssignment'] =
    origin === 'cognito' || origin === 'okta'
      ? 'Groups become roles in the organizations of the user.'
      : 'Groups become roles.'
}

function addRoles(answers: Answers, inspection: Inspection, content: JsonObject, comments: Comments): void {
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

function addTarget(
  { target, baseUrl }: Answers,
  content: JsonObject,
  comments: Comments,
  variables: ProposedManifest['variables'],
): void {
  if (target === 'sandbox') {
    content.target = { type: 'sandbox' }
    comments.target = 'The sandbox is a WorkOS on this machine, in a file, to rehearse with.'
    return
  }
  content.target = workosTarget(baseUrl)
  comments.target = 'The key stays in the environment: never write it into this file.'
  variables.push({ environment: '', name: keyVariable() })
}

/** What will certainly be rejected is somebody's decision, and not this wizard's. */
function addRejects({ people, streams }: Inspection, content: JsonObject, comments: Comments): void {
  const unsound = people.passwords.formats.filter(({ fate }) => fate === 'malformed')
  const rejected =
    people.email.without +
    people.email.invalid +
    streams.reduce((sum, stream) => sum + stream.rejected, 0) +
    unsound.reduce((sum, { count }) => sum + count, 0)
  if (rejected === 0) return
  content.safety = { maxRejects: 0 }
  comments.safety = [
    `About ${counted(rejected, 'record')} cannot be migrated. The plan names every one. A plan with more rejected`,
    'records than this is refused: mend them in the source, or say here how many may stay behind.',
  ].join('\n')
}

function workosTarget(baseUrl: string | undefined, environment?: string): JsonObject {
  const apiKey = `\${${keyVariable(environment)}}`
  return { type: 'workos', apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) }
}

function addEnvironments(
  answers: Answers,
  content: JsonObject,
  comments: Comments,
  variables: ProposedManifest['variables'],
): void {
  if (answers.environments.length === 0) return
  const environments: JsonObject = {}
  for (const name of answers.environments) {
    environments[name] = {
      target: workosTarget(answers.baseUrl, name),
      state: { path: `.workos-migrate/${name}.sqlite` },
      ...(CAREFUL.test(name) ? { safety: { confirm: name } } : {}),
    }
    comments[`environments.${name}`] = `${keyVariable(name)}=sk_… workos-migrate plan -e ${name}`
    comments[`environments.${name}.safety`] = `apply asks for --confirm ${name}, so that nobody is here by mistake.`
    variables.push({ environment: name, name: keyVariable(name) })
  }
  content.environments = environments
  comments.environments = 'Variants of this file, chosen with -e. Each keeps a state of its own.'
}
