import { type Clock, LONG_WAIT, systemClock, type Wait } from '../clock.ts'
import { type Limit, parseLimit, parseThreshold } from '../config/manifest.ts'
import { backOff } from '../http/retry.ts'

/**
 * What a request counts as. `other` is everything outside /user_management, which only the general
 * window bounds. Source: https://workos.com/docs/reference/rate-limits
 */
export type RequestClass = (typeof REQUEST_CLASSES)[number]
const REQUEST_CLASSES = ['write', 'read', 'other', 'organization-delete'] as const

/**
 * The windows a request counts in, by its method and path:
 * https://workos.com/docs/reference/rate-limits
 */
export function classify(method: string, path: string): RequestClass {
  if (path.startsWith('/user_management/')) return method === 'GET' ? 'read' : 'write'
  if (method === 'DELETE' && /^\/organizations\/[^/]+$/.test(path)) return 'organization-delete'
  return 'other'
}

export interface Limits {
  writes: Limit
  reads: Limit
  requests: Limit
  /** Default: ORGANIZATION_DELETES. */
  organizationDeletes?: Limit
}

/**
 * WorkOS's limits as the manifest writes them, in `run.limits`:
 * https://workos.com/docs/reference/rate-limits
 */
export const DOCUMENTED_LIMITS = { writes: '500/10s', reads: '1000/10s', requests: '6000/60s' } as const

/**
 * Organization deletes have a window of their own: 50 per 60 s
 * (https://workos.com/docs/reference/rate-limits).
 */
export const ORGANIZATION_DELETES: Limit = { count: 50, perMs: 60_000 }

/**
 * The windows that `run.limits` asks for. A percentage is that share of a documented limit, and at
 * least one request; of all of them where it is all that is written.
 */
export function limitsOf(written: LimitsText): Limits {
  if (typeof written !== 'string') {
    const read = (name: keyof typeof DOCUMENTED_LIMITS) => windowOf(written[name], parseLimit(DOCUMENTED_LIMITS[name]))
    return { writes: read('writes'), reads: read('reads'), requests: read('requests') }
  }
  const { writes, reads, requests } = limitsOf({ writes: written, reads: written, requests: written })
  return { writes, reads, requests, organizationDeletes: windowOf(written, ORGANIZATION_DELETES) }
}

/** `run.limits` as the manifest writes it. */
export type LimitsText = string | Record<keyof typeof DOCUMENTED_LIMITS, string>

function windowOf(written: string, documented: Limit): Limit {
  if (!written.endsWith('%')) return parseLimit(written)
  const count = Math.floor((documented.count * parseThreshold(written).value) / 100)
  return { count: Math.max(1, count), perMs: documented.perMs }
}

const PLENTY: Limit = { count: 1_000_000, perMs: 1 }

/** For a target that refuses no request for its number. */
export const NO_LIMITS: Limits = { writes: PLENTY, reads: PLENTY, requests: PLENTY, organizationDeletes: PLENTY }

/** The least pause after a refusal, milliseconds. */
const MIN_PAUSE = 1000

/** Leave to send one request. Exactly one of its two functions is called, once. */
export interface Permit {
  /** The answer has come, or the request is given up after it left. */
  done(): void
  /** The request never left. */
  unused(): void
}

interface Waiter {
  grant(permit: Permit): void
  refuse(reason: unknown): void
}

interface Lane {
  windows: RequestWindow[]
  waiting: Waiter[]
}

/**
 * Paces requests over the documented windows and fills them without a single 429 in normal running.
 * Classes wait in lanes of their own: exhausted writes do not hold up reads.
 */
export class RateLimiter {
  readonly #clock: Clock
  readonly #windows: RequestWindow[]
  readonly #lanes: Record<RequestClass, Lane>
  #pausedUntil = Number.NEGATIVE_INFINITY
  /** Why. */
  #pausedBy = ''
  readonly #onWait: (wait: Wait) => void
  #refusalsInARow = 0
  /** Since the last pause began: requests answered, and those of them that were refused. */
  #answered = 0
  #refused = 0
  #lastRecovery = 0
  #wakeAt = Number.POSITIVE_INFINITY
  #cancelWake: (() => void) | undefined

