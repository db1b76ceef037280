import type { Json, JsonObject } from '../json.ts'
import type { Place } from './text.ts'

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded'

/** One value of a manifest together with where it was written, so that every issue can name its place. */
export type Tree = Scalar | List | Branch | Removed

export interface Scalar {
  kind: 'scalar'
  value: string | number | boolean | null
  place: Place
  style: ScalarStyle
  /** The text with its references, where it had any; `value` holds what they stand for. */
  written?: string
}

export interface List {
  kind: 'list'
  items: Tree[]
  place: Place
}

/** An object. A Map, so that no key can reach a prototype. */
export interface Branch {
  kind: 'branch'
  entries: Map<string, Entry>
  place: Place
}

export interface Entry {
  /** Where the key stands. */
  key: Place
  value: Tree
}

/** A key whose value is null: it takes away what it would have inherited. Kept, because an issue may point at it. */
export interface Removed {
  kind: 'removed'
  place: Place
}

/** Deep merge: objects merge, everything else replaces, and a removed key stays removed. */
export function merge(lower: Tree, upper: Tree): Tree {
  return lower.kind === 'branch' && upper.kind === 'branch' ? mergeBranches(lower, upper) : upper
}

/** As `merge`, for objects. */
export function mergeBranches(lower: Branch, upper: Branch): Branch {
  const entries = new Map(lower.entries)
  for (const [key, entry] of upper.entries) {
    const below = entries.get(key)
    entries.set(key, below === undefined ? entry : { key: entry.key, value: merge(below.value, entry.value) })
  }
  return { kind: 'branch', entries, place: upper.place }
}

/** The value at a path; undefined when nothing is written there. */
export function valueAt(tree: Tree, path: readonly (string | number)[]): Tree | undefined {
  let current: Tree | undefined = tree
  for (const step of path) {
    if (current?.kind === 'branch') current = current.entries.get(String(step))?.value
    else if (current?.kind === 'list') current = current.items[Number(step)]
    else return undefined
  }
  return current
}

/** Where the key at the end of a path stands; for an item of a list, the item. Undefined when nothing is written there. */
export function keyAt(tree: Tree, path: readonly (string | number)[]): Place | undefined {
  const parent = valueAt(tree, path.slice(0, -1))
  const last = path.at(-1)
  if (last === undefined) return undefined
  if (parent?.kind === 'branch') return parent.entries.get(String(last))?.key
  return valueAt(tree, path)?.place
}

/** The same object without some of its keys. */
export function without(branch: Branch, keys: readonly string[]): Branch {
  const entries = new Map(branch.entries)
  for (const key of keys) entries.delete(key)
  return { ...branch, entries }
}

/** The plain value; removed keys are left out. */
export function toObject(branch: Branch): JsonObject {
  const object: JsonObject = {}
  for (const [key, { value }] of branch.entries) {
    if (value.kind !== 'removed') object[key] = toJson(value)
  }
  return object
}

function toJson(tree: Tree): Json {
  if (tree.kind === 'list') return tree.items.map(toJson)
  if (tree.kind === 'branch') return toObject(tree)
  return tree.kind === 'scalar' ? tree.value : null
}

/** The same with null in place of what is removed: where null is a value, and takes nothing away. */
export function withNulls(tree: Tree): Tree {
  if (tree.kind === 'removed') return { kind: 'scalar', value: null, place: tree.place, style: 'plain' }
  if (tree.kind === 'list') return { ...tree, items: tree.items.map(withNulls) }
  if (tree.kind === 'scalar') return tree
  const entries = [...tree.entries].map(([key, entry]) => [key, { ...entry, value: withNulls(entry.value) }] as const)
  return { ...tree, entries: new Map(entries) }
}

/** A plain object as a tree, all of it at one place. */
export function branchOf(object: JsonObject, place: Place): Branch {
  const entries = Object.entries(object).map(
    ([key, value]) => [key, { key: place, value: treeOf(value, place) }] as const,
  )
  return { kind: 'branch', entries: new Map(entries), place }
}

function treeOf(value: Json, place: Place): Tree {
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => treeOf(item, place)), place }
  return typeof value === 'object' && value !== null
    ? branchOf(value, place)
    : { kind: 'scalar', value, place, style: 'plain' }
}
