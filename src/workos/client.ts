import { type Clock, systemClock, type Wait } from '../clock.ts'
import { TargetError } from '../diagnostics/errors.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { neverSent, passingFailure } from '../http/failures.ts'
import type { Proxies } from '../http/proxy.ts'
import { secretsIn } from '../http/request.ts'
import {
  Attempts,
  type FailedRequest,
  isPassing,
  type NamedRequest,
  parseRetryAfter,
  Refusals,
  type Retries,
  serverTime,
  tellFailed,
} from '../http/retry.ts'
import type { JsonObject } from '../json.ts'
import { type Api, OutcomeUnknown, type Query, type WriteRequest } from './api.ts'
import type { EndOf } from './exchange.ts'
import { type Answer, Ending, type Exchange, type Transport } from './exchange.ts'
import { classify, type Permit, type RateLimiter, type RequestClass } from './limiter.ts'
import { refusalOf } from './refusal.ts'
import { RequestTimeline } from './timeline.ts'

/**
 * The client of WorkOS's API. In: reads and writes as the kinds describe them. Out: the answer's
 * object; or an error that says whether WorkOS refused the request, whether nobody knows if it took
 * effect, or that WorkOS is out of reach.
 */

export interface ClientOptions {
  apiKey: string
  /** `https://api.workos.com`, or any other scheme, host and port. */
  baseUrl: string
  /** Milliseconds until a request is given up. */
  timeout: number
  /** Connections kept open at most. */
  connections: number
  /** Carries the requests in place of a network. Default: WorkOS's SDK over a network. */
  transport?: (endOf: EndOf) => Transport
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
  limiter: RateLimiter
  /**
   * Aborted: nothing more is sent; reads are dropped, and writes that are in flight have a few
   * seconds to be answered.
   */
  interrupted?: AbortSignal
  /** Aborted: what is in flight is dropped. */
  killed?: AbortSignal
  clock?: Clock
  /**
   * Waited for before each write leaves, when its turn has come. What it throws ends the write,
   * which then has not left.
   */
  mayWrite?: () => Promise<void>
  /** Told of pauses that are long. */
  onWait?: (wait: Wait) => void
  /** Told of requests without a usable answer. */
  onFailedRequest?: (request: FailedRequest) => void
}

/** Requests sent so far; `refused` counts the 429s among them, `repeated` those sent again. */
export interface RequestCounts {
  reads: number
  writes: number
  refused: number
  repeated: number
}

/**
 * How often a read, or a write that never left, is tried before the target counts as out of reach.
 */
const ATTEMPTS = 8
/**
 * The same for a read while others are answered: the target is in reach, and one unlucky read must
 * not end a run.
 */
const ATTEMPTS_IN_REACH = 20
/** The longest pause between two attempts, milliseconds. */
const MAX_BACKOFF = 8_000

/** The client of the WorkOS API, paced by the limiter. */
export class WorkosClient implements Api {
  readonly counts: RequestCounts = { reads: 0, writes: 0, refused: 0, repeated: 0 }
  /** The requests sent so far, by the windows that they count in. */
  readonly classes: Record<RequestClass, number> = { write: 0, read: 0, other: 0, 'organization-delete': 0 }
  readonly timeline = new RequestTimeline()
  readonly #options: ClientOptions
  readonly #clock: Clock
  #transport: Promise<Transport> | undefined
  readonly #redactor = new Redactor()
  readonly #ending: Ending
  readonly #retries: Retries
  /** Requests that got a usable answer. */
  #answered = 0

