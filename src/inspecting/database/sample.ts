import type { JsonObject } from '../../json.ts'
import { type Ask, type CatalogTable, type Dialect, keyOf, literal, quoted, quotedTable } from './catalog.ts'

/** Rows of each table that proposals rest on. */
export const SAMPLE = 1000
/** Values of one table that are looked for in another. */
const LOOKED_FOR = 300

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Looks into tables: the first rows by their keys, each table once. What is read stays in memory,
 * and no message has any of it.
 */
export class Samples {
  readonly #ask: Ask
  readonly #dialect: Dialect
  readonly #limit: number
  readonly #known = new Map<CatalogTable, Promise<JsonObject[]>>()

  /** @param limit rows of each table at most */
  constructor(ask: Ask, dialect: Dialect, limit = SAMPLE) {
    this.#ask = ask
    this.#dialect = dialect
    this.#limit = limit
  }

  /** The first rows. */
  rows(table: CatalogTable): Promise<JsonObject[]> {
    const known = this.#known.get(table) ?? this.#read(table)
    this.#known.set(table, known)
    return known
  }

  /**
   * How many of the values that a column holds are there in a column of another table: of as many
   * as were looked for.
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

  /**
   * The rows of a table that belong to these values of one of its columns, as far as there is room.
   */
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

  /** How many rows there are. @param from a statement from its `from` on */
  async count(from: string): Promise<number> {
    const [row] = await this.#ask(`SELECT count(*) AS count ${from}`)
    return Number(row?.count ?? 0)
  }

  /** How many addresses occur in several rows, blanks around them and the case of A to Z aside. */
  async duplicates(table: CatalogTable, column: string): Promise<number> {
    const name = quoted(column, this.#dialect)
    const folded = `lower(trim(${this.#asText(column)}))`
    const form = this.#dialect === 'postgres' ? `${folded} COLLATE "C"` : `CAST(${folded} AS BINARY)`
    const from = `FROM ${quotedTable(table, this.#dialect)} WHERE ${name} IS NOT NULL`
    return this.count(`FROM (SELECT 1 AS one ${from} GROUP BY ${form} HAVING count(*) > 1) AS several`)
  }

  async #read(table: CatalogTable): Promise<JsonObject[]> {
    // The source refuses to read what policies would hide rows of.
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
   * A column of texts or numbers is compared as it is, by an index if there is one; any other as
   * text.
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
