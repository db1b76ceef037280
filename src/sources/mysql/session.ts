import { SourceError } from '../../diagnostics/errors.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { Asked, Column, Connecting, Session, SessionContext } from '../database/driver.ts'
import { Connection } from './connection.ts'
import { inBackticks, partsOf, quotedText } from './dialect.ts'
import { type Endpoint, endpointOf } from './endpoint.ts'
import { explained, explainedConnection } from './errors.ts'
import { isCollated, isFloat, isTime, typeName } from './values.ts'

/**
 * Opens a connection and its transaction.
 * @throws CredentialsError, SourceError, ManifestError
 */
export async function openSession(
  { url, ca, statementTimeout }: Connecting,
  context: SessionContext,
): Promise<Session> {
  const endpoint = endpointOf(url, ca)
  context.signal?.throwIfAborted()
  let connection: Connection | undefined
  try {
    connection = await Connection.open(endpoint, { statementTimeout, signal: context.signal })
    await connection.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    await connection.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    return new MySqlSession(endpoint, connection, statementTimeout, context)
  } catch (error) {
    await connection?.close()
    context.signal?.throwIfAborted()
    throw explainedConnection(endpoint, error)
  }
}

class MySqlSession implements Session {
  readonly #endpoint: Endpoint
  readonly #connection: Connection
  readonly #statementTimeout: number
  readonly #context: SessionContext
  readonly #withoutSnapshot = new Map<string, string[]>()

  constructor(endpoint: Endpoint, connection: Connection, statementTimeout: number, context: SessionContext) {
    this.#endpoint = endpoint
    this.#connection = connection
    this.#statementTimeout = statementTimeout
    this.#context = context
  }

  async columns(statement: string, asked: Asked): Promise<Column[]> {
    const shapes = await this.#saying(asked, () => this.#connection.shapes(`${statement} LIMIT 0`))
    await this.#saying(asked, () => this.#warnOfTables(statement, asked))
    return shapes.map((shape) => {
      const name = `r.${inBackticks(shape.name)}`
      // Values of a primary key are never equal in its order, so its index can supply the order
      // without sorting.
      const isKey = shape.isPrimary && asked.table !== undefined
      return {
        name: shape.name,
        type: typeName(shape),
        isTime: isTime(shape),
        ...(isFloat(shape) && { read: `(${name} + 0e0) AS ${inBackticks(shape.name)}` }),
        ...(isCollated(shape) && !isKey && { order: [name, `CAST(${name} AS BINARY)`] }),
      }
    })
  }

  async count(statement: string, asked: Asked): Promise<number> {
    const [row = {}] = await this.#saying(asked, () => this.#connection.rows(statement))
    return Number(Object.values(row)[0])
  }

  async *rows(statement: string, columns: readonly Column[], asked: Asked): AsyncGenerator<JsonObject[]> {
    const floats = new Set(
      columns.flatMap(({ name, type, read }) => (read !== undefined && type === 'float' ? name : [])),
    )
    const zeroDates = new Map<string, number>()
    const rows = this.#connection.stream(statement, zeroDates, floats)
    try {
      for (;;) {
        const { done, value } = await this.#saying(asked, () => rows.next())
        if (done === true) break
        yield value
      }
    } finally {
      await rows.return(undefined)
    }
    for (const [column, count] of zeroDates) this.#context.warn?.(zeroDate(asked, column, count))
    const numbers = await this.#saying(asked, () => this.#connection.warnings())
    for (const number of numbers) this.#tell(number, asked)
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  /** Runs a request to the server, and explains its errors. */
  async #saying<T>(asked: Asked, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#context.signal?.throwIfAborted()
      const [endpoint, connection, statementTimeout] = [this.#endpoint, this.#connection, this.#statementTimeout]
      throw await explained({ endpoint, connection, asked, statementTimeout }, error)
    }
  }

  /** A value that the server cut off is an error. Other warnings are passed on. */
  #tell(number: number, asked: Asked): void {
    if (CUT_OFF.has(number)) throw cutOff(asked, number)
    this.#context.warn?.({
      code: 'database_warns',
      severity: 'warning',
      message: `the database warned while reading ${asked.place} (number ${number}): values might not be what the query means`,
      hint: 'run the query in the database client, followed by SHOW WARNINGS',
      path: asked.path,
    })
  }

  /** Engines without transactions show each row as it is when it is read. */
  async #warnOfTables(statement: string, asked: Asked): Promise<void> {
    const { table } = asked
    const [name, schema] = table === undefined ? [] : partsOf(table).reverse()
    const unsafe = await this.#unsafeTables(schema)
    const meant =
      name === undefined
        ? unsafe.filter((unsafe) => mentions(statement, unsafe))
        : unsafe.filter((unsafe) => unsafe === name)
    for (const unsafe of meant) this.#context.warn?.(noSnapshot(asked, unsafe))
  }

  async #unsafeTables(schema = ''): Promise<string[]> {
    const known = this.#withoutSnapshot.get(schema)
    if (known !== undefined) return known
    const rows = await this.#connection.rows(
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = ${schema === '' ? 'DATABASE()' : quotedText(schema)} AND table_type = 'BASE TABLE'
        AND engine NOT IN (SELECT engine FROM information_schema.engines WHERE transactions = 'YES')`,
    )
    const names = rows.flatMap(({ name }) => (typeof name === 'string' ? name : []))
    this.#withoutSnapshot.set(schema, names)
    return names
  }
}

/**
 * Values cut by GROUP_CONCAT, and values replaced by NULL because they exceed max_allowed_packet.
 */
const CUT_OFF: ReadonlySet<number> = new Set([1260, 1301])

/** Whether a statement contains the name of a table. */
function mentions(statement: string, table: string): boolean {
  const escaped = table.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`, 'i').test(statement)
}

function noSnapshot({ place, path }: Asked, table: string): Problem {
  return {
    code: 'table_without_snapshot',
    severity: 'warning',
    message: `${place} reads the table ${table}, whose engine has no transactions (such as MyISAM): rows that change during the reading can be missing or appear twice`,
    hint: `stop writes to it during the reading, or run: ALTER TABLE ${inBackticks(table)} ENGINE = InnoDB`,
    path,
  }
}

function zeroDate({ place, path }: Asked, column: string, count: number): Problem {
  return {
    code: 'zero_dates',
    severity: 'warning',
    message: `${place}: ${column} is 0000-00-00 in ${figure(count)} ${count === 1 ? 'row' : 'rows'}; ${count === 1 ? 'its record has' : 'their records have'} no date`,
    hint: 'do nothing if 0000-00-00 means "no date" in your data',
    path,
  }
}

function cutOff({ place, path, table }: Asked, number: number): SourceError {
  return new SourceError({
    code: 'value_cut_off',
    message: `the database cut off values while reading ${place} (number ${number}): they exceed its limit`,
    hint: 'raise max_allowed_packet on the server, or make the query collect less in one value',
    path: `${path}.${table === undefined ? 'query' : 'table'}`,
  })
}
