import type { Intent, Outcome, StateStore } from '../state/store.ts'

interface Waiting {
  resolve(): void
  reject(error: unknown): void
}

/**
 * Writes intents and outcomes to the state, many at a time: what comes up while one commit is under way goes into the
 * next. A caller goes on only when its own entry is on the disk.
 */
export class Journal {
  readonly #store: StateStore
  #intents: Intent[] = []
  #outcomes: Outcome[] = []
  #waiting: Waiting[] = []
  #flushing = false

  constructor(store: StateStore) {
    this.#store = store
  }

  /** Resolves when the intent is on the disk, so that its write may leave. */
  intend(intent: Intent): Promise<void> {
    this.#intents.push(intent)
    return this.#enqueue()
  }

  /** Resolves when the outcome is on the disk. */
  record(outcome: Outcome): Promise<void> {
    this.#outcomes.push(outcome)
    return this.#enqueue()
  }

  #enqueue(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ resolve, reject })
    if (!this.#flushing) {
      this.#flushing = true
      setImmediate(() => this.#flush())
    }
    return promise
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      const batch = { intents: this.#intents, outcomes: this.#outcomes }
      this.#waiting = []
      this.#intents = []
      this.#outcomes = []
      try {
        await this.#store.commit(batch)
        for (const { resolve } of waiting) resolve()
      } catch (error) {
        for (const { reject } of waiting) reject(error)
      }
      // What the callers just woken do next belongs into the next commit.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#flushing = false
  }
}
