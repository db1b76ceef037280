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
 * Opens a connection, and in it the transaction. @throws CredentialsError, SourceError,
 * ManifestError
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
      // A primary key has no two values that its order takes for equal, and is read in its order
      // without being sorted.
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

  /** Runs what asks the server, and words what comes of it. */
  async #saying<T>(asked: Asked, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#context.signal?.throwIfAborted()
      const [endpoint, connection, statementTimeout] = [this.#endpoint, this.#connection, this.#statementTimeout]
      throw await explained({ endpoint, connection, asked, statementTimeout }, error)
    }
  }

  /** What the server cut off is missing from the rows; anything else only may be worth a look. */
  #tell(number: number, asked: Asked): void {
    if (CUT_OFF.has(number)) throw cutOff(asked, number)
    this.#context.warn?.({
      code: 'database_warns',
      severity: 'warning',
      message: `the database warns while it reads ${asked.place} (number ${number}): values may not be what the query means`,
      hint: 'run the query in the client of the database, and SHOW WARNINGS after it',
      path: asked.path,
    })
  }

  /** Tables of engines without transactions show each row as it is when it is read. */
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

/** Rows cut by GROUP_CONCAT, results larger than max_allowed_packet, of which NULL is left. */
const CUT_OFF: ReadonlySet<number> = new Set([1260, 1301])

/** Whether the text of a query has the name of a table in it. */
function mentions(statement: string, table: string): boolean {
  const escaped = table.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`, 'i').test(statement)
}

function noSnapshot({ place, path }: Asked, table: string): Problem {
  return {
    code: 'table_without_snapshot',
    severity: 'warning',
    message: `the table ${table} that ${place} reads is kept by an engine without transactions, such as MyISAM: what changes while it is read may be missing or come twice`,
    hint: `stop what writes to it while the source is read, or run: ALTER TABLE ${inBackticks(table)} ENGINE = InnoDB`,
    path,
  }
}

function zeroDate({ place, path }: Asked, column: string, count: number): Problem {
  return {
    code: 'zero_dates',
    severity: 'warning',
    message: `${place}: ${column} is 0000-00-00 in ${figure(count)} ${count === 1 ? 'row' : 'rows'}, and absent from ${count === 1 ? 'its record' : 'their records'}`,
    hint: 'nothing needs to be done if it stands for no date',
    path,
  }
}

function cutOff({ place, path, table }: Asked, number: number): SourceError {
  return new SourceError({
    code: 'value_cut_off',
    message: `the database cut off values while it read ${place} (number ${number}): they are larger than it allows`,
    hint: 'raise max_allowed_packet in the server, or have the query collect less in one value',
    path: `${path}.${table === undefined ? 'query' : 'table'}`,
  })
}
