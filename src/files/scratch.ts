import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { openLocked, openThrowaway, type Throwaway } from '../sqlite/open.ts'
import { createPrivateFile } from './regular-file.ts'

const PREFIX = 'scratch-'
const LOCK = 'in-use.lock'

/**
 * A folder has its lock at once after it is made; one that still has none after this time was left
 * in between. Milliseconds.
 */
const MAKING = 60_000

/** How often a folder may be taken for an abandoned one while it is made. */
const ATTEMPTS = 20

/**
 * A folder of this process, 0700, for what must not outlive the command: staged records, join
 * tables.
 */
export interface Scratch {
  path: string
  remove(): void
}

/**
 * Makes a scratch folder in `parent` and removes those that dead processes of this machine left
 * there, since what is staged may hold password hashes. See removeAbandonedScratch.
 */
export function createScratch(parent: string): Scratch {
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  removeAbandonedScratch(parent)
  const { path, unlock } = makeLocked(parent)
  const remove = () => removeLocked(path, unlock)
  atExit(remove)
  return {
    path,
    remove() {
      notAtExit(remove)
      remove()
    },
  }
}

/** What is removed when the process exits. */
const leaving = new Set<() => void>()

/**
 * The process has one listener for all: Node warns of a leak where there are many, as many runs at
 * a time would have.
 */
function atExit(remove: () => void): void {
  if (leaving.size === 0) process.once('exit', leave)
  leaving.add(remove)
}

function notAtExit(remove: () => void): void {
  leaving.delete(remove)
  if (leaving.size === 0) process.off('exit', leave)
}

function leave(): void {
  for (const remove of leaving) remove()
}

/**
 * Between the making of the lock and its taking, another process may find the folder and remove it.
 * Where the file system has no locks, it goes without: nobody can take it then, and so nobody
 * removes it.
 */
function makeLocked(parent: string): { path: string; unlock: (() => void) | undefined } {
  for (let attempt = 1; ; attempt += 1) {
    const path = mkdtempSync(join(parent, `${PREFIX}${hostname()}-${process.pid}-`))
    try {
      createPrivateFile(join(path, LOCK))
    } catch (error) {
      rmSync(path, { recursive: true, force: true })
      throw error
    }
    const unlock = lock(path)
    if ((unlock && existsSync(join(path, LOCK))) || attempt === ATTEMPTS) return { path, unlock }
    unlock?.()
    try {
      rmSync(path, { recursive: true, force: true })
    } catch {
      // Whoever has locked it is removing it at this moment.
    }
  }
}

/**
 * Removes the scratch folders in `parent` that dead processes of this machine left there. The lock
 * alone tells who is dead: the number of a process says nothing, since another may have it by now,
 * and those of another container are not seen here.
 */
export function removeAbandonedScratch(parent: string): void {
  for (const path of scratchIn(parent)) removeIfAbandoned(path)
}

/** The same folders, which stay. */
export function abandonedScratch(parent: string): string[] {
  return scratchIn(parent).filter((path) => {
    if (!existsSync(join(path, LOCK))) return isOld(path)
    const unlock = lock(path)
    unlock?.()
    return unlock !== undefined
  })
}

function scratchIn(parent: string): string[] {
  const mine = `${PREFIX}${hostname()}-`
  const names = existsSync(parent) ? readdirSync(parent) : []
  // Matched to its end: another machine that shares the folder may have a name that begins like
  // this one's.
  return names
    .filter((name) => name.startsWith(mine) && /^\d+-[^-]+$/.test(name.slice(mine.length)))
    .map((name) => join(parent, name))
}

/** The lock is held until the folder is gone: it may just be in the making. */
function removeIfAbandoned(path: string): void {
  const locking = existsSync(join(path, LOCK))
  const unlock = locking ? lock(path) : undefined
  if (locking ? unlock === undefined : !isOld(path)) return
  removeLocked(path, unlock)
}

/**
 * What is locked is removed before the lock is given back, or somebody else would take it. Windows
 * wants it the other way round.
 */
function removeLocked(path: string, unlock: (() => void) | undefined): void {
  try {
    rmSync(path, { recursive: true, force: true })
    unlock?.()
  } catch {
    unlock?.()
    rmSync(path, { recursive: true, force: true })
  }
}

function isOld(path: string): boolean {
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY
  return Date.now() - made > MAKING
}

/**
 * Locks a scratch folder for this process; undefined when somebody else holds it. The operating
 * system drops the lock with the process: it is an exclusive transaction of SQLite. Nothing is
 * written for it: on a full disk it could not be told otherwise from one that somebody else holds,
 * and what fills the disk would never be removed.
 */
function lock(path: string): (() => void) | undefined {
  try {
    // Without `mode=rw` it would be made anew in a folder that is just being removed.
    const db = openLocked(new URL('?mode=rw', pathToFileURL(join(path, LOCK))), 'MEMORY')
    return () => {
      if (db.isOpen) db.close()
    }
  } catch {
    return undefined
  }
}

/**
 * A throwaway database in a file of its own.
 * @param folder a private folder that is removed after the run; the file in it is as private
 */
export function openThrowawayIn(folder: string, name: string, options?: Throwaway): DatabaseSync {
  const path = throwawayPath(folder, name)
  createPrivateFile(path)
  return openThrowaway(path, options)
}

/** Where that file is. */
export function throwawayPath(folder: string, name: string): string {
  return join(folder, `${name}.sqlite`)
}
