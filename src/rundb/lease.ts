/**
 * Ends the reading of another thread before what it reads changes. SQLite's own locks do not: the
 * thread reads the file as one that never changes.
 */
export class Lease {
  readonly #state: Int32Array<SharedArrayBuffer>

  /** @param shared the value of `shared` of another thread */
  constructor(shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#state = new Int32Array(shared)
  }

  /** For the other thread. */
  get shared(): SharedArrayBuffer {
    return this.#state.buffer
  }

  /**
   * Reads something short.
   * @throws LeaseEnded if what it read can have changed
   */
  read<T>(work: () => T): T {
    if (!this.#turn(FREE, READING)) throw new LeaseEnded()
    let found: { value: T } | { error: unknown }
    try {
      found = { value: work() }
    } catch (error) {
      found = { error }
    }
    const isValid = this.#turn(READING, FREE)
    Atomics.notify(this.#state, 0)
    if (!isValid) throw new LeaseEnded()
    if ('error' in found) throw found.error
    return found.value
  }

  /**
   * Waits for what is being read, and lets nothing more be read.
   * @param patience milliseconds: the other thread might have ended while it read
   */
  end(patience = PATIENCE): void {
    while (!this.#turn(FREE, ENDED) && Atomics.load(this.#state, 0) !== ENDED) {
      if (Atomics.wait(this.#state, 0, READING, patience) === 'timed-out') this.#turn(READING, ENDED)
    }
  }

  #turn(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#state, 0, from, to) === from
  }
}

export class LeaseEnded extends Error {}

const [FREE, READING, ENDED] = [0, 1, 2]

/** Milliseconds. Reading a page of rows takes one or two. */
const PATIENCE = 10_000
