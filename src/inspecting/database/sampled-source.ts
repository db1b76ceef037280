/** A sample of users and their joined rows, as a source for `inspect`. Never migrated. */
import { createHash } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import type { Source, SourceRecord, StreamCount } from '../../sources/source.ts'
import { numberedRoles, streamOfSide } from '../side-mapping.ts'
import type { CatalogTable } from './catalog.ts'
import { camelCased } from './layouts.ts'
import type { TableProposal } from './propose-tables.ts'
import type { Samples } from './sample.ts'

/** Maximum number of joined rows per table. */
const MAX_JOINED = 20_000

export interface SampledTables {
  /** The first users by key. Rows of other tables are under the names of their streams. */
  people: JsonObject[]
  /** Number of joined rows by stream. */
  joined: ReadonlyMap<string, number>
  /** Table names by stream. */
  tables: ReadonlyMap<string, string>
}

interface Joined {
  name: string
  table: CatalogTable
  /** Column names. */
  key: string
  to: string
}

/** Reads the first users and the rows that belong to them. */
export async function sampleTables(proposal: TableProposal, samples: Samples): Promise<SampledTables> {
  const { people, sides, parts } = proposal
  const records = (await samples.rows(people.table)).map((row) => ({ ...row }))
  const joined = new Map<string, number>()
  const tables = new Map([['users', people.table.name]])
  const own: Joined[] = [
    ...parts.flatMap(({ stream: name, table, join }) =>
      join === undefined ? [] : { name, table, ...snakeCased(join, table, people.table) },
    ),
    ...sides.flatMap(({ side, table }) =>
      side.join === undefined
        ? []
        : { name: streamOfSide(side), table, key: plain(side.join.key), to: plain(side.join.to) },
    ),
  ]
  for (const one of own) {
    joined.set(one.name, await attach(records, one, samples))
    tables.set(one.name, one.table.name)
  }
  await nameRoles(records, proposal, samples)
  return { people: records, joined, tables }
}

function plain(expression: string): string {
  return expression.replace(/^\$\w+\((.*)\)$/, '$1').replace(/^`(.*)`$/, '$1')
}

/** Recipes use camel case; the tables might not. */
function snakeCased(
  { key, to }: { key: string; to: string },
  table: CatalogTable,
  people: CatalogTable,
): { key: string; to: string } {
  const own = ({ columns }: CatalogTable, name: string) =>
    columns.find((column) => column.name === name || camelCased(column.name) === name)?.name ?? name
  return { key: own(table, key), to: own(people, to) }
}

async function attach(records: JsonObject[], { name, table, key, to }: Joined, samples: Samples): Promise<number> {
  const values = [...new Set(records.flatMap((record) => textOf(record[to])))]
  const rows = Map.groupBy(await samples.belonging(table, key, values, MAX_JOINED), (row) => textOf(row[key])[0])
  let count = 0
  for (const record of records) {
    const [value] = textOf(record[to])
    const own = value === undefined ? [] : (rows.get(value) ?? [])
    count += own.length
    if (own.length > 0) record[name] = own.map((row) => ({ ...row }))
  }
  return count
}

/** Replaces role numbers with names, so that counts show names. */
async function nameRoles(records: readonly JsonObject[], { sides }: TableProposal, samples: Samples): Promise<void> {
  const numbered = numberedRoles(sides.map(({ side }) => side))
  const names = sides.find(({ side }) => side.part === 'roleNames')
  if (numbered === undefined || names === undefined) return
  const { id = '', roleName = '' } = names.side.columns
  const known = new Map(
    (await samples.rows(names.table)).map((row) => [textOf(row[plain(id)])[0], row[plain(roleName)]]),
  )
  for (const record of records) {
    const rows = record[numbered.into]
    for (const row of Array.isArray(rows) ? rows : []) {
      if (typeof row !== 'object' || row === null || Array.isArray(row)) continue
      const role = known.get(textOf(row[plain(numbered.to)])[0])
      if (typeof role === 'string') row.role = role
    }
  }
}

function textOf(value: unknown): string[] {
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
}

export function sampledSource({ people, joined, tables }: SampledTables): Source {
  const count = (stream: string, read: number, role: StreamCount['role']): StreamCount => ({
    stream,
    file: tables.get(stream) ?? stream,
    read,
    passed: read,
    rejected: 0,
    role,
  })
  return {
    streams: ['users'],
    async *read(chunkSize) {
      for (let at = 0; at < people.length; at += chunkSize) {
        yield people.slice(at, at + chunkSize).map(
          (data, index): SourceRecord => ({
            seq: at + index,
            stream: 'users',
            origin: { file: tables.get('users') ?? 'users', record: at + index + 1 },
            data,
          }),
        )
      }
    },
    counts: () => [
      count('users', people.length, 'main'),
      ...[...joined].map(([stream, read]) => count(stream, read, 'joined')),
    ],
    digest: () => createHash('sha256').update(String(people.length)).digest('hex'),
  }
}
