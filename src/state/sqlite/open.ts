import { closeSync, existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { createTemporaryFile } from '../../files/temporary-file.ts'
import { explaining } from '../../files/whole-file.ts'
import type { LockRequest } from '../holder.ts'
import type { StateContent } from '../store.ts'
import { Connection } from './connection.ts'
import { openDatabase } from './database.ts'
import { acquireLock, type StateLock } from './lock.ts'
import { backupPurpose, refuseExisting, takeStateFile } from './state-file.ts'
import { SqliteStateStore } from './store.ts'

/** Opens states in files. In: a path. Out: a SqliteStateStore, alone or together with its lock. */

/**
 * Opens the state at `path` and creates it if necessary.
 * @param options.lock the state's lock, for a caller that is about to write
 * @throws StateError for a corrupt, foreign or newer file; LockedError if another command still
 *   uses it
 */
export function openStateFile(path: string, { lock }: { lock?: StateLock } = {}): SqliteStateStore {
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

/** Like `openStateFile`, with the state's lock, which is released when the state is closed. */
export function openStateFileLocked(path: string, { command, now }: LockRequest): SqliteStateStore {
  const lock = acquireLock(path, command, now)
  try {
    const state = openStateFile(path, { lock })
    state.onClose(lock)
    return state
  } catch (error) {
    lock()
    throw error
  }
}

/** Opens the state, or an empty one in memory, for commands that must not create files. */
export function peekStateFile(path: string): SqliteStateStore {
  return existsSync(path) ? openStateFile(path) : emptyState(path)
}

/** A state in memory. @param location for people */
export function emptyState(location: string): SqliteStateStore {
  return new SqliteStateStore(location, new Connection(location, openDatabase(':memory:')))
}

/**
 * Writes content into a new state file.
 * @throws StateError if the file exists; UsageError, FileError if it cannot be written
 */
export async function writeStateCopy(content: StateContent, file: string): Promise<void> {
  refuseExisting(file)
  const temporary = explaining(file, backupPurpose(file), () => createTemporaryFile(dirname(file)))
  try {
    closeSync(temporary.file)
    const state = openStateFile(temporary.path)
    try {
      await state.replace(content)
      await state.backUp(file)
    } finally {
      await state.close()
    }
  } finally {
    for (const end of ['-wal', '-shm']) rmSync(`${temporary.path}${end}`, { force: true })
    temporary.forget()
  }
}
