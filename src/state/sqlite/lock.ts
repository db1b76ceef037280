import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import { LockedError, StateError } from '../../diagnostics/errors.ts'
import { shellWord } from '../../diagnostics/printable.ts'
import { isDiskFull } from '../../files/disk.ts'
import { createPrivateFile, identityOf, readRegular, realPathOf } from '../../files/regular-file.ts'
import { isAlive } from '../../files/temporary-file.ts'
import { type Purpose, writeRefusal, writeWholeFile } from '../../files/whole-file.ts'
import { isBusy, isDamage } from '../../sqlite/errors.ts'
import { openLocked } from '../../sqlite/open.ts'
import { describeHolder, type LockHolder, lockedBy } from '../holder.ts'
import type { Connection } from './connection.ts'
import { newestBackup } from './state-file.ts'

/**
 * Locks a state. In: the path of the state, and the command. Out: its lock, which the operating
 * system releases with the process, and a claim in the state, which outlives the lock file; else a
 * LockedError naming the holder.
 */

/** A held lock. Call it to release the lock. */
export type StateLock = (() => void) & {
  /** Random and unique. */
  readonly token: string
  /** Identifies the locked file. */
  readonly file: string
  readonly holder: LockHolder
}

/** Locks of this process. Without a reference, a database is collected and its lock released. */
const held = new Set<DatabaseSync>()

/** How often a lock file can be replaced while it is taken. */
const ATTEMPTS = 10

/**
 * Takes the lock of the state at `statePath`, resolving symbolic links.
 *
 * The lock is an exclusive SQLite transaction on a file next to the state. The operating system
 * releases it with the process, so a dead process never holds it. A second file names the holder,
 * for messages only. If the lock file is removed, the claim in the state protects it: see
 * `SqliteStateStore.claim`.
 * @throws LockedError naming the holder; StateError if the lock file is damaged, or the state has a
 *   second name
 */
export function acquireLock(statePath: string, command: string, now: Date): StateLock {
  const path = realPathOf(statePath)
  refuseHardLinks(path)
  const holderPath = `${path}.lock.json`
  const { db, file } = take(`${path}.lock`, () => lockedBy(statePath, readHolder(holderPath)))
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
 * Locks a file that still has its name once it is locked: after a removal, the next command would
 * lock another file. The file is never opened in another way, because closing it would release the
 * locks of this process.
 */
function take(lockPath: string, busy: () => LockedError): { db: DatabaseSync; file: string } {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    createPrivateFile(lockPath)
    const before = identityOf(lockPath)
    const db = lockFile(lockPath, busy)
    if (before !== undefined && identityOf(lockPath) === before) return { db, file: before }
    db.close()
  }
  throw unusable(lockPath, new Error('another program keeps removing it'))
}

function lockFile(lockPath: string, busy: () => LockedError): DatabaseSync {
  try {
    return openLocked(lockPath)
  } catch (error) {
    if (isDiskFull(error)) throw writeRefusal(error, lockPath, purposeOf(lockPath))
    throw isBusy(error) ? busy() : unusable(lockPath, error)
  }
}

function purposeOf(path: string): Purpose {
  return {
    message: `the state lock cannot be written to ${path}`,
    code: 'lock_unwritable',
    hint: 'move the state (state.path) to a folder that you can write to',
  }
}

/**
 * SQLite keeps a journal next to each name of a file. A writer with one name does not see what is
 * written with the other.
 * @throws StateError for a state with a second name
 */
