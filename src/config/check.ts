import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Location, Problem, Reason } from '../diagnostics/problem.ts'
import { isObject, type JsonObject } from '../json.ts'
import { environmentsOf } from './compose.ts'
import { type Manifest, pathsOfNewest } from './manifest.ts'
import { nearest } from './nearest.ts'
import { recipeAt } from './recipes.ts'
import { referencePaths } from './references.ts'
import { isSchema, knownKeys, manifestSchema, type Schema, schemasAt, sourceTypes } from './schema.ts'
import { type Branch, keyAt, locationOf, toObject, valueAt } from './tree.ts'
import { validateEnvironment, validateManifest } from './validators.ts'

export interface Checked {
  /** The manifest with defaults. It can be invalid. */
  value: JsonObject
  /** The same value with its type, which holds only where no problem points. */
  manifest: Manifest
  problems: Problem[]
}

/**
 * Checks an effective manifest against the schema and adds defaults. Ignores unresolved values.
 * @param directory the folder of the manifest, for some defaults
 */
export function checkManifest(tree: Branch, unresolved: readonly string[][], directory: string): Checked {
  const value = toObject(tree)
  validateManifest(value)
  const problems = translate(validateManifest.errors ?? [], tree, [], unresolved)
  applyDefaults(value, directory)
  // The type comes from the schema; the problems show where the value does not match it.
  return { value, manifest: value as JsonObject & Manifest, problems }
}

/** More threads map faster than later stages can process. */
const MAX_WORKERS = 4

/** Adds the defaults that depend on other values or the machine (`x-default` in the schema). */
function applyDefaults(value: JsonObject, directory: string): void {
  value.name ??= basename(directory) || 'migration'
  const { source, target, run, metadata } = value
  if (isObject(run)) run.workers ??= Math.min(availableParallelism(), MAX_WORKERS)
  if (isObject(metadata) && isObject(source) && typeof source.type === 'string') metadata.prefix ??= source.type
  if (!isObject(target)) return
  if (target.type === 'workos') target.baseUrl ??= 'https://api.workos.com'
  if (target.type === 'sandbox') {
    target.data ??= '.workos-migrate/sandbox.sqlite'
    target.limits ??= false
  }
}

/** Checks the environments that were not chosen, except values with references. */
export function checkOtherEnvironments(tree: Branch, chosen: string | undefined): Problem[] {
  const environments = tree.entries.get('environments')
  if (environments === undefined || environments.value.kind === 'removed') return []
  if (environments.value.kind !== 'branch') return [notAnObject(['environments'], environments.key)]
  const known = environmentsOf(tree)
  return [...environments.value.entries].flatMap(([name, entry]) => {
    const branch = known.get(name)
    if (branch === undefined) return [notAnObject(['environments', name], entry.key)]
    return name === chosen ? [] : checkEnvironment(name, branch, referencePaths(branch))
  })
}

/** A check that the schema cannot express: `newest` needs `updatedAt`. */
export function checkDedupe(dedupe: unknown, locate: (path: string[]) => Location): Problem[] {
  const user = isObject(dedupe) && isObject(dedupe.user) ? dedupe.user : {}
  if (user.updatedAt !== undefined) return []
  return pathsOfNewest(user).map((path) => ({
    code: 'newest_of_what',
    message: `${path.join('.')} is newest, but dedupe.user.updatedAt is missing`,
    hint: 'set dedupe.user.updatedAt to an expression for the time of the last change, such as $record.updated_at',
    path: path.join('.'),
    at: locate(path),
  }))
}

/**
 * With the recipe one-organization, vars.organization must identify the organization.
 * @param unresolved paths of values that are not known yet
 */
export function checkOneOrganization(
  { vars }: JsonObject,
  unresolved: readonly string[][],
  { locate, originOf }: { locate(path: string[]): Location; originOf(path: string[]): Location | undefined },
): Problem[] {
  if (recipeAt(originOf(['map', 'organization', 'key'])) !== ONE_ORGANIZATION) return []
  const path = ['vars', 'organization']
  const said = isObject(vars) ? vars.organization : undefined
  const isOpen = unresolved.some((open) => path.every((key, index) => open[index] === key))
  // A missing variable is reported where the recipe reads it.
  if (said === undefined || isOpen || (isObject(said) && NAMING.some((key) => isFilled(said[key])))) return []
  return [
    {
      code: 'no_organization',
      message: `vars.organization does not name an organization: ${isObject(said) ? `it has no ${NAMING.slice(0, -1).join(', ')} or ${NAMING.at(-1)}` : 'it is not an object'}`,
      hint: 'set { id: org_… } for an organization in WorkOS, or { externalId: acme, name: Acme Anvils }; all users become its members',
      path: path.join('.'),
      at: locate(path),
    },
  ]
}

