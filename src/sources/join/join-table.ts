/**
 * Rows to join, in bounded memory: few in memory, more on disk. In: rows by key. Out: the rows of
 * each key, and the rows that no record took.
 */

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openThrowawayIn, throwawayPath } from '../../files/scratch.ts'
import type { JsonObject } from '../../json.ts'
import { openThrowaway, openUnchanging } from '../../sqlite/open.ts'
import { type JoinRow, type LoadedTable, ROW_FILE, ROW_LINE } from '../source.ts'
import type { RowStore, StoredRow } from './row-store.ts'
import { RowsInMemory } from './rows-in-memory.ts'
import { RowsOnDisk } from './rows-on-disk.ts'

/** A loaded row with its place. */
export interface LoadedRow {
  /** The first of its keys. */
  key: string
  line: number
  file: string
  data: JsonObject
}

/** Rows by key. One bit per row records whether it was taken. Load everything, then take. */
export class JoinTable {
  readonly #folder: string
  readonly #name: string
  readonly #files: string[]
  /** On disk from the first row on for which there is no room in memory. */
  #store: RowsInMemory | Disk = new RowsInMemory()
  #rows = 0
  #loaded: JoinedRows | undefined

  /**
   * @param folder a private folder that is removed after the run
   * @param name of the rows' stream
   * @param file of the rows, as written in the manifest
   */
  constructor(folder: string, name: string, file: string) {
    this.#folder = folder
    this.#name = name
    this.#files = [file]
  }

