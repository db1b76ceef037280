import { Socket } from 'node:net'
import { Client, type ClientConfig } from 'pg'
import { ConnectionLost, isLost } from '../../postgres/errors.ts'

/** One row, by column. Whole numbers are numbers; `bigint` and JSON are text. */
export type Row = Record<string, unknown>

/**
 * Settings of every session. Writes wait for the disk. Copies of a large state are checked while
 * their read transaction is open. A dead client is detected within half a minute, and its lock ends
 * with the session. Sequential scans are off: on a table that was just written a million times,
 * they would not end.
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

/** Milliseconds to close a connection. */
const GOODBYE = 2_000

/**
 * One connection, which is one server session unless a pooler is in between. One statement at a
 * time.
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
    // Both can occur at any time, also without a statement.
    client.on('error', (error) => this.#lose(error))
    client.on('end', () => this.#lose(new Error('the server closed the connection')))
  }

  /**
   * @param schema lower-case letters, digits and _; quoted, because `user` and `default` have
   *   another meaning without quotes
   * @throws ConnectionLost if there is no response (yet); errors of `pg` if the server rejects it
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

  /** Undefined: the connection is not known to be lost. */
  get lost(): ConnectionLost | undefined {
    return this.#lost
  }

  /** Milliseconds since the last response of the server. */
  get silence(): number {
    return performance.now() - this.#heardAt
  }

  /** The process that the server reported for the connection. A pooler reports another one. */
  get greeted(): number {
    const told: unknown = Reflect.get(this.#client, 'processID')
    return typeof told === 'number' ? told : 0
  }

  /** Runs one statement, which the server prepares once. */
  async query(text: string, ...values: unknown[]): Promise<Row[]> {
    let name = this.#names.get(text)
    if (name === undefined) {
      name = `s${this.#names.size}`
      this.#names.set(text, name)
    }
    return (await this.#ask(() => this.#client.query<Row>({ name, text, values }))).rows
  }

  /** Runs a statement without values. It is not prepared. */
  async simple(text: string): Promise<Row[]> {
    return (await this.#ask(() => this.#client.query<Row>(text))).rows
  }

  /** Runs statements without values or rows. */
  async exec(text: string): Promise<void> {
    await this.#ask(() => this.#client.query(text))
  }

  /** Commits everything that `work` writes, or nothing. */
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

  /** Closes the connection. An unreachable server would never confirm. */
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
    // A statement without a response might still run, so the session must not continue.
    this.#socket.destroy()
  }
}
