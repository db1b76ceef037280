import { type Clock, LONG_WAIT, type Wait } from '../clock.ts'
import { backOff, bounded } from './retry.ts'

export interface PaceOptions {
  /** Own rate limit: requests leave evenly spread. Default: the server's limits. */
  rate?: { requests: number; seconds: number }
  /** Maximum number of requests in flight. */
  concurrency: number
  clock: Clock
  /** Name of the system with the rate limit, for reports of long pauses. */
  name?: string
  onWait?(wait: Wait): void
}

/**
 * The shortest wait after a 429, milliseconds. Retry-After has whole seconds and is 0 in the
 * current second.
 */
const MIN_PAUSE = 1000
/** The longest wait after a 429 without a time. Milliseconds. */
const MAX_BACKOFF = 60_000
/** Requests slow down below this share of the server's bucket. */
const LOW = 1 / 4

const WHY = { pace: 'its request limit is used up', refused: 'a request was rejected' } as const

interface Waiter {
  go(): void
}

/**
 * Permission to send requests, in order: within a concurrency, an own rate, and the server's
 * bucket. Below a quarter of the bucket, the rest is spread until the bucket is full again.
 */
export class Pace {
  readonly #clock: Clock
  readonly #concurrency: number
  /** Milliseconds between two requests at our own rate. */
  readonly #interval: number
  readonly #waiting: Waiter[] = []
  #inFlight = 0
  #lastSent = Number.NEGATIVE_INFINITY
  #pausedUntil = Number.NEGATIVE_INFINITY
  #refusalsInARow = 0
  #bucket: { limit: number; left: number; resetAt: number } | undefined
  #cancelWake: (() => void) | undefined
  readonly #tell: (reason: keyof typeof WHY, ms: number) => void

  constructor({ rate, concurrency, clock, name = 'the source', onWait }: PaceOptions) {
    this.#clock = clock
    this.#tell = (reason, ms) => onWait?.({ whose: name, reason, why: WHY[reason], ms })
    this.#concurrency = Math.max(1, concurrency)
    this.#interval = rate === undefined ? 0 : (rate.seconds * 1000) / rate.requests
  }

  /**
   * Waits for permission to send one request; `release` must follow.
   * @throws the signal's reason as soon as it is aborted
   */
  acquire(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        if (this.#waiting.length === 0) this.#sleep()
        reject(signal?.reason)
      }
      const waiter: Waiter = {
        go: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiter)
      this.#pump()
    })
  }

  /** The request has a response, or is given up. */
  release(): void {
    this.#inFlight -= 1
    this.#pump()
  }

  /** Learns the server's bucket from a response. Call it before the request's `release`. */
  learn({ limit, remaining, resetMs }: BucketLevel): void {
    // The server might not have counted the other requests in flight yet.
    const left = remaining - (this.#inFlight - 1)
    this.#bucket = { limit, left, resetAt: this.#clock.now() + resetMs }
  }

  /** A request got a response other than 429. */
  accepted(): void {
    this.#refusalsInARow = 0
  }

  /**
   * A request got a 429: nothing leaves for `waitMs`, at least a second. Without `waitMs`, the
   * pause lasts until the server's bucket is full, if known, or grows with each rejection in a row,
   * with jitter.
   */
  refused(waitMs: number | undefined): void {
    const now = this.#clock.now()
    // Requests in flight together are rejected together: that is one event.
    if (now >= this.#pausedUntil) this.#refusalsInARow += 1
    const untilReset = (this.#bucket?.resetAt ?? now) - now
    const grown = backOff(this.#refusalsInARow, { first: MIN_PAUSE, longest: MAX_BACKOFF })
    const wait = waitMs ?? (untilReset > 0 ? untilReset : grown)
    this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.max(MIN_PAUSE, wait))
  }

  #pump(): void {
    this.#sleep()
    while (this.#waiting.length > 0 && this.#inFlight < this.#concurrency) {
      const now = this.#clock.now()
      const freeAt = this.#freeAt(now)
      if (freeAt > now) {
        const reason = freeAt <= this.#pausedUntil ? 'refused' : 'pace'
        if (freeAt - now >= LONG_WAIT) this.#tell(reason, freeAt - now)
        this.#cancelWake = this.#clock.schedule(Math.ceil(freeAt - now), () => this.#pump())
        return
      }
      this.#inFlight += 1
      this.#lastSent = now
      if (this.#bucket !== undefined) this.#bucket.left -= 1
      this.#waiting.shift()?.go()
    }
  }

  /** When the next request can leave. */
  #freeAt(now: number): number {
    const own = Math.max(this.#pausedUntil, this.#lastSent + this.#interval)
    const bucket = this.#bucket
    if (bucket === undefined || now >= bucket.resetAt) return own
    if (bucket.left <= 0) return Math.max(own, bucket.resetAt)
    if (bucket.left > bucket.limit * LOW) return own
    const spacing = (bucket.resetAt - this.#lastSent) / (bucket.left + 1)
    return Math.max(own, this.#lastSent + spacing)
  }

  #sleep(): void {
    this.#cancelWake?.()
    this.#cancelWake = undefined
  }
}
/** The bucket in X-RateLimit headers. */
export interface BucketLevel {
  /** Requests in a full bucket. */
  limit: number
  /** Requests left. */
  remaining: number
  /** Milliseconds until it is full again. */
  resetMs: number
}
/**
 * The server's bucket from X-RateLimit-Limit, -Remaining and -Reset (epoch seconds), or Okta's
 * X-Rate-Limit-…; undefined unless all three are present. `now`: epoch milliseconds of the server's
 * clock.
 */
export function parseBucketLevel(header: (name: string) => string | undefined, now: number): BucketLevel | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((part) => {
    const text = header(`x-ratelimit-${part}`) ?? header(`x-rate-limit-${part}`)
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
  })
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined
  return { limit, remaining, resetMs: bounded(reset * 1000 - now) }
}
