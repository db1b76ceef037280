import type { JsonObject } from '../json.ts'

/** A row as it stands in its file, before anything is made of it. */
export interface OriginalRow {
  stream: string
  /** As written in the manifest. */
  file: string
  line: number
  /** CSV: its cells, by the names in the header. */
  cells?: { columns: readonly string[]; fields: readonly string[]; delimiter?: string }
  /** JSON, and what was read from an API. */
  data?: JsonObject
  /** What cannot be taken apart. */
  text?: string
}

/** Whoever wants rows as they stand in the files, while the source is read. */
export interface RowTap {
  wants(file: string, line: number): boolean
  take(row: OriginalRow): void
}
