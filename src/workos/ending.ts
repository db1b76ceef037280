import type { Clock } from '../clock.ts'

/** How long a write that is in flight may take to be answered once the run is interrupted. Milliseconds. */
const GRACE = 5_000

export interface EndingOptions {
  interrupted?: AbortSignal
  killed?: AbortSignal
  clock: Clock
}

/**
 * When requests end before their answer. After an interruption nothing is sent any more, reads are dropped, and writes that are in
 * flight get a few seconds: of one that is dropped nobody knows what became of it, so its intent stays in the journal.
 */
export class Ending {
  readonly #options: EndingOptions
  readonly #closed = new AbortController()
  readonly #dropped = new AbortController()
  readonly #read: AbortSignal
  readonly #write: AbortSignal
  /** Ends waiting: the interruption, or the closing of the client. */
  readonly waiting: AbortSignal
  #callOff = () => {}

  constructor(options: EndingOptions) {
    const { interrupted, killed } = options
    this.#options = options
    this.waiting = interrupted ? AbortSignal.any([interrupted, this.#closed.signal]) : this.#closed.signal
    this.#read = killed ? AbortSignal.any([killed, this.waiting]) : this.waiting
    this.#write = killed ? AbortSignal.any([killed, this.#dropped.signal]) : this.#dropped.signal
    if (interrupted?.aborted) this.#giveGrace()
    else interrupted?.addEventListener('abort', this.#giveGrace)
  }

  /** What ends a request of this method. */
  of(method: string): AbortSignal {
    return method === 'GET' ? this.#read : this.#write
  }

  close(): void {
    this.#options.interrupted?.removeEventListener('abort', this.#giveGrace)
    this.#callOff()
    this.#closed.abort(new Error('the client is closed'))
  }

  readonly #giveGrace = () => {
    // Not the reason of the interruption, by which a write is known that never left.
    const reason = new Error(`no answer within ${GRACE / 1000} s of the interruption`)
    this.#callOff = this.#options.clock.schedule(GRACE, () => this.#dropped.abort(reason))
  }
}
