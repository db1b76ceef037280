import { type Clock, LONG_WAIT, systemClock, type Wait } from '../clock.ts'
import { type Limit, parseLimit, parseThreshold } from '../config/manifest.ts'
import { backOff } from '../http/retry.ts'

/**
 * Classes of requests. `other` is everything outside /user_management, which only the general
 * window limits. Source: https://workos.com/docs/reference/rate-limits
 */
export type RequestClass = (typeof REQUEST_CLASSES)[number]
const REQUEST_CLASSES = ['write', 'read', 'other', 'organization-delete'] as const

/** The class of a request by method and path: https://workos.com/docs/reference/rate-limits */
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
 * WorkOS's limits in the form of the manifest's `run.limits`:
 * https://workos.com/docs/reference/rate-limits
 */
export const DOCUMENTED_LIMITS = { writes: '500/10s', reads: '1000/10s', requests: '6000/60s' } as const

/**
 * Deletions of organizations have a separate window: 50 per 60 s
 * (https://workos.com/docs/reference/rate-limits).
 */
export const ORGANIZATION_DELETES: Limit = { count: 50, perMs: 60_000 }

/**
 * The windows that `run.limits` sets. A percentage is that share of a documented limit, at least
 * one request. A single percentage applies to all limits.
 */
export function limitsOf(written: LimitsText): Limits {
  if (typeof written !== 'string') {
    const read = (name: keyof typeof DOCUMENTED_LIMITS) => windowOf(written[name], parseLimit(DOCUMENTED_LIMITS[name]))
    return { writes: read('writes'), reads: read('reads'), requests: read('requests') }
  }
  const { writes, reads, requests } = limitsOf({ writes: written, reads: written, requests: written })
  return { writes, reads, requests, organizationDeletes: windowOf(written, ORGANIZATION_DELETES) }
}

/** `run.limits` as written in the manifest. */
export type LimitsText = string | Record<keyof typeof DOCUMENTED_LIMITS, string>

function windowOf(written: string, documented: Limit): Limit {
  if (!written.endsWith('%')) return parseLimit(written)
  const count = Math.floor((documented.count * parseThreshold(written).value) / 100)
  return { count: Math.max(1, count), perMs: documented.perMs }
}

const PLENTY: Limit = { count: 1_000_000, perMs: 1 }

/** For a target without rate limits. */
export const NO_LIMITS: Limits = { writes: PLENTY, reads: PLENTY, requests: PLENTY, organizationDeletes: PLENTY }

/** The shortest pause after a 429, milliseconds. */
const MIN_PAUSE = 1000

/** Permission to send one request. Call exactly one of its functions, once. */
export interface Permit {
  /** The response arrived, or the request was given up after it left. */
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
 * Paces requests over the documented windows and fills them, normally without a single 429. Each
 * class waits in its own lane, so used-up writes do not delay reads.
 */
export class RateLimiter {
  readonly #clock: Clock
  readonly #windows: RequestWindow[]
  readonly #lanes: Record<RequestClass, Lane>
  #pausedUntil = Number.NEGATIVE_INFINITY
  /** Reason for the pause. */
  #pausedBy = ''
  readonly #onWait: (wait: Wait) => void
  #refusalsInARow = 0
  /** Responses since the last pause began, and how many of them were 429. */
  #answered = 0
  #refused = 0
  #lastRecovery = 0
  #wakeAt = Number.POSITIVE_INFINITY
  #cancelWake: (() => void) | undefined

