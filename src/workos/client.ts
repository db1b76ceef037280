import { type Clock, systemClock, type Wait } from '../clock.ts'
import { TargetError } from '../diagnostics/errors.ts'
import { counted } from '../diagnostics/printable.ts'
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
 * The client of WorkOS's API. In: reads and writes of the kinds. Out: the object in the response,
 * or an error that shows whether WorkOS rejected the request, its result is unknown, or WorkOS is
 * unreachable.
 */

export interface ClientOptions {
  apiKey: string
  /** `https://api.workos.com`, or any other scheme, host and port. */
  baseUrl: string
  /** Timeout of a request, milliseconds. */
  timeout: number
  /** Maximum number of open connections. */
  connections: number
  /** Carries the requests instead of a network. Default: WorkOS's SDK over a network. */
  transport?: (endOf: EndOf) => Transport
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
  limiter: RateLimiter
  /**
   * If aborted, nothing more is sent: reads are dropped, and writes in flight have a few seconds.
   */
  interrupted?: AbortSignal
  /** If aborted, requests in flight are dropped. */
  killed?: AbortSignal
  clock?: Clock
  /** Awaited before each write leaves. If it throws, the write does not leave. */
  mayWrite?: () => Promise<void>
  /** Called for long pauses. */
  onWait?: (wait: Wait) => void
  /** Called for requests without a usable response. */
  onFailedRequest?: (request: FailedRequest) => void
}

/** Requests sent so far. `refused` counts the 429 responses, `repeated` the requests sent again. */
export interface RequestCounts {
  reads: number
  writes: number
  refused: number
  repeated: number
}

/** Attempts at a read, or at a write that never left, before the target counts as unreachable. */
const ATTEMPTS = 8
/** The same for a read while other requests succeed: one unlucky read must not end a run. */
const ATTEMPTS_IN_REACH = 20
/** The longest pause between two attempts, milliseconds. */
const MAX_BACKOFF = 8_000

export class WorkosClient implements Api {
  readonly counts: RequestCounts = { reads: 0, writes: 0, refused: 0, repeated: 0 }
  /** Requests sent so far, by the windows they count in. */
  readonly classes: Record<RequestClass, number> = { write: 0, read: 0, other: 0, 'organization-delete': 0 }
  readonly timeline = new RequestTimeline()
  readonly #options: ClientOptions
  readonly #clock: Clock
  #transport: Promise<Transport> | undefined
  readonly #redactor = new Redactor()
  readonly #ending: Ending
  readonly #retries: Retries
  /** Requests with a usable response. */
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

  /** Closes the connections. Waiting requests are rejected. */
  async close(): Promise<void> {
    this.#ending.close()
    const transport = await this.#transport
    await transport?.close()
  }

  /** Opened for the first request, because loading it takes time. */
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

  /** One attempt, repeated as long as the response is 429. */
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

  /** Masks the key and the secrets of a write in its response. */
  #redactorFor({ body = {} }: WriteRequest): Redactor {
    const redactor = new Redactor()
    redactor.register(this.#options.apiKey)
    for (const secret of secretsIn(body)) redactor.register(secret)
    return redactor
  }

  #unreachable(reason: string, attempts: number): TargetError {
    return new TargetError({
      code: 'target_unreachable',
      message: `${this.#options.baseUrl} cannot be reached: ${this.#redactor.redact(reason)} (${counted(attempts, 'attempt')})`,
      hint: 'check target.baseUrl and the network, then run the same command again: it continues where it stopped',
    })
  }
}

function withoutObject({ status }: Answer): string {
  return `HTTP ${status} with a body that is not a JSON object`
}

function rateLimited({ method, path }: NamedRequest, times: number): TargetError {
  return new TargetError({
    code: 'rate_limited',
    message: `WorkOS returned HTTP 429 (too many requests) ${times} times in a row for ${method} ${path}`,
    hint: 'lower run.limits in the manifest: other programs might share the same limit',
  })
}
