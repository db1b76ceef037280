/**
 * Inspects a database. In: a function that runs statements. Out: its tables, those that a migration
 * reads, statistics of a sample of users, and findings. The output contains no personal or secret
 * value.
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
  /** The first rows of each table to migrate. */
  rows: ReadonlyMap<CatalogTable, readonly JsonObject[]>
  tables: TableProposal | NoTables
  /** About the first users by key; undefined if no table of users was found. */
  inspection: Inspection | undefined
  findings: Finding[]
}

export interface LookOptions {
  dialect: Dialect
  /** Tables named on the command line, by part. */
  named: Partial<Record<Part, string>>
  /** Ignore recipes. */
  withoutRecipe?: boolean
  /** Maximum number of users in the sample. */
  limit: number
  /** The current day, `2026-11-29`. */
  today: string
  /** A private temporary folder. */
  scratch: string
}

/** A table name from the command line that does not exist. */
export interface UnknownTable {
  unknown: string
  catalog: Catalog
}

/** Reads the catalog, selects the tables, and samples their first rows. */
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

export function isProposal(tables: TableProposal | NoTables): tables is TableProposal {
  return !('why' in tables)
}

/** A table, as `inspect` reports it. */
export interface TableInspection {
  table: string
  kind: 'table' | 'view'
  /** Approximate; null if unknown. */
  rows: number | null
  /** Whether `rows` was counted instead of estimated. */
  counted: boolean
  columns: number
  /** The primary key or a unique key; null if there is none. */
  key: string[] | null
  /** The part it has in a migration: `people`, `memberships` …; null if it is not read. */
  part: string | null
  /** The reason why it is not read. */
  why: string | null
}

/** The result of inspecting a database, except for the sample of users. Also the JSON output. */
export interface DatabaseInspection {
  dialect: Dialect
  name: string
  /** The recognized layout. */
  layout: string | null
  tables: TableInspection[]
  /** Tables that the role cannot read. */
  unreadable: string[]
  findings: Finding[]
}

/** @returns the look without samples */
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
