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

/** A query in the thread. */
interface Query {
  begun: PromiseWithResolvers<void>
  rows: PromiseWithResolvers<Row[]>
}

/** Call `end`, also after an error. */
export class Reader {
  readonly #rundb: RunDatabase
  readonly #path: string
  readonly #worker: Worker
  readonly #ready = settledLater<void>()
  #query: Query | undefined
  #failure: Error | undefined

  private constructor(rundb: RunDatabase, path: string) {
    this.#rundb = rundb
    this.#path = path
    this.#worker = new Worker(threadModule('rundb/reader-worker'))
    this.#worker.on('message', (message: ReadMessage) => {
      if (message === 'ready') this.#ready.resolve()
      else if (message === 'begun') this.#query?.begun.resolve()
      else this.#query?.rows.resolve(message)
    })
    this.#worker.once('error', (error) => this.#fail(error))
    this.#worker.once('exit', () => this.#fail(new Error('the thread that reads the run has ended')))
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
    if (this.#failure !== undefined) throw this.#failure
    const query: Query = { begun: settledLater(), rows: settledLater() }
    this.#query = query
    const live = fileOfLive(this.#rundb)
    this.#worker.postMessage({ path: this.#path, live, sql, parameters } satisfies ReadTask)
    await query.begun.promise
    return { rows: query.rows.promise }
  }

  async end(): Promise<void> {
    // Terminating a thread that loads its modules can end the whole process.
    await this.#ready.promise.catch(() => {})
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const each of [this.#ready, this.#query?.begun, this.#query?.rows]) each?.reject(error)
  }
}

/** A promise whose failure is handled even if nothing awaits it yet. */
function settledLater<T>(): PromiseWithResolvers<T> {
  const later = Promise.withResolvers<T>()
  later.promise.catch(() => {})
  return later
}
