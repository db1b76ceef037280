import { Worker, type WorkerOptions } from 'node:worker_threads'
import { threadModule } from '../files/package.ts'

/**
 * A thread that reads tables of the run while this one writes to others. In: one task at a time.
 * Out: its result.
 */

/** From this many resources on, starting such a thread takes less time than it saves. */
export const MANY = 20_000

/** The messages of the thread: it has loaded its modules, it has begun to read, its result. */
export type ReadingMessage<Result extends object> = 'ready' | 'begun' | Result

/** Call `end`, also after an error. */
export class ReadingThread<Task, Result extends object> {
  readonly #worker: Worker
  readonly #ready = settledLater<void>()
  #begun = settledLater<void>()
  #result = settledLater<Result>()
  #failure: Error | undefined
  #isIdle = false

  /** @param module the entry of the thread */
  constructor(module: string, options?: WorkerOptions) {
    this.#worker = new Worker(threadModule(module), options)
    this.#worker.on('message', (message: ReadingMessage<Result>) => {
      if (message === 'begun') this.#begun.resolve()
      else {
        this.#isIdle = true
        if (message === 'ready') this.#ready.resolve()
        else this.#result.resolve(message)
      }
    })
    this.#worker.once('error', (error) => this.#fail(error))
    this.#worker.once('exit', () => this.#fail(new Error(`the thread ${module} has ended`)))
  }

  /** It has loaded its modules and has no task. */
  get isIdle(): boolean {
    return this.#isIdle
  }

  /**
   * Begins a task once it is ready, and no other one runs. When this has returned, other tables
   * can change.
   * @returns its result, once the thread has it
   */
  async begin(task: Task): Promise<{ result: Promise<Result> }> {
    await this.#ready.promise
    if (this.#failure !== undefined) throw this.#failure
    if (!this.#isIdle) throw new Error('the thread has another task')
    this.#isIdle = false
    const [begun, result] = [settledLater<void>(), settledLater<Result>()]
    this.#begun = begun
    this.#result = result
    this.#worker.postMessage(task)
    await begun.promise
    return { result: result.promise }
  }

  async end(): Promise<void> {
    // Terminating a thread that loads its modules can end the whole process.
    await this.#ready.promise.catch(() => {})
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const each of [this.#ready, this.#begun, this.#result]) each.reject(error)
  }
}

/** A promise whose failure is handled even if nothing awaits it yet. */
function settledLater<T>(): PromiseWithResolvers<T> {
  const later = Promise.withResolvers<T>()
  later.promise.catch(() => {})
  return later
}
