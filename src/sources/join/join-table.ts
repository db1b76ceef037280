/**
 * Rows to join, on disk, in bounded memory. In: rows by key. Out: the rows of each key, and the
 * rows that no record took. `IdSet` stores only IDs.
 */

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openThrowawayIn, throwawayPath } from '../../files/scratch.ts'
import type { JsonObject } from '../../json.ts'
import { openThrowaway, openUnchanging } from '../../sqlite/open.ts'
import { type JoinRow, ROW_FILE, ROW_LINE, type RowsOnDisk } from '../source.ts'

/** A loaded row with its place. */
export interface LoadedRow {
  /** The first of its keys. */
  key: string
  line: number
  file: string
  data: JsonObject
}

/**
 * Rows by key, on disk, in bounded memory. One bit per row records whether it was taken. Load
 * everything, then take.
 */
export class JoinTable {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #insertKey: StatementSync
  readonly #path: string
  readonly #files: string[]
  #rows = 0
  #loaded: JoinedRows | undefined

  /**
   * @param folder a private folder that is removed after the run
   * @param name of the rows' stream
   * @param file of the rows, as written in the manifest
   */
  constructor(folder: string, name: string, file: string) {
    this.#files = [file]
    this.#path = throwawayPath(folder, name)
    this.#database = openThrowawayIn(folder, name)
    this.#database.exec(`
      CREATE TABLE row (id INTEGER PRIMARY KEY, key TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, data TEXT NOT NULL);
      CREATE TABLE other_key (key TEXT NOT NULL, id INTEGER NOT NULL);
    `)
    this.#insert = this.#database.prepare('INSERT INTO row (id, key, file, line, data) VALUES (?, ?, ?, ?, ?)')
    this.#insertKey = this.#database.prepare('INSERT INTO other_key (key, id) VALUES (?, ?)')
  }

  /** Adds rows. IDs count from 1 in the order of loading. */
  load(rows: Iterable<JoinRow>): void {
    this.#database.exec('BEGIN')
    for (const { key, line, data, file } of rows) {
      const [first = '', ...others] = typeof key === 'string' ? [key] : new Set(key)
      this.#insert.run(++this.#rows, first, this.#fileNumber(file), line, JSON.stringify(data))
      for (const other of others) this.#insertKey.run(other, this.#rows)
    }
    this.#database.exec('COMMIT')
  }

  /** Ends loading. Building the index once is much faster than updating it for every row. */
  finish(): RowsOnDisk {
    this.#database.exec('CREATE INDEX row_by_key ON row (key)')
    this.#database.exec('CREATE INDEX id_by_other_key ON other_key (key)')
    const table: RowsOnDisk = {
      path: this.#path,
      files: this.#files,
      rows: this.#rows,
      hasOtherKeys: this.#database.prepare('SELECT 1 FROM other_key LIMIT 1').get() !== undefined,
      taken: new Uint8Array(new SharedArrayBuffer((this.#rows >> 3) + 1)),
    }
    this.#loaded = new JoinedRows(table, this.#database)
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

  #fileNumber(file: string | undefined): number {
    if (file === undefined) return 0
    const known = this.#files.lastIndexOf(file)
    return known === -1 ? this.#files.push(file) - 1 : known
  }

  close(): void {
    this.#database.close()
  }
}

/** A row of a table as the selection returns it. */
type FoundRow = [position: number, id: number, file: number, line: number, data: string]

/** The rows of a loaded table, readable from any thread. */
export class JoinedRows {
  readonly table: RowsOnDisk
  readonly #database: DatabaseSync
  readonly #select: StatementSync

  constructor(table: RowsOnDisk, database: DatabaseSync) {
    this.table = table
    this.#database = database
    // CROSS JOIN keeps the order of the keys. Within a key, the index returns rows by ID.
    const select =
      'SELECT wanted.key, row.id, row.file, row.line, row.data FROM json_each(?) AS wanted CROSS JOIN row ON row.key = wanted.value'
    const selectByOther =
      'SELECT wanted.key, row.id, row.file, row.line, row.data FROM json_each(?1) AS wanted CROSS JOIN other_key ON other_key.key = wanted.value CROSS JOIN row ON row.id = other_key.id'
    this.#select = database.prepare(
      table.hasOtherKeys ? `${select.replace('?', '?1')} UNION ALL ${selectByOther} ORDER BY 1, 2` : select,
    )
    this.#select.setReturnArrays(true)
  }

  /** Opens a table that another thread has loaded and that no longer changes. */
  static open(table: RowsOnDisk): JoinedRows {
    return new JoinedRows(table, openUnchanging(table.path))
  }

  /** Opens a table that another thread has loaded, before any other thread opens it. */
  static openToChange(table: RowsOnDisk): JoinedRows {
    return new JoinedRows(table, openThrowaway(table.path))
  }

  /**
   * Removes rows with a key of an earlier row, for joins that allow one row per record. Call it
   * before rows are taken.
   * @returns the removed rows, in the order of loading
   */
  *removeSurplus(): Iterable<LoadedRow> {
    // Uses the indexes: a sort would take disk space elsewhere.
    const earlier = (table: string) =>
      `EXISTS (SELECT 1 FROM ${table} AS other WHERE other.key = own.key AND other.id < own.id)`
    this.#database.exec(`
      CREATE TABLE surplus AS
        SELECT id FROM row AS own WHERE ${earlier('row')} OR ${earlier('other_key')}
        UNION SELECT id FROM other_key AS own WHERE ${earlier('row')} OR ${earlier('other_key')};
    `)
    const rows = this.#database.prepare(
      'SELECT row.id, row.key, row.file, row.line, row.data FROM surplus JOIN row USING (id) ORDER BY id',
    )
    for (const { id, key, file, line, data } of rows.iterate()) {
      this.#mark(Number(id))
      yield { key: String(key), file: this.#fileName(file), line: Number(line), data: JSON.parse(String(data)) }
    }
    this.#database.exec(`
      DELETE FROM row WHERE id IN (SELECT id FROM surplus);
      DELETE FROM other_key WHERE id IN (SELECT id FROM surplus);
      DROP TABLE surplus;
    `)
  }

  /**
   * The rows of each key in the order of loading, each with its place (see ROW_FILE). Marks them as
   * taken. The same key returns the same rows again.
   */
  take(keys: readonly string[]): JsonObject[][] {
    const { files } = this.table
    const found: JsonObject[][] = keys.map(() => [])
    for (const row of this.#select.all(JSON.stringify(keys)) as unknown[] as FoundRow[]) {
      const [position, id, file, line, data] = row
      this.#mark(id)
      const joined: JsonObject = JSON.parse(data)
      joined[ROW_FILE] = files[file] ?? ''
      joined[ROW_LINE] = line
      found[position]?.push(joined)
    }
    return found
  }

  /** The rows that were not taken, in the order of loading. */
  *unused(): Iterable<LoadedRow> {
    const { rows, taken } = this.table
    const find = this.#database.prepare('SELECT file, line, key, data FROM row WHERE id = ?')
    for (let id = 1; id <= rows; id++) {
      if (((taken[id >> 3] ?? 0) & (1 << (id & 7))) !== 0) continue
      const row = find.get(id)
      if (row === undefined) continue
      const file = this.#fileName(row.file)
      yield { key: String(row.key), line: Number(row.line), file, data: JSON.parse(String(row.data)) }
    }
  }

  /** Threads mark at the same time. */
  #mark(id: number): void {
    Atomics.or(this.table.taken, id >> 3, 1 << (id & 7))
  }

  #fileName(number: unknown): string {
    return this.table.files[Number(number)] ?? ''
  }

  close(): void {
    this.#database.close()
  }
}

/** A set of IDs on disk, in bounded memory. */
export class IdSet {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #select: StatementSync
  #size = 0

  constructor() {
    this.#database = openThrowaway('')
    this.#database.exec('CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID')
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO seen (id) VALUES (?)')
    this.#select = this.#database.prepare('SELECT 1 FROM seen WHERE id = ?')
  }

  get size(): number {
    return this.#size
  }

  has(id: string): boolean {
    return this.#select.get(id) !== undefined
  }

  /**
   * Adds the IDs of items, by default their member `id`.
   * @returns the items with a new ID, each once, in their order
   */
  add<Item extends { id: string }>(items: Iterable<Item>): Item[]
  add<Item>(items: Iterable<Item>, idOf: (item: Item) => string): Item[]
  add<Item extends { id: string }>(items: Iterable<Item>, idOf: (item: Item) => string = ({ id }) => id): Item[] {
    const fresh: Item[] = []
    this.#database.exec('BEGIN')
    for (const item of items) if (Number(this.#insert.run(idOf(item)).changes) > 0) fresh.push(item)
    this.#database.exec('COMMIT')
    this.#size += fresh.length
    return fresh
  }

  /** The IDs greater than one, in ascending order. */
  *after(id: string): Iterable<string> {
    const rows = this.#database.prepare('SELECT id FROM seen WHERE id > ? ORDER BY id').iterate(id)
    for (const row of rows) yield String(row.id)
  }

  close(): void {
    this.#database.close()
  }
}
