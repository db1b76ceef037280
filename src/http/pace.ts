import { type Clock, LONG_WAIT, type Wait } from '../clock.ts'
import { backOff, bounded } from './retry.ts'

export interface PaceOptions {
  /**
   * Our own pace: requests leave evenly, so many per so many seconds. Default: as quickly as the
   * server lets.
   */
  rate?: { requests: number; seconds: number }
  /** Requests in flight at once. */
  concurrency: number
  clock: Clock
  /** Whose rate it is, for those who are told of long pauses. */
  name?: string
  onWait?(wait: Wait): void
}

/**
 * The least wait after a 429, milliseconds: Retry-After counts whole seconds, and says 0 where the
 * second has begun.
 */
const MIN_PAUSE = 1000
/** The longest wait after a 429 that says nothing of how long. Milliseconds. */
const MAX_BACKOFF = 60_000
/** Requests slow down when less than this share of the server's bucket is left. */
const LOW = 1 / 4

const WHY = { pace: 'its requests are used up', refused: 'a request was refused' } as const

interface Waiter {
  go(): void
}

/**
 * Leave to send requests, in the order in which it is asked for: within a concurrency, an own pace,
 * and what the server tells of its bucket. Below a quarter of the bucket, what is left is spread
 * over the time until it is full again.
 */
export class Pace {
  readonly #clock: Clock
  readonly #concurrency: number
  /** Milliseconds between two requests by our own rate. */
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
   * Waits for leave to send one request; `release` must follow.
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

  /** The request has been answered, or is given up. */
  release(): void {
    this.#inFlight -= 1
    this.#pump()
  }

  /** What an answer tells of the server's bucket. To be told before the request's `release`. */
  learn({ limit, remaining, resetMs }: BucketLevel): void {
    // The server may not have counted the other requests in flight yet.
    const left = remaining - (this.#inFlight - 1)
    this.#bucket = { limit, left, resetAt: this.#clock.now() + resetMs }
  }

  /** A request was answered, and not with 429. */
  accepted(): void {
    this.#refusalsInARow = 0
  }

  /**
   * A request was answered 429: nothing leaves for `waitMs`, at least a second. Without `waitMs`
   * until the server's bucket is full, if that is known, else for a time that grows with each
   * refusal in a row, with jitter.
   */
  refused(waitMs: number | undefined): void {
    const now = this.#clock.now()
    // Requests that were in flight together are refused together: that is one event.
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

  /** When the next request may leave. */
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
/** What X-RateLimit headers tell of a bucket. */
export interface BucketLevel {
  /** Requests that it holds when full. */
  limit: number
  /** Requests that it still has. */
  remaining: number
  /** Milliseconds until it is full again. */
  resetMs: number
}
/**
 * The level of the server's bucket by X-RateLimit-Limit, -Remaining and -Reset (epoch seconds),
 * which Okta spells X-Rate-Limit-…; undefined unless all three are there. `now`: epoch milliseconds
 * by the server's clock.
 */
export function parseBucketLevel(header: (name: string) => string | undefined, now: number): BucketLevel | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((part) => {
    const text = header(`x-ratelimit-${part}`) ?? header(`x-rate-limit-${part}`)
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
  })
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined
  return { limit, remaining, resetMs: bounded(reset * 1000 - now) }
}
