import type { JsonObject } from '../../json.ts'
import { type Ask, type CatalogTable, type Dialect, keyOf, literal, quoted, quotedTable } from './catalog.ts'

/** Sampled rows per table. */
export const SAMPLE = 1000
/** Values of one table to look for in another. */
const LOOKED_FOR = 300

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Reads the first rows of tables, each table once. The rows stay in memory and never appear in
 * messages.
 */
export class Samples {
  readonly #ask: Ask
  readonly #dialect: Dialect
  readonly #limit: number
  readonly #known = new Map<CatalogTable, Promise<JsonObject[]>>()

  /** @param limit maximum number of rows per table */
  constructor(ask: Ask, dialect: Dialect, limit = SAMPLE) {
    this.#ask = ask
    this.#dialect = dialect
    this.#limit = limit
  }

  rows(table: CatalogTable): Promise<JsonObject[]> {
    const known = this.#known.get(table) ?? this.#read(table)
    this.#known.set(table, known)
    return known
  }

  /**
   * Counts the values of a column that also occur in a column of another table.
   * @returns `of`: the number of values compared
   */
  async shared(
    from: { table: CatalogTable; column: string },
    to: { table: CatalogTable; column: string },
  ): Promise<{ found: number; of: number }> {
    const own = (await this.rows(from.table)).flatMap((row) => textOf(row[from.column]))
    const values = [...new Set(own)].slice(0, LOOKED_FOR)
    if (values.length === 0) return { found: 0, of: 0 }
    const distinct = `count(DISTINCT ${quoted(to.column, this.#dialect)}) AS found`
    const where = this.#isAmong(to.table, to.column, values)
    const rows = await this.#ask(`SELECT ${distinct} FROM ${quotedTable(to.table, this.#dialect)} WHERE ${where}`)
    return { found: Number(rows[0]?.found ?? 0), of: values.length }
  }

  /** The rows with these values in a column, up to `limit`. */
  async belonging(
    table: CatalogTable,
    column: string,
    values: readonly string[],
    limit: number,
  ): Promise<JsonObject[]> {
    if (values.length === 0) return []
    const from = `${quotedTable(table, this.#dialect)} WHERE ${this.#isAmong(table, column, values)}`
    return this.#ask(`SELECT ${this.#columns(table)} FROM ${from} LIMIT ${limit}`)
  }

  /** @param from a statement beginning with `from` */
  async count(from: string): Promise<number> {
    const [row] = await this.#ask(`SELECT count(*) AS count ${from}`)
    return Number(row?.count ?? 0)
  }

  /** The number of addresses in several rows. Ignores spaces around them and the case of A to Z. */
  async duplicates(table: CatalogTable, column: string): Promise<number> {
    const name = quoted(column, this.#dialect)
    const folded = `lower(trim(${this.#asText(column)}))`
    const form = this.#dialect === 'postgres' ? `${folded} COLLATE "C"` : `CAST(${folded} AS BINARY)`
    const from = `FROM ${quotedTable(table, this.#dialect)} WHERE ${name} IS NOT NULL`
    return this.count(`FROM (SELECT 1 AS one ${from} GROUP BY ${form} HAVING count(*) > 1) AS several`)
  }

  async #read(table: CatalogTable): Promise<JsonObject[]> {
    // The source rejects tables with row-level security that hides rows.
    if (table.hidesRows) return []
    const order = keyOf(table)
      ?.map((column) => quoted(column, this.#dialect))
      .join(', ')
    const by = order === undefined ? '' : ` ORDER BY ${order}`
    const from = quotedTable(table, this.#dialect)
    return this.#ask(`SELECT ${this.#columns(table)} FROM ${from}${by} LIMIT ${this.#limit}`)
  }

  #columns({ columns }: CatalogTable): string {
    return columns.map(({ name }) => quoted(name, this.#dialect)).join(', ')
  }

  /**
   * Compares text and number columns directly, so that an index can help; other columns as text.
   */
  #isAmong({ columns }: CatalogTable, column: string, values: readonly string[]): string {
    const type = columns.find(({ name }) => name === column)?.type ?? ''
    const array = `ARRAY[${values.map((value) => literal(value, this.#dialect)).join(', ')}]::text[]`
    if (this.#dialect === 'mysql') {
      return `${quoted(column, 'mysql')} IN (${values.map((value) => literal(value, 'mysql')).join(', ')})`
    }
    if (type === 'uuid' && values.every((value) => UUID.test(value))) {
      return `${quoted(column, 'postgres')} = ANY (${array}::uuid[])`
    }
    if (/^(bigint|integer)$/.test(type) && values.every((value) => /^-?\d{1,9}$/.test(value))) {
      return `${quoted(column, 'postgres')} = ANY (${array}::bigint[])`
    }
    const isText = /^(text|character varying)$/.test(type)
    return `${isText ? quoted(column, 'postgres') : this.#asText(column)} = ANY (${array})`
  }

  #asText(column: string): string {
    const name = quoted(column, this.#dialect)
    return this.#dialect === 'postgres' ? `${name}::text` : `CAST(${name} AS CHAR)`
  }
}

function textOf(value: unknown): string[] {
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
}