  /** @param onWait called for long pauses */
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
   * Waits for permission to send one request.
   * @throws the signal's reason when it is aborted before the request's turn
   */
  acquire(requestClass: RequestClass, signal?: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const lane = this.#lanes[requestClass]
      const onAbort = () => {
        lane.waiting.splice(lane.waiting.indexOf(waiter), 1)
        reject(signal?.reason)
        // A timer without waiting requests would keep the process alive.
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
   * Handles a 429, or a 503 with Retry-After: nothing leaves for `retryAfterMs`, at least 1 s.
   * Without it, the pause is 1 s and doubles with each rejection in a row, up to 60 s. The windows
   * shrink. Rejections are in a row as long as at most as many requests pass between them: a few
   * rejections among many responses do not count.
   */
  refused(retryAfterMs?: number): void {
    const now = this.#clock.now()
    // Requests in flight together are rejected together: that is one event, not fifty.
    const sameEvent = now < this.#pausedUntil
    if (!sameEvent) {
      const passed = this.#answered - this.#refused
      this.#refusalsInARow = passed > this.#refused ? 1 : this.#refusalsInARow + 1
      this.#answered = 0
      this.#refused = 0
      for (const window of this.#windows) window.slowDown()
    }
    this.#refused += 1
    // Retry-After has whole seconds, and is 0 in the current second, which would never wait. No
    // jitter: after the pause, the smaller windows spread the requests.
    const growth = { first: MIN_PAUSE, longest: 60_000, jitter: false }
    const pause = retryAfterMs ?? backOff(this.#refusalsInARow, growth)
    const until = now + Math.max(MIN_PAUSE, pause)
    if (until <= this.#pausedUntil) return
    this.#pausedUntil = until
    this.#pausedBy = retryAfterMs === undefined ? 'a request was rejected' : 'Retry-After'
  }

  /**
   * The minimum time until this many more requests of each class can leave, after those already
   * waiting. Milliseconds.
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
    // Counted from the end of the pause, because a long pause does not prove that the rejections
    // are over.
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
      const why = refused ? this.#pausedBy : 'all requests of this period are used up'
      this.#onWait({ whose: 'WorkOS', reason: refused ? 'refused' : 'pace', why, ms: at - now })
    }
    this.#cancelWake = this.#clock.schedule(Math.max(1, Math.ceil(at - now)), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.#pump()
    })
  }
}

/**
 * Allowance for rounding of both clocks, so that no request falls into the window it just left.
 * Milliseconds.
 */
const MARGIN = 5

/**
 * A sliding window over requests.
 *
 * The server counts a request on arrival, between our sending it and our reading its response. A
 * request therefore occupies its place from its sending until one full window after its *response*.
 * Whatever the delay, no window of the server then contains more than `count`.
 */
export class RequestWindow {
  readonly limit: Limit
  #inFlight = 0
  /** Times of responses that still count, oldest first, in a ring. */
  readonly #answers: Float64Array
  #first = 0
  #answered = 0
  #allowed: number

  constructor(limit: Limit) {
    this.limit = limit
    this.#answers = new Float64Array(limit.count)
    this.#allowed = limit.count
  }

  /** The current size of the window: `limit.count`, or fewer after 429s. */
  get allowed(): number {
    return this.#allowed
  }

  /**
   * When the next request can leave: `now` if at once, Infinity if a response must arrive first.
   */
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
   * Time after `now` until the last of this many more requests can leave, if the whole limit is
   * available.
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

  /** The response arrived at `now`. */
  leave(now: number): void {
    this.#inFlight -= 1
    this.#answers[(this.#first + this.#answered) % this.#answers.length] = now
    this.#answered += 1
  }

  /** The request never left and does not count. */
  cancel(): void {
    this.#inFlight -= 1
  }

  /** Reduces the window by a quarter, down to a tenth of the limit. */
  slowDown(): void {
    this.#allowed = Math.max(1, Math.floor(this.limit.count / 10), Math.floor(this.#allowed * 0.75))
  }

  /** Regains a twentieth of the limit. */
  recover(): void {
    this.#allowed = Math.min(this.limit.count, this.#allowed + Math.max(1, Math.floor(this.limit.count / 20)))
  }

  #answerAt(index: number): number {
    return this.#answers[(this.#first + index) % this.#answers.length] ?? 0
  }
}
