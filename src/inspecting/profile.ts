import { isObject } from '../json.ts'
import type { PathInspection } from './inspection.ts'
import { isHarmless, shapeOf, shownName } from './mask.ts'
import { isCategoryName, isSecretName } from './sensitivity.ts'
import { isFilled, typeOf } from './value-type.ts'

/** How many paths are kept: an object that is used as a map (by user id, say) has no end of them. */
const MAX_PATHS = 400
const MAX_DEPTH = 12
const MAX_SHAPES = 3
/** Columns with more values than this are no categories. */
const MAX_VALUES = 24
/** What values that may not be listed are counted under. */
const OTHER = '(other)'

interface Entry {
  path: string
  secret: boolean
  /** Null: values are not listed, or are too many. */
  values: Map<string, number> | null
  filled: number
  types: Map<string, number>
  shapes: Set<string>
}

interface Node {
  path: string
  name: string
  secret: boolean
  entry: Entry | undefined
  members: Map<string, Node>
  items: Node | undefined
  /** Items of the array at this path, in all records. */
  itemCount: number
}

/** Which paths the records of one stream have, and what they hold. Takes the same memory for any number of records. */
export class Profile {
  readonly #root = createNode('', '', false)
  #paths = 0
  #more = 0
  #records = 0

  add(record: Record<string, unknown>): void {
    this.#records++
    for (const [name, value] of Object.entries(record)) this.#visit(this.#member(this.#root, name), value, 1)
  }

  /** Paths in the order in which they were first seen, parents before their members. */
  paths(): PathInspection[] {
    const found: PathInspection[] = []
    collect(this.#root, this.#records, found)
    return found
  }

  get records(): number {
    return this.#records
  }

  /** Paths that were seen and not kept. */
  get morePaths(): number {
    return this.#more
  }

  #visit(node: Node | undefined, value: unknown, depth: number): void {
    if (node === undefined) return
    if (depth < MAX_DEPTH && Array.isArray(value) && value.length > 0) {
      const pairs = namedPairs(value)
      if (pairs !== undefined) this.#visitPairs(node, pairs, depth)
      else this.#visitItems(node, value, depth)
    } else if (depth < MAX_DEPTH && isObject(value) && Object.keys(value).length > 0) {
      for (const [name, member] of Object.entries(value)) this.#visit(this.#member(node, name), member, depth + 1)
    } else this.#leaf(node, value)
  }

  #visitItems(node: Node, items: readonly unknown[], depth: number): void {
    node.items ??= createNode(`${node.path}[]`, node.name, node.secret)
    node.itemCount += items.length
    for (const item of items) this.#visit(node.items, item, depth + 1)
  }

  /** A list of attributes by name, as Cognito has it: each name is a path of its own. */
  #visitPairs(node: Node, pairs: readonly Pair[], depth: number): void {
    for (const { Name, Value } of pairs) {
      const member = this.#member(node, Name, `${node.path}[Name=${JSON.stringify(shownName(Name))}].Value`)
      this.#visit(member, Value, depth + 1)
    }
  }

  #member(parent: Node, name: string, path?: string): Node | undefined {
    const known = parent.members.get(name)
    if (known !== undefined) return known
    if (this.#paths >= MAX_PATHS) {
      this.#more++
      return undefined
    }
    this.#paths++
    const shown = shownName(name)
    const own = path ?? (parent.path === '' ? shown : `${parent.path}.${shown}`)
    const node = createNode(own, name, parent.secret || isSecretName(name))
    parent.members.set(name, node)
    return node
  }

  #leaf(node: Node, value: unknown): void {
    node.entry ??= {
      path: node.path,
      secret: node.secret,
      values: node.secret && !isCategoryName(node.name) ? null : new Map(),
      filled: 0,
      types: new Map(),
      shapes: new Set(),
    }
    const { entry } = node
    const type = typeOf(value)
    entry.types.set(type, (entry.types.get(type) ?? 0) + 1)
    if (!isFilled(value)) return
    entry.filled++
    if (typeof value !== 'object' && !entry.secret && entry.shapes.size < MAX_SHAPES && type !== 'boolean') {
      entry.shapes.add(shapeOf(String(value)))
    }
    if (entry.values !== null && !count(entry.values, value, node.name)) entry.values = null
  }
}

function createNode(path: string, name: string, secret: boolean): Node {
  return { path, name, secret, entry: undefined, members: new Map(), items: undefined, itemCount: 0 }
}

/** Counts a value of a category. False: this is none, or it has too many values. */
function count(values: Map<string, number>, value: unknown, name: string): boolean {
  const isWord = typeof value === 'string' && isCategoryName(name)
  if (typeof value !== 'boolean' && !isWord) return false
  const text = String(value)
  const shown = isHarmless(text) ? text : OTHER
  values.set(shown, (values.get(shown) ?? 0) + 1)
  return values.size <= MAX_VALUES
}

interface Pair {
  Name: string
  Value?: unknown
}

function namedPairs(items: readonly unknown[]): readonly Pair[] | undefined {
  const isPair = (item: unknown): item is Pair =>
    isObject(item) && typeof item.Name === 'string' && Object.keys(item).every((key) => /^(Name|Value)$/.test(key))
  return items.every(isPair) ? items : undefined
}

function collect(node: Node, of: number, found: PathInspection[]): void {
  if (node.entry !== undefined) found.push(inspectionOf(node.entry, of))
  for (const member of node.members.values()) collect(member, of, found)
  if (node.items !== undefined) collect(node.items, node.itemCount, found)
}

function inspectionOf(entry: Entry, of: number): PathInspection {
  const types = [...entry.types].map(([type, count]) => ({ type, count })).sort((a, b) => b.count - a.count)
  const shown = { path: entry.path, filled: entry.filled, of, types, secret: entry.secret, shapes: [...entry.shapes] }
  if (entry.values === null || entry.values.size === 0) return shown
  const values = [...entry.values].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count)
  return { ...shown, shapes: [], values }
}
