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
   * @throws LeaseEnded once what it reads can change
   */
  read<T>(work: () => T): T {
    if (Atomics.compareExchange(this.#state, 0, FREE, READING) !== FREE) throw new LeaseEnded()
    try {
      return work()
    } finally {
      Atomics.store(this.#state, 0, FREE)
      Atomics.notify(this.#state, 0)
    }
  }

  /** Waits for what is being read, and lets nothing more be read. */
  end(): void {
    while (Atomics.compareExchange(this.#state, 0, FREE, ENDED) === READING) {
      // The other thread might have ended while it read.
      if (Atomics.wait(this.#state, 0, READING, PATIENCE) === 'timed-out') return
    }
  }
}

export class LeaseEnded extends Error {}

const [FREE, READING, ENDED] = [0, 1, 2]

/** Milliseconds. Reading a page of rows takes one or two. */
const PATIENCE = 10_000
