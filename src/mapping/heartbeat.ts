/**
 * Where a worker is in its chunk, in memory that it shares with the main thread: a worker that hangs in a regular
 * expression, or dies of a value too large, cannot tell any more.
 */
export type Whereabouts = Int32Array<SharedArrayBuffer>

/** Evaluations begun, plus one; 0 before the chunk is begun, and FINISHED after its end. */
const STEPS = 0
/** Index of the expression under evaluation; see CompiledMapping.expressions. */
const EXPRESSION = 1
/** Index of the record in its chunk. */
const RECORD = 2

const FINISHED = -1
const NONE = -1

/** Whereabouts for one chunk. */
export function createWhereabouts(): Whereabouts {
  const whereabouts = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))
  whereabouts[EXPRESSION] = NONE
  return whereabouts
}

/** What the main thread reads of them. */
export interface Position {
  /** Undefined: the chunk is waiting, or done. A number that stays the same: nothing goes on. */
  step: number | undefined
  expression: number | undefined
  record: number
}

/** Reads whereabouts that another thread writes. */
export function positionOf(whereabouts: Whereabouts): Position {
  const steps = Atomics.load(whereabouts, STEPS)
  const expression = Atomics.load(whereabouts, EXPRESSION)
  return {
    step: steps === 0 || steps === FINISHED ? undefined : steps,
    expression: expression === NONE ? undefined : expression,
    record: Atomics.load(whereabouts, RECORD),
  }
}

/** Writes down where the worker is. One for all chunks of a worker, which come one after another. */
export class Tracker {
  #whereabouts = createWhereabouts()

  begin(whereabouts: Whereabouts = createWhereabouts()): void {
    this.#whereabouts = whereabouts
    Atomics.store(whereabouts, STEPS, 1)
  }

  record(index: number): void {
    Atomics.store(this.#whereabouts, RECORD, index)
    Atomics.store(this.#whereabouts, EXPRESSION, NONE)
  }

  expression(index: number): void {
    Atomics.store(this.#whereabouts, EXPRESSION, index)
    Atomics.add(this.#whereabouts, STEPS, 1)
  }

  end(): void {
    Atomics.store(this.#whereabouts, STEPS, FINISHED)
  }
}
