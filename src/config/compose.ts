import { basename, dirname, isAbsolute, resolve } from 'node:path'
import { ManifestError } from '../diagnostics/errors.ts'
import type { Location, Problem } from '../diagnostics/problem.ts'
import { isObject, type JsonObject } from '../json.ts'
import { nearest } from './nearest.ts'
import { parseFile } from './parse.ts'
import { defaultRecipe, recipeFile, recipeNames } from './recipes.ts'
import { type ReferenceContext, resolveText } from './references.ts'
import { sourceSchema, sourceTypes } from './schema.ts'
import { type Branch, branchOf, locationOf, mergeBranches, type Scalar, type Tree, valueAt, without } from './tree.ts'

export interface ComposeContext extends ReferenceContext {
  /** The folder of the built-in recipes. */
  recipes: string
}

interface Composing extends ComposeContext {
  /** The manifest file. */
  root?: string
}

/**
 * Merges the layers of a manifest, from lowest to highest: the default recipe of the source, what
 * the file extends, the file, the chosen environment. Does not resolve references.
 * @throws ManifestError for a broken or missing file, a cycle of `extends`, or an unknown
 *   environment
 */
export function compose(file: string, environment: string | undefined, context: ComposeContext): Branch {
  const chain = new Map<string, Branch>()
  const own = withExtends(file, [], chain, { ...context, root: file })
  const type = sourceType(choose(own, environment, context), context)
  const recipe = type === undefined ? undefined : defaultRecipe(context.recipes, type)
  const whole =
    recipe === undefined || chain.has(recipe)
      ? own
      : { ...layered(withExtends(recipe, [], chain, context), own, context), place: own.place }
  requireEnvironment(whole, environment, file)
  return choose(whole, environment, context)
}

/**
 * Like `compose`, for a built-in recipe with its tests. A recipe without a source goes on top of
 * the source of the same name, or of `csv`, with the options of the example in the schema.
 */
export function composeRecipe(name: string, context: ComposeContext): { file: string; tree: Branch } {
  const file = recipeFile(context.recipes, name)
  if (file === undefined) throw new ManifestError(unknownRecipe(name, context))
  const chain = new Map<string, Branch>()
  const own = withExtends(file, [], chain, { ...context, root: file })
  const named = sourceType(own, context)
  const type = named ?? (sourceTypes().includes(name) ? name : 'csv')
  const recipe = defaultRecipe(context.recipes, type)
  const below = recipe === undefined || chain.has(recipe) ? undefined : withExtends(recipe, [], chain, context)
  const merged = below === undefined ? own : { ...layered(below, own, context), place: own.place }
  const source = valueAt(merged, ['source'])
  const given = source?.kind === 'branch' ? [...source.entries.keys()] : []
  const missing = Object.entries(sampleSource(type, named === undefined)).filter(([key]) => !given.includes(key))
  const sample = branchOf({ source: Object.fromEntries(missing), target: { type: 'sandbox' } }, own.place)
  return { file, tree: { ...mergeBranches(sample, merged), place: own.place } }
}

/** The options of the example in the schema: all, or only those that are required. */
function sampleSource(type: string, whole: boolean): JsonObject {
  const { examples, required } = sourceSchema(type)
  const [example] = Array.isArray(examples) ? examples : []
  const names = Array.isArray(required) ? required : []
  const options = Object.entries(isObject(example) ? example : {}).filter(([key]) => whole || names.includes(key))
  return { ...Object.fromEntries(options), type }
}

function withExtends(file: string, above: string[], chain: Map<string, Branch>, context: Composing): Branch {
  const done = chain.get(file)
  if (done) return done
  const tree = parseFile(file, context.redactor)
  const bases = extendsOf(tree)
  let merged: Branch | undefined
  for (const base of bases) {
    const at = locationOf(base.place)
    const baseFile = locate(base, file, context)
    const path = [...above, file]
    if (path.includes(baseFile)) {
      const circle = [...path.slice(path.indexOf(baseFile)), baseFile].map((name) => basename(name)).join(' → ')
      throw new ManifestError({
        code: 'extends_cycle',
        message: `extends contains a cycle: ${circle}`,
        hint: 'remove one of them',
        at,
        path: 'extends',
      })
    }
    const below = parseBase(baseFile, at, path, chain, context)
    merged = merged === undefined ? below : layered(merged, below, context)
  }
  // Drops the tests of built-in recipes: the manifest can map differently.
  const isBeneath = file !== context.root && dirname(file) === context.recipes
  const own = without(tree, isBeneath ? ['extends', 'tests'] : ['extends'])
  const result = merged === undefined ? own : layered(merged, own, context)
  chain.set(file, result)
  return result
}

