/**
 * Where a worker is in its chunk, in memory that it shares with the main thread: a worker that hangs in a regular
 * expression, or dies of a value too large, cannot tell any more.
 */
export type Heartbeat = Int32Array<SharedArrayBuffer>

/** Evaluations begun, plus one; 0 before the chunk is begun, and FINISHED after its end. */
const STEPS = 0
/** Index of the expression under evaluation; see CompiledMapping.expressions. */
const EXPRESSION = 1
/** Index of the record in its chunk. */
const RECORD = 2

const FINISHED = -1
const NONE = -1

/** The heartbeat of one chunk. */
export function createHeartbeat(): Heartbeat {
  const heartbeat = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))
  heartbeat[EXPRESSION] = NONE
  return heartbeat
}

/** What the main thread reads of a heartbeat. */
export interface Position {
  /** Undefined: the chunk is waiting, or done. A number that stays the same: nothing goes on. */
  step: number | undefined
  expression: number | undefined
  record: number
}

/** Reads a heartbeat that another thread writes. */
export function positionOf(heartbeat: Heartbeat): Position {
  const steps = Atomics.load(heartbeat, STEPS)
  const expression = Atomics.load(heartbeat, EXPRESSION)
  return {
    step: steps === 0 || steps === FINISHED ? undefined : steps,
    expression: expression === NONE ? undefined : expression,
    record: Atomics.load(heartbeat, RECORD),
  }
}

/** Writes down where the worker is. One for all chunks of a worker, which come one after another. */
export class Tracker {
  #heartbeat = createHeartbeat()

  begin(heartbeat: Heartbeat = createHeartbeat()): void {
    this.#heartbeat = heartbeat
    Atomics.store(heartbeat, STEPS, 1)
  }

  record(index: number): void {
    Atomics.store(this.#heartbeat, RECORD, index)
    Atomics.store(this.#heartbeat, EXPRESSION, NONE)
  }

  expression(index: number): void {
    Atomics.store(this.#heartbeat, EXPRESSION, index)
    Atomics.add(this.#heartbeat, STEPS, 1)
  }

  end(): void {
    Atomics.store(this.#heartbeat, STEPS, FINISHED)
  }
}
