/** The longest wait that is taken from a header, milliseconds: after it the server is asked again. */
export const LONGEST_WAIT = 600_000

/**
 * Milliseconds to wait by a Retry-After header (RFC 9110 10.2.3: seconds, or a date), at most ten minutes; undefined if it
 * says nothing usable. `now`: epoch milliseconds by the server's clock.
 */
export function parseRetryAfter(header: string | null | undefined, now: number): number | undefined {
  if (header === null || header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now
  return Number.isFinite(wait) ? within(wait) : undefined
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
 * The level of the server's bucket by X-RateLimit-Limit, -Remaining and -Reset (epoch seconds); undefined unless all three
 * are there. `now`: epoch milliseconds by the server's clock.
 */
export function parseBucketLevel(headers: Headers, now: number): BucketLevel | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((part) => {
    const text = headers.get(`x-ratelimit-${part}`)
    return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
  })
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined
  return { limit, remaining, resetMs: within(reset * 1000 - now) }
}

/** The server's clock in epoch milliseconds, by the Date header: ours may be wrong. */
export function serverTime(header: string | null | undefined): number {
  const date = Date.parse(header ?? '')
  return Number.isNaN(date) ? Date.now() : date
}

function within(ms: number): number {
  return Math.min(Math.max(ms, 0), LONGEST_WAIT)
}

/** Between the half and the whole of it: what was refused together does not come back together. */
export function jittered(ms: number): number {
  return ms / 2 + (Math.random() * ms) / 2
}