const ONE_ORGANIZATION = 'one-organization'

/** Keys that identify an organization. */
const NAMING = ['id', 'externalId', 'name']

function isFilled(value: unknown): boolean {
  return (typeof value === 'string' && value.trim() !== '') || typeof value === 'number'
}

function notAnObject(path: string[], at: Branch['place']): Problem {
  const message = `${path.join('.')} must be an object of keys and values`
  return { code: 'wrong_type', message, at: locationOf(at), path: path.join('.') }
}

/** Checks the keys and values of an environment, but not for missing keys. */
function checkEnvironment(name: string, tree: Branch, unresolved: readonly string[][]): Problem[] {
  validateEnvironment(toObject(tree))
  const errors = (validateEnvironment.errors ?? []).filter((error) => error.keyword !== 'required')
  return translate(errors, tree, ['environments', name], unresolved)
}

function translate(errors: readonly ErrorObject[], tree: Branch, prefix: string[], unresolved: readonly string[][]) {
  const issues = errors.map((error) => schemaIssueOf(error, tree)).filter((issue) => issue !== undefined)
  const known = issues.filter(({ path }) => !unresolved.some((open) => open.every((key, i) => path[i] === key)))
  return oneIssuePerMistake(known).map(({ path, subject, ...issue }): Problem => {
    const place = subject === 'key' ? keyAt(tree, path) : valueAt(tree, path)?.place
    return { ...issue, at: locationOf(place ?? parentPlace(tree, path)), path: [...prefix, ...path].join('.') }
  })
}

/** The place of the nearest parent key. */
function parentPlace(tree: Branch, path: readonly string[]) {
  for (let length = path.length; length > 0; length--) {
    const place = keyAt(tree, path.slice(0, length))
    if (place) return place
  }
  return tree.place
}

/** A misspelled key is also missing under its right name: keeps only the first issue. */
function oneIssuePerMistake(issues: readonly SchemaIssue[]): SchemaIssue[] {
  const unknown = issues.filter(({ code }) => code === 'unknown_key')
  const seen = new Set<string>()
  return issues.filter(({ code, path }) => {
    const name = path.join('\0')
    if (seen.has(name)) return false
    seen.add(name)
    const siblings = unknown.filter((other) => other.path.length === path.length && sameParent(other.path, path))
    const last = path.at(-1) ?? ''
    return code !== 'missing_key' || !siblings.some((other) => nearest(other.path.at(-1) ?? '', [last]) !== undefined)
  })
}

function sameParent(a: readonly string[], b: readonly string[]): boolean {
  return a.slice(0, -1).every((key, index) => key === b[index])
}

export function inReadingOrder(problems: readonly Problem[]): Problem[] {
  const order = (problem: Problem) => [problem.at?.line ?? 0, problem.at?.column ?? 0] as const
  return problems.toSorted((a, b) => {
    const [lineA, columnA] = order(a)
    const [lineB, columnB] = order(b)
    return (a.at?.file ?? '').localeCompare(b.at?.file ?? '') || lineA - lineB || columnA - columnB
  })
}

/** An error of the schema check, with its path, and whether the key or the value is wrong. */
interface SchemaIssue extends Reason {
  path: string[]
  subject: 'key' | 'value'
}

const TYPE_NAMES: Record<string, string> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  object: 'an object of keys and values',
  array: 'a list',
}

