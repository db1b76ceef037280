import { Worker } from 'node:worker_threads'
import { threadModule } from '../files/package.ts'
import type { Parameter, Row } from '../sqlite/open.ts'
import { fileOfLive } from './live.ts'
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

/** The messages of the thread: it has loaded its modules, it has begun to read, its rows. */
export type ReadMessage = 'ready' | 'begun' | Row[]

/** Call `end`, also after an error. */
export class Reader {
  readonly #rundb: RunDatabase
  readonly #path: string
  readonly #worker: Worker
  readonly #ready = Promise.withResolvers<void>()
  #begun = Promise.withResolvers<void>()
  #rows = Promise.withResolvers<Row[]>()

  private constructor(rundb: RunDatabase, path: string) {
    this.#rundb = rundb
    this.#path = path
    this.#worker = new Worker(threadModule('rundb/reader-worker'))
    const fail = (error: Error) => {
      for (const { reject } of [this.#ready, this.#begun, this.#rows]) reject(error)
    }
    // Nothing might be awaiting it when it fails.
    this.#ready.promise.catch(() => {})
    this.#worker.on('message', (message: ReadMessage) => {
      if (message === 'ready') this.#ready.resolve()
      else if (message === 'begun') this.#begun.resolve()
      else this.#rows.resolve(message)
    })
    this.#worker.once('error', fail)
    this.#worker.once('exit', () => fail(new Error('the thread that reads the run ended without a result')))
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
    await this.#ready.promise
    this.#begun = Promise.withResolvers()
    this.#rows = Promise.withResolvers()
    const rows = this.#rows.promise
    // Awaited later. Until then its failure is handled here.
    rows.catch(() => {})
    const live = fileOfLive(this.#rundb)
    this.#worker.postMessage({ path: this.#path, live, sql, parameters } satisfies ReadTask)
    await this.#begun.promise
    return { rows }
  }

  async end(): Promise<void> {
    // Terminating a thread that loads its modules can end the whole process.
    await this.#ready.promise.catch(() => {})
    await this.#worker.terminate()
  }
}
