import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { LockedError } from '../../diagnostics/errors.ts'
import { describeHolder, type LockHolder, type LockRequest, lockedBy } from '../holder.ts'
import type { Connection } from './connection.ts'
import { lockKey } from './migrations.ts'

/**
 * Locks a state. In: a connection, and the command. Out: an advisory lock of the session, which the
 * server releases when the session ends; else a LockedError naming the holder. The holder is also
 * stored in the state, for messages and to check each write against the session.
 */
export interface Held {
  /** Random and unique. */
  token: string
  holder: LockHolder
}

export function holdingFor({ command, now }: LockRequest): Held {
  const holder = { pid: process.pid, host: hostname(), since: now.toISOString(), command }
  return { token: randomUUID(), holder }
}

/** Identifies the lock: the same for all commands with this state. */
export interface Lockable {
  state: number
  schema: string
  place: string
}

/**
 * Milliseconds. The server needs a moment to notice a dead process, and longer if this process's
 * own former session was cut off.
 */
const PATIENCE = 1_000
const PATIENCE_WITH_SELF = 30_000
const PAUSE = 50

const keyOf = ({ schema, state }: Lockable) => lockKey(schema, String(state))

/** @throws LockedError */
export async function takeLock(connection: Connection, lockable: Lockable, held: Held): Promise<void> {
  const { state, place } = lockable
  const key = keyOf(lockable)
  const began = Date.now()
  for (;;) {
    const [answer] = await connection.query('SELECT pg_try_advisory_lock($1) AS taken', key)
    if (answer?.taken === true) break
    const other = await holderOf(connection, lockable)
    const isOwn = other?.token === held.token
    if (Date.now() - began > (isOwn ? PATIENCE_WITH_SELF : PATIENCE)) throw lockedBy(place, other?.holder)
    // This process's former session, which the server still considers alive.
    if (isOwn) await connection.query('SELECT pg_terminate_backend($1)', other.backend)
    await sleep(PAUSE)
  }
  await connection.query(
    'UPDATE states SET holder = $2, holder_token = $3, holder_backend = pg_backend_pid() WHERE state = $1',
    state,
    JSON.stringify(held.holder),
    held.token,
  )
}

export async function giveBack(connection: Connection, lockable: Lockable, { token }: Held): Promise<void> {
  await connection.query(
    'UPDATE states SET holder = NULL, holder_token = NULL, holder_backend = NULL WHERE state = $1 AND holder_token = $2',
    lockable.state,
    token,
  )
  await connection.query('SELECT pg_advisory_unlock($1)', keyOf(lockable))
}

/** The holder of the lock. Undefined: none, or one that is not stored yet. */
export async function holderOf(
  connection: Connection,
  lockable: Lockable,
): Promise<{ backend: number; token?: string; holder?: LockHolder } | undefined> {
  // PostgreSQL shows the key in two halves.
  // https://www.postgresql.org/docs/current/view-pg-locks.html
  const [row] = await connection.query(
    `SELECT l.pid, s.holder, s.holder_token FROM pg_locks l LEFT JOIN states s ON s.state = $1 AND s.holder_backend = l.pid
      WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.classid::bigint << 32 | l.objid::bigint) = $2::bigint`,
    lockable.state,
    keyOf(lockable),
  )
  if (row === undefined) return undefined
  return {
    backend: Number(row.pid),
    ...(typeof row.holder_token === 'string' && { token: row.holder_token }),
    ...(typeof row.holder === 'string' && { holder: JSON.parse(row.holder) }),
  }
}

/** Another command took the lock while the connection was lost. */
export function takenOver(place: string, by: LockHolder | undefined): LockedError {
  return new LockedError({
    code: 'state_taken_over',
    message: `${describeHolder(by)} has taken over the state ${place}, so this command can no longer write to it`,
    hint: 'wait until it finishes, then run the same command again; nothing more was sent to WorkOS',
  })
}