  constructor(options: ClientOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#redactor.register(options.apiKey)
    const { interrupted, killed } = options
    this.#ending = new Ending({ interrupted, killed, clock: this.#clock })
    this.#retries = {
      whose: 'WorkOS',
      longestPause: MAX_BACKOFF,
      clock: this.#clock,
      signal: this.#ending.waiting,
      redactor: this.#redactor,
      explainsPauses: false,
      onWait: options.onWait,
      onFailedRequest: options.onFailedRequest,
      unreachable: (_request, why, attempts) => this.#unreachable(why, attempts),
      rateLimited,
      onRepeat: () => {
        this.counts.repeated += 1
      },
    }
  }

  async read(path: string, query: Query = {}): Promise<JsonObject | undefined> {
    const asked = { method: 'GET', path } as const
    const before = this.#answered
    const attempts = new Attempts(
      this.#retries,
      asked,
      (number) => number < ATTEMPTS || (number < ATTEMPTS_IN_REACH && this.#answered > before),
    )
    for (;;) {
      const { answer, failure } = await this.#send(asked, (transport) => transport.read(path, query))
      if (answer === undefined) {
        await attempts.failed({ why: passingFailure(failure, this.#options.baseUrl) })
      } else if (isPassing(answer.status)) {
        await attempts.failed({ why: `HTTP ${answer.status}`, status: answer.status })
      } else if (answer.status === 404) {
        return undefined
      } else if (answer.status >= 300) {
        throw refusalOf(this.#options.baseUrl, asked, answer, this.#redactor)
      } else if (answer.body === undefined) {
        await attempts.failed({ why: withoutObject(answer), status: answer.status })
      } else {
        return answer.body
      }
    }
  }

  async write(write: WriteRequest, idempotencyKey?: string): Promise<JsonObject> {
    const attempts = new Attempts(this.#retries, write, (number) => number < ATTEMPTS)
    for (;;) {
      const { answer, failure } = await this.#send(write, (transport) => transport.write(write, idempotencyKey))
      if (answer === undefined) {
        const why = passingFailure(failure, this.#options.baseUrl)
        if (neverSent(failure)) {
          await attempts.failed({ why })
        } else {
          tellFailed(this.#retries, write, { why, attempt: attempts.number })
          throw new OutcomeUnknown(this.#redactor.redact(why))
        }
      } else if (isPassing(answer.status)) {
        const { status } = answer
        tellFailed(this.#retries, write, { status, why: `HTTP ${status}`, attempt: attempts.number })
        throw new OutcomeUnknown(`HTTP ${status}`, status)
      } else if (answer.status >= 300) {
        throw refusalOf(this.#options.baseUrl, write, answer, this.#redactorFor(write))
      } else if (answer.body === undefined && write.method !== 'DELETE') {
        throw new OutcomeUnknown(withoutObject(answer), answer.status)
      } else {
        return answer.body ?? {}
      }
    }
  }

  /** Closes the connections. What still waits for its turn, or to try again, is rejected. */
  async close(): Promise<void> {
    this.#ending.close()
    const transport = await this.#transport
    await transport?.close()
  }

  /** Made for the first request: what it loads takes its time. */
  #opened(): Promise<Transport> {
    this.#transport ??= this.#open()
    return this.#transport
  }

  async #open(): Promise<Transport> {
    const endOf: EndOf = (method) => this.#ending.of(method)
    if (this.#options.transport !== undefined) return this.#options.transport(endOf)
    const { openSdk } = await import('./sdk.ts')
    return openSdk(this.#options, endOf)
  }

  /** One attempt, repeated as long as it is answered 429. */
  async #send(request: NamedRequest, call: (transport: Transport) => Promise<Exchange>): Promise<Exchange> {
    const transport = await this.#opened()
    const { limiter, killed } = this.#options
    const { method, path } = request
    const refusals = new Refusals(this.#retries, request)
    for (;;) {
      const requestClass = classify(method, path)
      const permit = await limiter.acquire(requestClass, this.#ending.waiting)
      if (method !== 'GET') await this.#mayWrite(permit)
      this.classes[requestClass] += 1
      if (method === 'GET') this.counts.reads += 1
      else this.counts.writes += 1
      this.timeline.record(requestClass, this.#clock.now())
      const exchange = await call(transport)
      const status = exchange.answer?.status
      if (status === 429 || (status === 503 && exchange.answer?.retryAfter !== undefined)) {
        limiter.refused(parseRetryAfter(exchange.answer?.retryAfter, serverTime(exchange.answer?.date)))
      }
      permit.done()
      killed?.throwIfAborted()
      if (status === undefined) this.#ending.of(method).throwIfAborted()
      if (status !== 429) {
        if (status !== undefined && status < 500 && exchange.answer?.body) this.#answered += 1
        return exchange
      }
      this.counts.refused += 1
      this.timeline.record('refused', this.#clock.now())
      refusals.add()
    }
  }

  async #mayWrite(permit: Permit): Promise<void> {
    try {
      await this.#options.mayWrite?.()
    } catch (error) {
      permit.done()
      throw error
    }
  }

  /** Keeps the key, and the secrets that a write carries, out of what is told of its answer. */
  #redactorFor({ body = {} }: WriteRequest): Redactor {
    const redactor = new Redactor()
    redactor.register(this.#options.apiKey)
    for (const secret of secretsIn(body)) redactor.register(secret)
    return redactor
  }

  #unreachable(reason: string, attempts: number): TargetError {
    return new TargetError({
      code: 'target_unreachable',
      message: `${this.#options.baseUrl} cannot be reached: ${this.#redactor.redact(reason)} (${attempts} attempts)`,
      hint: 'check target.baseUrl and the network, then run the same command again: it goes on where it stopped',
    })
  }
}

function withoutObject({ status }: Answer): string {
  return `HTTP ${status} with a body that is no JSON object`
}

function rateLimited({ method, path }: NamedRequest, times: number): TargetError {
  return new TargetError({
    code: 'rate_limited',
    message: `WorkOS answered 429 (too many requests) ${times} times in a row to ${method} ${path}`,
    hint: 'lower run.limits in the manifest: other programs may be using the same allowance',
  })
}
