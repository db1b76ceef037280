import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { createConnection, type FieldPacket, type Connection as MysqlConnection } from 'mysql2'
import type { JsonObject } from '../../json.ts'
import type { Endpoint } from './endpoint.ts'
import { type ColumnShape, rowReader, shapeOf, type ZeroDates } from './values.ts'

/**
 * One session of a server. In: statements. Out: rows, as a stream that waits for whoever takes
 * them.
 */

/** Milliseconds for a connection, and for the first words of the server. */
const CONNECT = 10_000

/** Milliseconds for the end of a session. */
const GOODBYE = 2_000

/** Rows that wait to be taken; rows and bytes that are handed over at once. */
const WAITING = 256
const BATCH_ROWS = 1_000
const BATCH_BYTES = 1 << 20

/** What answers does not speak the protocol of MySQL. */
export class NotMySql extends Error {}

/** Nobody has answered in time. */
export class NoAnswer extends Error {}

export interface ConnectionOptions {
  /** Milliseconds that one statement may take. Undefined: as the server has it. */
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
    // Of a lost connection mysql2 tells nobody else: a stream would wait for ever.
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
      // A server could ask for files of this machine.
      flags: ['-LOCAL_FILES'],
      // A password as it is, which a server of PAM, LDAP or a cloud asks for: only to one whose
      // certificate is verified.
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
    // Whatever the server or its user has set: nothing is cut off, and nothing depends on the zone
    // of the machine.
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

  /** A statement without rows. */
  async run(sql: string): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost
    await new Promise<void>((resolve, reject) => {
      this.#connection.query(sql, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** The rows of a small result. */
  async rows(sql: string): Promise<JsonObject[]> {
    const all: JsonObject[] = []
    for await (const batch of this.stream(sql)) all.push(...batch)
    return all
  }

  /**
   * Rows in batches. The server waits while nobody takes them.
   * @param zeroDates told of dates that are none
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
      // What the server itself says of a statement leaves the session as it was.
      ended = numberOf(error) !== undefined
      throw error
    } finally {
      this.#stream = undefined
      // Rows that nobody wants any more would have to be read to their end.
      if (!ended) this.#lose(new Error('the reading was ended early'))
    }
  }

  /** The columns of a statement that yields no rows. */
  async shapes(sql: string): Promise<ColumnShape[]> {
    if (this.#lost !== undefined) throw this.#lost
    return new Promise((resolve, reject) => {
      this.#connection.query({ sql, rowsAsArray: true, typeCast: false }, (error, _rows, fields) => {
        if (error) reject(error)
        else resolve((fields ?? []).map(shapeOf))
      })
    })
  }

  /**
   * The numbers of what the server warns of after the last statement. Its words may show values.
   */
  async warnings(): Promise<number[]> {
    const rows = await this.rows('SHOW WARNINGS LIMIT 64')
    return [...new Set(rows.map(({ Code }) => Number(Code)))]
  }

  /** Says goodbye. A server that cannot be reached would never say it back. */
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
 * The number of an error that the server has sent.
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 */
export function numberOf(error: unknown): number | undefined {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' && error.errno > 0
    ? error.errno
    : undefined
}

/**
 * A socket whose other end speaks as MySQL does. mysql2 would write to the console, and break,
 * where another service answers.
 */
async function dial({ at }: Endpoint, signal: AbortSignal | undefined): Promise<Socket> {
  const socket = 'socket' in at ? connectSocket(at.socket) : connectSocket(at.port, at.host)
  const timer = setTimeout(() => socket.destroy(new NoAnswer('no answer in time')), CONNECT)
  try {
    await once(socket, 'connect', { signal })
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 10_000)
    const hello = await firstBytes(socket, signal)
    if (!isHello(hello)) throw new NotMySql('the service does not speak the protocol of MySQL')
    socket.unshift(hello)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Enough to know a hello by: a length, a number, and what sort of packet it is. */
const HELLO = 5

async function firstBytes(socket: Socket, signal: AbortSignal | undefined): Promise<Buffer> {
  for (;;) {
    await once(socket, 'readable', { signal })
    const read: unknown = socket.read()
    if (Buffer.isBuffer(read) && read.length >= HELLO) return read
    if (Buffer.isBuffer(read)) socket.unshift(read)
    if (socket.readableEnded || socket.destroyed) throw new NotMySql('the service says nothing')
  }
}

/** The first packet of a server: version 10 of the protocol, or why it takes no connection. */
function isHello(bytes: Buffer): boolean {
  return bytes[3] === 0 && (bytes[4] === 10 || bytes[4] === 0xff) && bytes.readUIntLE(0, 3) < 4096
}
