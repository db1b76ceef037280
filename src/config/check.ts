import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Problem } from '../diagnostics/problem.ts'
import { isObject, type JsonObject } from '../json.ts'
import { environmentsOf } from './compose.ts'
import type { Manifest } from './manifest.ts'
import { nearest } from './nearest.ts'
import { referencePaths } from './references.ts'
import { type SchemaIssue, schemaIssueOf } from './schema-issue.ts'
import { type Branch, keyAt, locationOf, toObject, valueAt } from './tree.ts'
import { validateEnvironment, validateManifest } from './validators.ts'

export interface Checked {
  /** The manifest with defaults filled in, as it is: anything may be wrong in it. */
  value: JsonObject
  /** The same value as the schema types it; trustworthy only where no problem's path points. */
  manifest: Manifest
  problems: Problem[]
}

/**
 * Checks an effective manifest against the schema, and fills in its defaults. Nothing is said about values that are unresolved, or inside them.
 * @param directory the manifest's folder, on which some defaults depend
 */
export function checkManifest(tree: Branch, unresolved: readonly string[][], directory: string): Checked {
  const value = toObject(tree)
  validateManifest(value)
  const problems = translate(validateManifest.errors ?? [], tree, [], unresolved)
  applyDefaults(value, directory)
  // The type is made from the schema that the value was just checked against: the problems say where it does not hold.
  return { value, manifest: value as JsonObject & Manifest, problems }
}

/** More threads than this map faster than anything downstream can take. */
const MAX_WORKERS = 4

/** Fills in the defaults that depend on other values or on the machine; the schema describes them as `x-default`. */
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

/** Checks the environments that were not chosen. Their references are not resolved: those values are taken on trust. */
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

function notAnObject(path: string[], at: Branch['place']): Problem {
  const message = `${path.join('.')} must be an object of keys and values`
  return { code: 'wrong_type', message, at: locationOf(at), path: path.join('.') }
}

/** Checks an environment that was not chosen: its keys and values, not what it leaves out. */
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

/** Where the nearest key above a path stands. */
function parentPlace(tree: Branch, path: readonly string[]) {
  for (let length = path.length; length > 0; length--) {
    const place = keyAt(tree, path.slice(0, length))
    if (place) return place
  }
  return tree.place
}

/** A misspelt key is unknown, and what it should have been is missing: only the first is said. */
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

/** By file, line and column, so that they read like the file. */
export function inReadingOrder(problems: readonly Problem[]): Problem[] {
  const order = (problem: Problem) => [problem.at?.line ?? 0, problem.at?.column ?? 0] as const
  return problems.toSorted((a, b) => {
    const [lineA, columnA] = order(a)
    const [lineB, columnB] = order(b)
    return (a.at?.file ?? '').localeCompare(b.at?.file ?? '') || lineA - lineB || columnA - columnB
  })
}
