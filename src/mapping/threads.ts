import type { Transferable } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { threadModule } from '../files/package.ts'
import type { Answer, Task } from './worker.ts'

/**
 * MiB for one thread. A thread needs little more than its chunk, but without a limit V8 lets
 * garbage grow to the size of the machine's memory.
 */
const MEMORY = 512

/**
 * The threads that map records. They load their modules at once, so they can start before it is
 * known what they will map: each task tells them. Call `close`, also after an error.
 */
export class MappingThreads {
  readonly count: number
  /** MiB for each. */
  readonly memory: number
  readonly #pool: Promise<Piscina>
  /** Settled when all have loaded their modules. */
  readonly #started: Promise<unknown>
  #closed: Promise<void> | undefined

  constructor(count: number, memory = MEMORY) {
    this.count = count
    this.memory = memory
    this.#pool = startPool(count, memory)
    // Terminating a thread that still loads its modules can end the whole process: an empty task
    // for each shows when all have started.
    this.#started = this.each({})
  }

  async run<Result extends Answer>(
    task: Task,
    options: { signal?: AbortSignal; transferList?: Transferable[] } = {},
  ): Promise<Result> {
    if (this.#closed !== undefined) throw new Error('the mapping threads have ended')
    const pool = await this.#pool
    return pool.run(task, options)
  }

  /** Gives every thread a task. Errors do not matter: they come again with the next task. */
  each(task: Task): Promise<unknown> {
    return Promise.allSettled(Array.from({ length: this.count }, () => this.run(task)))
  }

  /**
   * Ends the threads, and abandons their tasks.
   * @param atOnce a thread hangs or has failed, so it might never have started
   */
  close(atOnce = false): Promise<void> {
    this.#closed ??= this.#end(atOnce)
    return this.#closed
  }

  async #end(atOnce: boolean): Promise<void> {
    if (!atOnce) await this.#started
    // If the pool could not start, each task has said so.
    await (await this.#pool.catch(() => undefined))?.destroy()
  }
}

async function startPool(count: number, memory: number): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  const pool = new Piscina({
    filename: threadModule('mapping/worker').href,
    minThreads: count,
    maxThreads: count,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Idle threads wait in their event loop: terminating one that blocks on shared memory has
    // crashed the process. Threads that stage do block, but only while another one stages.
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: memory },
  })
  // A thread that cannot load its modules fails before it has a task. The error also comes from
  // each task.
  pool.on('error', () => {})
  return pool
}
