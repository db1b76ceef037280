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
 * The one door to where states are kept: nothing else outside sqlite/ and postgres/ imports from
 * there. In: the location that the manifest names. Out: an OpenState, or what can be said of it
 * without opening it. Which kind of store it is, is chosen here.
 */

export { backupPath } from './sqlite/state-file.ts'

/**
 * Looks at what is under the state's name, before a lock or a folder is made beside it.
 * @throws StateError for anything but a state, an empty file, or nothing: it is left as it is
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

/** What a caller knows of the command that opens a state. */
export interface Opening {
  /** Ends the wait for a database that does not answer. */
  interrupted?: AbortSignal
}

/**
 * Opens a state for a command that writes, making it when there is none, and takes its lock, which
 * goes when it is closed.
 * @throws LockedError naming the holder, StateError for a state that cannot be read, or not be
 *   reached
 */
export async function openState(location: StateLocation, lock: LockRequest, opening?: Opening): Promise<OpenState> {
  if (location.type === 'file') return openStateFileLocked(location.path, lock)
  const { makePostgresState } = await import('./postgres/open.ts')
  return makePostgresState(location, lock, { ...opening, writeCopy: writeStateCopy })
}

/**
 * The state, if there is one. @param lock its lock is taken, and goes when it is closed @throws as
 * openState
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

/**
 * The state, or an empty one in memory when there is none: for commands that must not leave
 * anything behind.
 */
export async function peekState(location: StateLocation, opening?: Opening): Promise<OpenState> {
  if (location.type === 'file') return peekStateFile(location.path)
  return (await findState(location, opening)) ?? emptyState(await placeOf(location))
}

/**
 * Reads what a state says at its door, and leaves it as it is: no migration, no journal, no lock.
 * @returns undefined where there is none, and for a file in which nothing is
 * @throws StateError for a state that cannot be read, or not be reached
 */
export async function glanceAtState(location: StateLocation): Promise<StateGlance | undefined> {
  if (location.type === 'file') return glanceAtFile(location.path)
  const { glanceAtPostgres } = await import('./postgres/open.ts')
  return glanceAtPostgres(location)
}

/**
 * Whether somebody holds the lock of a state. It is not taken. @throws StateError as glanceAtState
 */
export async function glanceAtLock(location: StateLocation): Promise<{ held: boolean; holder?: LockHolder }> {
  if (location.type === 'file') return glanceAtFileLock(location.path)
  const { glanceAtPostgresLock } = await import('./postgres/open.ts')
  return glanceAtPostgresLock(location)
}

/**
 * Keeps everybody else from working on a state, for whoever may remove it. What a killed run left
 * in the journal of a file is moved into it, so that the file says whose it is.
 * @returns gives the lock back; undefined where there is no state
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

/** The files that a state is kept in, and its backups beside it; none of a state in a database. */
export function ownFiles(location: StateLocation): { files: string[]; backups: string[] } {
  return location.type === 'file' ? filesOfState(location.path) : { files: [], backups: [] }
}
