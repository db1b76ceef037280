import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { createConnection, type FieldPacket, type Connection as MysqlConnection } from 'mysql2'
import type { JsonObject } from '../../json.ts'
import type { Endpoint } from './endpoint.ts'
import { type ColumnShape, rowReader, shapeOf, type ZeroDates } from './values.ts'

/** One session of a server. In: statements. Out: rows, as a stream with backpressure. */

/** Milliseconds to wait for a connection, and for the server's first packet. */
const CONNECT = 10_000

/** Milliseconds to wait for a session to close. */
const GOODBYE = 2_000

/** Rows buffered; rows and bytes per batch. */
const WAITING = 256
const BATCH_ROWS = 1_000
const BATCH_BYTES = 1 << 20

/** The service does not speak the MySQL protocol. */
export class NotMySql extends Error {}

export class NoAnswer extends Error {}

export interface ConnectionOptions {
  /** Limit for one statement, in milliseconds. Undefined: the server's limit. */
  statementTimeout: number | undefined
  signal?: AbortSignal
}

export class Connection {
  readonly #connection: MysqlConnection
  readonly #socket: Socket
  readonly #forget: () => void
  #isMariaDb = false
  #lost: Error | undefined
  #stream: Readable | undefined

  private constructor(connection: MysqlConnection, socket: Socket, signal: AbortSignal | undefined) {
    this.#connection = connection
    this.#socket = socket
    // mysql2 reports a lost connection only here; a stream would wait forever.
    connection.on('error', (error: Error) => this.#lose(error))
    const abort = () => this.#lose(new Error('aborted'))
    signal?.addEventListener('abort', abort)
    this.#forget = () => signal?.removeEventListener('abort', abort)
  }

  /** @throws NotMySql, NoAnswer, errors of mysql2 and of sockets */
  static async open(endpoint: Endpoint, { statementTimeout, signal }: ConnectionOptions): Promise<Connection> {
    const socket = await dial(endpoint, signal)
    const { user, password, database, tls } = endpoint
    const connection = createConnection({
      stream: () => socket,
      host: 'host' in endpoint.at ? endpoint.at.host : undefined,
      user,
      password: password ?? '',
      database,
      ssl: tls === false ? undefined : { ...tls },
      // Otherwise a server could request files of this machine.
      flags: ['-LOCAL_FILES'],
      // PAM, LDAP and cloud servers need the password in plain text. Send it only to a server with
      // a verified certificate.
      enableCleartextPlugin: tls !== false && tls.rejectUnauthorized === true,
      connectTimeout: CONNECT,
      connectAttributes: { program_name: 'workos-migrate' },
    })
    const opened = new Connection(connection, socket, signal)
    try {
      await opened.#connected()
      await opened.#prepare(statementTimeout)
      return opened
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  get isMariaDb(): boolean {
    return this.#isMariaDb
  }

  #connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#connection.connect((error) => (error ? reject(error) : resolve()))
    })
  }

