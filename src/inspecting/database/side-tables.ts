import type { Part } from '../recognise.ts'
import type { Side } from '../side-files.ts'
import type { Catalog, CatalogTable } from './catalog.ts'
import type { Samples } from './sample.ts'
import type { TableStream } from './streams.ts'

/** A table that belongs to users, and how it is read. */
export interface SideTable {
  table: CatalogTable
  side: Side
  stream: TableStream
  /**
   * A role column with numbers that only the application can translate. It is not read as roles.
   */
  numbers?: string
}

export interface UnusedTable {
  table: CatalogTable
  why: string
  /** Whether it concerns users or organizations, so that omitting it might be a mistake. */
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
  /** Tables that the recipe reads, or that belong to its layout. */
  taken: readonly CatalogTable[]
  /** Parts that the recipe reads. */
  parts: ReadonlySet<Part>
  /** Tables that the user named, by part. */
  named: ReadonlyMap<Part, CatalogTable>
  /** The current day, `2026-11-29`. */
  today: string
}

/** A table that belongs to users, before its values are checked. */
export interface Candidate {
  table: CatalogTable
  side: Side
  /** Whether foreign keys refer to the user and the organization. */
  isLinked: boolean
  organization: CatalogTable | undefined
  /** The table of roles that a foreign key refers to. */
  roles: CatalogTable | undefined
}
