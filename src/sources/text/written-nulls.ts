import type { SourceConfig } from '../../config/manifest.ts'
import { someOf } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isObject } from '../../json.ts'
import { nullsOption, type Origin, ROW_FILE, ROW_LINE, type SourceRecord } from '../source.ts'

/**
 * Texts that programs write for "no value". The comparison is exact, because a user can have the
 * name Null. Includes MySQL's zero dates and the errors of spreadsheets.
 */
const WRITTEN: ReadonlySet<string> = new Set([
  'NULL',
  'null',
  '(NULL)',
  '(null)',
  '[NULL]',
  '<NULL>',
  '<null>',
  'nil',
  '<nil>',
  '\\N',
  'None',
  'nan',
  'NaN',
  'undefined',
  '[object Object]',
  'N/A',
  'n/a',
  '#N/A',
  '#NULL!',
  '#REF!',
  '#VALUE!',
  '#NAME?',
  '#DIV/0!',
  '#NUM!',
  '0000-00-00',
  '0000-00-00 00:00:00',
  '0000-00-00 00:00:00.000',
  '0000-00-00 00:00:00.000000',
])

/**
 * Whether a text consists only of such words, as an expression builds it from written nulls, or
 * contains a serialized object.
 */
export function saysNothing(text: string): boolean {
  if (text.length > LONGEST_TEXT) return false
  const blank = text.indexOf(' ')
  if (blank < 0) return text.length <= LONGEST && FIRST.has(text.charCodeAt(0)) && WRITTEN.has(text)
  if (text.includes('[object Object]')) return true
  return WRITTEN.has(text.slice(0, blank)) && text.split(' ').every((word) => WRITTEN.has(word))
}

/** Longer texts have more than two or three such words. */
const LONGEST_TEXT = 60

const LONGEST = Math.max(...[...WRITTEN].map((value) => value.length))

/** The first UTF-16 units of these words. Most values of a source begin otherwise. */
const FIRST: ReadonlySet<number> = new Set([...WRITTEN].map((value) => value.charCodeAt(0)))

/**
 * Limits on counted columns and their depth, because an object used as a map has any number of
 * members.
 */
const MAX_COLUMNS = 1000
const MAX_DEPTH = 5

/** Columns that a warning names. */
const MAX_TOLD = 10

/** A column with texts that look like written nulls. */
export interface WrittenNull {
  stream: string
  /** Inside joined rows: `memberships.org_name`. */
  column: string
  values: { value: string; count: number }[]
  /** Number of records, or of rows in the innermost list. */
  of: number
  /** Place of the first such text. */
  first: Origin
}

interface Node {
  path: string
  seen: number
  columns: Map<string, Column>
  members: Map<string, Node>
  /** Sequence number among all counted columns and members. */
  met: number
}

interface Column {
  counts: Map<string, number>
  first: Origin
  met: number
}

/** Counts over some records: plain data. */
export type NullsFound = ReadonlyMap<string, Node>

/** Counts cells that look like a written null, in bounded memory. */
export class WrittenNulls {
  readonly #columnsOf: (stream: string) => ReadonlySet<string> | 'all'
  readonly #streams = new Map<string, Node>()
  readonly #maxColumns: number
  #kept = 0

  /**
   * @param columnsOf names of the columns to check, of a stream and of rows joined to it. Default:
   *   all
   * @param maxColumns Infinity for a part of the records, which `merge` adds later
   */
  constructor(columnsOf: (stream: string) => ReadonlySet<string> | 'all' = () => 'all', maxColumns = MAX_COLUMNS) {
    this.#columnsOf = columnsOf
    this.#maxColumns = maxColumns
  }

  add({ stream, data, origin }: Pick<SourceRecord, 'stream' | 'data' | 'origin'>): void {
    const node = this.#streamNode(stream)
    const columns = this.#columnsOf(stream)
    this.#visit(node, data, origin, columns === 'all' ? undefined : columns, 1)
  }

  /** The counts, for `merge`. */
  counted(): NullsFound {
    return this.#streams
  }

  /** Adds the counts of the records that follow. */
  merge(found: NullsFound): void {
    for (const [stream, root] of found) {
      const own = new Map([[root, this.#streamNode(stream)]])
      for (const { parent, name, column, member } of inOrderMet(root)) {
        const node = own.get(parent)
        if (node === undefined) continue
        if (column !== undefined) this.#mergeColumn(node, name, column)
        const known = member && this.#member(node, name)
        if (member !== undefined && known !== undefined) own.set(member, known)
      }
      for (const [from, node] of own) node.seen += from.seen
    }
  }

  #mergeColumn(node: Node, name: string, { counts, first }: Column): void {
    const column = this.#column(node, name, first)
    if (column === undefined) return
    for (const [value, count] of counts) column.counts.set(value, (column.counts.get(value) ?? 0) + count)
  }

  #streamNode(stream: string): Node {
    let node = this.#streams.get(stream)
    if (node === undefined) {
      node = createNode('', 0)
      this.#streams.set(stream, node)
    }
    return node
  }

  /** The columns in the order in which they were found. */
  found(): WrittenNull[] {
    return [...this.#streams].flatMap(([stream, node]) => [...foundIn(stream, node)])
  }

  #visit(
    node: Node,
    data: Readonly<Record<string, unknown>>,
    origin: Origin,
    wanted: ReadonlySet<string> | undefined,
    depth: number,
  ): void {
    node.seen += 1
    for (const name of Object.keys(data)) {
      if (wanted === undefined || wanted.has(name)) this.#look(node, name, data[name], origin, wanted, depth)
    }
  }

  #look(
    node: Node,
    name: string,
    value: unknown,
    origin: Origin,
    wanted: ReadonlySet<string> | undefined,
    depth: number,
  ): void {
    if (typeof value === 'string') this.#count(node, name, value, origin)
    else if (Array.isArray(value)) for (const item of value) this.#look(node, name, item, origin, wanted, depth)
    else if (isObject(value) && depth < MAX_DEPTH) {
      const member = this.#member(node, name)
      if (member !== undefined) this.#visit(member, value, placeOf(value) ?? origin, wanted, depth + 1)
    }
  }

