/** The words of relations.ts and settle-sides.ts. */
import type { Part } from '../recognise.ts'
import type { Side } from '../side-files.ts'
import type { Catalog, CatalogTable } from './catalog.ts'
import type { Samples } from './sample.ts'
import type { TableStream } from './streams.ts'

/** A table beside the people, and how it is read. */
export interface SideTable {
  table: CatalogTable
  side: Side
  stream: TableStream
  /**
   * A column of roles that holds numbers, which the application alone can name: it is not read as
   * roles.
   */
  numbers?: string
}

export interface UnusedTable {
  table: CatalogTable
  why: string
  /** It has to do with people or organizations: whoever migrates may miss it. */
  matters: boolean
}

export interface Relations {
  sides: SideTable[]
  unused: UnusedTable[]
}

export interface RelationOptions {
  catalog: Catalog
  people: CatalogTable
  samples: Samples
  /** Tables that a recipe reads itself, or that belong to it. */
  taken: readonly CatalogTable[]
  /** Parts that a recipe reads itself. */
  parts: ReadonlySet<Part>
  /** Tables that a person has named, by what they hold. */
  named: ReadonlyMap<Part, CatalogTable>
  /** The day of the look, `2026-11-29`. */
  today: string
}

/** A table beside the people, before its values were looked at. */
export interface Candidate {
  table: CatalogTable
  side: Side
  /** Foreign keys lead to the person, and to the organization. */
  isLinked: boolean
  organization: CatalogTable | undefined
  /** The table that a foreign key names for its roles. */
  roles: CatalogTable | undefined
}
