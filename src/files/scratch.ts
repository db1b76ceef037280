import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { readdir, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { openLocked, openThrowaway, type Throwaway } from '../sqlite/open.ts'
import { createPrivateFile } from './regular-file.ts'

const PREFIX = 'scratch-'
const LOCK = 'in-use.lock'

/**
 * A folder gets its lock right after it is created. Without one after this time, it is abandoned.
 * Milliseconds.
 */
const MAKING = 60_000

/** How often another process can remove a folder while it is created. */
const ATTEMPTS = 20

/**
 * A folder of this process, 0700, for data that must not outlive the command: staged records, join
 * tables.
 */
export interface Scratch {
  path: string
  remove(): void
}

/**
 * Creates a scratch folder in `parent`, and removes those of dead processes on this machine, which
 * can contain password hashes. See removeAbandonedScratch.
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

/**
 * Removes the files in a scratch folder, several at the same time: freeing a large one takes long.
 * What it cannot remove stays for `remove`.
 */
export async function removeFilesIn({ path }: Scratch): Promise<void> {
  const names = await readdir(path).catch(() => [])
  await Promise.allSettled(names.filter((name) => name !== LOCK).map((name) => unlink(join(path, name))))
}

/** Removals to run when the process exits. */
const leaving = new Set<() => void>()

/** One listener for all: Node warns of a leak if there are many, as with many runs at a time. */
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
 * Another process can remove the folder before its lock is taken. On a file system without locks,
 * there is no lock, and so nobody removes it.
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
      // Another process has locked it and is removing it.
    }
  }
}

/**
 * Removes the scratch folders in `parent` of dead processes on this machine. Only the lock decides:
 * another process can have the same number, and processes of other containers are not visible.
 */
export function removeAbandonedScratch(parent: string): void {
  for (const path of scratchIn(parent)) removeIfAbandoned(path)
}

/** Lists the same folders without removing them. */
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
  // Matched to its end: the name of another machine that shares the folder can begin with this
  // one's.
  return names
    .filter((name) => name.startsWith(mine) && /^\d+-[^-]+$/.test(name.slice(mine.length)))
    .map((name) => join(parent, name))
}

/** The lock is kept until the folder is gone: the folder might just be being created. */
function removeIfAbandoned(path: string): void {
  const locking = existsSync(join(path, LOCK))
  const unlock = locking ? lock(path) : undefined
  if (locking ? unlock === undefined : !isOld(path)) return
  removeLocked(path, unlock)
}

/**
 * A locked folder is removed before its lock is released, or another process could take it. Windows
 * needs the reverse order.
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
 * Locks a scratch folder for this process; undefined if another has it. The lock is an exclusive
 * SQLite transaction, which the operating system ends with the process. It writes nothing: on a
 * full disk, a failed write would look like someone else's lock, and the files that fill the disk
 * would never be removed.
 */
function lock(path: string): (() => void) | undefined {
  try {
    // Without `mode=rw`, SQLite would recreate the file in a folder that is being removed.
    const db = openLocked(new URL('?mode=rw', pathToFileURL(join(path, LOCK))), 'MEMORY')
    return () => {
      if (db.isOpen) db.close()
    }
  } catch {
    return undefined
  }
}

/**
 * A throwaway database in its own file.
 * @param folder a private folder that is removed after the run; the file in it is equally private
 */
export function openThrowawayIn(folder: string, name: string, options?: Throwaway): DatabaseSync {
  const path = throwawayPath(folder, name)
  createPrivateFile(path)
  return openThrowaway(path, options)
}

/** The path of that file. */
export function throwawayPath(folder: string, name: string): string {
  return join(folder, `${name}.sqlite`)
}
