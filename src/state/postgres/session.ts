import { setTimeout as sleep } from 'node:timers/promises'
import { isLost } from '../../postgres/errors.ts'
import type { Connection } from './connection.ts'
import { explained, unreachable } from './errors.ts'

export interface SessionOptions {
  /** For people. */
  place: string
  /** Opens another connection. */
  dial(): Promise<Connection>
  /**
   * Checks that the work can continue on a new connection. Its errors end the session, unless the
   * connection is lost again.
   */
  resume(connection: Connection): Promise<void>
  /** Ends the wait for a server that does not respond. */
  interrupted: AbortSignal | undefined
}

/** Milliseconds. How long a server can be away, and the pauses between attempts. */
const PATIENCE = 120_000
const FIRST_PAUSE = 50
const LAST_PAUSE = 1_000

/**
 * Milliseconds of silence before the server is queried. The server itself ends a session with a
 * dead client, and its lock, after 25 seconds. Until then nobody else has the lock.
 */
const SILENCE = 5_000

/**
 * Runs work on one connection in sequence. If the connection is lost, it opens another one,
 * `resume` decides whether to continue, and the interrupted work is repeated. All work must be
 * repeatable. After a session has ended with an error, all further work has the same error.
 */
export class Session {
  readonly #options: SessionOptions
  #connection: Connection
  #turn: Promise<unknown> = Promise.resolve()
  #ended: { error: unknown } | undefined

  constructor(connection: Connection, options: SessionOptions) {
    this.#connection = connection
    this.#options = options
  }

  /**
   * Runs work after all earlier work. @throws its translated errors; StateError, LockedError if it
   * cannot continue
   */
  run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(
      () => this.#work(work),
      () => this.#work(work),
    )
    this.#turn = turn
    return turn
  }

  /** Resolves if the connection is not known to be lost and the server has responded recently. */
  async sound(): Promise<void> {
    const { lost, silence } = this.#connection
    if (this.#ended === undefined && lost === undefined && silence < SILENCE) return
    await this.run((connection) => connection.simple('SELECT 1'))
  }

  async close(): Promise<void> {
    this.#ended ??= { error: new Error('the state is closed') }
    await this.#turn.catch(() => {})
    await this.#connection.close()
  }

  async #work<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#ended !== undefined) throw this.#ended.error
      if (this.#connection.lost !== undefined) await this.#restore(this.#connection.lost)
      try {
        return await work(this.#connection)
      } catch (error) {
        if (!isLost(error)) throw explained(this.#options.place, error)
      }
    }
  }

  async #restore(lost: Error): Promise<void> {
    const { place, interrupted, dial, resume } = this.#options
    const until = Date.now() + PATIENCE
    let last: unknown = lost
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LAST_PAUSE)) {
      if (interrupted?.aborted || Date.now() > until) throw this.#end(unreachable(place, last))
      let connection: Connection | undefined
      try {
        connection = await dial()
        await resume(connection)
        this.#connection = connection
        return
      } catch (error) {
        await connection?.close()
        if (!isLost(error)) throw this.#end(explained(place, error))
        last = error
      }
      await sleep(pause, undefined, { signal: interrupted }).catch(() => {})
    }
  }

  #end(error: unknown): unknown {
    this.#ended = { error }
    return error
  }
}
