import { existsSync } from 'node:fs'
import type { LockHolder, LockRequest } from './holder.ts'
import type { StateLocation } from './location.ts'
import { glanceAtState as glanceAtFile, glanceAtLock as glanceAtFileLock } from './sqlite/glance.ts'
import { emptyState, openStateFile, openStateFileLocked, peekStateFile, writeStateCopy } from './sqlite/open.ts'
import { checkStateFile } from './sqlite/state-file.ts'
import type { OpenState, StateGlance } from './store.ts'

/**
 * The one door to where states are kept: nothing else outside sqlite/ and postgres/ imports from there. In: the location that the manifest
 * names. Out: an OpenState, or what can be said of it without opening it. Which kind of store it is, is chosen here.
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
 * Opens a state for a command that writes, making it when there is none, and takes its lock, which goes when it is closed.
 * @throws LockedError naming the holder, StateError for a state that cannot be read, or not be reached
 */
export async function openState(location: StateLocation, lock: LockRequest, opening?: Opening): Promise<OpenState> {
  if (location.type === 'file') return openStateFileLocked(location.path, lock)
  const { makePostgresState } = await import('./postgres/open.ts')
  return makePostgresState(location, lock, { ...opening, writeCopy: writeStateCopy })
}

/** The state, if there is one. @param lock its lock is taken, and goes when it is closed @throws as openState */
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

/** The state, or an empty one in memory when there is none: for commands that must not leave anything behind. */
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

/** Whether somebody holds the lock of a state. It is not taken. @throws StateError as glanceAtState */
export async function glanceAtLock(location: StateLocation): Promise<{ held: boolean; holder?: LockHolder }> {
  if (location.type === 'file') return glanceAtFileLock(location.path)
  const { glanceAtPostgresLock } = await import('./postgres/open.ts')
  return glanceAtPostgresLock(location)
}
