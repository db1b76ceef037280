/**
 * When a request is sent again. In: the result of each attempt. Out: a pause before the next
 * attempt, or the error that ends the request. The client interprets responses. Reports never show
 * a secret.
 */

import { type Clock, LONG_WAIT, sleep, type Wait } from '../clock.ts'
import type { Redactor } from '../diagnostics/redactor.ts'

/**
 * A request without a usable response. Its sender decides what happens next. Omits the body and
 * query.
 */
export interface FailedRequest {
  method: string
  path: string
  /** Undefined: there was no response. */
  status?: number
  /** What went wrong: `HTTP 503`, or why there was no response. */
  why: string
  /** Number of the attempt, from 1. */
  attempt: number
}

/** A request, as messages name it. */
export type NamedRequest = Pick<FailedRequest, 'method' | 'path'>

/** How a client repeats its requests. */
export interface Retries {
  /** The system, for reports of long pauses: `WorkOS`. */
  whose: string
  /**
   * The longest pause between two attempts, milliseconds. The first is 200; each further one
   * doubles.
   */
  longestPause: number
  clock: Clock
  /** Ends pauses. */
  signal?: AbortSignal
  /** Knows the secrets of the requests: a response can repeat them. */
  redactor: Redactor
  /** Whether reports of a long pause include the failure before it. */
  explainsPauses: boolean
  /** Called for long pauses. */
  onWait: ((wait: Wait) => void) | undefined
  /** Called for requests without a usable response. */
  onFailedRequest: ((request: FailedRequest) => void) | undefined
  /** Called as soon as another attempt is certain. */
  onRepeat?(): void
  /** The error after the last attempt. */
  unreachable(request: NamedRequest, why: string, attempts: number): Error
  /** The error after too many 429s. */
  rateLimited(request: NamedRequest, times: number): Error
}

/** Maximum number of 429s for one request. */
const REFUSALS = 20

/** Whether another attempt can change this status. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408
}

/** Reports an attempt without a usable response. */
export function tellFailed(
  { onFailedRequest, redactor }: Retries,
  { method, path }: NamedRequest,
  { status, why, attempt }: Omit<FailedRequest, keyof NamedRequest>,
): void {
  const answered = status === undefined ? {} : { status }
  onFailedRequest?.({ method, path: redactor.redact(path), ...answered, why: redactor.redact(why), attempt })
}

/** The attempts at one request, except those with a 429. */
export class Attempts {
  readonly #retries: Retries
  readonly #request: NamedRequest
  readonly #mayRepeat: (attempt: number) => boolean
  /** Number of the current attempt, from 1. */
  number = 1

  /** @param mayRepeat whether another attempt can follow this many */
  constructor(retries: Retries, request: NamedRequest, mayRepeat: (attempts: number) => boolean) {
    this.#retries = retries
    this.#request = request
    this.#mayRepeat = mayRepeat
  }

  /**
   * After an attempt without a usable response, waits until the next one can leave, at least
   * `waitMs`.
   * @throws Retries.unreachable after the last one; the signal's reason
   */
  async failed({ why, status, waitMs = 0 }: { why: string; status?: number; waitMs?: number }): Promise<void> {
    const { whose, longestPause, clock, signal, redactor, explainsPauses, onWait, unreachable } = this.#retries
    tellFailed(this.#retries, this.#request, { status, why, attempt: this.number })
    if (!this.#mayRepeat(this.number)) throw unreachable(this.#request, why, this.number)
    this.number += 1
    this.#retries.onRepeat?.()
    const ms = Math.max(backOff(this.number - 1, { first: 200, longest: longestPause }), waitMs)
    const follows = `attempt ${this.number} follows`
    if (ms >= LONG_WAIT) {
      const reason = explainsPauses ? `${redactor.redact(why)}; ${follows}` : follows
      onWait?.({ whose, reason: 'retry', why: reason, ms })
    }
    await sleep(clock, ms, signal)
  }
}

/** The 429s of one request or attempt. The client's pacing decides how long to wait. */
export class Refusals {
  readonly #retries: Retries
  readonly #request: NamedRequest
  #times = 0

  constructor(retries: Retries, request: NamedRequest) {
    this.#retries = retries
    this.#request = request
  }

  /** @throws Retries.rateLimited when it is one too many */
  add(): void {
    this.#times += 1
    tellFailed(this.#retries, this.#request, { status: 429, why: 'HTTP 429', attempt: this.#times })
    if (this.#times > REFUSALS) throw this.#retries.rateLimited(this.#request, this.#times)
  }
}

/** The longest wait accepted from a header, milliseconds. After it, the request is sent again. */
const LONGEST_WAIT = 600_000

/**
 * Milliseconds to wait by a Retry-After header (RFC 9110 10.2.3: seconds, or a date), at most ten
 * minutes; undefined if it is not usable. `now`: epoch milliseconds of the server's clock.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now
  return Number.isFinite(wait) ? bounded(wait) : undefined
}

/** The server's clock from the Date header, in epoch milliseconds: our clock can be wrong. */
export function serverTime(header: string | undefined): number {
  const date = Date.parse(header ?? '')
  return Number.isNaN(date) ? Date.now() : date
}

/** A wait from a header, limited to the longest accepted one. */
export function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), LONGEST_WAIT)
}

/** How pauses grow, milliseconds. */
interface Growth {
  first: number
  longest: number
  /**
   * Whether to subtract a random part, up to half, so that requests rejected together do not return
   * together. Default: true.
   */
  jitter?: boolean
}

/** The pause after this many failures in a row, from 1. It doubles each time. Milliseconds. */
export function backOff(times: number, { first, longest, jitter = true }: Growth): number {
  const ms = Math.min(longest, first * 2 ** (times - 1))
  return jitter ? ms / 2 + (Math.random() * ms) / 2 : ms
}
