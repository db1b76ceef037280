import type { Limit } from '../config/manifest.ts'

/**
 * Rounding of clocks on both sides must not let a request slip into the window it just left. Milliseconds.
 */
const MARGIN = 5

/**
 * A sliding window over requests.
 *
 * The server counts a request when it arrives, some time between our sending it and our reading its answer. A request
 * therefore occupies its place from the moment it is sent until a full window after its *answer*: whatever the delay on
 * the way, no window of the server's, wherever it is placed, then holds more than `count`.
 */
export class RequestWindow {
  readonly limit: Limit
  #inFlight = 0
  /** Times of answers that still count, oldest first, as a ring. */
  readonly #answers: Float64Array
  #first = 0
  #answered = 0
  #allowed: number

  constructor(limit: Limit) {
    this.limit = limit
    this.#answers = new Float64Array(limit.count)
    this.#allowed = limit.count
  }

  /** How many requests the window takes at present: `limit.count`, or fewer after 429s. */
  get allowed(): number {
    return this.#allowed
  }

  /** When the next request may leave: `now` if at once, Infinity if an answer must come first. */
  freeAt(now: number): number {
    const span = this.limit.perMs + MARGIN
    while (this.#answered > 0 && this.#answerAt(0) + span <= now) {
      this.#first = (this.#first + 1) % this.#answers.length
      this.#answered -= 1
    }
    const over = this.#inFlight + this.#answered - this.#allowed
    if (over < 0) return now
    return over < this.#answered ? this.#answerAt(over) + span : Number.POSITIVE_INFINITY
  }

  /** How long after `now` the last of so many more requests may leave, at the earliest, if the whole limit can be used. */
  leastMs(requests: number, now: number): number {
    if (requests <= 0) return 0
    this.freeAt(now)
    const { count, perMs } = this.limit
    const span = perMs + MARGIN
    const last = requests - 1
    const free = Math.max(0, count - this.#answered - this.#inFlight)
    const place = (last % count) - free
    const first = place < 0 ? now : place < this.#answered ? this.#answerAt(place) + span : now + span
    return Math.max(0, first - now) + Math.floor(last / count) * span
  }

  enter(): void {
    this.#inFlight += 1
  }

  /** The answer has come at `now`. */
  leave(now: number): void {
    this.#inFlight -= 1
    this.#answers[(this.#first + this.#answered) % this.#answers.length] = now
    this.#answered += 1
  }

  /** The request never left, and does not count. */
  cancel(): void {
    this.#inFlight -= 1
  }

  /** Takes a quarter fewer from now on, down to a tenth of the limit. */
  slowDown(): void {
    this.#allowed = Math.max(1, Math.floor(this.limit.count / 10), Math.floor(this.#allowed * 0.75))
  }

  /** Wins back a twentieth of the limit. */
  recover(): void {
    this.#allowed = Math.min(this.limit.count, this.#allowed + Math.max(1, Math.floor(this.limit.count / 20)))
  }

  #answerAt(index: number): number {
    return this.#answers[(this.#first + index) % this.#answers.length] ?? 0
  }
}
