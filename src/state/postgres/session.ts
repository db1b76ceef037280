import { setTimeout as sleep } from 'node:timers/promises'
import { isLost } from '../../postgres/errors.ts'
import type { Connection } from './connection.ts'
import { explained, unreachable } from './errors.ts'

export interface SessionOptions {
  /** For people. */
  place: string
  /** Makes another connection. */
  dial(): Promise<Connection>
  /**
   * Makes sure that the work may go on with a new connection. What it throws ends the session,
   * unless the connection is lost again.
   */
  resume(connection: Connection): Promise<void>
  /** Ends the wait for a server that does not answer. */
  interrupted: AbortSignal | undefined
}

/** How long a server may be away, and how often it is asked. Milliseconds. */
const PATIENCE = 120_000
const FIRST_PAUSE = 50
const LAST_PAUSE = 1_000

/**
 * How long a server may say nothing before it is asked whether it is there. The server itself drops
 * a session whose other end is dead after 25 seconds, and the lock with it: until then nobody else
 * has it. Milliseconds.
 */
const SILENCE = 5_000

/**
 * Work on one connection, one piece after the other. Where the connection breaks, another one is
 * made and `resume` says whether the work may go on; the piece that was under way is then done
 * again, so each must be one that can be done twice. Once a session has ended in an error, every
 * further piece of work has the same one.
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
   * Does a piece of work when those before it are done. @throws what it throws, in words;
   * StateError, LockedError where it cannot go on
   */
  run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(
      () => this.#work(work),
      () => this.#work(work),
    )
    this.#turn = turn
    return turn
  }

  /**
   * Resolves when the connection is there: it is not known to be lost, and the server has said
   * something lately.
   */
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
