/**
 * Which tables of a database a migration reads, and as what. In: a catalog and samples; what a
 * person has named. Out: a TableProposal: the table of the people, those that the recipe of a known
 * layout reads, those that are joined beside them, and the others.
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
  /** `file`: it is mapped by the names of its columns, since no recipe reads it. */
  origin: OriginName | 'file'
  /** What the layout is called. */
  title: string | undefined
  /** What the recipe takes from a variable. */
  choice: Layout['choice']
  /** Columns are called otherwise than the recipe has them: queries rename them. */
  isRenamed: boolean
  people: TableStream
  /** Further tables that the recipe reads. */
  parts: ReadPart[]
  sides: SideTable[]
  unused: UnusedTable[]
}

/** A table that the recipe of a layout reads. */
export interface ReadPart extends LayoutPart {
  read: TableStream
}

export interface TableChoice {
  catalog: Catalog
  samples: Samples
  /** Tables that a person has named, by what they hold. */
  named: ReadonlyMap<Part, CatalogTable>
  /** No recipe is to read it. */
  withoutRecipe?: boolean
  /** The day of the look, `2026-11-29`. */
  today: string
}

/** Why nothing can be proposed. */
export interface NoTables {
  /**
   * `several`: a person is to say which. `none`: no table has addresses. `no-key`: nothing tells
   * its rows apart.
   */
  why: 'several' | 'none' | 'no-key'
  candidates: CatalogTable[]
}

/** Proposes what a migration reads. */
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
    // Where names are is said by the recipe.
    parts: new Set([...parts.map(({ part }) => part), ...(layout === undefined ? [] : (['profiles'] as const))]),
    named,
    today,
  })
  const others = (layout?.others ?? []).map((table) => ({
    table,
    why: `${layout?.title} keeps it for itself`,
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

/** Reads again since a time by the column that says when a row was changed. */
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

/** Tables of users that frameworks make. */
const FRAMEWORKS = /^(Django|WordPress|ASP\.NET Identity|Laravel|Devise)'s table of users$/

/** What a table of people is, by its columns. */
export function recogniseTable(table: CatalogTable): Recognised | undefined {
  return recognise(headOf(table), ({ title }) => FRAMEWORKS.test(title))
}

/** The table of this name, with or without its schema. */
export function tableNamed(name: string, catalog: Catalog): CatalogTable | undefined {
  const { tables } = catalog
  return (
    tables.find((table) => nameOf(table, catalog) === name || `${table.schema}.${table.name}` === name) ??
    tables.filter((table) => table.name === name).at(0)
  )
}
