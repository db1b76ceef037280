/**
 * Loads manifests. In: an optional path, an environment, variables. Out: a checked LoadedManifest
 * with defaults and the place of each value, or all problems. Steps: discover → compose (parse each
 * file) → references → check.
 */
import { dirname, resolve } from 'node:path'
import { ManifestError } from '../diagnostics/errors.ts'
import { MASK_MODES, type Mask, type MaskMode } from '../diagnostics/mask.ts'
import type { Location, Problem } from '../diagnostics/problem.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import { isObject } from '../json.ts'
import { checkDedupe, checkManifest, checkOneOrganization, checkOtherEnvironments, inReadingOrder } from './check.ts'
import { checkStatePlace } from './check-state.ts'
import { type ComposeContext, compose, composeRecipe } from './compose.ts'
import { discoverManifest } from './discover.ts'
import { nameMainStream } from './main-stream.ts'
import type { Manifest } from './manifest.ts'
import { checkPilot } from './pilot.ts'
import { shippedRecipes } from './recipes.ts'
import { resolveReferences } from './references.ts'
import { digestOf, literalKeyWarnings } from './secrets.ts'
import { type Branch, keyAt, locationOf, scalarLocation, valueAt, withNulls, without } from './tree.ts'

export interface LoadOptions {
  /** The manifest file, relative to `cwd`. Default: search for it. */
  path?: string
  /** The built-in recipe to load instead of a manifest. */
  recipe?: string
  environment?: string
  cwd: string
  env: Record<string, string | undefined>
  /** Whether to accept unset references. */
  offline?: boolean
  /** Paths where a reference can be unset until its value is needed: see `deferred`. */
  defer?: (path: readonly string[]) => boolean
  redactor: Redactor
  /** Takes its mode from the manifest. */
  mask?: Mask
  /** The folder of the recipes. Default: the built-in recipes. */
  recipes?: string
}

/** A composed manifest with all its problems. */
export interface InspectedManifest {
  /** Valid only where no problem points. */
  loaded: LoadedManifest
  problems: Problem[]
}

/**
 * Finds, reads, composes and checks a manifest.
 * @throws ManifestError with all problems and their places
 */
export async function loadManifest(options: LoadOptions): Promise<LoadedManifest> {
  const { loaded, problems } = await inspectManifest(options)
  if (problems.length > 0) throw new ManifestError(problems)
  return loaded
}

/**
 * Like `loadManifest`, but returns the problems.
 * @throws ManifestError if there is no manifest, or its files cannot be composed
 */
export async function inspectManifest(options: LoadOptions): Promise<InspectedManifest> {
  const { redactor, env, environment, defer } = options
  const context = {
    env,
    redactor,
    offline: options.offline ?? false,
    recipes: options.recipes ?? shippedRecipes,
    defer,
  }
  const { file, tree: composed } = await composeFor(options, context)
  const warnings = literalKeyWarnings(composed, redactor)
  const { tree, unresolved, problems, deferred } = resolveReferences(
    nameMainStream(takingNulls(without(composed, ['environments', '$schema']))),
    context,
  )
  const checked = checkManifest(tree, [...unresolved], dirname(file))
  options.mask?.follow(maskOf(checked.value))
  const loaded: LoadedManifest = {
    manifest: checked.manifest,
    file,
    directory: dirname(file),
    ...(environment === undefined ? {} : { environment }),
    redactor,
    unresolved,
    deferred: deferred.map((problem) => redacted(problem, redactor)),
    digest: digestOf(checked.value),
    locate: (path, offset) => locate(tree, file, path.map(String), offset),
    originOf: (path) => originOf(tree, path.map(String)),
    warnings,
  }
  const all = inReadingOrder([
    ...problems,
    ...checked.problems,
    ...checkDedupe(checked.value.dedupe, loaded.locate),
    ...checkStatePlace(checked.value.state, { locate: loaded.locate, originOf: loaded.originOf }),
    ...checkPilot(checked.value.pilot, loaded.locate),
    ...checkOneOrganization(checked.value, unresolved, loaded),
    ...checkOtherEnvironments(composed, environment),
  ])
  return { loaded, problems: all.map((problem) => redacted(problem, redactor)) }
}

/** The mask mode, even of an invalid manifest, whose problems must be masked too. */
function maskOf({ output }: { output?: unknown }): MaskMode | undefined {
  const mode = isObject(output) ? output.mask : undefined
  return MASK_MODES.find((known) => known === mode)
}

async function composeFor(options: LoadOptions, context: ComposeContext): Promise<{ file: string; tree: Branch }> {
  const { path, recipe, environment, cwd, env } = options
  if (recipe !== undefined) return composeRecipe(recipe, context)
  const file = path === undefined ? await discoverManifest(cwd, env.HOME) : resolve(cwd, path)
  return { file, tree: compose(file, environment, context) }
}

/** Keeps null as a value inside tests, but null for a whole test removes it. */
function takingNulls(tree: Branch): Branch {
  const tests = tree.entries.get('tests')
  if (tests?.value.kind !== 'branch') return tree
  const kept = [...tests.value.entries].map(([name, entry]) => {
    const value = entry.value.kind === 'removed' ? entry.value : withNulls(entry.value)
    return [name, { ...entry, value }] as const
  })
  const value: Branch = { ...tests.value, entries: new Map(kept) }
  return { ...tree, entries: new Map(tree.entries).set('tests', { ...tests, value }) }
}

function locate(tree: Branch, file: string, path: string[], offset: number | undefined): Location {
  const exact = valueAt(tree, path)
  if (exact?.kind === 'scalar') return scalarLocation(exact, offset ?? 0)
  for (let length = path.length; length > 0; length--) {
    const key = keyAt(tree, path.slice(0, length))
    if (key) return locationOf(key)
  }
  return { file }
}

function originOf(tree: Branch, path: string[]): Location | undefined {
  const value = valueAt(tree, path)
  return value === undefined || value.kind === 'removed' ? undefined : locationOf(value.place)
}

function redacted(problem: Problem, redactor: Redactor): Problem {
  const copy = { ...problem }
  for (const key of ['message', 'hint', 'path'] as const) {
    const text = problem[key]
    if (text !== undefined) copy[key] = redactor.redact(text)
  }
  return copy
}

export interface LoadedManifest {
  manifest: Manifest
  /** Absolute. */
  file: string
  /** Its folder, absolute, for relative paths in the manifest. */
  directory: string
  environment?: string
  redactor: Redactor
  /** Paths of scalars with an unset reference (only with `offline` and `defer`). */
  unresolved: string[][]
  /** Problems of deferred references, for code that needs their values. */
  deferred: Problem[]
  /**
   * SHA-256 (hex) of the effective manifest without secrets, and without `run`, which does not
   * change the result of a run.
   */
  digest: string
  /**
   * The place of the value at a path; `offset` counts characters into a scalar. Falls back to the
   * nearest parent, then to the file.
   */
  locate(path: readonly (string | number)[], offset?: number): Location
  /** The exact place of the value; undefined for a default. */
  originOf(path: readonly (string | number)[]): Location | undefined
  /** Warnings, such as an API key in the file. */
  warnings: Problem[]
}
