/**
 * Whose turn it is to write to a database that several threads share. SQLite's own wait for a lock
 * sleeps for one to a hundred milliseconds at a time; this one ends with the other thread's turn.
 */
export class Turns {
  readonly #taken: Int32Array<SharedArrayBuffer>

  /** @param shared the value of `shared` of another thread */
  constructor(shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#taken = new Int32Array(shared)
  }

  /** For other threads. */
  get shared(): SharedArrayBuffer {
    return this.#taken.buffer
  }

  /**
   * Waits for a turn. Gives up after a second, because the other thread might have ended in its
   * turn: only SQLite's own lock is certain.
   */
  take(): void {
    while (Atomics.compareExchange(this.#taken, 0, FREE, TAKEN) === TAKEN) {
      if (Atomics.wait(this.#taken, 0, TAKEN, PATIENCE) === 'timed-out') return
    }
  }

  end(): void {
    Atomics.store(this.#taken, 0, FREE)
    Atomics.notify(this.#taken, 0, 1)
  }
}

const [FREE, TAKEN] = [0, 1]

/** Milliseconds. Staging a chunk takes one or two. */
const PATIENCE = 1000