  async #prepare(statementTimeout: number | undefined): Promise<void> {
    // Override the settings of the server and the user, so that nothing is cut off or depends on a
    // time zone.
    await this.run('SET NAMES utf8mb4')
    const [about] = await this.rows('SELECT VERSION() AS version')
    this.#isMariaDb = /mariadb/i.test(String(about?.version))
    await this.run(
      `SET SESSION time_zone = '+00:00', sql_select_limit = 18446744073709551615, group_concat_max_len = 67108864,
        net_write_timeout = 600, wait_timeout = 28800, lock_wait_timeout = 60,
        sql_mode = REPLACE(@@sql_mode, 'PAD_CHAR_TO_FULL_LENGTH', '')`,
    )
    if (statementTimeout === undefined) return
    await this.run(
      this.#isMariaDb
        ? `SET SESSION max_statement_time = ${statementTimeout / 1000}`
        : `SET SESSION max_execution_time = ${Math.ceil(statementTimeout)}`,
    )
  }

  /** Runs a statement that returns no rows. */
  async run(sql: string): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost
    await new Promise<void>((resolve, reject) => {
      this.#connection.query(sql, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** All rows of a small result. */
  async rows(sql: string): Promise<JsonObject[]> {
    const all: JsonObject[] = []
    for await (const batch of this.stream(sql)) all.push(...batch)
    return all
  }

  /**
   * Rows in batches, with backpressure.
   * @param zeroDates receives the number of zero dates by column
   * @param floats see rowReader
   */
  async *stream(
    sql: string,
    zeroDates: ZeroDates = new Map(),
    floats?: ReadonlySet<string>,
  ): AsyncGenerator<JsonObject[]> {
    if (this.#lost !== undefined) throw this.#lost
    const query = this.#connection.query({ sql, rowsAsArray: true, typeCast: false })
    let read: ReturnType<typeof rowReader> | undefined
    query.on('fields', (fields: FieldPacket[] | undefined) => {
      read = rowReader((fields ?? []).map(shapeOf), zeroDates, floats)
    })
    const stream = query.stream({ highWaterMark: WAITING })
    this.#stream = stream
    let ended = false
    try {
      let [batch, bytes]: [JsonObject[], number] = [[], 0]
      for await (const row of stream) {
        if (read === undefined || !Array.isArray(row)) continue
        const cells = row.map((cell) => (Buffer.isBuffer(cell) ? cell : null))
        batch.push(read(cells))
        for (const cell of cells) bytes += cell?.length ?? 0
        if (batch.length < BATCH_ROWS && bytes < BATCH_BYTES) continue
        yield batch
        ;[batch, bytes] = [[], 0]
      }
      ended = true
      if (batch.length > 0) yield batch
    } catch (error) {
      // An error that the server sent for a statement leaves the connection usable.
      ended = numberOf(error) !== undefined
      throw error
    } finally {
      this.#stream = undefined
      // Keeping the connection would require reading the remaining rows.
      if (!ended) this.#lose(new Error('the result was not read to the end'))
    }
  }

  /** The columns of a statement that returns no rows. */
  async shapes(sql: string): Promise<ColumnShape[]> {
    if (this.#lost !== undefined) throw this.#lost
    return new Promise((resolve, reject) => {
      this.#connection.query({ sql, rowsAsArray: true, typeCast: false }, (error, _rows, fields) => {
        if (error) reject(error)
        else resolve((fields ?? []).map(shapeOf))
      })
    })
  }

  /** The numbers of the last statement's warnings. Their texts can contain values. */
  async warnings(): Promise<number[]> {
    const rows = await this.rows('SHOW WARNINGS LIMIT 64')
    return [...new Set(rows.map(({ Code }) => Number(Code)))]
  }

  /**
   * Closes the session. A lost connection is not closed politely, because the server would not
   * reply.
   */
  async close(): Promise<void> {
    this.#forget()
    if (this.#lost === undefined) {
      const timer = setTimeout(() => this.#socket.destroy(), GOODBYE)
      await new Promise<void>((resolve) => this.#connection.end(() => resolve()))
      clearTimeout(timer)
    }
    this.#lose(new Error('the connection was closed'))
  }

  #lose(error: Error): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    this.#stream?.destroy(error)
    this.#socket.destroy()
  }
}

/**
 * The number of an error that the server sent.
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 */
export function numberOf(error: unknown): number | undefined {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' && error.errno > 0
    ? error.errno
    : undefined
}

/**
 * Opens a socket and checks for MySQL's first packet. With another service, mysql2 would write to
 * the console and fail.
 */
async function dial({ at }: Endpoint, signal: AbortSignal | undefined): Promise<Socket> {
  const socket = 'socket' in at ? connectSocket(at.socket) : connectSocket(at.port, at.host)
  const timer = setTimeout(() => socket.destroy(new NoAnswer('no response in time')), CONNECT)
  try {
    await once(socket, 'connect', { signal })
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 10_000)
    const hello = await firstBytes(socket, signal)
    if (!isHello(hello)) throw new NotMySql('the service does not speak the MySQL protocol')
    socket.unshift(hello)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Bytes that identify the first packet: length, sequence number and packet type. */
const HELLO = 5

async function firstBytes(socket: Socket, signal: AbortSignal | undefined): Promise<Buffer> {
  for (;;) {
    await once(socket, 'readable', { signal })
    const read: unknown = socket.read()
    if (Buffer.isBuffer(read) && read.length >= HELLO) return read
    if (Buffer.isBuffer(read)) socket.unshift(read)
    if (socket.readableEnded || socket.destroyed) throw new NotMySql('the service sent nothing')
  }
}

/** Whether these bytes begin protocol version 10 or an error packet. */
function isHello(bytes: Buffer): boolean {
  return bytes[3] === 0 && (bytes[4] === 10 || bytes[4] === 0xff) && bytes.readUIntLE(0, 3) < 4096
}
