import { Socket } from 'node:net'
import { Client, type ClientConfig } from 'pg'
import { ConnectionLost, isLost } from '../../postgres/errors.ts'

/** One row, by column. Whole numbers are numbers, `bigint` is text, JSON is kept as text. */
export type Row = Record<string, unknown>

/**
 * What every session has. Writes wait for the disk. A copy of a large state is checked while the
 * transaction that read it is open. A dead machine at the other end is noticed within half a
 * minute, and its lock goes with the session. Each statement finds its rows by a key: a scan of a
 * table that has just been written a million times would not end.
 */
const SESSION = `
  SET client_min_messages = warning;
  SET statement_timeout = '60s';
  SET lock_timeout = '10s';
  SET idle_in_transaction_session_timeout = '15min';
  SET default_transaction_isolation = 'read committed';
  SET tcp_keepalives_idle = 10;
  SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3;
  SET enable_seqscan = off;
  SET enable_hashjoin = off;
  SET enable_mergejoin = off;
  SET jit = off;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'`

/** Milliseconds for the end of a connection. */
const GOODBYE = 2_000

/**
 * One connection, which is one session of the server as long as no pooler is in between. One
 * statement at a time.
 */
export class Connection {
  readonly #client: Client
  readonly #socket: Socket
  readonly #names = new Map<string, string>()
  #lost: ConnectionLost | undefined
  #heardAt = performance.now()

  private constructor(client: Client, socket: Socket) {
    this.#client = client
    this.#socket = socket
    // Both come at any time, also while nobody asks anything.
    client.on('error', (error) => this.#lose(error))
    client.on('end', () => this.#lose(new Error('the server closed the connection')))
  }

  /**
   * @param schema lower-case letters, digits and _; quoted, because `user` and `default` mean
   *   something else without
   * @throws ConnectionLost where nobody answers, or not yet; errors of `pg` for whoever refuses
   */
  static async open(config: ClientConfig, schema: string): Promise<Connection> {
    const socket = new Socket()
    const client = new Client({ ...config, stream: () => socket })
    const connection = new Connection(client, socket)
    try {
      await client.connect()
      await client.query(`${SESSION}; SET search_path = "${schema}"`)
      return connection
    } catch (error) {
      await connection.close()
      throw isLost(error) ? new ConnectionLost(error) : error
    }
  }

  /** Undefined: it is there, as far as anybody knows. */
  get lost(): ConnectionLost | undefined {
    return this.#lost
  }

  /** Milliseconds since the server answered something. */
  get silence(): number {
    return performance.now() - this.#heardAt
  }

  /**
   * The process that the server said it is, when the connection was made: a pooler says another
   * one.
   */
  get greeted(): number {
    const told: unknown = Reflect.get(this.#client, 'processID')
    return typeof told === 'number' ? told : 0
  }

  /** One statement, which the server prepares once. */
  async query(text: string, ...values: unknown[]): Promise<Row[]> {
    let name = this.#names.get(text)
    if (name === undefined) {
      name = `s${this.#names.size}`
      this.#names.set(text, name)
    }
    return (await this.#ask(() => this.#client.query<Row>({ name, text, values }))).rows
  }

  /** A statement without values, which is not prepared. */
  async simple(text: string): Promise<Row[]> {
    return (await this.#ask(() => this.#client.query<Row>(text))).rows
  }

  /** Statements without values or rows. */
  async exec(text: string): Promise<void> {
    await this.#ask(() => this.#client.query(text))
  }

  /** Everything that `work` writes, or nothing of it. */
  async transaction<T>(work: () => Promise<T>, mode = ''): Promise<T> {
    await this.exec(`BEGIN ${mode}`)
    try {
      const result = await work()
      await this.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#lost === undefined) await this.exec('ROLLBACK').catch(() => {})
      throw error
    }
  }

  async close(): Promise<void> {
    this.#lost ??= new ConnectionLost(new Error('the connection was closed'))
    await this.#end()
  }

  /** Says goodbye. A server that cannot be reached would never say it back. */
  async #end(): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE)
    await this.#client.end().catch(() => {})
    clearTimeout(timer)
  }

  async #ask<T>(send: () => Promise<T>): Promise<T> {
    if (this.#lost !== undefined) throw this.#lost
    try {
      const answer = await send()
      this.#heardAt = performance.now()
      return answer
    } catch (error) {
      if (!isLost(error)) throw error
      this.#lose(error)
      throw this.#lost
    }
  }

  #lose(error: unknown): void {
    if (this.#lost !== undefined) return
    this.#lost = new ConnectionLost(error)
    // A statement without an answer may still be under way: the session must not go on with it.
    this.#socket.destroy()
  }
}
