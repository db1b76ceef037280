import { dirname, join } from 'node:path'
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { createPrivateFile } from '../files/regular-file.ts'
import type { Origin } from '../sources/source.ts'
import { openThrowaway, openUnchanging, type Parameter, type Row, Statements } from '../sqlite/open.ts'
import { LEFT_OUT_TABLES, SCOPE_TABLES, SOURCE_TABLES } from './schema.ts'
import { Turns } from './turns.ts'

/** Page cache, KiB. Limits the memory of a run. A sort takes as much again. */
const CACHE_KIB = 16 * 1024

/** The same for a thread that stages: it only appends. */
const STAGING_CACHE_KIB = 4 * 1024

/** The same for an attached file: it is read nearly in order. */
const ATTACHED_CACHE_KIB = 8 * 1024

/**
 * Page size for many rows, bytes. With few rows, a nearly full disk might have no room for it.
 * Larger pages take memory.
 */
const LARGE_PAGE = 8 * 1024

/** Milliseconds that a thread waits for another one to stage a chunk, which takes a few. */
const STAGING_TIMEOUT = 120_000

/**
 * The database of one run: a thin layer over SQLite with cached statements. In: SQL, from the files
 * next to this one, by topic, and from `kinds/` for a single kind; no other code has SQL. Out:
 * rows. `schema.ts` has the tables.
 */
export class RunDatabase {
  readonly #db: DatabaseSync
  readonly #statements: Statements
  readonly #files = new Map<string, number>()
  readonly #turns: Turns | undefined
  /** The path of the database. Undefined: in memory. */
  readonly path: string | undefined
  #spools = 0
  #late: LateRows | undefined

