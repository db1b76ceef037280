/**
 * What tables a database has. In: a way to ask it. Out: a Catalog, plain data: tables and views
 * with their columns and keys, as far as the role may read them. Each dialect has a function that
 * reads it: postgres-catalog.ts, mysql-catalog.ts.
 */

import type { JsonObject } from '../../json.ts'

export type Dialect = 'postgres' | 'mysql'

/**
 * Sends one statement, and yields its rows by column, as the source has them: what is NULL is
 * absent.
 */
export type Ask = (sql: string) => Promise<JsonObject[]>

export interface Catalog {
  dialect: Dialect
  database: string
  /** Whom the database knows the session as. */
  role: string
  /** The schema of tables that are named without one. */
  schema: string
  tables: CatalogTable[]
  /** Tables that are there and that the role may not read, as `schema.name`. MySQL names none. */
  unreadable: string[]
}

export interface CatalogTable {
  schema: string
  name: string
  kind: 'table' | 'view'
  /** About how many; null: nothing tells. */
  rows: number | null
  /** `rows` was counted, up to MAX_COUNTED. */
  isCounted: boolean
  comment: string | null
  /** Those that the role may read, in their order. */
  columns: CatalogColumn[]
  /** Names of columns that the role may not read. */
  hidden: string[]
  /** Empty: there is none. */
  primaryKey: string[]
  uniqueKeys: string[][]
  foreignKeys: ForeignKey[]
  /**
   * Policies decide for each row whether the role sees it: what is missing is missing without a
   * word.
   */
  hidesRows: boolean
}

export interface CatalogColumn {
  name: string
  /** As the database calls it: `integer`, `text[]`, `bigint unsigned`. */
  type: string
  nullable: boolean
  comment: string | null
}

export interface ForeignKey {
  columns: string[]
  to: { schema: string; table: string; columns: string[] }
}

/** Rows that are counted where the database has no estimate. */
export const MAX_COUNTED = 100_000

/**
 * How a manifest names a table: without its schema where that is the usual one. A name with a dot
 * is quoted.
 */
export function nameOf(
  { schema, name }: Pick<CatalogTable, 'schema' | 'name'>,
  catalog: Pick<Catalog, 'schema' | 'dialect'>,
): string {
  const written = (part: string) => (/[."`]/.test(part) ? quoted(part, catalog.dialect) : part)
  return schema === catalog.schema ? written(name) : `${written(schema)}.${written(name)}`
}

/** A name as the dialect quotes it. */
export function quoted(name: string, dialect: Dialect): string {
  return dialect === 'postgres' ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll('`', '``')}\``
}

/** A text as a statement has it, whatever the server takes backslashes for. */
export function literal(text: string, dialect: Dialect): string {
  if (/^[^\\']*$/.test(text)) return `'${text}'`
  if (dialect === 'mysql') return `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** A table as a statement names it. */
export function quotedTable({ schema, name }: Pick<CatalogTable, 'schema' | 'name'>, dialect: Dialect): string {
  return `${quoted(schema, dialect)}.${quoted(name, dialect)}`
}

/**
 * The columns that tell rows apart: the primary key, else the shortest unique key whose columns
 * always hold something.
 */
export function keyOf({ primaryKey, uniqueKeys, columns }: CatalogTable): string[] | undefined {
  if (primaryKey.length > 0) return primaryKey
  const isFilled = (name: string) => columns.find((column) => column.name === name)?.nullable === false
  return uniqueKeys.filter((key) => key.every(isFilled)).sort((a, b) => a.length - b.length)[0]
}

/** Puts parts of a catalog, which come as lists of rows, to their tables. */
export class TableIndex {
  readonly #tables = new Map<string, CatalogTable>()

  constructor(tables: readonly CatalogTable[]) {
    for (const table of tables) this.#tables.set(`${table.schema}\0${table.name}`, table)
  }

  /** Undefined for a table that is left out. */
  at(schema: unknown, name: unknown): CatalogTable | undefined {
    return this.#tables.get(`${String(schema)}\0${String(name)}`)
  }
}

/**
 * Rows of the catalog hold names in lists, numbers and texts; whatever else there is counts as
 * missing.
 */
export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

export function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
