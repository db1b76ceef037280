import { Document, isCollection, isMap, isScalar, type Pair, Scalar } from 'yaml'
import type { Inspection } from '../../inspecting/inspection.ts'
import type { JsonObject } from '../../json.ts'
import { counted } from '../../reporting/style.ts'
import type { WrittenNull } from '../../sources/text/written-nulls.ts'
import { type Answers, keyVariable, ORIGINS, type Variable } from './answers.ts'
import { findingsInWords, tellsAddresses } from './inspect.ts'
import {
  addFirebase,
  addGroups,
  addMapping,
  addMetadataNames,
  addOrganization,
  addRoles,
  type Comments,
} from './propose-sections.ts'
import { filled, type ProposedSource } from './propose-source.ts'

export interface ProposedManifest {
  text: string
  variables: Variable[]
  /** Fields without which nobody is migrated, and for which nothing was found. */
  incomplete: string[]
  /** About how many records will certainly be rejected. */
  rejected: number
}

/** The word that production asks for is its name. */
const CAREFUL = /^(prod|production|live)$/i

/**
 * A manifest of the answers and of what was found in the source.
 * @param nulls cells for which the source has `nulls`
 */
export function proposeManifest(
  answers: Answers,
  source: ProposedSource,
  inspection: Inspection | undefined,
  nulls: readonly WrittenNull[] = [],
): ProposedManifest {
  const content: JsonObject = { version: 1, name: answers.name }
  const comments: Comments = {}
  const variables = source.variables.map((name) => ({ environment: '', name }))
  addRecipes(answers, content, comments)
  content.source = source.written
  comments.source = sourceComment(answers, inspection)
  if (nulls.length > 0) comments['source.nulls'] = nullsComment(nulls)
  if (answers.organize === 'one') addOrganization(answers, content, comments)
  if (answers.organize === 'from-metadata' && answers.origin !== 'auth0') addMetadataNames(content, comments)
  if (answers.origin === 'firebase') addFirebase(inspection, content, comments, variables)
  const incomplete =
    answers.origin === 'file' && inspection !== undefined ? addMapping(inspection, content, comments) : []
  addGroups(answers, content, comments)
  if (inspection !== undefined) addRoles(answers, inspection, content, comments)
  addTarget(answers, content, comments, variables)
  const rejected = inspection === undefined ? 0 : addRejects(inspection, content, comments)
  addEnvironments(answers, content, comments, variables)
  return { text: commentedYaml(content, head(answers, inspection), comments), variables, incomplete, rejected }
}

function head(answers: Answers, inspection: Inspection | undefined): string {
  const lines = [
    `Moves users from ${ORIGINS[answers.origin].title} into WorkOS. Written by \`workos-migrate init\`; it is yours from here on.`,
    '`workos-migrate config` prints it with everything that the recipe and the defaults add.',
  ]
  const found = inspection === undefined ? [] : findingsInWords(inspection)
  if (found.length > 0) lines.push('', ...found)
  return lines.join('\n')
}

/** Auth0 looks into the metadata by an option of its own. */
function addRecipes({ origin, organize }: Answers, content: JsonObject, comments: Comments): void {
  const situations = {
    source: [],
    one: ['one-organization'],
    'per-domain': ['organization-per-domain'],
    'from-metadata': ['organization-from-metadata'],
  }
  if (origin === 'auth0' && organize === 'from-metadata') return
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
      "Clerk's export does not say who belongs to which organization. A file of memberships does: see docs/how-to/sources/clerk.md.",
    )
  }
  return [...lines, ...(inspection === undefined && live !== undefined ? ['Nothing was looked at yet.'] : [])].join(
    '\n',
  )
}

/** Columns that the comment names. */
const NAMED = 5

function nullsComment(nulls: readonly WrittenNull[]): string {
  const found = nulls.slice(0, NAMED).map(({ column, values, of }) => {
    return `${column} (${values.map(({ value, count }) => `${value} in ${count}`).join(', ')} of ${of})`
  })
  const more = nulls.length > NAMED ? [counted(nulls.length - NAMED, 'more column')] : []
  return [
    'Texts that stand for nothing, as databases write them: such cells count as empty. Found in',
    `${[...found, ...more].join(', ')}.`,
    'Please check: take out what is a value of yours.',
  ].join('\n')
}

function addTarget({ target, baseUrl }: Answers, content: JsonObject, comments: Comments, variables: Variable[]): void {
  if (target === 'sandbox') {
    content.target = { type: 'sandbox' }
    comments.target = 'The sandbox is a WorkOS on this machine, in a file, to rehearse with.'
    return
  }
  content.target = workosTarget(baseUrl)
  comments.target = 'The key stays in the environment: never write it into this file.'
  variables.push({ environment: '', name: keyVariable() })
}

/** What will certainly be rejected is somebody's decision, and not this wizard's. @returns about how many records that is */
function addRejects({ people, streams }: Inspection, content: JsonObject, comments: Comments): number {
  const unsound = people.passwords.formats.filter(({ fate }) => fate === 'malformed')
  const rejected =
    (tellsAddresses(people) ? people.email.without + people.email.invalid : 0) +
    streams.reduce((sum, stream) => sum + stream.rejected, 0) +
    unsound.reduce((sum, { count }) => sum + count, 0)
  if (rejected === 0) return 0
  content.safety = { maxRejects: 0 }
  comments.safety = [
    `About ${counted(rejected, 'record')} cannot be migrated. The plan names every one. A plan with more rejected`,
    'records than this is refused: correct them in the source, or say here how many may stay behind.',
  ].join('\n')
  return rejected
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
      `apply needs --confirm ${name}, for a saved plan too, so that nobody writes here by mistake.`
    variables.push({ environment: name, name: keyVariable(name) })
  }
  content.environments = environments
  comments.environments = 'Variants of this file, chosen with -e. Each keeps a state of its own.'
}

/** Keys whose objects and lists stand on one line. */
const ON_ONE_LINE = new Set(['join', 'columns', 'extends', 'nulls'])

/** YAML with comments above its keys, and an empty line between its sections. */
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
