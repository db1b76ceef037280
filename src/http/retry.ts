/**
 * When a request is sent again. In: what became of each attempt. Out: a pause after which the next
 * may leave, or the error with which the request ends. What an answer means is up to the client;
 * reports of it never show a secret.
 */

import { type Clock, LONG_WAIT, sleep, type Wait } from '../clock.ts'
import type { Redactor } from '../diagnostics/redactor.ts'

/**
 * A request that got no usable answer, and what happens next is up to its sender. Neither its body
 * nor its query is told.
 */
export interface FailedRequest {
  method: string
  path: string
  /** Undefined: no answer came. */
  status?: number
  /** What went wrong: `HTTP 503`, or why no answer came. */
  why: string
  /** Which attempt that was, from 1. */
  attempt: number
}

/** A request, as messages name it. */
export type NamedRequest = Pick<FailedRequest, 'method' | 'path'>

/** How a client repeats its requests. */
export interface Retries {
  /** Who is asked, for those who are told of long pauses: `WorkOS`. */
  whose: string
  /**
   * The longest pause between two attempts, milliseconds. The first takes 200, each further one
   * twice as long.
   */
  longestPause: number
  clock: Clock
  /** Ends pauses. */
  signal?: AbortSignal
  /** Knows the secrets of the requests: an answer may echo them. */
  redactor: Redactor
  /** Whether those who are told of a long pause are told what went wrong before it. */
  explainsPauses: boolean
  /** Told of pauses that are long. */
  onWait: ((wait: Wait) => void) | undefined
  /** Told of requests without a usable answer. */
  onFailedRequest: ((request: FailedRequest) => void) | undefined
  /** Told as soon as it is known that another attempt follows. */
  onRepeat?(): void
  /** What a request ends with that has used up its attempts. */
  unreachable(request: NamedRequest, why: string, attempts: number): Error
  /** What a request ends with that is answered 429 over and over. */
  rateLimited(request: NamedRequest, times: number): Error
}

/** How often one request may be answered 429. */
const REFUSALS = 20

/** Whether another attempt may change an answer with this status. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408
}

/** Tells of an attempt that got no usable answer. */
export function tellFailed(
  { onFailedRequest, redactor }: Retries,
  { method, path }: NamedRequest,
  { status, why, attempt }: Omit<FailedRequest, keyof NamedRequest>,
): void {
  const answered = status === undefined ? {} : { status }
  onFailedRequest?.({ method, path: redactor.redact(path), ...answered, why: redactor.redact(why), attempt })
}

/** The attempts at one request, but for those that are answered 429. */
export class Attempts {
  readonly #retries: Retries
  readonly #request: NamedRequest
  readonly #mayRepeat: (attempt: number) => boolean
  /** Which attempt is on its way, from 1. */
  number = 1

  /** @param mayRepeat whether another one may follow on so many */
  constructor(retries: Retries, request: NamedRequest, mayRepeat: (attempts: number) => boolean) {
    this.#retries = retries
    this.#request = request
    this.#mayRepeat = mayRepeat
  }

  /**
   * The attempt got no usable answer: waits until the next one may leave, at least `waitMs`.
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

/**
 * The answers 429 to one request, or to one attempt at it. How long to wait is up to whoever paces
 * the requests.
 */
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

/**
 * The longest wait that is taken from a header, milliseconds: after it the server is asked again.
 */
const LONGEST_WAIT = 600_000

/**
 * Milliseconds to wait by a Retry-After header (RFC 9110 10.2.3: seconds, or a date), at most ten
 * minutes; undefined if it says nothing usable. `now`: epoch milliseconds by the server's clock.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now
  return Number.isFinite(wait) ? bounded(wait) : undefined
}

/** The server's clock in epoch milliseconds, by the Date header: ours may be wrong. */
export function serverTime(header: string | undefined): number {
  const date = Date.parse(header ?? '')
  return Number.isNaN(date) ? Date.now() : date
}

/** A wait that a header names, as long as one is taken from it. */
export function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), LONGEST_WAIT)
}

/** How pauses grow, milliseconds. */
interface Growth {
  first: number
  longest: number
  /**
   * Whether chance takes up to half of it away: what was refused together does not come back
   * together. Default: true.
   */
  jitter?: boolean
}

/**
 * How long to wait after something has gone wrong so many times in a row, from 1: each time twice
 * as long. Milliseconds.
 */
export function backOff(times: number, { first, longest, jitter = true }: Growth): number {
  const ms = Math.min(longest, first * 2 ** (times - 1))
  return jitter ? ms / 2 + (Math.random() * ms) / 2 : ms
}
