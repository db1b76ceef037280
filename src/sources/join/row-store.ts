/** A row to join as it is stored. */
export interface StoredRow {
  /** IDs count from 1 in the order of loading. */
  id: number
  /** The first of its keys. */
  key: string
  /** Index in the files of the table. */
  file: number
  line: number
  /** JSON. */
  data: string
}

/** Loaded rows of a table, in memory or on disk. */
export interface RowStore {
  /** The rows of each key, in the order of loading. Keys are well-formed Unicode. */
  find(keys: readonly string[]): StoredRow[][]
  get(id: number): StoredRow | undefined
  /**
   * Removes rows with a key of an earlier row.
   * @returns the removed rows, in the order of loading
   */
  removeSurplus(rows: number): Iterable<StoredRow>
  close(): void
}

/** Memory with rows, for all threads: see RowsInMemory. */
export interface SharedRows {
  /** By bucket: its last row, or 0. */
  last: SharedArrayBuffer
  /** By row: its numbers. */
  numbers: SharedArrayBuffer
  /** Keys and JSON of the rows, one after another. */
  text: SharedArrayBuffer
  /** A random odd number for hashes: nobody can choose keys that have the same one. */
  factor: number
}
