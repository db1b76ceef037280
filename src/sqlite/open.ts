/**
 * Opens SQLite for every part of the program. In: a path and the file's purpose. Out: a connection
 * with the pragmas for it. Throwaway files (joins, the run, tallies) have no journal and do not
 * wait for the disk. Kept files (state, snapshots, sandbox) are in WAL mode. A lock is a file with
 * a transaction on it.
 */

import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

export type Row = Record<string, SQLOutputValue>
export type Parameter = string | number | null

export interface Throwaway {
  /** Pages kept in memory, KiB: bounds the memory for any number of rows. Default: 16 MiB. */
  cacheKiB?: number
  /** Private folder for SQLite's sort files. Undefined: the system's. */
  temporary?: string
  /**
   * Milliseconds to wait for another connection, if several write to the file in turns. Undefined:
   * exclusive use.
   */
  shared?: number
}

/**
 * A database that is never read after a crash.
 * @param path of an existing private file; '' for a file without a name, which SQLite removes once
 *   it is open; ':memory:'
 */
export function openThrowaway(path: string, { cacheKiB = 16 * 1024, temporary, shared }: Throwaway = {}): DatabaseSync {
  // Defensive mode would keep the journal: https://www.sqlite.org/c3ref/c_dbconfig_defensive.html
  const db = new DatabaseSync(path, { timeout: shared ?? 0, defensive: false })
  // The lock is only on this file: an attached file belongs to others too.
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    PRAGMA main.locking_mode = ${shared === undefined ? 'EXCLUSIVE' : 'NORMAL'};
    PRAGMA temp_store = FILE; PRAGMA cache_size = -${cacheKiB}`)
  // SQLite's sort files can contain password hashes, so they belong in a private folder.
  if (temporary !== undefined) db.exec(`PRAGMA temp_store_directory = '${temporary.replaceAll("'", "''")}'`)
  return db
}

export interface Kept {
  /** Milliseconds to wait for another process with a lock. */
  timeout: number
  /** FULL: commits survive a power cut. OFF: they survive only the end of the process. */
  synchronous: 'FULL' | 'OFF'
  /** Keeps a lock while it is open, without a shared-memory file. */
  exclusive?: boolean
  /**
   * Checks the file before anything is written: switching to WAL alone would change another
   * program's file.
   */
  check?(db: DatabaseSync): void
}

/**
 * A database that the next run reads again.
 * @param path of an existing private file, since SQLite gives the files next to it the same mode;
 *   or ':memory:'
 * @throws what `check` throws, and SQLite's own errors; the connection is then closed
 */
export function openKept(path: string, { timeout, synchronous, exclusive = false, check }: Kept): DatabaseSync {
  const db = new DatabaseSync(path, { timeout })
  try {
    check?.(db)
    // Before WAL, which would otherwise create the shared memory.
    if (exclusive) db.exec('PRAGMA locking_mode = EXCLUSIVE')
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** A read-only database. A URL can set further options (https://www.sqlite.org/uri.html). */
export function openReadOnly(path: string | URL, timeout: number): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout })
}

/**
 * A throwaway database that no longer changes: without locks, so that several threads can read it.
 */
export function openUnchanging(path: string, { cacheKiB = 4 * 1024 }: Throwaway = {}): DatabaseSync {
  const db = openReadOnly(new URL('?immutable=1', pathToFileURL(path)), 0)
  db.exec(`PRAGMA cache_size = -${cacheKiB}`)
  return db
}

/**
 * Locks a file for this process with an exclusive transaction, until the connection closes. The
 * operating system releases the lock with the process, however it ends. Writes nothing into the
 * file, and does not wait for another lock.
 * @param path of an existing private file; a URL with `mode=rw` does not create one
 * @param journal MEMORY if no journal can be created next to the file, as on a full disk
 * @throws SQLite's errors, SQLITE_BUSY if another connection has the lock
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
 * The `application_id` of a database that is not open here; undefined if the file is not a
 * database. Only reads the file.
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

/** One number of a database's header: `user_version`, `application_id`. */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

/**
 * Prepared statements of a connection, one per text. Do not iterate over one statement twice at the
 * same time.
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
