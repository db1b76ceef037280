import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { LockedError, StateError } from '../../diagnostics/errors.ts'
import { identityOf } from '../../files/regular-file.ts'
import { isAlive } from '../../files/temporary-file.ts'
import { newestBackup } from './backups.ts'
import type { Connection } from './connection.ts'
import { describeHolder, type LockHolder, locked, type StateLock } from './lock.ts'

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
 * What a command that writes puts into the state, under its lock, and takes out when it ends. The lock's file may be removed while
 * it is locked, and the next command then locks a new one: it finds the claim. Where it cannot tell that the claimant is alive
 * (another machine, another container) it takes the claim over, and the first one cannot commit from then on. An intent is committed
 * before each request, so that one sends nothing more either.
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
      if (other !== undefined && this.#stands(other)) throw locked(path, other)
      db.run("INSERT OR REPLACE INTO meta VALUES ('claim', ?)", this.#text)
    })
  }

  /**
   * To be called at the beginning of every transaction.
   * @throws LockedError when somebody else has taken the claim over, StateError when the state has lost its name
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

  /** Whoever had locked the very file that is locked now is gone: the lock went with the process. */
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

/** The state's path leads elsewhere or nowhere: what is written to the open file is lost with it. */
function vanished(path: string, gone: boolean): StateError {
  const backup = newestBackup(path)
  const back = backup === undefined ? '' : `, or to the newest backup (${backup})`
  return new StateError({
    code: 'state_vanished',
    message: `the state file ${path} ${gone ? 'was moved or removed' : 'was replaced by another file'} while this command worked with it`,
    hint: `put the file back if it was moved${back}; then apply again: what exists in WorkOS is found, and becomes part of the state`,
  })
}