  #count(node: Node, name: string, text: string, origin: Origin): void {
    const value = text.trim()
    if (value.length > LONGEST || !FIRST.has(value.charCodeAt(0)) || !WRITTEN.has(value)) return
    const column = this.#column(node, name, origin)
    column?.counts.set(value, (column.counts.get(value) ?? 0) + 1)
  }

  #column(node: Node, name: string, first: Origin): Column | undefined {
    const known = node.columns.get(name)
    if (known !== undefined || this.#kept >= this.#maxColumns) return known
    this.#kept += 1
    const column: Column = { counts: new Map(), first, met: this.#kept }
    node.columns.set(name, column)
    return column
  }

  #member(node: Node, name: string): Node | undefined {
    const known = node.members.get(name)
    if (known !== undefined || this.#kept >= this.#maxColumns) return known
    this.#kept += 1
    const member = createNode(`${node.path}${name}.`, this.#kept)
    node.members.set(name, member)
    return member
  }
}

function createNode(path: string, met: number): Node {
  return { path, seen: 0, columns: new Map(), members: new Map(), met }
}

interface Met {
  parent: Node
  name: string
  met: number
  column?: Column
  member?: Node
}

/** Everything below a node in the order in which it was found, parents first. */
function inOrderMet(root: Node): Met[] {
  const all: Met[] = []
  const gather = (parent: Node) => {
    for (const [name, column] of parent.columns) all.push({ parent, name, met: column.met, column })
    for (const [name, member] of parent.members) {
      all.push({ parent, name, met: member.met, member })
      gather(member)
    }
  }
  gather(root)
  return all.sort((a, b) => a.met - b.met)
}

function* foundIn(stream: string, node: Node): Generator<WrittenNull> {
  for (const [name, { counts, first }] of node.columns) {
    const values = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count)
    yield { stream, column: `${node.path}${name}`, values, of: node.seen, first }
  }
  for (const member of node.members.values()) yield* foundIn(stream, member)
}

/** The place of a joined row. */
function placeOf(row: Record<string, unknown>): Origin | undefined {
  const { [ROW_FILE]: file, [ROW_LINE]: line } = row
  if (typeof file !== 'string') return undefined
  return typeof line === 'number' ? { file, line } : { file }
}

/** All found values, the most frequent first. */
export function nullValues(found: readonly WrittenNull[]): string[] {
  const counts = new Map<string, number>()
  for (const { values } of found) {
    for (const { value, count } of values) counts.set(value, (counts.get(value) ?? 0) + count)
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([value]) => value)
}

/**
 * One warning per setting that would turn such texts into "no value", with the columns it applies
 * to.
 * @param mapped whether the mapping is known to read these columns
 */
export function writtenNullWarnings(
  found: readonly WrittenNull[],
  { mapped, source }: { mapped: boolean; source: SourceConfig },
): Problem[] {
  const groups = Map.groupBy(found, (one) => `${one.stream}\n${settingOf(one, source).path}`)
  return [...groups.values()].flatMap((columns): Problem[] => {
    const [one] = columns
    if (one === undefined) return []
    const { path, nulls } = settingOf(one, source)
    const list = JSON.stringify([...new Set([...nulls, ...nullValues(columns)])]).replaceAll(',', ', ')
    const read = mapped ? `, and the mapping reads ${columns.length === 1 ? 'it as a value' : 'them as values'}` : ''
    const message =
      columns.length === 1
        ? `${one.stream}: the column ${one.column} contains the text ${heldIn(one)}${read}`
        : `${one.stream}: ${columns.length} columns contain texts that usually mean "no value"${read}: ${listed(columns)}`
    return [
      {
        code: 'written_null',
        severity: 'warning',
        message,
        hint: `set ${path} to ${list} if this means "no value": such CSV cells then count as empty; in JSON, write null`,
        at: one.first,
      },
    ]
  })
}

function heldIn({ values, of }: WrittenNull): string {
  const held = values.map(({ value, count }) => `${value} in ${count}`).join(' and ')
  return `${held} of ${of} ${of === 1 ? 'row' : 'rows'}`
}

function listed(columns: readonly WrittenNull[]): string {
  return someOf(
    columns.map((one) => `${one.column} (${heldIn(one)})`),
    { limit: MAX_TOLD },
  )
}

/** The setting for such a column and its current value. A stream can have its own list. */
function settingOf({ stream, column }: WrittenNull, source: SourceConfig): { path: string; nulls: string[] } {
  const streams = isObject(source.streams) ? source.streams : {}
  const name = column.split('.').findLast((segment) => Object.hasOwn(streams, segment)) ?? stream
  const own = streams[name]
  if (isObject(own) && own.nulls !== undefined)
    return { path: `source.streams.${name}.nulls`, nulls: nullsOption(own.nulls) }
  return { path: 'source.nulls', nulls: nullsOption(source.nulls) }
}
