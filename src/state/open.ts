import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LockHolder, LockRequest } from './holder.ts'
import type { StateLocation } from './location.ts'
import { glanceAtState as glanceAtFile, glanceAtLock as glanceAtFileLock } from './sqlite/glance.ts'
import { acquireLock } from './sqlite/lock.ts'
import { emptyState, openStateFile, openStateFileLocked, peekStateFile, writeStateCopy } from './sqlite/open.ts'
import { checkStateFile, filesOfState } from './sqlite/state-file.ts'
import type { OpenState, StateGlance } from './store.ts'

/**
 * The only access to stored states: no other code imports from sqlite/ and postgres/. In: the
 * location from the manifest. Out: an OpenState, or what can be read without opening it.
 */

export { backupPath } from './sqlite/state-file.ts'

/**
 * Checks what is at the state's path, before a lock or a folder is created.
 * @throws StateError for anything except a state, an empty file, or nothing. The file is unchanged.
 */
export function checkState(location: StateLocation): void {
  if (location.type === 'file') checkStateFile(location.path)
}

/** A location, for people. */
export async function placeOf(location: StateLocation): Promise<string> {
  if (location.type === 'file') return location.path
  const { describeLocation } = await import('./postgres/endpoint.ts')
  return describeLocation(location)
}

/** Options for opening a state. */
export interface Opening {
  /** Ends the wait for a database that does not respond. */
  interrupted?: AbortSignal
}

/**
 * Opens a state for a command that writes, creates it if necessary, and takes its lock until it is
 * closed.
 * @throws LockedError naming the holder; StateError if the state cannot be read or reached
 */
export async function openState(location: StateLocation, lock: LockRequest, opening?: Opening): Promise<OpenState> {
  if (location.type === 'file') return openStateFileLocked(location.path, lock)
  const { makePostgresState } = await import('./postgres/open.ts')
  return makePostgresState(location, lock, { ...opening, writeCopy: writeStateCopy })
}

/**
 * Opens the state if it exists.
 * @param lock takes the lock until the state is closed
 * @throws as openState
 */
export async function findState(
  location: StateLocation,
  { lock, ...opening }: Opening & { lock?: LockRequest } = {},
): Promise<OpenState | undefined> {
  if (location.type === 'file') {
    const { path } = location
    if (!existsSync(path)) return undefined
    return lock === undefined ? openStateFile(path) : openStateFileLocked(path, lock)
  }
  const { findPostgresState } = await import('./postgres/open.ts')
  return findPostgresState(location, lock, { ...opening, writeCopy: writeStateCopy })
}

/** Opens the state, or an empty one in memory, for commands that must not create files. */
export async function peekState(location: StateLocation, opening?: Opening): Promise<OpenState> {
  if (location.type === 'file') return peekStateFile(location.path)
  return (await findState(location, opening)) ?? emptyState(await placeOf(location))
}

/**
 * Reads the basic facts of a state without changing it: no migration, no journal, no lock.
 * @returns undefined if there is none, and for an empty file
 * @throws StateError if the state cannot be read or reached
 */
export async function glanceAtState(location: StateLocation): Promise<StateGlance | undefined> {
  if (location.type === 'file') return glanceAtFile(location.path)
  const { glanceAtPostgres } = await import('./postgres/open.ts')
  return glanceAtPostgres(location)
}

/** Whether the lock of a state is held. Does not take it. @throws StateError as glanceAtState */
export async function glanceAtLock(location: StateLocation): Promise<{ held: boolean; holder?: LockHolder }> {
  if (location.type === 'file') return glanceAtFileLock(location.path)
  const { glanceAtPostgresLock } = await import('./postgres/open.ts')
  return glanceAtPostgresLock(location)
}

/**
 * Locks a state before it is removed. Moves the journal that a killed run left into the file, so
 * that the file shows its owner.
 * @returns a function that releases the lock. Undefined: there is no state
 * @throws as openState
 */
export async function lockState(
  location: StateLocation,
  lock: LockRequest,
  opening?: Opening,
): Promise<(() => void | Promise<void>) | undefined> {
  if (location.type === 'postgres') {
    const state = await findState(location, { ...opening, lock })
    return state && (() => state.close())
  }
  const { path } = location
  if (!existsSync(dirname(path))) return undefined
  checkStateFile(path)
  const held = acquireLock(path, lock.command, lock.now)
  if (!existsSync(path) || filesOfState(path).files.length > 0) return held
  try {
    await openStateFile(path, { lock: held }).close()
    return held
  } catch (error) {
    held()
    throw error
  }
}

/** The files of a state and its backups. Empty for a state in a database. */
export function ownFiles(location: StateLocation): { files: string[]; backups: string[] } {
  return location.type === 'file' ? filesOfState(location.path) : { files: [], backups: [] }
}
