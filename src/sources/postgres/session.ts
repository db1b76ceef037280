import { Socket } from 'node:net'
import { Client, type CustomTypesConfig } from 'pg'
import QueryStream from 'pg-query-stream'
import type { Json, JsonObject } from '../../json.ts'
import { describeEndpoint } from '../../postgres/endpoint.ts'
import type { Asked, Column, Connecting, Session, SessionContext } from '../database/driver.ts'
import { dialect } from './dialect.ts'
import { clientConfigOf, endpointOf } from './endpoint.ts'
import { explained, explainedConnection, type Place } from './errors.ts'
import { Oid, type ReadValue, readerOf, type Type } from './values.ts'

/** Milliseconds to wait for a connection to close. */
const GOODBYE = 2_000

/**
 * Sets the transaction independently of the server's, user's and pooler's settings: one moment, no
 * writes, values as text without loss. With row_security = off, a policy that would hide rows is an
 * error. From PostgreSQL 14, client_connection_check_interval ends a query soon after its client is
 * gone.
 */
function begin(statementTimeout: number): string {
  return `
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL client_encoding = 'UTF8';
    SET LOCAL timezone = 'UTC';
    SET LOCAL datestyle = 'ISO';
    SET LOCAL intervalstyle = 'iso_8601';
    SET LOCAL bytea_output = 'hex';
    SET LOCAL extra_float_digits = 3;
    SET LOCAL row_security = off;
    SET LOCAL statement_timeout = ${statementTimeout};
    SET LOCAL lock_timeout = '1min';
    SET LOCAL idle_in_transaction_session_timeout = '15min';
    SELECT set_config(name, '10s', true) FROM pg_settings WHERE name = 'client_connection_check_interval'`
}

/**
 * Target characters per batch, estimated from earlier rows; rows of the first and the largest
 * batch.
 */
const BATCH = { characters: 1 << 20, first: 50, most: 2_000 }

/** Leaves every value as the server's text. */
const AS_WRITTEN: CustomTypesConfig = { getTypeParser: () => (text: string) => text }

/**
 * Opens a connection and its transaction.
 * @throws CredentialsError, SourceError, ManifestError
 */
export async function openSession(options: Connecting, context: SessionContext): Promise<Session> {
  const endpoint = endpointOf(options.url)
  const place: Place = { name: describeEndpoint(endpoint), user: endpoint.user }
  const config = clientConfigOf(endpoint, options.ca)
  context.signal?.throwIfAborted()
  const socket = new Socket()
  const client = new Client({ ...config, stream: () => socket })
  const session = new PostgresSession(client, socket, { place, statementTimeout: options.statementTimeout })
  const forget = session.endWith(context.signal)
  try {
    await client.connect()
    await client.query(begin(options.statementTimeout))
    return session
  } catch (error) {
    forget()
    await session.close()
    context.signal?.throwIfAborted()
    throw explainedConnection(place, error)
  }
}

interface About {
  place: Place
  statementTimeout: number
}

/** The part of pg-query-stream's cursor used here. */
interface Cursor {
  read(rows: number): Promise<(string | null)[][]>
}

class PostgresSession implements Session {
  readonly #client: Client
  readonly #socket: Socket
  readonly #about: About
  readonly #types = new Map<number, Type>()
  readonly #readers = new WeakMap<Column, ReadValue>()
  #forget = () => {}
  #lost: Error | undefined

  constructor(client: Client, socket: Socket, about: About) {
    this.#client = client
    this.#socket = socket
    this.#about = about
    // The error can arrive between queries, too.
    client.on('error', (error) => {
      this.#lost ??= error
    })
  }

  /**
   * On abort, pending queries fail at once; the server cancels its own work.
   * @returns a function that stops listening to the signal
   */
  endWith(signal: AbortSignal | undefined): () => void {
    const end = () => this.#socket.destroy(new Error('aborted'))
    signal?.addEventListener('abort', end)
    this.#forget = () => signal?.removeEventListener('abort', end)
    return this.#forget
  }

