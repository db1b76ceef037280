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
 * Who works on a state. In: the path of the state, and the command. Out: its lock, which the
 * operating system drops with the process; the claim in the state, which outlives the file of the
 * lock; else a LockedError that names the holder.
 */

/** A lock that is held. Called, it is given back. */
export type StateLock = (() => void) & {
  /** Random: no other holding has it. */
  readonly token: string
  /** Which file is locked. */
  readonly file: string
  readonly holder: LockHolder
}

/**
 * Locks of this process. A database that nothing refers to is collected, and its lock would go with
 * it.
 */
const held = new Set<DatabaseSync>()

/** How often the file of a lock may be replaced while it is taken. */
const ATTEMPTS = 10

/**
 * Takes the lock of the state at `statePath`, whatever symbolic links lead there.
 *
 * The lock is an exclusive SQLite transaction on a file beside the state: the operating system
 * drops it with the process, however that ends, so a dead process never holds it. Who holds it is
 * written next to it, for people only. That the file may be removed while it is locked is what the
 * claim in the state is for: see `SqliteStateStore.claim`.
 * @throws LockedError naming the holder, StateError when the lock's file is damaged, or the state
 *   has a second name
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
 * Locks a file that still has its name when the lock is held: whoever removes it in between would
 * make the next one lock another. The file is looked at and never opened otherwise: closing it
 * would drop the locks that this process has on it.
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

function purposeOf(path: string): Purpose {
  return {
    message: `the lock of the state cannot be written to ${path}`,
    code: 'lock_unwritable',
    hint: 'put the state (state.path) into a folder that you may write to',
  }
}

/**
 * SQLite keeps a journal beside each name of a file: who writes by one name does not see what is
 * written by the other.
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

/** Who works with a state, as the state itself says. */
interface Claimant extends LockHolder {
  token: string
  /** Which file the claimant has locked. */
  lock: string
  /** Which file the state was: a copy of it is claimed by nobody. */
  state: string
  /** When the process started, in ticks since the machine did, where the system tells. */
  started: string | null
}

/**
 * What a command that writes puts into the state, under its lock, and takes out when it ends. The
 * lock's file may be removed while it is locked, and the next command then locks a new one: it
 * finds the claim. Where it cannot tell that the claimant is alive (another machine, another
 * container) it takes the claim over, and the first one cannot commit from then on. An intent is
 * committed before each request, so that one sends nothing more either.
 */
export class Claim {
  readonly #path: string
  readonly #db: Connection
  readonly #lock: StateLock
  readonly #text: string
  readonly #state: string

  /** @throws LockedError when somebody who is alive has the claim */
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
   * To be called at the beginning of every transaction.
   * @throws LockedError when somebody else has taken the claim over, StateError when the state has
   *   lost its name
   */
  check(): void {
    const text = this.#read()
    if (text !== this.#text) throw takenOver(this.#path, parse(text))
    this.checkPlace()
  }

  /** @throws StateError when the state's path no longer leads to it */
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

  /**
   * Whoever had locked the very file that is locked now is gone: the lock went with the process.
   */
  #stands(other: Claimant): boolean {
    if (other.lock === this.#lock.file || other.state !== this.#state || other.host !== hostname()) return false
    return isAlive(other.pid) && startOf(other.pid) === other.started
  }
}

/** When a process started: a number that is given again belongs to a process that started later. */
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
    message: `${describeHolder(other)} has taken over the state ${path}, whose lock was removed while this command held it`,
    hint: 'this one writes nothing more; what it sent without an answer is looked up by the next run',
  })
}

/**
 * The state's path leads elsewhere or nowhere: what is written to the open file is lost with it.
 */
function vanished(path: string, gone: boolean): StateError {
  const backup = newestBackup(path)
  const back = backup === undefined ? '' : `, or to the newest backup (${backup})`
  return new StateError({
    code: 'state_vanished',
    message: `the state file ${path} ${gone ? 'was moved or removed' : 'was replaced by another file'} while this command worked with it`,
    hint: `put the file back if it was moved${back}; then apply again: what exists in WorkOS is found, and becomes part of the state`,
  })
}
