import { LockedError } from '../diagnostics/errors.ts'

/**
 * Who works on a state. In: what the lock says of its holder. Out: the words for it, and the error
 * that refuses anybody else.
 */

export interface LockHolder {
  pid: number
  host: string
  /** ISO 8601. */
  since: string
  command: string
  /** The run that it carries out. Absent: none has begun, or the lock does not say. */
  run?: number
}

/** What takes a lock. */
export interface LockRequest {
  command: string
  now: Date
}

/** Who holds a lock, for messages. */
export function describeHolder(holder: LockHolder | undefined): string {
  if (holder === undefined) return 'another process'
  const { pid, host, command, run, since } = holder
  return `process ${pid} on ${host} (${command}${run === undefined ? '' : `, run ${run}`}, since ${since})`
}

/** Another command is at work. */
export function lockedBy(location: string, holder: LockHolder | undefined): LockedError {
  return new LockedError({
    code: 'state_locked',
    message: `${describeHolder(holder)} is working on the state ${location}`,
    hint: 'wait until it has finished; the lock goes with the process, there is nothing to unlock',
  })
}
