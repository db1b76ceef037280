import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { parse } from 'yaml'
import type { SourceConfig } from '../../config/manifest.ts'
import { recipeFile, shippedRecipes } from '../../config/recipes.ts'
import { streamOf, writtenAs } from '../../inspecting/recognise.ts'
import type { Side } from '../../inspecting/side-files.ts'
import { NAMED_ROLES, NUMBERED_ROLES, numberedRoles, streamOfSide } from '../../inspecting/side-mapping.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { nullsOption } from '../../sources/source.ts'
import { type Answers, type FoundFile, type Live, ORIGINS, type Slot } from './answers.ts'

export interface ProposedSource {
  /** The source in the manifest, on top of the recipe. */
  written: JsonObject
  /** Merged with the recipe. Credentials are still references: see `withCredentials`. */
  effective: SourceConfig
  /** The variables that it refers to. */
  variables: string[]
}

export function withCredentials(source: SourceConfig, values: ReadonlyMap<string, string>): SourceConfig {
  const filledIn = Object.entries(source).map(([key, value]) => [key, filledWith(value, values)])
  return { ...Object.fromEntries(filledIn), type: source.type }
}

function filledWith(value: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string')
    return value.replace(/\$\{(\w+)\}/g, (written, name: string) => values.get(name) ?? written)
  if (Array.isArray(value)) return value.map((item) => filledWith(item, values))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledWith(item, values)]))
}

/** @param directory the folder of the manifest */
export function proposeSource(answers: Answers, directory: string): ProposedSource {
  const { origin, live } = answers
  const { type, recipe } = ORIGINS[origin]
  if (origin === 'okta' && live !== undefined) return oktaOrg(live)
  if (live?.project !== undefined) return firebaseProject(live, directory)
  if (live?.userPools !== undefined) return cognitoPools(live)
  if (type === 'file') return streams(answers, directory, recipe === undefined ? undefined : readRecipe(recipe))
  const written: JsonObject = { type }
  const variables: string[] = []
  if (live !== undefined && type === 'clerk') {
    written.secretKey = '${CLERK_SECRET_KEY}'
    if (live.baseUrl !== undefined) written.baseUrl = escaped(live.baseUrl)
    variables.push('CLERK_SECRET_KEY')
  }
  if (live !== undefined && type === 'auth0') {
    written.domain = escaped(live.domain ?? '')
    written.clientId = '${AUTH0_CLIENT_ID}'
    written.clientSecret = '${AUTH0_CLIENT_SECRET}'
    variables.push('AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET')
  }
  if (type === 'auth0' && answers.organize === 'from-metadata') written.organizationFrom = 'metadata'
  for (const { slot, file } of filled(answers)) written[slot.option] = pathIn(directory, file)
  if (type !== 'auth0' && answers.files.users !== undefined)
    Object.assign(written, writtenAs(answers.files.users.data.head))
  const effective: SourceConfig = { ...written, type, ...live }
  for (const { slot, file } of filled(answers)) effective[slot.option] = file.path
  return { written, effective, variables }
}

function oktaOrg({ domain = '' }: Live): ProposedSource {
  const token = '${OKTA_API_TOKEN}'
  const written: JsonObject = { type: 'okta', domain: escaped(domain), token }
  return { written, effective: { type: 'okta', domain, token }, variables: ['OKTA_API_TOKEN'] }
}

/** The credentials are a file or those of the machine, so there is no variable. */
function firebaseProject({ project = '', credentials, baseUrl }: Live, directory: string): ProposedSource {
  const written: JsonObject = {
    type: 'firebase',
    project,
    ...(credentials !== undefined && { credentials: pathIn(directory, { path: credentials }) }),
    ...(baseUrl !== undefined && { baseUrl: escaped(baseUrl) }),
  }
  const effective = { ...written, type: 'firebase', ...(credentials !== undefined && { credentials }) }
  return { written, effective: baseUrl === undefined ? effective : { ...effective, baseUrl }, variables: [] }
}

/** The AWS SDK finds the credentials, so there is no variable. */
function cognitoPools({ userPools = [], baseUrl }: Live): ProposedSource {
  const [first = '', ...others] = userPools
  const pools = others.length === 0 ? first : userPools
  const effective = { type: 'cognito', userPools: pools, ...(baseUrl !== undefined && { endpoint: baseUrl }) }
  const written: JsonObject = {
    type: 'cognito',
    userPools: others.length === 0 ? escaped(first) : userPools.map(escaped),
  }
  if (baseUrl !== undefined) written.endpoint = escaped(baseUrl)
  return { written, effective, variables: [] }
}

