import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isAlive } from './alive.ts'
import { createPrivateFile } from './private-file.ts'

const PREFIX = 'scratch-'
const LOCK = 'in-use.lock'

/** A folder of this process, 0700, for what must not outlive the command: staged records, join tables. */
export interface Scratch {
  path: string
  remove(): void
}

/**
 * Makes a scratch folder in `parent` and removes those that dead processes of this machine left there, since what is
 * staged may hold password hashes.
 */
export function createScratch(parent: string): Scratch {
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  removeAbandonedScratch(parent)
  const path = mkdtempSync(join(parent, `${PREFIX}${hostname()}-${process.pid}-`))
  createPrivateFile(join(path, LOCK))
  const unlock = lock(path)
  const remove = () => {
    unlock?.()
    rmSync(path, { recursive: true, force: true })
  }
  process.once('exit', remove)
  return {
    path,
    remove() {
      process.off('exit', remove)
      remove()
    },
  }
}

/** Removes the scratch folders in `parent` that dead processes of this machine left there. */
export function removeAbandonedScratch(parent: string): void {
  const mine = `${PREFIX}${hostname()}-`
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    // Matched to its end: another machine that shares the folder may have a name that begins like this one's.
    const pid = name.startsWith(mine) ? /^(\d+)-[^-]+$/.exec(name.slice(mine.length))?.[1] : undefined
    const path = join(parent, name)
    if (pid !== undefined && isAbandoned(path, Number(pid))) rmSync(path, { recursive: true, force: true })
  }
}

/** A process of that number may be another one by now, after a restart or in a container: then nobody holds the lock. */
function isAbandoned(path: string, pid: number): boolean {
  if (!isAlive(pid)) return true
  if (!existsSync(join(path, LOCK))) return false
  const unlock = lock(path)
  unlock?.()
  return unlock !== undefined
}

/**
 * Locks a scratch folder for this process; undefined when somebody else holds it. The operating system drops the lock with
 * the process: it is an exclusive transaction of SQLite.
 */
function lock(path: string): (() => void) | undefined {
  const db = new DatabaseSync(join(path, LOCK), { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
    return () => {
      if (db.isOpen) db.close()
    }
  } catch {
    db.close()
    return undefined
  }
}
