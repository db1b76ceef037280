/**
 * Loads manifests. In: a path or none, an environment, variables. Out: a LoadedManifest, checked
 * and with defaults, that knows where each of its values was written, or every problem at once. The
 * way: discover → compose (parse each file) → references → check.
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
  /** The manifest file, relative to `cwd`. Without one it is searched for. */
  path?: string
  /** The shipped recipe to load by itself, in place of a manifest. */
  recipe?: string
  /** The environment to merge over the rest. */
  environment?: string
  cwd: string
  env: Record<string, string | undefined>
  /** Whether unset references become unknown instead of being problems. */
  offline?: boolean
  /**
   * Paths at which a reference may be unset until its value is needed: see LoadedManifest.deferred.
   */
  defer?: (path: readonly string[]) => boolean
  redactor: Redactor
  /** Follows what the manifest says of outputs. */
  mask?: Mask
  /** Folder of the recipes. Default: the shipped ones. */
  recipes?: string
}

/** A manifest that could be put together, with everything that is wrong with it. */
export interface InspectedManifest {
  /** Trustworthy only where no problem's path points. */
  loaded: LoadedManifest
  problems: Problem[]
}

/**
 * Finds, reads, composes and checks a manifest.
 * @throws ManifestError with every problem at once, each with its place
 */
export async function loadManifest(options: LoadOptions): Promise<LoadedManifest> {
  const { loaded, problems } = await inspectManifest(options)
  if (problems.length > 0) throw new ManifestError(problems)
  return loaded
}

/**
 * As `loadManifest`, for `validate`, which goes on after the first problems.
 * @throws ManifestError when there is no manifest, or its files cannot be put together
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

/** Also of a manifest that is wrong elsewhere: its problems are told as it asks for. */
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

/**
 * In the tests null is a value: what must be absent, and what a record has. A test itself may be
 * taken away.
 */
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

/** A manifest together with where it came from. */
export interface LoadedManifest {
  manifest: Manifest
  /** The manifest file, absolute. */
  file: string
  /** Its folder, absolute: relative paths in the manifest start here. */
  directory: string
  environment?: string
  redactor: Redactor
  /**
   * JSON-pointer-like paths of scalars whose reference is unset (only with `offline` and `defer`).
   */
  unresolved: string[][]
  /** What is wrong with references that were let be, for whoever comes to need one of them. */
  deferred: Problem[]
  /**
   * SHA-256 (hex) of the effective manifest with its secrets left out, and without `run`, whose
   * default depends on the machine: how hard a run pushes does not change what it does.
   */
  digest: string
  /**
   * Where the value at a path of the effective manifest was written; `offset` counts characters
   * into a scalar. Falls back to the nearest parent that has a place, and to the file alone.
   */
  locate(path: readonly (string | number)[], offset?: number): Location
  /** Where exactly this path was written; undefined for a value that was filled in as a default. */
  originOf(path: readonly (string | number)[]): Location | undefined
  /** What is accepted and worth a word: an API key written out in the file, … */
  warnings: Problem[]
}