function streams(answers: Answers, directory: string, recipe: Recipe | undefined): ProposedSource {
  const written: Record<string, JsonObject | null> = {}
  const effective: JsonObject = {}
  const { slots } = ORIGINS[answers.origin]
  for (const { slot, file } of filled(answers)) {
    const known = recipe?.streams[slot.option] ?? {}
    const join: JsonObject = slot.join === undefined ? {} : { join: slot.join }
    const own = { ...streamOf(file.path, file.data.head, file.data.recognised), ...join }
    const kept = { ...own, ...overruled(known, own, file) }
    written[slot.option] = { ...kept, path: pathsIn(directory, file) }
    effective[slot.option] = merged(known, file.pages === undefined ? kept : { ...kept, path: pathsOf(file) })
  }
  // The export of a realm contains both in one file.
  const users = answers.files.users
  if (answers.withoutOrganizations) written.organizations = null
  else if (answers.origin === 'keycloak' && users !== undefined && written.organizations === undefined) {
    written.organizations = { path: pathIn(directory, users) }
    effective.organizations = merged(recipe?.streams.organizations ?? {}, { path: users.path })
  }
  for (const { file, side } of answers.sides) {
    for (const [name, join] of sideStreams(side, answers.sides)) {
      const own = { ...streamOf(file.path, file.data.head, file.data.recognised), ...(join !== undefined && { join }) }
      written[name] = { ...own, path: pathIn(directory, file) }
      effective[name] = own
    }
  }
  for (const { option, inRecipe } of slots) if (inRecipe && written[option] === undefined) written[option] = null
  const type: JsonObject = recipe === undefined ? { type: 'file' } : {}
  const nulls = recipe?.nulls ?? []
  return {
    written: { ...type, streams: written },
    effective: { type: 'file', streams: effective, ...(nulls.length > 0 && { nulls }) },
    variables: [],
  }
}

/** The streams that read a side file. */
export function sideStreams(side: Side, sides: Answers['sides']): [string, JsonObject | undefined][] {
  const { part, join, columns } = side
  const name = streamOfSide(side)
  if (part !== 'roleNames') return [[name, join]]
  const { into, to } = numberedRoles(sides.map((one) => one.side)) ?? { into: NUMBERED_ROLES, to: '' }
  return [
    [name, { into, key: columns.id ?? '', to, as: 'one', unmatched: 'ignore' }],
    [NAMED_ROLES, undefined],
  ]
}

/** Overrides settings of the recipe's stream that do not fit this file. */
function overruled(known: Record<string, unknown>, own: JsonObject, file: FoundFile): JsonObject {
  const { format } = file.data.head
  const settings: JsonObject = {}
  if (known.records !== undefined && own.records === undefined) settings.records = format === 'json' ? '$' : null
  if (known.records === own.records && format === 'json') delete own.records
  if (known.skipLines !== undefined && own.skipLines === undefined) settings.skipLines = null
  if (known.skipLines === own.skipLines) delete own.skipLines
  return settings
}

function merged(base: Record<string, unknown>, over: JsonObject): JsonObject {
  const both = Object.entries({ ...base, ...over } satisfies Record<string, unknown>)
  return JSON.parse(JSON.stringify(Object.fromEntries(both.filter(([, value]) => value !== null))))
}

/** The slots of the origin that have a file. */
export function filled({ origin, files }: Answers): { slot: Slot; file: FoundFile }[] {
  return ORIGINS[origin].slots.flatMap((slot) => {
    const file = files[slot.part]
    return file === undefined ? [] : { slot, file }
  })
}

/** A file and its pages. */
export function pathsOf({ path, pages = [] }: FoundFile): string[] {
  return [path, ...pages.map((page) => page.path)]
}

function pathsIn(directory: string, file: FoundFile): string | string[] {
  const { pages } = file
  return pages === undefined ? pathIn(directory, file) : [file, ...pages].map((page) => pathIn(directory, page))
}

/** The path relative to the manifest. */
function pathIn(directory: string, { path }: Pick<FoundFile, 'path'>): string {
  const within = relative(directory, path).split(sep).join('/')
  return escaped(within.startsWith('../') ? within : `./${within}`)
}

/** Escapes `${`, which would be a reference. */
function escaped(text: string): string {
  // A function, because $$ in a replacement string means one $.
  return text.replaceAll('${', () => '$${')
}

/** The parts of a recipe that a proposal uses. */
interface Recipe {
  streams: Record<string, Record<string, unknown>>
  /** Texts that mean "no value" in CSV. */
  nulls: string[]
  /** Roles that it defines, and its role map. */
  defined: string[]
  translated: Record<string, string>
  /** Conditions of its rules, by rule. */
  conditions: Record<string, string>
}

/** Reads a built-in recipe; empty if it does not exist. */
export function readRecipe(name: string): Recipe {
  const file = recipeFile(shippedRecipes, name)
  const content: unknown = file === undefined ? {} : parse(readFileSync(file, 'utf8'))
  const streams = objectAt(content, 'source', 'streams')
  const translated = Object.entries(objectAt(content, 'roles', 'map')).map(([from, to]) => [from, String(to)])
  return {
    nulls: nullsOption(objectAt(content, 'source').nulls),
    streams: Object.fromEntries(Object.entries(streams).map(([key, value]) => [key, isObject(value) ? value : {}])),
    defined: Object.keys(objectAt(content, 'roles', 'define')),
    translated: Object.fromEntries(translated),
    conditions: conditionsIn(objectAt(content, 'map')),
  }
}

function conditionsIn(map: Record<string, unknown>): Record<string, string> {
  const found = Object.entries(map).flatMap(([name, rule]): [string, string][] => {
    return isObject(rule) && typeof rule.when === 'string' ? [[name, rule.when]] : []
  })
  return Object.fromEntries(found)
}

function objectAt(value: unknown, ...path: string[]): Record<string, unknown> {
  const found = path.reduce<unknown>((current, key) => (isObject(current) ? current[key] : undefined), value)
  return isObject(found) ? found : {}
}
