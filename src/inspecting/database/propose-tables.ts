/**
 * Selects the tables that a migration reads. In: a catalog, samples, and tables named by the user.
 * Out: a TableProposal with the table of users, tables of a known layout, joined tables, and the
 * rest.
 */
import type { OriginName, Part, Recognised } from '../recognise.ts'
import { recognise } from '../recognise.ts'
import { type Catalog, type CatalogTable, nameOf } from './catalog.ts'
import { type Layout, type LayoutPart, layoutOf } from './layouts.ts'
import { type PeopleCandidate, peopleIn } from './people.ts'
import { headOf, relationsOf } from './relations.ts'
import type { Samples } from './sample.ts'
import type { SideTable, UnusedTable } from './side-tables.ts'
import { streamOfTable, type TableStream, updatedColumn } from './streams.ts'

export interface TableProposal {
  /** `file`: no recipe fits, so the mapping follows the column names. */
  origin: OriginName | 'file'
  /** The name of the layout. */
  title: string | undefined
  /** See Layout.choice. */
  choice: Layout['choice']
  /** Whether queries rename columns to the recipe's names. */
  isRenamed: boolean
  people: TableStream
  /** Other tables that the recipe reads. */
  parts: ReadPart[]
  sides: SideTable[]
  unused: UnusedTable[]
}

export interface ReadPart extends LayoutPart {
  read: TableStream
}

export interface TableChoice {
  catalog: Catalog
  samples: Samples
  /** Tables that the user named, by part. */
  named: ReadonlyMap<Part, CatalogTable>
  /** Ignore recipes. */
  withoutRecipe?: boolean
  /** The current day, `2026-11-29`. */
  today: string
}

export interface NoTables {
  /**
   * `several`: the user must choose. `none`: no table has addresses. `no-key`: the table has no
   * key.
   */
  why: 'several' | 'none' | 'no-key'
  candidates: CatalogTable[]
}

export async function proposeTables(choice: TableChoice): Promise<TableProposal | NoTables> {
  const { catalog, samples, named, today } = choice
  const given = named.get('users')
  const known = choice.withoutRecipe === true ? undefined : layoutOf(catalog)
  const layout = given === undefined || known?.people === given ? known : undefined
  const candidates = given === undefined && layout === undefined ? await peopleIn(catalog, samples) : []
  const people = given ?? layout?.people ?? likeliest(candidates)
  if (people === undefined) {
    return { why: candidates.length === 0 ? 'none' : 'several', candidates: candidates.map(({ table }) => table) }
  }
  const camelCase = layout?.inCamelCase === true
  const main = streamOfTable(people, catalog, { camelCase })
  if (main === undefined) return { why: 'no-key', candidates: [people] }
  const parts = partsOf(layout, catalog)
  const { sides, unused } = await relationsOf({
    catalog,
    people,
    samples,
    taken: layout === undefined ? [] : [...layout.parts.map(({ table }) => table), ...layout.others],
    // The recipe already maps names.
    parts: new Set([...parts.map(({ part }) => part), ...(layout === undefined ? [] : (['profiles'] as const))]),
    named,
    today,
  })
  const others = (layout?.others ?? []).map((table) => ({
    table,
    why: `${layout?.title} uses it internally`,
    matters: false,
  }))
  return {
    origin: layout?.origin ?? 'file',
    title: layout?.title ?? recogniseTable(people)?.title,
    choice: layout?.choice,
    isRenamed: camelCase,
    people: withUpdated(main, camelCase),
    parts,
    sides,
    unused: [...unused, ...others],
  }
}

/** Sets updatedAt, so that source.updatedSince works. */
function withUpdated(stream: TableStream, camelCase: boolean): TableStream {
  const column = camelCase ? undefined : updatedColumn(stream.table)
  return column === undefined ? stream : { ...stream, options: { ...stream.options, updatedAt: column } }
}

function likeliest([first, second]: readonly PeopleCandidate[]): CatalogTable | undefined {
  if (first === undefined || second?.score === first.score) return undefined
  return first.table
}

function partsOf(layout: Layout | undefined, catalog: Catalog): ReadPart[] {
  return (layout?.parts ?? []).flatMap((part) => {
    const read = streamOfTable(part.table, catalog, { camelCase: layout?.inCamelCase })
    return read === undefined ? [] : { ...part, read }
  })
}

/** Titles of recognized tables of users from frameworks. */
const FRAMEWORKS = /^(Django|WordPress|ASP\.NET Identity|Laravel|Devise)'s table of users$/

export function recogniseTable(table: CatalogTable): Recognised | undefined {
  return recognise(headOf(table), ({ title }) => FRAMEWORKS.test(title))
}

export function tableNamed(name: string, catalog: Catalog): CatalogTable | undefined {
  const { tables } = catalog
  return (
    tables.find((table) => nameOf(table, catalog) === name || `${table.schema}.${table.name}` === name) ??
    tables.filter((table) => table.name === name).at(0)
  )
}
