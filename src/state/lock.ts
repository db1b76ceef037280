import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { LockedError } from '../diagnostics/errors.ts'
import { createPrivateFile } from '../files/private-file.ts'

export interface LockHolder {
  pid: number
  host: string
  /** ISO 8601. */
  since: string
  command: string
}

/**
 * Takes the lock of the state at `statePath` and returns how to give it back.
 *
 * The lock is an exclusive SQLite transaction on a file beside the state: the operating system drops it with the process,
 * however that ends, so a dead process never holds it. Who holds it is written next to it, for people only.
 * @throws LockedError naming the holder
 */
export function acquireLock(statePath: string, command: string, now: Date): () => void {
  const lockPath = `${statePath}.lock`
  const holderPath = `${statePath}.lock.json`
  createPrivateFile(lockPath)
  const db = new DatabaseSync(lockPath, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch {
    db.close()
    throw locked(statePath, readHolder(holderPath))
  }
  const holder: LockHolder = { pid: process.pid, host: hostname(), since: now.toISOString(), command }
  writeFileSync(holderPath, JSON.stringify(holder), { mode: 0o600 })
  return () => {
    rmSync(holderPath, { force: true })
    db.close()
  }
}

function readHolder(path: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockHolder
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
