/**
 * Looks into a database. In: a way to ask it. Out: what tables there are, which of them a migration
 * reads, what a sample of the people says, and what is suspicious. No value that may be personal or
 * secret is in it.
 */

import type { JsonObject } from '../../json.ts'
import { inspectSource } from '../inspect.ts'
import type { Inspection } from '../inspection.ts'
import type { Part } from '../recognise.ts'
import { type Ask, type Catalog, type CatalogTable, type Dialect, nameOf } from './catalog.ts'
import { type Finding, findingsIn } from './findings-in-tables.ts'
import { readMysqlCatalog } from './mysql-catalog.ts'
import { readPostgresCatalog } from './postgres-catalog.ts'
import { type NoTables, proposeTables, type TableProposal, tableNamed } from './propose-tables.ts'
import { Samples } from './sample.ts'
import { sampledSource, sampleTables } from './sampled-source.ts'

export interface DatabaseLook {
  catalog: Catalog
  /** The first rows of each table that is read. */
  rows: ReadonlyMap<CatalogTable, readonly JsonObject[]>
  tables: TableProposal | NoTables
  /** Of the first people by their key; undefined: nobody was found. */
  inspection: Inspection | undefined
  findings: Finding[]
}

export interface LookOptions {
  dialect: Dialect
  /** Names of tables by what they hold. */
  named: Partial<Record<Part, string>>
  /** No recipe is to read it. */
  withoutRecipe?: boolean
  /** People that are looked at. */
  limit: number
  /** The day of the look, `2026-11-29`. */
  today: string
  /** A private folder that is removed afterwards. */
  scratch: string
}

/** What a person has called a table that is not there. */
export interface UnknownTable {
  unknown: string
  catalog: Catalog
}

/** Reads the catalog, chooses the tables, and looks into the first rows of those. */
export async function lookAtDatabase(ask: Ask, options: LookOptions): Promise<DatabaseLook | UnknownTable> {
  const { dialect, limit, today, scratch, withoutRecipe } = options
  const catalog = await (dialect === 'postgres' ? readPostgresCatalog(ask) : readMysqlCatalog(ask))
  const named = new Map<Part, CatalogTable>()
  for (const [part, name] of Object.entries(options.named)) {
    const table = tableNamed(name, catalog)
    if (table === undefined) return { unknown: name, catalog }
    if (isPart(part)) named.set(part, table)
  }
  const samples = new Samples(ask, dialect, limit)
  const tables = await proposeTables({ catalog, samples, named, withoutRecipe, today })
  const inspection = 'why' in tables ? undefined : await inspected(tables, samples, options, scratch)
  const findings = await findingsIn({ catalog, samples, tables, inspection })
  return { catalog, rows: await rowsOf(tables, samples), tables, inspection, findings }
}

async function rowsOf(tables: TableProposal | NoTables, samples: Samples): Promise<DatabaseLook['rows']> {
  const rows = new Map<CatalogTable, readonly JsonObject[]>()
  if (!isProposal(tables)) return rows
  const { people, parts, sides, choice } = tables
  const read = [people, ...parts, ...sides, ...(choice === undefined ? [] : [choice])]
  for (const { table } of read) rows.set(table, await samples.rows(table))
  return rows
}

const PARTS: ReadonlySet<string> = new Set<Part>([
  'users',
  'memberships',
  'roles',
  'organizations',
  'accounts',
  'groups',
  'passwords',
  'factors',
  'definitions',
])

function isPart(name: string): name is Part {
  return PARTS.has(name)
}

async function inspected(
  tables: TableProposal,
  samples: Samples,
  { dialect, limit }: LookOptions,
  scratch: string,
): Promise<Inspection> {
  const sampled = await sampleTables(tables, samples)
  const { table } = tables.people
  const columns = new Map([['users', table.columns.map(({ name }) => name)]])
  const open = async () => sampledSource(sampled)
  const inspection = await inspectSource({ type: dialect, limit: Number.POSITIVE_INFINITY, scratch, columns, open })
  return { ...inspection, complete: sampled.people.length < limit }
}

/** Whether tables were found. */
export function isProposal(tables: TableProposal | NoTables): tables is TableProposal {
  return !('why' in tables)
}

/** A table as people are told of it. */
export interface TableInspection {
  table: string
  kind: 'table' | 'view'
  /** About how many; null: nothing tells. */
  rows: number | null
  /** `rows` was counted, and is no estimate of the database. */
  counted: boolean
  columns: number
  /** What tells its rows apart; null: no key of the database does. */
  key: string[] | null
  /** What a migration reads it as: `people`, `memberships` …; null: it does not. */
  part: string | null
  /** Why it is not read. */
  why: string | null
}

/**
 * What a look at a database found, beside the sample of the people. Plain data, for programs too.
 */
export interface DatabaseInspection {
  dialect: Dialect
  name: string
  /** What the tables are laid out as. */
  layout: string | null
  tables: TableInspection[]
  /** Tables that are there and may not be read. */
  unreadable: string[]
  findings: Finding[]
}

/** The look without samples. */
export function databaseInspection({ catalog, tables, findings }: DatabaseLook): DatabaseInspection {
  const described = catalog.tables.map((table) => tableInspection(table, catalog, tables))
  return {
    dialect: catalog.dialect,
    name: catalog.database,
    layout: 'why' in tables ? null : (tables.title ?? null),
    tables: described,
    unreadable: catalog.unreadable,
    findings,
  }
}

function tableInspection(table: CatalogTable, catalog: Catalog, tables: TableProposal | NoTables): TableInspection {
  const { kind, rows, isCounted, columns, primaryKey, uniqueKeys } = table
  const [first = null] = [primaryKey, ...uniqueKeys].filter((key) => key.length > 0)
  return {
    table: nameOf(table, catalog),
    kind,
    rows,
    counted: isCounted,
    columns: columns.length,
    key: first,
    part: partOf(table, tables),
    why: 'why' in tables ? null : (tables.unused.find((one) => one.table === table)?.why ?? null),
  }
}

function partOf(table: CatalogTable, tables: TableProposal | NoTables): string | null {
  if ('why' in tables) return null
  if (tables.people.table === table) return 'people'
  const part = tables.parts.find((one) => one.table === table)?.part
  return part ?? tables.sides.find((one) => one.table === table)?.side.part ?? null
}
