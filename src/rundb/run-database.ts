import { dirname, join } from 'node:path'
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { createPrivateFile } from '../files/regular-file.ts'
import type { Origin } from '../sources/source.ts'
import { openThrowaway, openUnchanging, type Parameter, type Row, Statements } from '../sqlite/open.ts'
import { LEFT_OUT_TABLES, SCOPE_TABLES, SOURCE_TABLES } from './schema.ts'

/**
 * Pages kept in memory, KiB: bounds the memory of a run whatever the number of users. As much again
 * goes to whatever is sorted.
 */
const CACHE_KIB = 16 * 1024

/** The same for a thread that stages: it only appends. */
const STAGING_CACHE_KIB = 4 * 1024

/**
 * Bytes of a page where there are many rows. For few, a nearly full disk has no room for as large
 * ones; larger ones take memory.
 */
const LARGE_PAGE = 8 * 1024

/**
 * How long one thread waits until another has staged a chunk, which takes milliseconds.
 * Milliseconds.
 */
const STAGING_TIMEOUT = 120_000

/**
 * The database of one run: a thin hold on SQLite that keeps its prepared statements. In: SQL, from
 * the functions of the files beside it, one file for each topic, and of `kinds/` where they concern
 * one kind alone; nobody else writes any. Out: rows. The tables are in `schema.ts`.
 */
export class RunDatabase {
  readonly #db: DatabaseSync
  readonly #statements: Statements
  readonly #files = new Map<string, number>()
  /** Where the database is; undefined: in memory. */
  readonly path: string | undefined
  #spools = 0

  /** @param folder the run's scratch folder, or undefined for one in memory */
  constructor(folder: string | undefined)
  /** @param existing a database of this run that another thread has made, to stage in it as well */
  constructor(existing: { path: string; reads?: false })
  /**
   * @param existing a database of this run, to read tables that do not change any more: see `still`
   */
  constructor(existing: { path: string; reads: true })
  constructor(place: string | undefined | { path: string; reads?: boolean }) {
    const joins = typeof place === 'object'
    this.path = joins ? place.path : place && join(place, 'run.sqlite')
    if (joins && place.reads) {
      this.#db = openUnchanging(place.path)
      this.#statements = new Statements(this.#db)
      return
    }
    if (!joins && this.path !== undefined) createPrivateFile(this.path)
    this.#db = openThrowaway(this.path ?? ':memory:', {
      cacheKiB: joins ? STAGING_CACHE_KIB : CACHE_KIB,
      ...(this.path !== undefined && { shared: STAGING_TIMEOUT }),
      // It is the same for all threads of the process, and not to be changed while others read it.
      ...(this.path !== undefined && !joins && { temporary: dirname(this.path) }),
    })
    this.#statements = new Statements(this.#db)
    if (!joins) this.#db.exec(`${SOURCE_TABLES} ${LEFT_OUT_TABLES} ${SCOPE_TABLES}`)
  }

  /** The run's scratch folder; undefined: it has none. */
  get folder(): string | undefined {
    return this.path && dirname(this.path)
  }

  /** Prepares for many rows, before there are any and before another thread opens the database. */
  expectMany(): void {
    // The tables are there already: SQLite writes them anew.
    this.#db.exec(`PRAGMA page_size = ${LARGE_PAGE}; VACUUM`)
  }

  /**
   * From now on no other thread opens the database: it is locked once, and not for each statement.
   */
  keepToItself(): void {
    this.#db.exec('PRAGMA main.locking_mode = EXCLUSIVE')
  }

  /** A prepared statement, made once per text. Not for two iterations at the same time. */
  statement(sql: string): StatementSync {
    return this.#statements.prepare(sql)
  }

  run(sql: string, ...parameters: Parameter[]): number {
    return Number(this.statement(sql).run(...parameters).changes)
  }

  /** Statements that are carried out once: tables, indexes. */
  exec(sql: string): void {
    this.#db.exec(sql)
  }

  /**
   * A function that statements may call: the same text for the same one. Not for all users in one
   * statement: see keyRanges.
   */
  define(name: string, compute: (text: string) => string | number): void {
    this.#db.function(name, { deterministic: true }, (text) => compute(String(text)))
  }

  /**
   * The rows of a query, one at a time. Each call has a statement of its own, so that two
   * iterations do not disturb each other.
   */
  iterate(sql: string, ...parameters: Parameter[]): IterableIterator<Row> {
    return this.#db.prepare(sql).iterate(...parameters)
  }

  /** One number: the first column of the first row, 0 where that is null. */
  count(sql: string, ...parameters: Parameter[]): number {
    const row = this.statement(sql).get(...parameters)
    return row === undefined ? 0 : Number(Object.values(row)[0] ?? 0)
  }

  /**
   * The rows of a query as they are now, in its order, held on disk: the tables it reads may be
   * changed while they are gone through.
   */
  *spool(sql: string, ...parameters: Parameter[]): Generator<Row> {
    const table = `spool_${++this.#spools}`
    this.#db.prepare(`CREATE TEMP TABLE ${table} AS ${sql}`).run(...parameters)
    try {
      yield* this.#db.prepare(`SELECT * FROM ${table} ORDER BY rowid`).iterate()
    } finally {
      // Emptied, not dropped: SQLite drops no table while another one of the database is being
      // read.
      this.#db.exec(`DELETE FROM ${table}`)
    }
  }

  transaction<T>(work: () => T): T {
    // At once for writing: a reader that comes to write while another one writes is refused.
    this.#db.exec('BEGIN IMMEDIATE')
    const result = work()
    this.#db.exec('COMMIT')
    return result
  }

  /**
   * Reads tables that stay as they are while another thread changes others. Within one transaction
   * SQLite holds on to the first page, and with it to the list of tables: that is read before
   * `work` begins, and must not change until then.
   */
  still<T>(work: () => T): T {
    this.#db.exec('BEGIN')
    try {
      this.count('SELECT EXISTS (SELECT 1 FROM desired)')
      return work()
    } finally {
      this.#db.exec('COMMIT')
    }
  }

  /**
   * Numbers file names in their order. Those that have a number already, nearly always all, cost
   * nothing.
   */
  nameFiles(names: Iterable<string>): void {
    const fresh = [...names].filter((name) => !this.#files.has(name))
    if (fresh.length === 0) return
    this.transaction(() => {
      for (const name of fresh) this.fileId(name)
    })
  }

  /** The number that stands for a file name, in all threads that stage. */
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

/** An origin as rows hold it: the number of the file (see RunDatabase.fileId), and the line. */
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

/** `users.csv:12`, of the row `alias` with the file `f`, as SQL. */
export const originOf = (alias: string) => `f.name || coalesce(':' || ${alias}.line, '') AS origin`

/** A text, or an SQL expression that makes it of a row. */
export type Wording = string | null | { sql: string }

/**
 * Wordings as SQL expressions: a text becomes a parameter behind those of the statement.
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
