import { createHmac, randomBytes } from 'node:crypto'
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { StateError, UsageError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { type DatabaseOwner, NotRegularFile, takeDatabaseFile } from '../files/regular-file.ts'
import { openKept, pragma, Statements } from '../sqlite/open.ts'
import { SCHEMA_STEPS } from './schema.ts'

/** "WSBX". */
/** Marks a SQLite file as a sandbox's (`PRAGMA application_id`). */
export const SANDBOX_ID = 0x57534258

/** Pages kept in memory, KiB: lists within an organization are spread over the whole file. */
const CACHE_KIB = 32 * 1024

/** The sandbox's SQLite file. Prepares each SQL text once. */
export class Database {
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #listings = new Map<string, Listing>()
  readonly #digestKey: Buffer

  /**
   * Opens or creates `file` (mode 0600, its folder 0700), or a database in memory for `:memory:`.
   * @throws StateError for a file that is not a sandbox's, or is of a later version; UsageError for
   *   anything but a file
   */
  constructor(file: string) {
    if (file !== ':memory:') takeFile(file)
    this.#database = explaining(file, () => openDatabase(file))
    this.#statements = new Statements(this.#database)
    try {
      this.#digestKey = Buffer.from(
        explaining(file, () => this.#readDigestKey()),
        'hex',
      )
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  /** The first row. Rows have the shape that the SQL names. */
  one<Row>(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#statements.prepare(sql).get(...parameters) as Row | undefined
  }

  all<Row>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    const { names, statement } = this.#listing(sql)
    const rows = statement.all(...parameters) as unknown as SQLOutputValue[][]
    return rows.map((values) => objectOf(names, values)) as Row[]
  }

  /** A statement of `all`, whose rows are lists: Node.js takes twice as long for objects. */
  #listing(sql: string): Listing {
    let listing = this.#listings.get(sql)
    if (listing === undefined) {
      const statement = this.#database.prepare(sql)
      statement.setReturnArrays(true)
      listing = { names: statement.columns().map(({ name }) => name), statement }
      this.#listings.set(sql, listing)
    }
    return listing
  }

  run(sql: string, ...parameters: SQLInputValue[]): void {
    this.#statements.prepare(sql).run(...parameters)
  }

  /** Runs `work` and keeps all of its changes, or none if it throws. */
  transaction<T>(work: () => T): T {
    this.#statements.prepare('BEGIN IMMEDIATE').run()
    try {
      const result = work()
      this.#statements.prepare('COMMIT').run()
      return result
    } catch (error) {
      this.#statements.prepare('ROLLBACK').run()
      throw error
    }
  }

  /**
   * A digest of a secret, with a random key of this file. It only shows whether secrets are equal.
   */
  digest(secret: string): string {
    return createHmac('sha256', this.#digestKey).update(secret).digest('hex')
  }

  close(): void {
    this.#database.close()
  }

  #readDigestKey(): string {
    const insert = `INSERT INTO settings (name, value) VALUES ('digest_key', ?) ON CONFLICT DO NOTHING`
    this.run(insert, randomBytes(32).toString('hex'))
    return this.one<{ value: string }>(`SELECT value FROM settings WHERE name = 'digest_key'`)?.value ?? ''
  }
}

interface Listing {
  /** Of the columns. */
  names: readonly string[]
  statement: StatementSync
}

function objectOf(names: readonly string[], values: readonly SQLOutputValue[]): Record<string, SQLOutputValue> {
  const row: Record<string, SQLOutputValue> = {}
  for (let column = 0; column < names.length; column += 1) row[names[column] ?? ''] = values[column] ?? null
  return row
}

/**
 * SQLite gives its -wal and -shm files the mode of the main file, so that file is created first.
 */
function takeFile(file: string): void {
  let owner: DatabaseOwner
  try {
    owner = takeDatabaseFile(file, SANDBOX_ID)
  } catch (error) {
    throw error instanceof NotRegularFile ? new UsageError(problemOf(file, `it is ${error.what}`)) : error
  }
  if (owner === 'another program') throw unusable(file, 'it belongs to another program')
  if (owner === 'no database') throw unusable(file, 'it is not a database')
}

function openDatabase(file: string): DatabaseSync {
  const check = (opened: DatabaseSync) => refuseForeign(opened, file)
  // Sandbox data survives a crash of the process, but not a power cut. synchronous = OFF trades
  // this for speed.
  const database = openKept(file, { timeout: 5_000, synchronous: 'OFF', check })
  try {
    database.exec(`PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${CACHE_KIB}; BEGIN IMMEDIATE`)
    for (const step of SCHEMA_STEPS.slice(pragma(database, 'user_version'))) database.exec(step)
    database.exec(`PRAGMA user_version = ${SCHEMA_STEPS.length}; PRAGMA application_id = ${SANDBOX_ID}; COMMIT`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function explaining<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof StateError) throw error
    throw unusable(file, error instanceof Error ? error.message : String(error), error)
  }
}

function refuseForeign(database: DatabaseSync, file: string): void {
  const application = pragma(database, 'application_id')
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()
  if (application !== SANDBOX_ID && (application !== 0 || tables?.count !== 0)) {
    throw unusable(file, 'it belongs to another program')
  }
  const version = pragma(database, 'user_version')
  if (version > SCHEMA_STEPS.length) {
    throw unusable(
      file,
      `it has version ${version}, but this program supports only versions up to ${SCHEMA_STEPS.length}`,
    )
  }
}

function unusable(file: string, reason: string, cause?: unknown): StateError {
  return new StateError(problemOf(file, reason), { cause })
}

function problemOf(file: string, reason: string): Problem {
  return {
    code: 'sandbox_data_unusable',
    message: `${file} cannot be used as sandbox data: ${reason}`,
    hint: 'choose another file, or move this one',
    at: { file },
  }
}
