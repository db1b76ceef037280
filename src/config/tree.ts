import type { LineCounter } from 'yaml'
import type { Location } from '../diagnostics/problem.ts'
import type { Json, JsonObject } from '../json.ts'

export interface ManifestText {
  /** Absolute path. */
  file: string
  text: string
  lines: LineCounter
}

/** A range of characters in a file. */
export interface Place {
  text: ManifestText
  start: number
  end: number
}

/** The line and column of a character, from 1. */
export function locationOf(place: Place, position = place.start): Location {
  const { line, col } = place.text.lines.linePos(position)
  return { file: place.text.file, line, column: col }
}

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded'

/** A value of a manifest with its place in the file. */
export type Tree = Scalar | List | Branch | Removed

export interface Scalar {
  kind: 'scalar'
  value: string | number | boolean | null
  place: Place
  style: ScalarStyle
  /** The original text, if it had references; `value` is the resolved text. */
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
  /** The place of the key. */
  key: Place
  value: Tree
}

/** A key with the value null, which removes an inherited value. Kept for its place. */
export interface Removed {
  kind: 'removed'
  place: Place
}

/** Deep merge: objects merge, everything else replaces, and a removed key stays removed. */
function merge(lower: Tree, upper: Tree): Tree {
  return lower.kind === 'branch' && upper.kind === 'branch' ? mergeBranches(lower, upper) : upper
}

export function mergeBranches(lower: Branch, upper: Branch): Branch {
  const entries = new Map(lower.entries)
  for (const [key, entry] of upper.entries) {
    const below = entries.get(key)
    entries.set(key, below === undefined ? entry : { key: entry.key, value: merge(below.value, entry.value) })
  }
  return { kind: 'branch', entries, place: upper.place }
}

/** The value at a path; undefined if there is none. */
export function valueAt(tree: Tree, path: readonly (string | number)[]): Tree | undefined {
  let current: Tree | undefined = tree
  for (const step of path) {
    if (current?.kind === 'branch') current = current.entries.get(String(step))?.value
    else if (current?.kind === 'list') current = current.items[Number(step)]
    else return undefined
  }
  return current
}

/** The place of the key at a path, or of the list item; undefined if there is none. */
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

/** The plain value, without removed keys. */
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

/** Turns removed keys into null values. */
export function withNulls(tree: Tree): Tree {
  if (tree.kind === 'removed') return { kind: 'scalar', value: null, place: tree.place, style: 'plain' }
  if (tree.kind === 'list') return { ...tree, items: tree.items.map(withNulls) }
  if (tree.kind === 'scalar') return tree
  const entries = [...tree.entries].map(([key, entry]) => [key, { ...entry, value: withNulls(entry.value) }] as const)
  return { ...tree, entries: new Map(entries) }
}

/** A plain object as a tree at a single place. */
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

/** Escapes in a double-quoted scalar that mean white space or nothing. */
const BLANK_ESCAPES = new Set(['0', 'a', 'b', 'e', 't', 'n', 'v', 'f', 'r', ' ', '_', 'N', 'L', 'P', '\n', '\r', '\t'])

const HEX_ESCAPES: Record<string, number> = { x: 2, u: 4, U: 8 }

/** A visible piece of a scalar's source: its start, and its length in the value. */
interface Piece {
  start: number
  length: number
}

/**
 * The place of a character of a scalar's value. Folding, indentation and line breaks change only
 * white space, so the n-th visible character is the same in the value and the source.
 */
export function scalarLocation(scalar: Scalar, offset: number): Location {
  if (typeof scalar.value !== 'string' || scalar.written !== undefined) return locationOf(scalar.place)
  const before = scalar.value.slice(0, offset)
  const next = scalar.value.charAt(offset)
  const visible = countVisible(before)
  if (next !== '' && countVisible(next) === 1) return locationOf(scalar.place, positionOf(scalar, visible))
  const blanks = before.length - before.trimEnd().length
  const last = visible === 0 ? contentStart(scalar) - 1 : positionOf(scalar, visible - 1)
  return locationOf(scalar.place, Math.min(last + 1 + blanks, lineEnd(scalar, last + 1)))
}

function positionOf(scalar: Scalar, index: number): number {
  let seen = 0
  for (const piece of pieces(scalar)) {
    if (index < seen + piece.length) return piece.start
    seen += piece.length
  }
  return scalar.place.start
}

function* pieces(scalar: Scalar): Generator<Piece> {
  const source = scalar.place.text.text
  const end = contentEnd(scalar)
  for (let at = contentStart(scalar); at < end; at++) {
    const character = source.charAt(at)
    if (scalar.style === 'double' && character === '\\') {
      const escaped = source.charAt(at + 1)
      const width = HEX_ESCAPES[escaped] ?? 0
      const length =
        width > 0 ? decodedLength(source.slice(at + 2, at + 2 + width)) : BLANK_ESCAPES.has(escaped) ? 0 : 1
      if (length > 0) yield { start: at, length }
      at += 1 + width
    } else if (countVisible(character) === 1) {
      yield { start: at, length: 1 }
      if (scalar.style === 'single' && character === "'") at++
    }
  }
}

function decodedLength(hex: string): number {
  return countVisible(String.fromCodePoint(Number.parseInt(hex, 16)))
}

/** Counts characters that folding cannot add or remove. C0 controls count as blanks. */
function countVisible(text: string): number {
  return text.replace(/[\s\0-\x1f\x85]/g, '').length
}

function contentStart(scalar: Scalar): number {
  const { start, text } = scalar.place
  if (scalar.style === 'plain') return start
  if (scalar.style === 'single' || scalar.style === 'double') return start + 1
  const firstLine = text.text.indexOf('\n', start) + 1
  const content = text.text.slice(firstLine).search(/\S/)
  return firstLine + Math.max(content, 0)
}

function contentEnd(scalar: Scalar): number {
  return scalar.style === 'single' || scalar.style === 'double' ? scalar.place.end - 1 : scalar.place.end
}

function lineEnd(scalar: Scalar, from: number): number {
  const end = scalar.place.text.text.indexOf('\n', from)
  return Math.min(end === -1 ? scalar.place.text.text.length : end, Math.max(contentEnd(scalar), from))
}
