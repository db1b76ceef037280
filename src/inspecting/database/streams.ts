import type { JsonObject } from '../../json.ts'
import { rankOf } from '../names.ts'
import { wordsOf } from '../sensitivity.ts'
import { type Catalog, type CatalogTable, type Dialect, keyOf, nameOf, quoted } from './catalog.ts'
import { camelCased } from './layouts.ts'

export interface TableStream {
  table: CatalogTable
  /** `table` or `query`, with `key`: options of the source. */
  options: JsonObject
  /** Whether the key is a guess, because the table has none. */
  isGuessed: boolean
}

interface Manner {
  /** Rename columns to camel case. */
  camelCase?: boolean
  /** The key to use if the table has none. */
  otherwise?: readonly string[]
  /** SQL condition for the rows to read. */
  where?: string
}

/** Secrets that give access to accounts. A migration never needs them. */
const TOKENS = /\b(tokens?|(recovery|backup) codes?)\b/

const UPDATED =
  /^(updated|modified|changed|last (updated|modified|changed)|date (updated|modified))( (at|on|date|time))?$/

/** The stream that reads a table; undefined if it has no key. */
export function streamOfTable(table: CatalogTable, catalog: Catalog, manner: Manner = {}): TableStream | undefined {
  const sure = keyOf(table)
  const key = sure ?? manner.otherwise ?? idOf(table)
  if (key === undefined) return undefined
  const renamed = (name: string) => (manner.camelCase === true ? camelCased(name) : name)
  const names = key.map(renamed)
  const columns = table.columns.filter(({ name }) => !TOKENS.test(wordsOf(name)) || key.includes(name))
  const isPlain =
    columns.length === table.columns.length &&
    table.hidden.length === 0 &&
    manner.where === undefined &&
    table.columns.every(({ name }) => renamed(name) === name)
  const options: JsonObject = isPlain
    ? { table: nameOf(table, catalog) }
    : { query: queryOf({ ...table, columns }, catalog, renamed, manner.where) }
  options.key = names.length === 1 ? (names[0] ?? '') : names
  return { table, options, isGuessed: sure === undefined }
}

export function updatedColumn({ columns }: CatalogTable): string | undefined {
  return columns.find(({ name, type }) => UPDATED.test(wordsOf(name)) && /timestamp|datetime/.test(type))?.name
}

function idOf({ columns }: CatalogTable): string[] | undefined {
  const id = columns.find(({ name }) => rankOf(name, 'id') === 0)
  return id === undefined ? undefined : [id.name]
}

function queryOf(
  table: CatalogTable,
  catalog: Catalog,
  renamed: (name: string) => string,
  where: string | undefined,
): string {
  const columns = table.columns.map(({ name }) => {
    const own = plainName(name, catalog.dialect)
    return renamed(name) === name ? own : `${own} as ${quoted(renamed(name), catalog.dialect)}`
  })
  const from = `select ${columns.join(', ')}\nfrom ${plainTable(table, catalog)}`
  return where === undefined ? from : `${from}\nwhere ${where}`
}

/**
 * SQL keywords that are common names. They are quoted, like all names that are not in lower case.
 */
const RESERVED =
  /^(all|and|any|as|asc|between|by|case|check|column|columns|condition|constraint|create|current_(catalog|date|role|schema|time|timestamp|user)|cross|default|delete|desc|distinct|else|end|exists|fetch|for|foreign|from|function|grant|group|groups|having|in|index|inner|insert|interval|into|is|join|key|keys|lateral|left|like|limit|match|natural|not|null|of|offset|on|only|option|or|order|outer|over|partition|primary|range|rank|read|references|release|rename|repeat|replace|right|row|rows|schema|select|session_user|set|system|table|then|to|trigger|union|unique|update|usage|use|user|using|values|when|where|window|with|write)$/

/** A name in SQL for people to read: quoted only if necessary. */
export function plainName(name: string, dialect: Dialect): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.test(name) ? name : quoted(name, dialect)
}

/** A table in SQL for people to read: without the default schema. */
export function plainTable({ schema, name }: CatalogTable, catalog: Pick<Catalog, 'schema' | 'dialect'>): string {
  const own = plainName(name, catalog.dialect)
  return schema === catalog.schema ? own : `${plainName(schema, catalog.dialect)}.${own}`
}

/** Whether the source returns a column as numbers. It returns longer integers as text. */
export function isNumber(type: string): boolean {
  return /^(smallint|integer|smallserial|serial|real|double precision|tinyint|mediumint|int|year|float|double)\b/.test(
    type,
  )
}
