import { rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { LockedError, StateError } from '../diagnostics/errors.ts'
import { isDiskFull } from '../files/disk.ts'
import { createPrivateFile } from '../files/private-file.ts'
import { readRegular } from '../files/regular-file.ts'
import { type Purpose, writeRefusal, writeWholeFile } from '../files/whole-file.ts'

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

/** Locks of this process. A database that nothing refers to is collected, and its lock would go with it. */
const held = new Set<DatabaseSync>()

/**
 * Takes the lock of the state at `statePath` and returns how to give it back.
 *
 * The lock is an exclusive SQLite transaction on a file beside the state: the operating system drops it with the process,
 * however that ends, so a dead process never holds it. Who holds it is written next to it, for people only.
 * @throws LockedError naming the holder, StateError when the lock's file is damaged
 */
export function acquireLock(statePath: string, command: string, now: Date): () => void {
  const lockPath = `${statePath}.lock`
  const holderPath = `${statePath}.lock.json`
  createPrivateFile(lockPath)
  const db = new DatabaseSync(lockPath, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (isBusy(error)) throw locked(statePath, readHolder(holderPath))
    if (isDiskFull(error)) throw writeRefusal(error, lockPath, purposeOf(lockPath))
    throw new StateError(
      {
        code: 'lock_unusable',
        message: `the lock ${lockPath} cannot be taken: ${error instanceof Error ? error.message : String(error)}`,
        hint: 'remove that file: no other process holds it',
      },
      { cause: error },
    )
  }
  held.add(db)
  const holder: LockHolder = { pid: process.pid, host: hostname(), since: now.toISOString(), command }
  const release = () => {
    rmSync(holderPath, { force: true })
    held.delete(db)
    db.close()
  }
  try {
    writeWholeFile(holderPath, [JSON.stringify(holder)], purposeOf(holderPath))
    return release
  } catch (error) {
    release()
    throw error
  }
}

/** SQLITE_BUSY: https://www.sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

function readHolder(path: string): LockHolder | undefined {
  try {
    const { pid, host, since, command } = JSON.parse(readRegular(path).toString('utf8'))
    if (typeof pid !== 'number') return undefined
    return { pid, host: String(host), since: String(since), command: String(command) }
  } catch {
    return undefined
  }
}

function locked(statePath: string, holder: LockHolder | undefined): LockedError {
  const who =
    holder === undefined
      ? 'another process'
      : `process ${holder.pid} on ${holder.host} (${holder.command}, since ${holder.since})`
  return new LockedError({
    code: 'state_locked',
    message: `${who} is working on the state ${statePath}`,
    hint: 'wait until it has finished; the lock goes with the process, there is nothing to unlock',
  })
}
