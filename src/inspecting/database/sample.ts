import type { Json, JsonObject } from '../../json.ts'
import { type Ask, type CatalogTable, type Dialect, keyOf, quoted, quotedTable } from './catalog.ts'

/** Rows of each table that proposals rest on. */
export const SAMPLE = 1000
/** Values of one table that are looked for in another. */
const LOOKED_FOR = 300

/** Looks into tables: the first rows by their keys, each table once. What is read stays in memory, and no message has any of it. */
export class Samples {
  readonly #ask: Ask
  readonly #dialect: Dialect
  readonly #known = new Map<CatalogTable, Promise<JsonObject[]>>()

  constructor(ask: Ask, dialect: Dialect) {
    this.#ask = ask
    this.#dialect = dialect
  }

  /** The first rows. */
  rows(table: CatalogTable): Promise<JsonObject[]> {
    const known = this.#known.get(table) ?? this.#read(table)
    this.#known.set(table, known)
    return known
  }

  /** How many of the values that a column holds are there in a column of another table: of as many as were looked for. */
  async shared(
    from: { table: CatalogTable; column: string },
    to: { table: CatalogTable; column: string },
  ): Promise<{ found: number; of: number }> {
    const own = (await this.rows(from.table)).flatMap((row) => textOf(row[from.column]))
    const values = [...new Set(own)].slice(0, LOOKED_FOR)
    if (values.length === 0) return { found: 0, of: 0 }
    const column = this.#asText(to.column)
    const isThere =
      this.#dialect === 'postgres' ? `${column} = ANY ($1)` : `${column} IN (${values.map(() => '?').join(', ')})`
    const rows = await this.#ask(
      `SELECT count(DISTINCT ${column}) AS found FROM ${quotedTable(to.table, this.#dialect)} WHERE ${isThere}`,
      this.#dialect === 'postgres' ? [values] : values,
    )
    return { found: Number(rows[0]?.found ?? 0), of: values.length }
  }

  /** The rows of a table that belong to these values of one of its columns, as far as there is room. */
  async belonging(
    table: CatalogTable,
    column: string,
    values: readonly string[],
    limit: number,
  ): Promise<JsonObject[]> {
    if (values.length === 0) return []
    const own = this.#asText(column)
    const isPostgres = this.#dialect === 'postgres'
    const isThere = isPostgres ? `${own} = ANY ($1)` : `${own} IN (${values.map(() => '?').join(', ')})`
    const rows = await this.#ask(
      `SELECT ${this.#columns(table)} FROM ${quotedTable(table, this.#dialect)} WHERE ${isThere} LIMIT ${limit}`,
      isPostgres ? [values] : values,
    )
    return rows.map(recordOf)
  }

  /** How many rows there are. @param from a statement from its `from` on */
  async count(from: string): Promise<number> {
    const [row] = await this.#ask(`SELECT count(*) AS count ${from}`)
    return Number(row?.count ?? 0)
  }

  async #read(table: CatalogTable): Promise<JsonObject[]> {
    const order = keyOf(table)
      ?.map((column) => quoted(column, this.#dialect))
      .join(', ')
    const by = order === undefined ? '' : ` ORDER BY ${order}`
    const from = quotedTable(table, this.#dialect)
    return (await this.#ask(`SELECT ${this.#columns(table)} FROM ${from}${by} LIMIT ${SAMPLE}`)).map(recordOf)
  }

  #columns({ columns }: CatalogTable): string {
    return columns.map(({ name }) => quoted(name, this.#dialect)).join(', ')
  }

  #asText(column: string): string {
    const name = quoted(column, this.#dialect)
    return this.#dialect === 'postgres' ? `${name}::text` : `CAST(${name} AS CHAR)`
  }
}

function textOf(value: unknown): string[] {
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
}

/** A row as the source would have it, as far as names and formats are told by it. */
function recordOf(row: Record<string, unknown>): JsonObject {
  const members = Object.entries(row).flatMap(([name, value]): [string, Json][] => {
    return value === null || value === undefined ? [] : [[name, valueOf(value)]]
  })
  return Object.fromEntries(members)
}

function valueOf(value: unknown): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'bigint') return String(value)
  return JSON.parse(JSON.stringify(value))
}
