/**
 * Opens SQLite for every part of the program. In: a path and what the file is for. Out: a
 * connection with the pragmas of that purpose. Throwaway files (joins, the run, tallies) have no
 * journal and wait for no disk; kept files (state, snapshots, sandbox) are in WAL mode. A lock is a
 * file with a transaction on it.
 */

import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

export type Row = Record<string, SQLOutputValue>
export type Parameter = string | number | null

export interface Throwaway {
  /** Pages kept in memory, KiB: bounds the memory whatever the number of rows. Default: 16 MiB. */
  cacheKiB?: number
  /** Private folder for what SQLite sorts. Undefined: that of the system. */
  temporary?: string
  /**
   * Milliseconds to wait for another connection, where several write into the file by turns.
   * Undefined: this one has it to itself.
   */
  shared?: number
}

/**
 * A database of which nothing is read after a crash.
 * @param path of an existing private file; '' for a file without a name, which SQLite removes as
 *   soon as it is open; ':memory:'
 */
export function openThrowaway(path: string, { cacheKiB = 16 * 1024, temporary, shared }: Throwaway = {}): DatabaseSync {
  // Defensive, SQLite would not give up the journal:
  // https://www.sqlite.org/c3ref/c_dbconfig_defensive.html
  const db = new DatabaseSync(path, { timeout: shared ?? 0, defensive: false })
  // The lock is on this file alone: one that is attached is somebody else's as well.
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    PRAGMA main.locking_mode = ${shared === undefined ? 'EXCLUSIVE' : 'NORMAL'};
    PRAGMA temp_store = FILE; PRAGMA cache_size = -${cacheKiB}`)
  // What SQLite sorts may hold password hashes: it belongs in a private folder, not in one that all
  // users share.
  if (temporary !== undefined) db.exec(`PRAGMA temp_store_directory = '${temporary.replaceAll("'", "''")}'`)
  return db
}

export interface Kept {
  /** Milliseconds to wait for another process that holds a lock. */
  timeout: number
  /**
   * FULL: what is committed survives a loss of power. OFF: it survives the end of the process
   * alone.
   */
  synchronous: 'FULL' | 'OFF'
  /** A lock for as long as it is open, and no shared memory, which would be a file more. */
  exclusive?: boolean
  /**
   * Looks at the file before anything is written into it: the switch to WAL alone would write into
   * a file of somebody else.
   */
  check?(db: DatabaseSync): void
}

/**
 * A database that the next run reads again.
 * @param path of an existing private file, since SQLite gives the files beside it the mode of this
 *   one; or ':memory:'
 * @throws what `check` throws, and SQLite's own errors; the connection is closed then
 */
export function openKept(path: string, { timeout, synchronous, exclusive = false, check }: Kept): DatabaseSync {
  const db = new DatabaseSync(path, { timeout })
  try {
    check?.(db)
    // Before WAL, which else sets up the shared memory.
    if (exclusive) db.exec('PRAGMA locking_mode = EXCLUSIVE')
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * A database that is only looked at; a URL may say more about how
 * (https://www.sqlite.org/uri.html).
 */
export function openReadOnly(path: string | URL, timeout: number): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout })
}

/**
 * A throwaway database that nobody changes any more: without locks, so that several threads look at
 * it.
 */
export function openUnchanging(path: string, { cacheKiB = 4 * 1024 }: Throwaway = {}): DatabaseSync {
  const db = openReadOnly(new URL('?immutable=1', pathToFileURL(path)), 0)
  db.exec(`PRAGMA cache_size = -${cacheKiB}`)
  return db
}

/**
 * Locks a file for this process by an exclusive transaction, which is open as long as the
 * connection: the operating system drops the lock with the process, however that ends. Nothing is
 * written into the file. It does not wait for whoever holds the lock.
 * @param path of an existing private file; a URL with `mode=rw` makes none
 * @param journal MEMORY where no journal may be made beside the file, on a full disk for example
 * @throws SQLite's errors, SQLITE_BUSY among them; the connection is closed then
 */
export function openLocked(path: string | URL, journal?: 'MEMORY'): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    if (journal !== undefined) db.exec(`PRAGMA journal_mode = ${journal}`)
    db.exec('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * The `application_id` of a database that nobody has open here; undefined for what is none. It is
 * only looked at.
 */
export function databaseId(path: string): number | undefined {
  try {
    const url = pathToFileURL(path)
    url.searchParams.set('immutable', '1')
    const db = openReadOnly(url, 0)
    try {
      return pragma(db, 'application_id')
    } finally {
      db.close()
    }
  } catch {
    return undefined
  }
}

/** One figure of a database's header: `user_version`, `application_id`. */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

/**
 * Prepared statements of a connection, made once per text. One statement is not for two iterations
 * at the same time.
 */
export class Statements {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}