function parseBase(
  file: string,
  at: Location,
  above: string[],
  chain: Map<string, Branch>,
  context: Composing,
): Branch {
  try {
    return withExtends(file, above, chain, context)
  } catch (error) {
    // For a missing file, points to the line that names it.
    if (!(error instanceof ManifestError) || error.problems[0]?.at?.file !== file) throw error
    if (error.problems[0].at.line !== undefined) throw error
    throw new ManifestError(error.problems.map((problem) => ({ ...problem, at, path: 'extends' })))
  }
}

function extendsOf(tree: Branch): Scalar[] {
  const value = tree.entries.get('extends')?.value
  if (value === undefined || value.kind === 'removed') return []
  const items: Tree[] = value.kind === 'list' ? value.items : [value]
  return items.map((item) => {
    if (item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '') return item
    throw new ManifestError({
      code: 'wrong_type',
      message: 'extends must be a path, the name of a recipe, or a list of these',
      hint: 'write, for example, extends: ./base.yaml',
      at: locationOf(item.place),
      path: 'extends',
    })
  })
}

function locate(base: Scalar, from: string, context: ComposeContext): string {
  const { text: name, problems } = resolveText(base, String(base.value), { ...context, offline: false })
  if (problems.length > 0) throw new ManifestError(problems.map((problem) => ({ ...problem, path: 'extends' })))
  if (/^\.{0,2}\//.test(name) || isAbsolute(name) || /\.(ya?ml|json)$/.test(name)) return resolve(dirname(from), name)
  const recipe = recipeFile(context.recipes, name)
  if (recipe !== undefined) return recipe
  const problem = unknownRecipe(name, context)
  const hint = `${problem.hint}; a path starts with ./`
  throw new ManifestError({ ...problem, hint, at: locationOf(base.place), path: 'extends' })
}

function unknownRecipe(name: string, { recipes }: ComposeContext): Problem {
  const names = recipeNames(recipes)
  const close = nearest(name, names)
  return {
    code: 'unknown_recipe',
    message: `unknown recipe ${name}`,
    hint: `${close === undefined ? '' : `did you mean ${close}? `}the recipes are ${names.join(', ')}`,
  }
}

function sourceType(tree: Branch, context: ComposeContext): string | undefined {
  const type = valueAt(tree, ['source', 'type'])
  if (type?.kind !== 'scalar' || typeof type.value !== 'string') return undefined
  return resolveText(type, type.value, { ...context, offline: true }).text
}

/** The environments of a manifest by name. An empty environment is valid. */
export function environmentsOf(tree: Branch): Map<string, Branch> {
  const environments = tree.entries.get('environments')?.value
  const branches = new Map<string, Branch>()
  if (environments?.kind !== 'branch') return branches
  for (const [name, { value }] of environments.entries) {
    if (value.kind === 'branch') branches.set(name, value)
    if (value.kind === 'removed') branches.set(name, { kind: 'branch', entries: new Map(), place: value.place })
  }
  return branches
}

/** The manifest with one of its environments merged over it. */
function choose(tree: Branch, environment: string | undefined, context: ComposeContext): Branch {
  const chosen = environment === undefined ? undefined : environmentsOf(tree).get(environment)
  return chosen === undefined ? tree : { ...layered(tree, chosen, context), place: tree.place }
}

/**
 * Merges two layers. If the upper layer has another source type, drops the source of the lower one:
 * a recipe for files also works for a database.
 */
function layered(lower: Branch, upper: Branch, context: ComposeContext): Branch {
  const [below, above] = [sourceType(lower, context), sourceType(upper, context)]
  const isOther = below !== undefined && above !== undefined && below !== above
  return mergeBranches(isOther ? without(lower, ['source']) : lower, upper)
}

/** @throws ManifestError for an unknown environment */
function requireEnvironment(tree: Branch, environment: string | undefined, file: string): void {
  if (environment === undefined) return
  const names = [...environmentsOf(tree).keys()]
  if (names.includes(environment)) return
  const close = nearest(environment, names)
  const key = tree.entries.get('environments')?.key
  throw new ManifestError({
    code: 'unknown_environment',
    message: `unknown environment ${environment}`,
    hint:
      names.length === 0
        ? 'remove -e: the manifest has no environments'
        : `${close === undefined ? '' : `did you mean ${close}? `}the environments are ${names.join(', ')}`,
    at: key === undefined ? { file } : locationOf(key),
    path: 'environments',
  })
}
