import { ManifestError } from '../../diagnostics/errors.ts'
import type { Column, Dialect } from './driver.ts'
import type { Settings, TableSettings } from './options.ts'

/**
 * Builds the SELECTs that read the streams. With `updatedSince`, a record is read when its own row
 * or a joined row changed. All rows joined to it are read too, because a partial record would count
 * as the whole one.
 */
export class Statements {
  readonly #dialect: Dialect
  readonly #streams: readonly TableSettings[]
  readonly #since: string | undefined

  /** @throws ManifestError when the joins cannot select changes */
  constructor(dialect: Dialect, { streams, updatedSince }: Pick<Settings, 'streams' | 'updatedSince'>) {
    this.#dialect = dialect
    this.#streams = streams
    this.#since = updatedSince
    if (updatedSince !== undefined) requireColumns(streams)
  }

  /** All rows of a stream; used to describe its columns. */
  all(stream: TableSettings): string {
    return `SELECT * FROM ${this.#from(stream, 'r')}`
  }

  /** Counts the rows to read. */
  count(stream: TableSettings): string {
    return `SELECT count(*) FROM ${this.#from(stream, 'r')}${where(this.#selected(stream, 'r'))}`
  }

  /** The rows to read, in key order. */
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
    // A comment at the end of the query would hide the bracket without a line break.
    return table === undefined ? `(${query}\n) AS ${alias}` : `${this.#dialect.table(table)} AS ${alias}`
  }

  /** The condition for rows to read. Undefined: all rows. */
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

  /**
   * The condition for rows that changed or have changed rows joined to them. Undefined: unknown.
   */
  #changed(stream: TableSettings, alias: string): string | undefined {
    const { updatedAt, join } = stream
    if (updatedAt === undefined && join === undefined) return undefined
    const conditions = updatedAt === undefined ? [] : this.#later(`${alias}.${this.#dialect.name(updatedAt)}`)
    for (const other of this.#streams) conditions.push(...this.#changedBelow(other, stream, alias))
    return conditions.length === 0 ? undefined : `(${conditions.join(' OR ')})`
  }

  /** A row without a time of change might have changed. */
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

/** The column that an expression names; undefined for any other expression. */
function columnOf(expression: string): string | undefined {
  return /^\s*(?:`([^`]+)`|([A-Za-z_]\w*))\s*$/
    .exec(expression)
    ?.slice(1)
    .find((name) => name !== undefined)
}

/**
 * The database finds changes in joined streams, and it cannot evaluate the manifest's expressions.
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
        message: `with source.updatedSince, join.${option} must be a column name in a stream that uses updatedAt, not an expression`,
        hint: 'join on a column, which a query can compute, or remove updatedSince to read the whole source',
        path: `source.streams.${name}.join.${option}`,
      })
    }
  }
}