/** Translates an error of ajv; undefined for an error that repeats another. */
function schemaIssueOf(error: ErrorObject, tree: Branch): SchemaIssue | undefined {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer)
  if (error.propertyName !== undefined) return badKey(error, [...path, error.propertyName])
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, path, String(error.params.additionalProperty))
    case 'required':
      return isUnionTag(error) ? undefined : missingKey(path, String(error.params.missingProperty))
    case 'discriminator':
      return unionMember(error, path)
    case 'enum':
      return notAllowed(error, path, tree)
    case 'type':
      return wrongType(error, path, tree)
    case 'if':
    case 'propertyNames':
      return undefined
    case 'uniqueItems':
      return repeated(error, path, tree)
    default:
      return badValue(error, path, tree)
  }
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** The union itself reports its missing tag. */
function isUnionTag(error: ErrorObject): boolean {
  const { discriminator } = schemaOf(error)
  return isSchema(discriminator) && discriminator.propertyName === error.params.missingProperty
}

function unknownKey(error: ErrorObject, parent: string[], key: string): SchemaIssue {
  const { properties, 'x-refused': refused } = schemaOf(error)
  const why = isSchema(refused) ? refused[key] : undefined
  if (typeof why === 'string') {
    const message = `"${key}" does not apply to ${parent.join('.')} of this type`
    return { code: 'unknown_key', message, hint: why, path: [...parent, key], subject: 'key' }
  }
  const known = isSchema(properties) ? Object.keys(properties).filter((name) => name !== '$schema') : []
  const close = nearest(key, known)
  const elsewhere = close === undefined ? sectionsWith(key).filter((path) => path !== [...parent, key].join('.')) : []
  const hint =
    close !== undefined
      ? `did you mean "${close}"?`
      : elsewhere.length > 0
        ? `move it to ${elsewhere.join(' or ')}`
        : `use one of ${known.join(', ')}`
  return { code: 'unknown_key', message: `unknown key "${key}"`, hint, path: [...parent, key], subject: 'key' }
}

/** Sections that have a key with this name. */
function sectionsWith(key: string): string[] {
  const sections = isSchema(manifestSchema.properties) ? Object.keys(manifestSchema.properties) : []
  const path = (name: string) => (knownKeys([name]).includes(key) ? [`${name}.${key}`] : [])
  const atTop = sections.includes(key) ? [key] : []
  return [...atTop, ...sections.flatMap(path)]
}

function missingKey(parent: string[], key: string): SchemaIssue {
  const path = [...parent, key]
  const schemas = schemasAt(path)
  const example = schemas.flatMap((schema) => (Array.isArray(schema.examples) ? schema.examples : []))[0]
  const description = schemas.find((schema) => typeof schema.description === 'string')?.description
  const shown =
    example === undefined
      ? ''
      : `; for example ${key}: ${typeof example === 'string' ? example : JSON.stringify(example)}`
  const hint = description === undefined ? undefined : `${lowerFirst(firstSentence(String(description)))}${shown}`
  return { code: 'missing_key', message: `"${key}" is missing`, hint, path, subject: 'key' }
}

function unionMember(error: ErrorObject, parent: string[]): SchemaIssue | undefined {
  const { tag, tagValue } = error.params
  const path = [...parent, String(tag)]
  if (error.params.error === 'tag') {
    const hint = `allowed values: ${sourceTypes().join(', ')}`
    if (tagValue === undefined)
      return { code: 'missing_key', message: `"${tag}" is missing`, hint, path, subject: 'key' }
    return { code: 'wrong_type', message: `${path.join('.')} must be text`, hint, path, subject: 'value' }
  }
  return choice(path, String(tagValue), sourceTypes())
}

function notAllowed(error: ErrorObject, path: string[], tree: Branch): SchemaIssue {
  const allowed = (Array.isArray(error.params.allowedValues) ? error.params.allowedValues : []).map(String)
  const written = writtenAt(tree, path)
  return choice(path, written ?? String(error.data), allowed)
}

function choice(path: string[], value: string, allowed: string[]): SchemaIssue {
  const close = nearest(value, allowed)
  const hint = `${close === undefined ? '' : `did you mean "${close}"? `}allowed values: ${allowed.join(', ')}`
  return {
    code: 'unknown_value',
    message: `${path.join('.')} cannot be ${quoted(value)}`,
    hint,
    path,
    subject: 'value',
  }
}

/** A repeated item of a list. */
function repeated(error: ErrorObject, list: string[], tree: Branch): SchemaIssue {
  const index = Math.max(Number(error.params.i), Number(error.params.j))
  const path = [...list, String(index)]
  const value: unknown = Array.isArray(error.data) ? error.data[index] : undefined
  const item = writtenAt(tree, path) ?? (typeof value === 'string' ? quoted(value) : 'an item')
  const message = `${list.join('.')} contains ${item} twice`
  return { code: 'bad_value', message, hint: 'remove one of them', path, subject: 'value' }
}