  /** @param onWait told of pauses that are long */
  constructor(limits: Limits, clock: Clock = systemClock, onWait: (wait: Wait) => void = () => {}) {
    this.#clock = clock
    this.#onWait = onWait
    const requests = new RequestWindow(limits.requests)
    const writes = new RequestWindow(limits.writes)
    const reads = new RequestWindow(limits.reads)
    const deletes = new RequestWindow(limits.organizationDeletes ?? ORGANIZATION_DELETES)
    this.#windows = [requests, writes, reads, deletes]
    const lane = (...windows: RequestWindow[]): Lane => ({ windows, waiting: [] })
    this.#lanes = {
      write: lane(writes, requests),
      read: lane(reads, requests),
      other: lane(requests),
      'organization-delete': lane(deletes, requests),
    }
  }

  /**
   * Waits for leave to send one request.
   * @throws the signal's reason when it is aborted before the request's turn
   */
  acquire(requestClass: RequestClass, signal?: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const lane = this.#lanes[requestClass]
      const onAbort = () => {
        lane.waiting.splice(lane.waiting.indexOf(waiter), 1)
        reject(signal?.reason)
        // A timer that nobody waits for any more would keep the process alive.
        this.#pump()
      }
      const waiter: Waiter = {
        grant: (permit) => {
          signal?.removeEventListener('abort', onAbort)
          resolve(permit)
        },
        refuse: reject,
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      lane.waiting.push(waiter)
      this.#pump()
    })
  }

  /**
   * A request was answered 429, or 503 with Retry-After: nothing leaves until `retryAfterMs` have
   * passed, at least 1 s (without one: 1 s, doubled with each refusal in a row, at most 60 s), and
   * the windows shrink. Refusals are in a row as long as no more requests pass between them than
   * are refused: a few refusals among many answers are not a closed door.
   */
  refused(retryAfterMs?: number): void {
    const now = this.#clock.now()
    // Requests that were in flight together are refused together: that is one event, not fifty.
    const sameEvent = now < this.#pausedUntil
    if (!sameEvent) {
      const passed = this.#answered - this.#refused
      this.#refusalsInARow = passed > this.#refused ? 1 : this.#refusalsInARow + 1
      this.#answered = 0
      this.#refused = 0
      for (const window of this.#windows) window.slowDown()
    }
    this.#refused += 1
    // Retry-After counts whole seconds, and 0 where the second has begun: taken at its word it
    // would never make us wait. No jitter: after the pause the windows, which have shrunk, spread
    // the requests.
    const growth = { first: MIN_PAUSE, longest: 60_000, jitter: false }
    const pause = retryAfterMs ?? backOff(this.#refusalsInARow, growth)
    const until = now + Math.max(MIN_PAUSE, pause)
    if (until <= this.#pausedUntil) return
    this.#pausedUntil = until
    this.#pausedBy = retryAfterMs === undefined ? 'a request was refused' : 'Retry-After'
  }

  /**
   * The least time until so many more requests of each class can have left, besides those that wait
   * for their turn. Milliseconds.
   */
  leastMs(requests: Partial<Record<RequestClass, number>>): number {
    const now = this.#clock.now()
    const start = Math.max(now, this.#pausedUntil)
    const toSend = (name: RequestClass) => Math.ceil(requests[name] ?? 0) + this.#lanes[name].waiting.length
    const perWindow = new Map<RequestWindow, number>()
    for (const name of REQUEST_CLASSES) {
      for (const window of this.#lanes[name].windows) {
        perWindow.set(window, (perWindow.get(window) ?? 0) + toSend(name))
      }
    }
    const needs = [...perWindow].map(([window, count]) =>
      count === 0 ? 0 : start - now + window.leastMs(count, start),
    )
    return Math.max(...needs)
  }

  #pump(): void {
    const now = this.#clock.now()
    this.#recover(now)
    let wakeAt = Number.POSITIVE_INFINITY
    for (const lane of Object.values(this.#lanes)) {
      while (lane.waiting.length > 0) {
        const freeAt = Math.max(this.#pausedUntil, ...lane.windows.map((window) => window.freeAt(now)))
        if (freeAt > now) {
          wakeAt = Math.min(wakeAt, freeAt)
          break
        }
        for (const window of lane.windows) window.enter()
        lane.waiting.shift()?.grant(this.#permit(lane))
      }
    }
    this.#wake(wakeAt, now)
  }

  #permit(lane: Lane): Permit {
    return {
      done: () => {
        this.#answered += 1
        const now = this.#clock.now()
        for (const window of lane.windows) window.leave(now)
        this.#pump()
      },
      unused: () => {
        for (const window of lane.windows) window.cancel()
        this.#pump()
      },
    }
  }

  #recover(now: number): void {
    // Counted from the end of the pause: a long one is no proof that the refusals are over.
    if (now - this.#pausedUntil < 10_000 || now - this.#lastRecovery < 10_000) return
    this.#lastRecovery = now
    this.#refusalsInARow = 0
    for (const window of this.#windows) window.recover()
  }

  #wake(at: number, now: number): void {
    if (at === this.#wakeAt) return
    this.#cancelWake?.()
    this.#cancelWake = undefined
    this.#wakeAt = at
    if (at === Number.POSITIVE_INFINITY) return
    if (at - now >= LONG_WAIT) {
      const refused = at <= this.#pausedUntil
      const why = refused ? this.#pausedBy : 'all requests of this period are sent'
      this.#onWait({ whose: 'WorkOS', reason: refused ? 'refused' : 'pace', why, ms: at - now })
    }
    this.#cancelWake = this.#clock.schedule(Math.max(1, Math.ceil(at - now)), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.#pump()
    })
  }
}

/**
 * Rounding of clocks on both sides must not let a request slip into the window it just left.
 * Milliseconds.
 */
const MARGIN = 5

/**
 * A sliding window over requests.
 *
 * The server counts a request when it arrives, some time between our sending it and our reading its
 * answer. A request therefore occupies its place from the moment it is sent until a full window
 * after its *answer*: whatever the delay on the way, no window of the server's, wherever it is
 * placed, then holds more than `count`.
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

  /**
   * How long after `now` the last of so many more requests may leave, at the earliest, if the whole
   * limit can be used.
   */
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
