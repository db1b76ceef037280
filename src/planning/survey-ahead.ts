import { Worker } from 'node:worker_threads'
import { threadModule } from '../files/package.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { hasChanges } from '../rundb/actions.ts'
import { countDesired } from '../rundb/desired-facts.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import {
  type KindSurvey,
  NO_VALUES,
  type Survey,
  type SurveyScope,
  surveyKind,
  surveyOf,
  surveyValues,
} from './survey.ts'

/**
 * Surveys values while planning runs. In: a desired set that no longer changes. Out: what the
 * survey found. For many resources it runs in a separate thread, which the main thread helps once
 * everything is planned.
 */

/** From this many resources on, starting a thread takes less time than the survey. */
const MANY = 20_000

/** The input of the thread. */
export interface SurveyTask extends SurveyScope {
  /** The run's database. */
  path: string
  /** The number of kinds that a thread has taken: one shared number. */
  taken: Int32Array
}

/** The messages of the thread: it has loaded its modules, it has begun to read, its result. */
export type SurveyMessage = 'ready' | 'begun' | KindSurvey[]

export interface SurveyorOptions {
  /** Maximum number of busy threads. */
  workers: number
  /** The number of resources from which a thread is used. */
  many?: number
}

/**
 * Surveys the values of a desired set once, in a thread of its own if there are many. Call `end`,
 * also after an error.
 */
export class Surveyor {
  readonly #workers: number
  readonly #many: number
  #thread: Thread | undefined
  #task: SurveyTask | undefined

  constructor({ workers, many = MANY }: SurveyorOptions) {
    this.#workers = workers
    this.#many = many
  }

  /**
   * Starts the thread, which loads its modules while the desired set is made.
   * @param drafts about how many resources there will be
   */
  prepare(drafts: number): void {
    if (this.#workers >= 2 && drafts >= this.#many) this.#thread ??= new Thread()
  }

  /**
   * Begins the survey, in the thread if there is one. From now on the desired set must not change;
   * other tables can change once this has returned.
   */
  async begin(rundb: RunDatabase, { scoped, manifest }: SurveyScope): Promise<void> {
    const { path } = rundb
    const desired = kindDefinitions.reduce((sum, { name }) => sum + countDesired(rundb, name), 0)
    if (path !== undefined) this.prepare(desired)
    const taken = new Int32Array(new SharedArrayBuffer(4))
    this.#task = { path: path ?? '', scoped, manifest: { map: manifest.map }, taken }
    if (path !== undefined) await this.#thread?.begin(this.#task)
  }

  /** The survey, once everything is planned. Takes the kinds that the thread has not begun. */
  async survey(rundb: RunDatabase): Promise<Survey> {
    const task = this.#task
    if (task === undefined) return NO_VALUES
    if (this.#thread === undefined) return surveyValues(rundb, task, (kind) => hasChanges(rundb, kind))
    const own = surveyNext(rundb, task)
    return surveyOf([...own, ...(await this.#thread.found)])
  }

  /** Ends the thread, whether its result was used or not. */
  async end(): Promise<void> {
    await this.#thread?.end()
  }
}

/** Surveys one kind after another that no thread has taken. What changes is not known yet. */
export function surveyNext(rundb: RunDatabase, { taken, ...scope }: SurveyTask): KindSurvey[] {
  const found: KindSurvey[] = []
  for (;;) {
    const definition = kindDefinitions[Atomics.add(taken, 0, 1)]
    if (definition === undefined) return found
    found.push(surveyKind(rundb, definition, scope, true))
  }
}

class Thread {
  readonly #worker: Worker
  readonly #ready = Promise.withResolvers<void>()
  readonly #begun = Promise.withResolvers<void>()
  readonly #found = Promise.withResolvers<KindSurvey[]>()

  constructor() {
    this.#worker = new Worker(threadModule('planning/survey-worker'), {
      // V8 collects old garbage only at half of this. Ten million users would leave 400 MiB of it.
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    const steps = [this.#ready, this.#begun, this.#found]
    // Nothing might be awaiting them yet when they fail.
    for (const { promise } of steps) promise.catch(() => {})
    const fail = (error: Error) => {
      for (const { reject } of steps) reject(error)
    }
    this.#worker.on('message', (message: SurveyMessage) => {
      if (message === 'ready') this.#ready.resolve()
      else if (message === 'begun') this.#begun.resolve()
      else this.#found.resolve(message)
    })
    this.#worker.once('error', fail)
    this.#worker.once('exit', () => fail(new Error('the thread that surveys values ended without a result')))
  }

  get found(): Promise<KindSurvey[]> {
    return this.#found.promise
  }

  async begin(task: SurveyTask): Promise<void> {
    this.#worker.postMessage(task)
    await this.#begun.promise
  }

  async end(): Promise<void> {
    // Terminating a thread that loads its modules can end the whole process.
    await this.#ready.promise.catch(() => {})
    await this.#worker.terminate()
  }
}
