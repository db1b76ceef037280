/**
 * Built-in recipes, parsed at build time because parsing is slow. The build writes each tree to a
 * file, named by the digest of its text. Without a build, recipes are parsed like manifests.
 */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { codePath } from '../files/package.ts'
import type { Branch, Entry, ManifestText, Place, Scalar, ScalarStyle, Tree } from './tree.ts'

/** A tree as JSON, without its text: `[start, end]` and the content. Keys have their own places. */
type Packed =
  | [start: number, end: number]
  | [start: number, end: number, style: ScalarStyle, value: Scalar['value']]
  | [start: number, end: number, items: Packed[]]
  | [start: number, end: number, { keys: [name: string, start: number, end: number, value: Packed][] }]

/** The tree of a built-in recipe; undefined for any other text. */
export function parsedRecipe(text: ManifestText): Branch | undefined {
  const file = codePath(`config/recipes/${nameOf(text.text)}`)
  if (!existsSync(file)) return undefined
  const tree = unpacked(JSON.parse(readFileSync(file, 'utf8')), text)
  return tree.kind === 'branch' ? tree : undefined
}

/** The name and content of the file for a parsed recipe. */
export function packedRecipe(tree: Branch): { name: string; json: string } {
  return { name: nameOf(tree.place.text.text), json: JSON.stringify(packed(tree)) }
}

function nameOf(text: string): string {
  return `${createHash('sha256').update(text).digest('hex')}.json`
}

function packed(tree: Tree): Packed {
  const { start, end } = tree.place
  switch (tree.kind) {
    case 'removed':
      return [start, end]
    case 'scalar':
      return [start, end, tree.style, tree.value]
    case 'list':
      return [start, end, tree.items.map(packed)]
    case 'branch': {
      const entries = [...tree.entries]
      return [start, end, { keys: entries.map(([name, { key, value }]) => [name, key.start, key.end, packed(value)]) }]
    }
  }
}

function unpacked([start, end, holds, value]: Packed, text: ManifestText): Tree {
  const place: Place = { text, start, end }
  if (holds === undefined) return { kind: 'removed', place }
  if (typeof holds === 'string') return { kind: 'scalar', value: value ?? null, style: holds, place }
  if (Array.isArray(holds)) return { kind: 'list', items: holds.map((item) => unpacked(item, text)), place }
  const entries = holds.keys.map(([name, start, end, value]): [string, Entry] => [
    name,
    { key: { text, start, end }, value: unpacked(value, text) },
  ])
  return { kind: 'branch', entries: new Map(entries), place }
}
