import { isObject } from '../json.ts'
import type { PathInspection } from './inspection.ts'
import {
  isCategoryName,
  isFilled,
  isHarmless,
  isSecretName,
  secretTypeOf,
  shapeOf,
  shownName,
  typeOf,
} from './sensitivity.ts'

/**
 * Maximum number of paths. An object that is used as a map, such as by user ID, has an unlimited
 * number.
 */
const MAX_PATHS = 400
const MAX_DEPTH = 12
const MAX_SHAPES = 3
/** A column with more values is not a category. */
const MAX_VALUES = 24
/**
 * A column with at least this many values, all different, is not a category. Fewer values can
 * differ by chance.
 */
const ALL_DIFFERENT = 5
/** The label that counts values that must not be shown. */
const OTHER = '(other)'

interface Entry {
  path: string
  expression: string | null
  secret: boolean
  /** Null if values must not be listed, or if there are too many. */
  values: Map<string, number> | null
  filled: number
  types: Map<string, number>
  shapes: Set<string>
}

interface Node {
  path: string
  expression: string | null
  name: string
  secret: boolean
  entry: Entry | undefined
  members: Map<string, Node>
  items: Node | undefined
  /** Number of items of the array at this path, in all records. */
  itemCount: number
}

/**
 * Collects the paths of a stream's records and statistics about their values. Memory use does not
 * depend on the number of records.
 */
export class Profile {
  readonly #root = createNode({ path: '', expression: '' }, '', false)
  #paths = 0
  #more = 0
  #records = 0

  add(record: Record<string, unknown>): void {
    this.#records++
    for (const [name, value] of Object.entries(record)) this.#visit(this.#member(this.#root, name), value, 1)
  }

  /** Paths in the order of their first occurrence, parents before members. */
  paths(): PathInspection[] {
    const found: PathInspection[] = []
    collect(this.#root, this.#records, found)
    return found
  }

  get records(): number {
    return this.#records
  }

  /** Number of paths that exceeded the limit. */
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
    node.items ??= createNode({ path: `${node.path}[]`, expression: node.expression }, node.name, node.secret)
    node.itemCount += items.length
    for (const item of items) this.#visit(node.items, item, depth + 1)
  }

  /** A list of name-value pairs, as in Cognito. Each name is a path. */
  #visitPairs(node: Node, pairs: readonly Pair[], depth: number): void {
    for (const { Name, Value } of pairs) {
      const picked = (base: string) => `${base}[Name=${JSON.stringify(shownName(Name))}].Value`
      const expression = node.expression === null || shownName(Name) !== Name ? null : picked(node.expression)
      const member = this.#member(node, Name, { path: picked(node.path), expression })
      this.#visit(member, Value, depth + 1)
    }
  }

  #member(parent: Node, name: string, place = memberOf(parent, name)): Node | undefined {
    const known = parent.members.get(name)
    if (known !== undefined) return known
    if (this.#paths >= MAX_PATHS) {
      this.#more++
      return undefined
    }
    this.#paths++
    const node = createNode(place, name, parent.secret || isSecretName(name))
    parent.members.set(name, node)
    return node
  }

  #leaf(node: Node, value: unknown): void {
    node.entry ??= {
      path: node.path,
      expression: node.expression,
      secret: node.secret,
      values: node.secret && !isCategoryName(node.name) ? null : new Map(),
      filled: 0,
      types: new Map(),
      shapes: new Set(),
    }
    const { entry } = node
    const type = entry.secret ? secretTypeOf(value) : typeOf(value)
    entry.types.set(type, (entry.types.get(type) ?? 0) + 1)
    if (!isFilled(value)) return
    entry.filled++
    if (type === 'password hash') hide(entry)
    if (typeof value !== 'object' && !entry.secret && entry.shapes.size < MAX_SHAPES && type !== 'boolean') {
      entry.shapes.add(shapeOf(String(value)))
    }
    if (entry.values !== null && !count(entry.values, value, node.name)) entry.values = null
  }
}

/** A column that contains hashes is secret, whatever its name is. */
function hide(entry: Entry): void {
  entry.secret = true
  entry.values = null
  entry.shapes.clear()
}

type Place = Pick<Node, 'path' | 'expression'>

function memberOf(parent: Place, name: string): Place {
  const shown = shownName(name)
  const path = parent.path === '' ? shown : `${parent.path}.${shown}`
  const written = shown === name ? nameInExpression(name) : null
  if (parent.expression === null || written === null) return { path, expression: null }
  return { path, expression: parent.expression === '' ? written : `${parent.expression}.${written}` }
}

/** JSONata keywords, which are names only in backquotes. */
const WORDS = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function'])

/** A member's name in JSONata; null if JSONata cannot express it. */
export function nameInExpression(name: string): string | null {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !WORDS.has(name)) return name
  return name.includes('`') ? null : `\`${name}\``
}

function createNode(place: Place, name: string, secret: boolean): Node {
  return { ...place, name, secret, entry: undefined, members: new Map(), items: undefined, itemCount: 0 }
}

/** Counts a value of a category. False if it is not a category, or has too many values. */
function count(values: Map<string, number>, value: unknown, name: string): boolean {
  const isWord = typeof value === 'string' && isCategoryName(name)
  if (typeof value !== 'boolean' && !isWord) return false
  const text = String(value)
  const shown = isHarmless(text) ? text : OTHER
  values.set(shown, (values.get(shown) ?? 0) + 1)
  return values.size <= MAX_VALUES
}

/**
 * Whether every record has a different value. Such values identify users, whatever the column's
 * name is.
 */
function tellsApart(values: ReadonlyMap<string, number>): boolean {
  return values.size >= ALL_DIFFERENT && [...values.values()].every((count) => count === 1)
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
  // A member that is empty in some records and filled in others is described by its content.
  const inner = node.members.size > 0 || node.items !== undefined
  if (node.entry !== undefined && !(inner && node.entry.filled === 0)) found.push(inspectionOf(node.entry, of))
  for (const member of node.members.values()) collect(member, of, found)
  if (node.items !== undefined) collect(node.items, node.itemCount, found)
}

function inspectionOf(entry: Entry, of: number): PathInspection {
  const types = [...entry.types].map(([type, count]) => ({ type, count })).sort((a, b) => b.count - a.count)
  const { path, expression, filled, secret } = entry
  const shown = { path, expression, filled, of, types, secret, shapes: [...entry.shapes] }
  if (entry.values === null || entry.values.size === 0 || tellsApart(entry.values)) return shown
  const values = [...entry.values].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count)
  return { ...shown, shapes: [], values }
}
