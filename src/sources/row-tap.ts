import type { JsonObject } from '../json.ts'

/** A row as it stands in its file, before anything is made of it. */
export interface OriginalRow {
  stream: string
  /** As written in the manifest. */
  file: string
  line: number
  /** CSV: its cells, by the names in the header. */
  cells?: { columns: readonly string[]; fields: readonly string[] }
  /** JSON, and what was read from an API. */
  data?: JsonObject
  /** What cannot be taken apart. */
  text?: string
}

/** How a file of CSV begins. */
export interface TableHead {
  stream: string
  file: string
  columns: readonly string[]
  /** As the manifest names it; undefined: it is found in the file. */
  delimiter: string | undefined
}

/** Whoever wants rows as they stand in the files, while the source is read. */
export interface RowTap {
  /** Told of each file of CSV before its rows. */
  begin(head: TableHead): void
  wants(file: string, line: number): boolean
  take(row: OriginalRow): void
}