  async columns(statement: string, asked: Asked): Promise<Column[]> {
    return this.#told(asked, async () => {
      const { fields } = await this.#client.query({ text: `${statement} LIMIT 0`, rowMode: 'array', types: AS_WRITTEN })
      await this.#learn(fields.map(({ dataTypeID }) => dataTypeID))
      return fields.map(({ name, dataTypeID }) => this.#column(name, dataTypeID))
    })
  }

  async count(statement: string, asked: Asked): Promise<number> {
    return this.#told(asked, async () => {
      const { rows } = await this.#client.query<string[]>({ text: statement, rowMode: 'array', types: AS_WRITTEN })
      return Number(rows[0]?.[0])
    })
  }

  async *rows(statement: string, columns: readonly Column[], asked: Asked): AsyncGenerator<JsonObject[]> {
    const readers = columns.map((column) => [column.name, this.#readers.get(column) ?? String] as const)
    const stream = new QueryStream(statement, [], { rowMode: 'array', types: AS_WRITTEN })
    const cursor: Cursor = stream.cursor
    this.#client.query(stream)
    for (let wanted = BATCH.first; ; ) {
      const rows = await this.#told(asked, () => cursor.read(wanted))
      if (rows.length > 0) yield rows.map((row) => recordOf(row, readers))
      if (rows.length < wanted) return
      wanted = nextBatch(rows)
    }
  }

  async close(): Promise<void> {
    this.#forget()
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE)
    await this.#client.end().catch(() => {})
    clearTimeout(timer)
    this.#socket.destroy()
  }

  async #told<T>(asked: Asked, ask: () => Promise<T>): Promise<T> {
    try {
      if (this.#lost !== undefined) throw this.#lost
      return await ask()
    } catch (error) {
      throw await explained(this.#client, { ...this.#about, asked }, error)
    }
  }

  /** Looks up unknown types, and the types they consist of. */
  async #learn(oids: readonly number[]): Promise<void> {
    const unknown = [...new Set(oids)].filter((oid) => !this.#types.has(oid))
    if (unknown.length === 0) return
    const { rows } = await this.#client.query<{
      oid: number
      name: string
      base: number
      element: number | null
      delimiter: string
    }>(
      `SELECT t.oid, format_type(t.oid, NULL) AS name, t.typbasetype AS base, e.oid AS element, t.typdelim AS delimiter
         FROM pg_type t LEFT JOIN pg_type e ON e.typarray = t.oid WHERE t.oid = ANY($1::oid[])`,
      [unknown],
    )
    for (const { oid, name, base, element, delimiter } of rows) {
      this.#types.set(oid, { oid, name, base: base || undefined, element: element ?? undefined, delimiter })
    }
    await this.#learn(rows.flatMap(({ base, element }) => [base, element ?? 0].filter((below) => below !== 0)))
  }

  #column(name: string, oid: number): Column {
    const type = this.#types.get(oid)
    // Not `date`: changes later on the same day would look unchanged.
    const isTime = oid === Oid.timestamptz || oid === Oid.timestamp
    const own = `r.${dialect.name(name)}`
    const column: Column = { name, type: type?.name ?? `type ${oid}`, isTime, order: orderOf(own, oid) }
    // The text of money depends on the server's locale.
    if (oid === Oid.money) column.read = `${own}::numeric AS ${dialect.name(name)}`
    if (type?.element === Oid.money) column.read = `${own}::numeric[] AS ${dialect.name(name)}`
    this.#readers.set(column, column.read === undefined ? readerOf(oid, this.#types) : moneyReader(oid, this.#types))
    return column
  }
}

/** Types in which equal values always have equal text. */
const TOLD_APART_BY_ORDER: readonly number[] = [Oid.int2, Oid.int4, Oid.int8, Oid.uuid]

/**
 * Other types (citext, numeric, some collations) can compare different texts as equal. For these,
 * the text decides the order.
 */
function orderOf(column: string, oid: number): string[] {
  return TOLD_APART_BY_ORDER.includes(oid) ? [column] : [column, `(${column})::text COLLATE "C"`]
}

/** Money is read as numeric, which stays text; an array of money becomes a list of texts. */
function moneyReader(oid: number, types: ReadonlyMap<number, Type>): ReadValue {
  return oid === Oid.money ? (text) => text : readerOf(oid, types)
}

function recordOf(
  row: readonly (string | null)[],
  readers: readonly (readonly [name: string, read: ReadValue])[],
): JsonObject {
  const members: [string, Json][] = []
  for (const [index, [name, read]] of readers.entries()) {
    const text = row[index]
    if (text !== null && text !== undefined) members.push([name, read(text)])
  }
  return Object.fromEntries(members)
}

/** The number of rows that fit in a batch, judged by the size of the last ones. */
function nextBatch(rows: readonly (readonly (string | null)[])[]): number {
  let characters = 1
  for (const row of rows) for (const text of row) characters += text?.length ?? 0
  const fitting = Math.floor((BATCH.characters * rows.length) / characters)
  return Math.min(Math.max(fitting, 1), BATCH.most)
}