function wrongType(error: ErrorObject, path: string[], tree: Branch): SchemaIssue {
  const types: string[] = [error.params.type].flat()
  const expected = expectation(error) ?? types.map((type) => TYPE_NAMES[type] ?? type).join(' or ')
  const written = writtenAt(tree, path)
  const found = written === undefined ? `is ${describe(error.data)}` : `${written} is ${describe(error.data)}`
  const name = path.length === 0 ? 'the manifest' : path.join('.')
  return {
    code: 'wrong_type',
    message: `${name} must be ${expected}, but ${found}`,
    hint: typeHint(types, error) ?? example(error),
    path,
    subject: 'value',
  }
}

function typeHint(types: string[], error: ErrorObject): string | undefined {
  const data: unknown = error.data
  if (types.includes('boolean') && typeof data === 'string') {
    if (/^(yes|on|y|1)$/i.test(data)) return 'write true, without quotes'
    if (/^(no|off|n|0)$/i.test(data)) return 'write false, without quotes'
  }
  if (typeof data === 'string' && /^-?\d+(\.\d+)?$|^(true|false)$/.test(data)) return 'remove the quotes'
  const anyText = types.includes('string') && schemaOf(error).pattern === undefined
  if (anyText && (typeof data === 'number' || typeof data === 'boolean')) return 'put it in quotes'
  return undefined
}

function badValue(error: ErrorObject, path: string[], tree: Branch): SchemaIssue {
  const name = path.join('.')
  const written = writtenAt(tree, path)
  const from = written === undefined ? '' : ` (from ${written})`
  const base = { code: 'bad_value', hint: example(error), path, subject: 'value' } as const
  const limit = Number(error.params.limit)
  switch (error.keyword) {
    case 'minimum':
      return { ...base, hint: expectation(error) ?? base.hint, message: `${name} must be at least ${limit}${from}` }
    case 'exclusiveMinimum':
      return { ...base, message: `${name} must be more than ${limit}${from}` }
    case 'maximum':
      return { ...base, hint: expectation(error) ?? base.hint, message: `${name} must be at most ${limit}${from}` }
    case 'maxLength':
      return { ...base, message: `${name} must have at most ${limit} characters${from}` }
    case 'minLength':
    case 'minItems':
      return { ...base, message: `${name} must not be empty${from}` }
    default:
      return { ...base, message: `${name} must be ${expectation(error) ?? error.message ?? 'different'}${from}` }
  }
}

function badKey(error: ErrorObject, path: string[]): SchemaIssue {
  const message = `"${path.at(-1)}" is not a valid key: ${expectation(error) ?? error.message ?? ''}`
  return { code: 'bad_value', message, path, subject: 'key' }
}

/** Names a value by its reference, because the value can be a secret. */
function writtenAt(tree: Branch, path: string[]): string | undefined {
  const node = valueAt(tree, path)
  return node?.kind === 'scalar' ? node.written : undefined
}

function expectation(error: ErrorObject): string | undefined {
  const says = schemaOf(error)['x-expects']
  return typeof says === 'string' ? says : undefined
}

function example(error: ErrorObject): string | undefined {
  const { examples } = schemaOf(error)
  const first = Array.isArray(examples) ? examples[0] : undefined
  return first === undefined ? undefined : `for example ${typeof first === 'string' ? first : JSON.stringify(first)}`
}

function schemaOf(error: ErrorObject): Schema {
  return isSchema(error.parentSchema) ? error.parentSchema : {}
}

function describe(data: unknown): string {
  if (data === null) return 'empty'
  if (Array.isArray(data)) return 'a list'
  if (typeof data === 'string') return 'text'
  if (typeof data === 'number') return Number.isInteger(data) ? 'a number' : 'a fraction'
  return typeof data === 'boolean' ? 'true or false' : 'an object'
}

function quoted(value: string): string {
  return value.length > 60 ? `"${value.slice(0, 60)}…"` : `"${value}"`
}

function firstSentence(text: string): string {
  return text.split(/[.;:] |\.$/, 1)[0] ?? text
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
