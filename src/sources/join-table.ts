import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { JsonObject } from '../json.ts'
import { ROW_FILE, ROW_LINE } from './source.ts'

/** A row that waits to be joined to the record that its key names. */
export interface JoinRow {
  key: string
  line: number
  data: JsonObject
}

/** Memory that SQLite may hold per table, KiB. */
const CACHE_KIB = 16 * 1024

/**
 * Rows by key, on disk, so that joining a file of any size takes the same memory. Which rows were taken is kept as one bit a row.
 * Load everything, then take.
 */
export class JoinTable {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  #select: StatementSync | undefined
  readonly #file: string
  #rows = 0
  #taken = new Uint8Array(0)

  /**
   * @param folder a private folder that is removed after the run; the file in it is as private
   * @param name of the rows' stream
   * @param file that the rows come from, as written in the manifest
   */
  constructor(folder: string, name: string, file: string) {
    this.#file = file
    const path = join(folder, `${name}.sqlite`)
    closeSync(openSync(path, 'wx', 0o600))
    this.#database = new DatabaseSync(path)
    // Nothing is read from this file after a crash: no journal, no waiting for the disk.
    this.#database.exec(`
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA cache_size = -${CACHE_KIB};
      CREATE TABLE row (id INTEGER PRIMARY KEY, key TEXT NOT NULL, line INTEGER NOT NULL, data TEXT NOT NULL);
    `)
    this.#insert = this.#database.prepare('INSERT INTO row (id, key, line, data) VALUES (?, ?, ?, ?)')
  }

  /** Adds rows. Ids count from 1 in the order of loading. */
  load(rows: Iterable<JoinRow>): void {
    this.#database.exec('BEGIN')
    for (const { key, line, data } of rows) this.#insert.run(++this.#rows, key, line, JSON.stringify(data))
    this.#database.exec('COMMIT')
  }

  /** Ends loading: the index is built once, which is far quicker than keeping it up to date row by row. */
  finish(): void {
    this.#database.exec('CREATE INDEX row_by_key ON row (key)')
    this.#taken = new Uint8Array((this.#rows >> 3) + 1)
    // CROSS JOIN keeps the order of the keys; within a key the index yields rows by id.
    this.#select = this.#database.prepare(
      'SELECT wanted.key, row.id, row.line, row.data FROM json_each(?) AS wanted CROSS JOIN row ON row.key = wanted.value',
    )
    this.#select.setReturnArrays(true)
  }

  /**
   * For each key its rows in the order they were loaded, each with its place (see ROW_FILE); they count as taken from now on.
   * A key may be asked for again and answers the same.
   */
  take(keys: readonly string[]): JsonObject[][] {
    if (this.#select === undefined) throw new Error('take() comes after finish()')
    const found: JsonObject[][] = keys.map(() => [])
    for (const row of this.#select.all(JSON.stringify(keys))) {
      const [position, id, line, data] = columns(row)
      this.#taken[id >> 3] = (this.#taken[id >> 3] ?? 0) | (1 << (id & 7))
      const joined: JsonObject = JSON.parse(data)
      joined[ROW_FILE] = this.#file
      joined[ROW_LINE] = line
      found[position]?.push(joined)
    }
    return found
  }

  /** The rows that nobody took, in the order they were loaded. */
  *unused(): Iterable<{ key: string; line: number }> {
    const find = this.#database.prepare('SELECT line, key FROM row WHERE id = ?')
    for (let id = 1; id <= this.#rows; id++) {
      if (((this.#taken[id >> 3] ?? 0) & (1 << (id & 7))) !== 0) continue
      const row = find.get(id)
      if (row !== undefined) yield { key: String(row.key), line: Number(row.line) }
    }
  }

  close(): void {
    this.#database.close()
  }
}

function columns(row: unknown): [position: number, id: number, line: number, data: string] {
  if (!Array.isArray(row)) throw new Error('rows are arrays here')
  return [Number(row[0]), Number(row[1]), Number(row[2]), String(row[3])]
}