export function refuseHardLinks(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile() || stats.nlink < 2) return
  throw new StateError({
    code: 'state_has_links',
    message: `the state file ${path} has ${stats.nlink} names (hard links), and writing through two names damages a database`,
    hint: `find the others with: find / -xdev -samefile ${shellWord(path)}; then keep one name and replace the others with symbolic links`,
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

function unusable(lockPath: string, error: unknown): StateError {
  const foreign = isDamage(error)
  return new StateError(
    {
      code: 'lock_unusable',
      message: `the lock ${lockPath} cannot be taken: ${error instanceof Error ? error.message : String(error)}`,
      hint: foreign
        ? 'stop every command that works on this state, then move that file away: another program has written to it'
        : 'check that you can write there, and that the file system supports locks (some network disks do not)',
    },
    { cause: error },
  )
}

/** The user of a state, as stored in the state. */
interface Claimant extends LockHolder {
  token: string
  /** Identifies the file that the claimant has locked. */
  lock: string
  /** Identifies the file of the state. A claim in a copy is void. */
  state: string
  /** Start of the process, in ticks since the machine started. Null: unknown. */
  started: string | null
}

/**
 * A writing command stores its claim in the state, under its lock, and removes it at its end. If
 * the lock file is removed, the next command locks a new one, but finds the claim. If it cannot see
 * that the claimant is alive (on another machine or in another container), it takes over the claim,
 * and the claimant cannot commit any more. An intent is committed before each request, so the
 * claimant sends nothing more either.
 */
export class Claim {
  readonly #path: string
  readonly #db: Connection
  readonly #lock: StateLock
  readonly #text: string
  readonly #state: string

  /** @throws LockedError if a live command has the claim */
  constructor(path: string, db: Connection, lock: StateLock) {
    this.#path = path
    this.#db = db
    this.#lock = lock
    this.#state = identityOf(path) ?? ''
    const claimant: Claimant = {
      ...lock.holder,
      token: lock.token,
      lock: lock.file,
      state: this.#state,
      started: startOf(lock.holder.pid),
    }
    this.#text = JSON.stringify(claimant)
    db.transaction(() => {
      const other = parse(this.#read())
      if (other !== undefined && this.#stands(other)) throw lockedBy(path, other)
      db.run("INSERT OR REPLACE INTO meta VALUES ('claim', ?)", this.#text)
    })
  }

  /**
   * Call it at the beginning of every transaction.
   * @throws LockedError if another command took over the claim, StateError if the state has lost
   *   its name
   */
  check(): void {
    const text = this.#read()
    if (text !== this.#text) throw takenOver(this.#path, parse(text))
    this.checkPlace()
  }

  /** @throws StateError if the state's path no longer leads to it */
  checkPlace(): void {
    const now = identityOf(this.#path)
    if (now !== this.#state) throw vanished(this.#path, now === undefined)
  }

  release(): void {
    this.#db.run("DELETE FROM meta WHERE name = 'claim' AND value = ?", this.#text)
  }

  #read(): string | undefined {
    const row = this.#db.get("SELECT value FROM meta WHERE name = 'claim'")
    return row === undefined ? undefined : String(row.value)
  }

  /** A claimant that locked the same file as this one has ended: its lock was released. */
  #stands(other: Claimant): boolean {
    if (other.lock === this.#lock.file || other.state !== this.#state || other.host !== hostname()) return false
    return isAlive(other.pid) && startOf(other.pid) === other.started
  }
}

/** When a process started. A reused process ID has a later start. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function parse(text: string | undefined): Claimant | undefined {
  try {
    const { pid, host, since, command, token, lock, state, started } = JSON.parse(text ?? '')
    return { pid, host, since, command, token, lock, state, started }
  } catch {
    return undefined
  }
}

function takenOver(path: string, other: Claimant | undefined): LockedError {
  return new LockedError({
    code: 'state_taken_over',
    message: `${describeHolder(other)} has taken over the state ${path}: its lock file was removed while this command held the lock`,
    hint: 'wait until it finishes, then run this command again, which first looks up writes without a response; nothing more was written',
  })
}

/** The state's path leads elsewhere or nowhere: writes to the open file would be lost. */
function vanished(path: string, gone: boolean): StateError {
  const backup = newestBackup(path)
  const back = backup === undefined ? '' : ` or the newest backup (${backup})`
  return new StateError({
    code: 'state_vanished',
    message: `the state file ${path} ${gone ? 'was moved or removed' : 'was replaced by another file'} while this command used it`,
    hint: `restore the file${back}, then apply again: apply adds what exists in WorkOS to the state`,
  })
}
