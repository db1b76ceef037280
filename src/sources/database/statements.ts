import { ManifestError } from '../../diagnostics/errors.ts'
import type { Column, Dialect } from './driver.ts'
import type { Settings, TableSettings } from './options.ts'

/**
 * The statements by which streams are read. In: the streams, and the words of a dialect. Out:
 * SELECTs. With `updatedSince` a record is read when its own row changed or one that is joined to
 * it, and with it everything that is joined to it: half of it would be taken for all of it.
 */
export class Statements {
  readonly #dialect: Dialect
  readonly #streams: readonly TableSettings[]
  readonly #since: string | undefined

  /** @throws ManifestError where changes are asked for that cannot be told by the joins */
  constructor(dialect: Dialect, { streams, updatedSince }: Pick<Settings, 'streams' | 'updatedSince'>) {
    this.#dialect = dialect
    this.#streams = streams
    this.#since = updatedSince
    if (updatedSince !== undefined) requireColumns(streams)
  }

  /** All of the rows of a stream, to look at its columns. */
  all(stream: TableSettings): string {
    return `SELECT * FROM ${this.#from(stream, 'r')}`
  }

  /** How many rows are to be read. */
  count(stream: TableSettings): string {
    return `SELECT count(*) FROM ${this.#from(stream, 'r')}${where(this.#selected(stream, 'r'))}`
  }

  /** The rows that are to be read, in the order of the key. */
  rows(stream: TableSettings, columns: readonly Column[]): string {
    const selected = columns.map(({ name, read }) => read ?? `r.${this.#dialect.name(name)}`)
    const order = stream.key.flatMap((key) => {
      const column = columns.find(({ name }) => name === key)
      return column?.order ?? [this.#dialect.name(key)]
    })
    const rows = `${selected.join(', ')} FROM ${this.#from(stream, 'r')}${where(this.#selected(stream, 'r'))}`
    return `SELECT ${rows} ORDER BY ${order.join(', ')}`
  }

  #from({ table, query }: TableSettings, alias: string): string {
    // A comment at the end of a query must not swallow the bracket.
    return table === undefined ? `(${query}\n) AS ${alias}` : `${this.#dialect.table(table)} AS ${alias}`
  }

  /** Which rows are read; undefined: all. */
  #selected(stream: TableSettings, alias: string): string | undefined {
    if (this.#since === undefined) return undefined
    const { join } = stream
    if (join === undefined) return this.#changed(stream, alias)
    const into = this.#streams.find(({ name }) => name === join.into)
    const [key, to] = [columnOf(join.key.text), columnOf(join.to.text)]
    if (into === undefined || key === undefined || to === undefined) return undefined
    const inner = `${alias}r`
    const selected = this.#selected(into, inner)
    if (selected === undefined) return undefined
    const keys = `SELECT ${this.#text(inner, to)} FROM ${this.#from(into, inner)}${where(selected)}`
    return `${this.#text(alias, key)} IN (${keys})`
  }

  /** Which rows changed, or have rows joined to them that did; undefined: nobody can tell. */
  #changed(stream: TableSettings, alias: string): string | undefined {
    const { updatedAt, join } = stream
    if (updatedAt === undefined && join === undefined) return undefined
    const conditions = updatedAt === undefined ? [] : this.#later(`${alias}.${this.#dialect.name(updatedAt)}`)
    for (const other of this.#streams) conditions.push(...this.#changedBelow(other, stream, alias))
    return conditions.length === 0 ? undefined : `(${conditions.join(' OR ')})`
  }

  /** A row of which nobody knows when it changed may have changed. */
  #later(column: string): string[] {
    return [`${column} >= ${this.#dialect.moment(this.#since ?? '')}`, `${column} IS NULL`]
  }

  #changedBelow(other: TableSettings, stream: TableSettings, alias: string): string[] {
    const { join } = other
    if (join?.into !== stream.name) return []
    const [key, to] = [columnOf(join.key.text), columnOf(join.to.text)]
    const inner = `${alias}j`
    const changed = this.#changed(other, inner)
    if (changed === undefined || key === undefined || to === undefined) return []
    const keys = `SELECT ${this.#text(inner, key)} FROM ${this.#from(other, inner)} WHERE ${changed}`
    return [`${this.#text(alias, to)} IN (${keys})`]
  }

  #text(alias: string, column: string): string {
    return this.#dialect.text(`${alias}.${this.#dialect.name(column)}`)
  }
}

function where(condition: string | undefined): string {
  return condition === undefined ? '' : ` WHERE ${condition}`
}

/** The column that an expression names; undefined for one that does more. */
function columnOf(expression: string): string | undefined {
  return /^\s*(?:`([^`]+)`|([A-Za-z_]\w*))\s*$/
    .exec(expression)
    ?.slice(1)
    .find((name) => name !== undefined)
}

/**
 * What changed in a joined stream is found in the database, which knows columns and no expressions.
 */
function requireColumns(streams: readonly TableSettings[]): void {
  const tells = ({ name, updatedAt }: TableSettings): boolean =>
    updatedAt !== undefined || streams.some((other) => other.join?.into === name && tells(other))
  for (const stream of streams) {
    const { name, join } = stream
    if (join === undefined || !tells(stream)) continue
    for (const option of ['key', 'to'] as const) {
      if (columnOf(join[option].text) !== undefined) continue
      throw new ManifestError({
        code: 'since_by_expression',
        message: `with source.updatedSince, join.${option} must be the name of a column where changes are told by updatedAt, and is an expression`,
        hint: 'join by a column that a query yields, or take updatedSince out to read all of the source',
        path: `source.streams.${name}.join.${option}`,
      })
    }
  }
}
