import { existsSync } from 'node:fs'
import { Connection } from './sqlite/connection.ts'
import { openDatabase } from './sqlite/database.ts'
import type { StateLock } from './sqlite/lock.ts'
import { takeStateFile } from './sqlite/state-file.ts'
import { SqliteStateStore } from './sqlite/store.ts'

/**
 * The one door to where states are kept: nothing else outside sqlite/ imports from there. In: the path that the manifest names. Out: a
 * StateStore, its lock, or what can be said of it without opening it. A second kind of store is chosen here.
 */

export { glanceAtLock, glanceAtState } from './sqlite/glance.ts'
export { acquireLock, describeHolder } from './sqlite/lock.ts'
export { backupPath, checkStateFile, filesOfState } from './sqlite/state-file.ts'

/** A state in a file of this machine: it is claimed by who has its lock, and copied while it is open. */
export type LocalState = SqliteStateStore

/**
 * Opens the state at `path`, making it when there is none.
 * @param options.lock the state's lock, for a caller who is about to write
 * @throws StateError for a corrupt, foreign or newer file, LockedError when somebody works with it all the same
 */
export function openState(path: string, { lock }: { lock?: StateLock } = {}): LocalState {
  takeStateFile(path)
  const db = openDatabase(path, { locked: lock !== undefined })
  try {
    const state = new SqliteStateStore(path, new Connection(path, db))
    if (lock !== undefined) state.claim(lock)
    return state
  } catch (error) {
    db.close()
    throw error
  }
}

/** The state at `path`, or an empty one in memory when there is none: for commands that must not leave anything behind. */
export function peekState(path: string): LocalState {
  return existsSync(path) ? openState(path) : new SqliteStateStore(path, new Connection(path, openDatabase(':memory:')))
}