  /** @param folder the run's scratch folder, or undefined for a database in memory */
  constructor(folder: string | undefined)
  /** @param existing a database of this run that another thread made, to write to it, too */
  constructor(existing: StagingPlace)
  /** @param existing a database of this run, to read tables that no longer change: see `still` */
  constructor(existing: { path: string; reads: true })
  /** @param existing an empty private file in the scratch folder, for a table of the run */
  constructor(existing: { path: string })
  constructor(place: string | undefined | { path: string; reads?: true; turns?: SharedArrayBuffer }) {
    const existing = typeof place === 'object' ? place : undefined
    this.path = typeof place === 'object' ? place.path : place && join(place, 'run.sqlite')
    if (existing?.reads) {
      this.#db = openUnchanging(existing.path)
      this.#statements = new Statements(this.#db)
      return
    }
    if (this.path !== undefined) this.#turns = new Turns(existing?.turns)
    if (existing === undefined && this.path !== undefined) createPrivateFile(this.path)
    this.#db = openThrowaway(this.path ?? ':memory:', {
      cacheKiB: existing === undefined ? CACHE_KIB : STAGING_CACHE_KIB,
      ...(this.path !== undefined && { shared: STAGING_TIMEOUT }),
      // Shared by all threads of the process. One run always sets the same folder.
      ...(this.path !== undefined && existing?.turns === undefined && { temporary: dirname(this.path) }),
    })
    this.#statements = new Statements(this.#db)
    if (existing === undefined) this.#db.exec(`${SOURCE_TABLES} ${LEFT_OUT_TABLES} ${SCOPE_TABLES}`)
  }

  /** The run's scratch folder. Undefined: none. */
  get folder(): string | undefined {
    return this.path && dirname(this.path)
  }

  /** For other threads that write to it. Undefined: it is in memory. */
  get staging(): StagingPlace | undefined {
    if (this.path === undefined || this.#turns === undefined) return undefined
    return { path: this.path, turns: this.#turns.shared }
  }

  /** The same of a database in a file. */
  get place(): StagingPlace {
    if (this.staging === undefined) throw new Error('the database is in memory')
    return this.staging
  }

  /** Prepares for many rows. Call it before there are rows and before another thread opens it. */
  expectMany(): void {
    // The tables exist already: SQLite rewrites them.
    this.#db.exec(`PRAGMA page_size = ${LARGE_PAGE}; VACUUM`)
  }

  /**
   * Locks the database, with the files attached so far, until `share`. Locking them for each write
   * takes time.
   */
  keepToItself(): void {
    for (const file of this.#attached()) this.#db.exec(`PRAGMA ${file}.locking_mode = EXCLUSIVE`)
  }

  /** Lets others open them again. */
  share(): void {
    // SQLite releases a lock when it next reads the file.
    for (const file of this.#attached()) {
      this.#db.exec(`PRAGMA ${file}.locking_mode = NORMAL; SELECT count(*) FROM ${file}.sqlite_schema`)
    }
  }

  #attached(): string[] {
    const files = this.#db.prepare('PRAGMA database_list').all()
    return files.map(({ name }) => String(name)).filter((name) => name !== 'temp')
  }

  /** A prepared statement, one per text. Do not run two iterations of it at the same time. */
  statement(sql: string): StatementSync {
    this.#completeFor(sql)
    return this.#statements.prepare(sql)
  }

  /**
   * Replaces a table by the same table of another file, which is attached from now on.
   * @param schema the name for this file
   */
  replace(table: string, schema: string, file: string): void {
    this.exec(`DROP TABLE ${table}`)
    this.attach(schema, file)
  }

  /** Attaches another file of the run. */
  attach(schema: string, file: string): void {
    this.run(`ATTACH ? AS ${schema}`, file)
    this.exec(`PRAGMA ${schema}.journal_mode = OFF; PRAGMA ${schema}.synchronous = OFF;
      PRAGMA ${schema}.cache_size = -${ATTACHED_CACHE_KIB}`)
  }

  /** Attaches another file of the run to read it. Nothing changes it until this one closes. */
  attachUnchanging(schema: string, file: string): void {
    this.run(`ATTACH ? AS ${schema}`, new URL('?immutable=1', pathToFileURL(file)).href)
  }

  run(sql: string, ...parameters: Parameter[]): number {
    return Number(this.statement(sql).run(...parameters).changes)
  }

  /** Runs statements that are used once: tables, indexes. */
  exec(sql: string): void {
    this.#completeFor(sql)
    this.#db.exec(sql)
  }

  /**
   * Defines a deterministic function for statements. Do not call it for all users in one statement:
   * see keyRanges.
   */
  define(name: string, compute: (text: string) => string | number): void {
    this.#db.function(name, { deterministic: true }, (text) => compute(String(text)))
  }

  /** The rows of a query, one at a time. Each call has its own statement: iterations can nest. */
  iterate(sql: string, ...parameters: Parameter[]): IterableIterator<Row> {
    this.#completeFor(sql)
    return this.#db.prepare(sql).iterate(...parameters)
  }

  /** One number: the first column of the first row. 0 if it is null. */
  count(sql: string, ...parameters: Parameter[]): number {
    const row = this.statement(sql).get(...parameters)
    return row === undefined ? 0 : Number(Object.values(row)[0] ?? 0)
  }

  /** The rows of a query, spooled to disk first: its tables can change during the iteration. */
  *spool(sql: string, ...parameters: Parameter[]): Generator<Row> {
    this.#completeFor(sql)
    const table = `spool_${++this.#spools}`
    this.#db.prepare(`CREATE TEMP TABLE ${table} AS ${sql}`).run(...parameters)
    try {
      yield* this.#db.prepare(`SELECT * FROM ${table} ORDER BY rowid`).iterate()
    } finally {
      // Emptied, not dropped: SQLite cannot drop a table during another read.
      this.#db.exec(`DELETE FROM ${table}`)
    }
  }

  /**
   * Adds rows only once a statement reads them: often none does. A second call replaces the first,
   * so it adds the rows of both.
   */
  addLate(late: LateRows): void {
    this.#late = late
  }

  #completeFor(sql: string): void {
    const late = this.#late
    if (late === undefined || !late.readers.test(sql)) return
    this.#late = undefined
    try {
      late.add()
    } catch (error) {
      this.#late = late
      throw error
    }
  }

  transaction<T>(work: () => T): T {
    this.#turns?.take()
    try {
      // Locks for writing at once: SQLite rejects a reader that starts to write during a write.
      this.#db.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } finally {
      this.#turns?.end()
    }
  }

  /**
   * Reads tables that do not change while another thread changes others. SQLite reads the first
   * page, with the list of tables, at the start of the transaction, before `work` begins. The list
   * must not change until then.
   */
  still<T>(work: () => T): T {
    this.#db.exec('BEGIN')
    try {
      this.count('SELECT count(*) FROM sqlite_schema')
      return work()
    } finally {
      this.#db.exec('COMMIT')
    }
  }

  /** Numbers file names in order. Names that have a number cost nothing. */
  nameFiles(names: Iterable<string>): void {
    const fresh = [...names].filter((name) => !this.#files.has(name))
    if (fresh.length === 0) return
    this.transaction(() => {
      for (const name of fresh) this.fileId(name)
    })
  }

  /** The number of a file name, the same in all threads that stage. */
  fileId(name: string): number {
    let id = this.#files.get(name)
    if (id === undefined) {
      this.run('INSERT OR IGNORE INTO files (name) VALUES (?)', name)
      id = this.count('SELECT id FROM files WHERE name = ?', name)
      this.#files.set(name, id)
    }
    return id
  }

  close(): void {
    this.#db.close()
  }
}

/** Rows that a table will have. */
export interface LateRows {
  /** Matches the SQL of every statement that depends on them. */
  readers: RegExp
  add(): void
}

/** A database of this run that another thread made, to write to it, too. */
export interface StagingPlace {
  path: string
  /** See `Turns.shared`. */
  turns: SharedArrayBuffer
}

/** An origin in rows: the number of the file (see RunDatabase.fileId), and the line. */
export interface Place {
  fileId: number
  line: number | null
}

/** An origin as the columns `file` and `line`. */
export function placeOf(rundb: RunDatabase, origin: Origin | Place): [number, number | null] {
  if ('fileId' in origin) return [origin.fileId, origin.line]
  return [rundb.fileId(origin.file), origin.line ?? null]
}

/** The columns `file` and `line` of a row as a place. */
export function placeIn({ file, line }: Record<string, SQLOutputValue>): Place {
  return { fileId: Number(file), line: line === null || line === undefined ? null : Number(line) }
}

/** SQL for `users.csv:12`, from the row `alias` and the file `f`. */
export const originOf = (alias: string) => `f.name || coalesce(':' || ${alias}.line, '') AS origin`

/** A text, or an SQL expression that makes it from a row. */
export type Wording = string | null | { sql: string }

/**
 * Wordings as SQL expressions: texts become parameters after those of the statement.
 * @returns the expressions, and all parameters
 */
export function bindWordings(
  wordings: readonly Wording[],
  parameters: readonly Parameter[],
): { written: string[]; bound: Parameter[] } {
  const bound = [...parameters]
  const written = wordings.map((wording) =>
    typeof wording === 'object' && wording !== null ? wording.sql : `?${bound.push(wording)}`,
  )
  return { written, bound }
}

export function textIn(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}
