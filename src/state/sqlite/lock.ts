import { randomUUID } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import { LockedError, StateError } from '../../diagnostics/errors.ts'
import { shellWord } from '../../diagnostics/shell-word.ts'
import { isDiskFull } from '../../files/disk.ts'
import { createPrivateFile, identityOf, readRegular, realPathOf } from '../../files/regular-file.ts'
import { type Purpose, writeRefusal, writeWholeFile } from '../../files/whole-file.ts'
import { isBusy, isDamage } from '../../sqlite/errors.ts'
import { openLocked } from '../../sqlite/open.ts'

export interface LockHolder {
  pid: number
  host: string
  /** ISO 8601. */
  since: string
  command: string
}

function purposeOf(path: string): Purpose {
  return {
    message: `the lock of the state cannot be written to ${path}`,
    code: 'lock_unwritable',
    hint: 'put the state (state.path) into a folder that you may write to',
  }
}

/** A lock that is held. Called, it is given back. */
export type StateLock = (() => void) & {
  /** Random: no other holding has it. */
  readonly token: string
  /** Which file is locked. */
  readonly file: string
  readonly holder: LockHolder
}

/** Locks of this process. A database that nothing refers to is collected, and its lock would go with it. */
const held = new Set<DatabaseSync>()

/** How often the file of a lock may be replaced while it is taken. */
const ATTEMPTS = 10

/**
 * Takes the lock of the state at `statePath`, whatever symbolic links lead there.
 *
 * The lock is an exclusive SQLite transaction on a file beside the state: the operating system drops it with the process,
 * however that ends, so a dead process never holds it. Who holds it is written next to it, for people only. That the file may
 * be removed while it is locked is what the claim in the state is for: see `SqliteStateStore.claim`.
 * @throws LockedError naming the holder, StateError when the lock's file is damaged, or the state has a second name
 */
export function acquireLock(statePath: string, command: string, now: Date): StateLock {
  const path = realPathOf(statePath)
  refuseHardLinks(path)
  const holderPath = `${path}.lock.json`
  const { db, file } = take(`${path}.lock`, () => locked(statePath, readHolder(holderPath)))
  held.add(db)
  const holder: LockHolder = { pid: process.pid, host: hostname(), since: now.toISOString(), command }
  const release = () => {
    if (!held.delete(db)) return
    rmSync(holderPath, { force: true })
    db.close()
  }
  try {
    writeWholeFile(holderPath, [JSON.stringify(holder)], purposeOf(holderPath))
  } catch (error) {
    release()
    throw error
  }
  return Object.assign(release, { token: randomUUID(), file, holder })
}

/**
 * Locks a file that still has its name when the lock is held: whoever removes it in between would make the next one lock another.
 * The file is looked at and never opened otherwise: closing it would drop the locks that this process has on it.
 */
function take(lockPath: string, busy: () => LockedError): { db: DatabaseSync; file: string } {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    createPrivateFile(lockPath)
    const before = identityOf(lockPath)
    const db = lockFile(lockPath, busy)
    if (before !== undefined && identityOf(lockPath) === before) return { db, file: before }
    db.close()
  }
  throw unusable(lockPath, new Error('something removes it again and again'))
}

function lockFile(lockPath: string, busy: () => LockedError): DatabaseSync {
  try {
    return openLocked(lockPath)
  } catch (error) {
    if (isDiskFull(error)) throw writeRefusal(error, lockPath, purposeOf(lockPath))
    throw isBusy(error) ? busy() : unusable(lockPath, error)
  }
}

/**
 * SQLite keeps a journal beside each name of a file: who writes by one name does not see what is written by the other.
 * @throws StateError for a state with a second name
 */
export function refuseHardLinks(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile() || stats.nlink < 2) return
  throw new StateError({
    code: 'state_has_links',
    message: `the state file ${path} has ${stats.nlink} names (hard links), and a database that is written by two names is damaged`,
    hint: `find the others with: find / -xdev -samefile ${shellWord(path)}; keep one name, and use symbolic links in place of the others`,
  })
}

export function readHolder(path: string): LockHolder | undefined {
  try {
    const { pid, host, since, command } = JSON.parse(readRegular(path).toString('utf8'))
    if (typeof pid !== 'number') return undefined
    return { pid, host: String(host), since: String(since), command: String(command) }
  } catch {
    return undefined
  }
}

/** Who holds a lock, for messages. */
export function describeHolder(holder: LockHolder | undefined): string {
  if (holder === undefined) return 'another process'
  return `process ${holder.pid} on ${holder.host} (${holder.command}, since ${holder.since})`
}

/** Another command is at work. */
export function locked(statePath: string, holder: LockHolder | undefined): LockedError {
  return new LockedError({
    code: 'state_locked',
    message: `${describeHolder(holder)} is working on the state ${statePath}`,
    hint: 'wait until it has finished; the lock goes with the process, there is nothing to unlock',
  })
}

function unusable(lockPath: string, error: unknown): StateError {
  const foreign = isDamage(error)
  return new StateError(
    {
      code: 'lock_unusable',
      message: `the lock ${lockPath} cannot be taken: ${error instanceof Error ? error.message : String(error)}`,
      hint: foreign
        ? 'another program has written to it: end every command that works on this state, then move that file away'
        : 'check that this user may write there, and that the file system has locks (some network disks do not)',
    },
    { cause: error },
  )
}
