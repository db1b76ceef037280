/**
 * The tables of a database. In: a function that runs statements. Out: a Catalog, plain data: tables
 * and views with their columns and keys, limited to those that the role can read.
 * postgres-catalog.ts and mysql-catalog.ts read it.
 */

import type { JsonObject } from '../../json.ts'

export type Dialect = 'postgres' | 'mysql'

/**
 * Runs one statement and returns its rows by column name, with values as the source reads them.
 * NULL is absent.
 */
export type Ask = (sql: string) => Promise<JsonObject[]>

export interface Catalog {
  dialect: Dialect
  database: string
  /** The role or user of the session. */
  role: string
  /** The default schema. */
  schema: string
  tables: CatalogTable[]
  /** Tables that the role cannot read, as `schema.name`. MySQL does not list them. */
  unreadable: string[]
}

export interface CatalogTable {
  schema: string
  name: string
  kind: 'table' | 'view'
  /** Approximate; null if unknown. */
  rows: number | null
  /** Whether `rows` was counted, up to MAX_COUNTED. */
  isCounted: boolean
  comment: string | null
  /** The columns that the role can read, in table order. */
  columns: CatalogColumn[]
  /** Names of columns that the role cannot read. */
  hidden: string[]
  /** Empty if there is none. */
  primaryKey: string[]
  uniqueKeys: string[][]
  foreignKeys: ForeignKey[]
  /** Row-level security applies to the role, so rows can be missing without an error. */
  hidesRows: boolean
}

export interface CatalogColumn {
  name: string
  /** The database's name for it: `integer`, `text[]`, `bigint unsigned`. */
  type: string
  nullable: boolean
  comment: string | null
}

export interface ForeignKey {
  columns: string[]
  to: { schema: string; table: string; columns: string[] }
}

/** Maximum number of rows to count where the database has no estimate. */
export const MAX_COUNTED = 100_000

/** The name of a table in a manifest: without the default schema; parts with a dot are quoted. */
export function nameOf(
  { schema, name }: Pick<CatalogTable, 'schema' | 'name'>,
  catalog: Pick<Catalog, 'schema' | 'dialect'>,
): string {
  const written = (part: string) => (/[."`]/.test(part) ? quoted(part, catalog.dialect) : part)
  return schema === catalog.schema ? written(name) : `${written(schema)}.${written(name)}`
}

export function quoted(name: string, dialect: Dialect): string {
  return dialect === 'postgres' ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll('`', '``')}\``
}

/** A text literal, independent of the server's rules for backslashes. */
export function literal(text: string, dialect: Dialect): string {
  if (/^[^\\']*$/.test(text)) return `'${text}'`
  if (dialect === 'mysql') return `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

export function quotedTable({ schema, name }: Pick<CatalogTable, 'schema' | 'name'>, dialect: Dialect): string {
  return `${quoted(schema, dialect)}.${quoted(name, dialect)}`
}

/** The primary key; otherwise the shortest unique key without nullable columns. */
export function keyOf({ primaryKey, uniqueKeys, columns }: CatalogTable): string[] | undefined {
  if (primaryKey.length > 0) return primaryKey
  const isFilled = (name: string) => columns.find((column) => column.name === name)?.nullable === false
  return uniqueKeys.filter((key) => key.every(isFilled)).sort((a, b) => a.length - b.length)[0]
}

/** Finds the table for a row of the catalog. */
export class TableIndex {
  readonly #tables = new Map<string, CatalogTable>()

  constructor(tables: readonly CatalogTable[]) {
    for (const table of tables) this.#tables.set(`${table.schema}\0${table.name}`, table)
  }

  /** Undefined for a table that is not in the list. */
  at(schema: unknown, name: unknown): CatalogTable | undefined {
    return this.#tables.get(`${String(schema)}\0${String(name)}`)
  }
}

/** Rows of the catalog contain lists, numbers and texts. Anything else counts as missing. */
export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

export function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
