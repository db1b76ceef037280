/**
 * What is joined while a source is read, on disk, so that any number of rows takes the same memory.
 * In: rows by key. Out: to each key its rows, and the rows that nobody took. `IdSet` keeps ids
 * alone.
 */

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openThrowawayIn, throwawayPath } from '../../files/scratch.ts'
import type { JsonObject } from '../../json.ts'
import { openThrowaway, openUnchanging } from '../../sqlite/open.ts'
import { type JoinRow, ROW_FILE, ROW_LINE, type RowsOnDisk } from '../source.ts'

/** A row that was loaded, told by its place. */
export interface LoadedRow {
  /** The first of its keys. */
  key: string
  line: number
  file: string
  data: JsonObject
}

/**
 * Rows by key, on disk, so that joining a file of any size takes the same memory. Which rows were
 * taken is kept as one bit a row. Load everything, then take.
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
   * @param folder a private folder that is removed after the run; the file in it is as private
   * @param name of the rows' stream
   * @param file that the rows come from, as written in the manifest
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

  /** Adds rows. Ids count from 1 in the order of loading. */
  load(rows: Iterable<JoinRow>): void {
    this.#database.exec('BEGIN')
    for (const { key, line, data, file } of rows) {
      const [first = '', ...others] = typeof key === 'string' ? [key] : new Set(key)
      this.#insert.run(++this.#rows, first, this.#fileNumber(file), line, JSON.stringify(data))
      for (const other of others) this.#insertKey.run(other, this.#rows)
    }
    this.#database.exec('COMMIT')
  }

  /**
   * Ends loading: the index is built once, which is far quicker than keeping it up to date row by
   * row.
   */
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

  /** The rows, once all are loaded. */
  get rows(): JoinedRows {
    if (this.#loaded === undefined) throw new Error('call finish() before reading the rows of a table')
    return this.#loaded
  }

  /** See JoinedRows.take. */
  take(keys: readonly string[]): JsonObject[][] {
    return this.rows.take(keys)
  }

  /** See JoinedRows.removeSurplus. */
  removeSurplus(): Iterable<LoadedRow> {
    return this.rows.removeSurplus()
  }

  /** See JoinedRows.unused. */
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

/** The rows of a table that is loaded, looked at from any thread. */
export class JoinedRows {
  readonly table: RowsOnDisk
  readonly #database: DatabaseSync
  readonly #select: StatementSync

  constructor(table: RowsOnDisk, database: DatabaseSync) {
    this.table = table
    this.#database = database
    // CROSS JOIN keeps the order of the keys; within a key the index yields rows by id.
    const select =
      'SELECT wanted.key, row.id, row.file, row.line, row.data FROM json_each(?) AS wanted CROSS JOIN row ON row.key = wanted.value'
    const selectByOther =
      'SELECT wanted.key, row.id, row.file, row.line, row.data FROM json_each(?1) AS wanted CROSS JOIN other_key ON other_key.key = wanted.value CROSS JOIN row ON row.id = other_key.id'
    this.#select = database.prepare(
      table.hasOtherKeys ? `${select.replace('?', '?1')} UNION ALL ${selectByOther} ORDER BY 1, 2` : select,
    )
    this.#select.setReturnArrays(true)
  }

  /** Opens a table that another thread has loaded and nobody changes any more. */
  static open(table: RowsOnDisk): JoinedRows {
    return new JoinedRows(table, openUnchanging(table.path))
  }

  /** Opens a table that another thread has loaded, before anybody else does. */
  static openToChange(table: RowsOnDisk): JoinedRows {
    return new JoinedRows(table, openThrowaway(table.path))
  }

  /**
   * Takes out the rows that have a key of one that was loaded before them: call it before anybody
   * takes rows, where a record may have one row only.
   * @returns them, in the order they were loaded
   */
  *removeSurplus(): Iterable<LoadedRow> {
    // Over the indexes: nothing is sorted, which would take disk space elsewhere.
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
   * For each key its rows in the order they were loaded, each with its place (see ROW_FILE); they
   * count as taken from now on. A key may be asked for again and answers the same.
   */
  take(keys: readonly string[]): JsonObject[][] {
    const { files } = this.table
    const found: JsonObject[][] = keys.map(() => [])
    for (const row of this.#select.all(JSON.stringify(keys))) {
      const [position, id, file, line, data] = columns(row)
      this.#mark(id)
      const joined: JsonObject = JSON.parse(data)
      joined[ROW_FILE] = files[file] ?? ''
      joined[ROW_LINE] = line
      found[position]?.push(joined)
    }
    return found
  }

  /** The rows that nobody took, in the order they were loaded. */
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

function columns(row: unknown): [position: number, id: number, file: number, line: number, data: string] {
  if (!Array.isArray(row)) throw new Error('expected rows as arrays')
  return [Number(row[0]), Number(row[1]), Number(row[2]), Number(row[3]), String(row[4])]
}

/** Ids that were seen, on disk: as many as there are takes the same memory. */
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
   * Adds the ids of items, by default their members `id`; the items whose ids were not there yet,
   * each once, in their order.
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

  /** The ids behind one, in ascending order. */
  *after(id: string): Iterable<string> {
    const rows = this.#database.prepare('SELECT id FROM seen WHERE id > ? ORDER BY id').iterate(id)
    for (const row of rows) yield String(row.id)
  }

  close(): void {
    this.#database.close()
  }
}
