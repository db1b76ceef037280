import { LockedError } from '../diagnostics/errors.ts'

/** The holder of a state's lock, its description, and the error for other commands. */

export interface LockHolder {
  pid: number
  host: string
  /** ISO 8601. */
  since: string
  command: string
  /** Its run. Absent: none has started, or the lock does not name it. */
  run?: number
}

/** What is needed to take a lock. */
export interface LockRequest {
  command: string
  now: Date
}

/** Describes the holder of a lock in messages. */
export function describeHolder(holder: LockHolder | undefined): string {
  if (holder === undefined) return 'another process'
  const { pid, host, command, run, since } = holder
  return `process ${pid} on ${host} (${command}${run === undefined ? '' : `, run ${run}`}, since ${since})`
}

/** The error if another command has the lock. */
export function lockedBy(location: string, holder: LockHolder | undefined): LockedError {
  return new LockedError({
    code: 'state_locked',
    message: `${describeHolder(holder)} is working on the state ${location}`,
    hint: 'wait until it finishes; the lock ends with the process, so there is nothing to unlock',
  })
}
