import type { Parameter, Row } from '../sqlite/open.ts'
import { fileOfLive } from './live.ts'
import { ReadingThread } from './reading-thread.ts'
import type { RunDatabase } from './run-database.ts'

/**
 * Runs queries of a run in a thread of its own, while this one runs others. In: a query on tables
 * that do not change meanwhile. Out: its rows.
 */

/** A query for the thread. */
export interface ReadTask {
  /** The run's database. */
  path: string
  /** The file with the table `live`. Undefined: the run's database has it. */
  live: string | undefined
  sql: string
  parameters: readonly Parameter[]
}

/** Call `end`, also after an error. */
export class Reader {
  readonly #rundb: RunDatabase
  readonly #path: string
  readonly #thread = new ReadingThread<ReadTask, Row[]>('rundb/reader-worker')

  private constructor(rundb: RunDatabase, path: string) {
    this.#rundb = rundb
    this.#path = path
  }

  /** Starts the thread. Undefined: the database is in memory. */
  static start(rundb: RunDatabase): Reader | undefined {
    return rundb.path === undefined ? undefined : new Reader(rundb, rundb.path)
  }

  /**
   * Begins a query. Once this has returned, other tables can change. One query at a time.
   * @returns its rows, once the thread has them
   */
  async begin(sql: string, ...parameters: Parameter[]): Promise<{ rows: Promise<Row[]> }> {
    const live = fileOfLive(this.#rundb)
    const { result } = await this.#thread.begin({ path: this.#path, live, sql, parameters })
    return { rows: result }
  }

  async end(): Promise<void> {
    await this.#thread.end()
  }
}