  /** Adds rows. IDs count from 1 in the order of loading. */
  load(rows: Iterable<JoinRow>): void {
    if (this.#store instanceof Disk) this.#store.database.exec('BEGIN')
    for (const { key, line, data, file } of rows) {
      const [first = '', ...others] = typeof key === 'string' ? [inUtf8(key)] : new Set(key.map(inUtf8))
      const row = { id: this.#rows + 1, key: first, file: this.#fileNumber(file), line, data: JSON.stringify(data) }
      if (!this.#store.add(row, others)) this.#onDisk().add(row, others)
      this.#rows += 1
    }
    if (this.#store instanceof Disk) this.#store.database.exec('COMMIT')
  }

  /** Ends loading. */
  finish(): LoadedTable {
    const store = this.#store instanceof Disk ? this.#store.finish() : this.#store
    const table: LoadedTable = {
      path: throwawayPath(this.#folder, this.#name),
      files: this.#files,
      rows: this.#rows,
      memory: store instanceof RowsInMemory ? store.shared : undefined,
      hasOtherKeys: store instanceof RowsOnDisk && store.hasOtherKeys,
      taken: new Uint8Array(new SharedArrayBuffer((this.#rows >> 3) + 1)),
    }
    this.#loaded = new JoinedRows(table, store)
    return table
  }

  get rows(): JoinedRows {
    if (this.#loaded === undefined) throw new Error('call finish() before reading the rows of a table')
    return this.#loaded
  }

  take(keys: readonly string[]): JsonObject[][] {
    return this.rows.take(keys)
  }

  removeSurplus(): Iterable<LoadedRow> {
    return this.rows.removeSurplus()
  }

  unused(): Iterable<LoadedRow> {
    return this.rows.unused()
  }

  #onDisk(): Disk {
    const memory = this.#store
    if (memory instanceof Disk) return memory
    const disk = new Disk(openThrowawayIn(this.#folder, this.#name))
    this.#store = disk
    disk.database.exec('BEGIN')
    for (let id = 1; id <= this.#rows; id++) {
      const row = memory.get(id)
      if (row !== undefined) disk.add(row, [])
    }
    return disk
  }

  #fileNumber(file: string | undefined): number {
    if (file === undefined) return 0
    const known = this.#files.lastIndexOf(file)
    return known === -1 ? this.#files.push(file) - 1 : known
  }

  close(): void {
    if (this.#store instanceof Disk) this.#store.database.close()
  }
}

/** The database of a table on disk, while rows are added. */
class Disk {
  readonly database: DatabaseSync
  readonly #insert: StatementSync
  readonly #insertKey: StatementSync

  constructor(database: DatabaseSync) {
    this.database = database
    database.exec(`
      CREATE TABLE row (id INTEGER PRIMARY KEY, key TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, data TEXT NOT NULL);
      CREATE TABLE other_key (key TEXT NOT NULL, id INTEGER NOT NULL);
    `)
    this.#insert = database.prepare('INSERT INTO row (id, key, file, line, data) VALUES (?, ?, ?, ?, ?)')
    this.#insertKey = database.prepare('INSERT INTO other_key (key, id) VALUES (?, ?)')
  }

  /** @returns true: there is room */
  add({ id, key, file, line, data }: StoredRow, others: readonly string[]): boolean {
    this.#insert.run(id, key, file, line, data)
    for (const other of others) this.#insertKey.run(other, id)
    return true
  }

  finish(): RowsOnDisk {
    // Building the index once is much faster than updating it for every row.
    this.database.exec('CREATE INDEX row_by_key ON row (key)')
    this.database.exec('CREATE INDEX id_by_other_key ON other_key (key)')
    const hasOtherKeys = this.database.prepare('SELECT 1 FROM other_key LIMIT 1').get() !== undefined
    return new RowsOnDisk(this.database, hasOtherKeys)
  }
}

/** The rows of a loaded table, readable from any thread. */
export class JoinedRows {
  readonly table: LoadedTable
  readonly #store: RowStore

  constructor(table: LoadedTable, store: RowStore) {
    this.table = table
    this.#store = store
  }

  /** Opens a table that another thread has loaded and that no longer changes. */
  static open(table: LoadedTable): JoinedRows {
    return JoinedRows.#open(table, openUnchanging)
  }

  /** Opens a table that another thread has loaded, before any other thread opens it. */
  static openToChange(table: LoadedTable): JoinedRows {
    return JoinedRows.#open(table, openThrowaway)
  }

  static #open(table: LoadedTable, open: (path: string) => DatabaseSync): JoinedRows {
    const { memory, path, hasOtherKeys } = table
    return new JoinedRows(table, memory ? new RowsInMemory(memory) : new RowsOnDisk(open(path), hasOtherKeys))
  }

  /**
   * Removes rows with a key of an earlier row, for joins that allow one row per record. Call it
   * before rows are taken.
   * @returns the removed rows, in the order of loading
   */
  *removeSurplus(): Iterable<LoadedRow> {
    for (const row of this.#store.removeSurplus(this.table.rows)) {
      this.#mark(row.id)
      yield this.#loaded(row)
    }
  }

  /**
   * The rows of each key in the order of loading, each with its place (see ROW_FILE). Marks them as
   * taken. The same key returns the same rows again.
   */
  take(keys: readonly string[]): JsonObject[][] {
    const { files } = this.table
    // No row is found by a key that is not well-formed: different ones have the same UTF-8.
    const found = this.#store.find(keys.map(inUtf8))
    return found.map((rows, index) => {
      // Not by `map`: see docs/explanation/performance.md, "Where the time goes".
      const taken: JsonObject[] = []
      if (keys[index]?.isWellFormed() !== true) return taken
      for (const { id, file, line, data } of rows) {
        this.#mark(id)
        const joined: JsonObject = JSON.parse(data)
        joined[ROW_FILE] = files[file] ?? ''
        joined[ROW_LINE] = line
        taken.push(joined)
      }
      return taken
    })
  }

  /** The rows that were not taken, in the order of loading. */
  *unused(): Iterable<LoadedRow> {
    const { rows, taken } = this.table
    for (let id = 1; id <= rows; id++) {
      if (((taken[id >> 3] ?? 0) & (1 << (id & 7))) !== 0) continue
      const row = this.#store.get(id)
      if (row !== undefined) yield this.#loaded(row)
    }
  }

  #loaded({ key, file, line, data }: StoredRow): LoadedRow {
    return { key, file: this.table.files[file] ?? '', line, data: JSON.parse(data) }
  }

  /** Threads mark at the same time. */
  #mark(id: number): void {
    Atomics.or(this.table.taken, id >> 3, 1 << (id & 7))
  }

  close(): void {
    this.#store.close()
  }
}

/** As UTF-8 keeps it: with U+FFFD in place of lone surrogates. */
function inUtf8(key: string): string {
  return key.toWellFormed()
}
