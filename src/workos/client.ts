import { WorkOS } from '@workos-inc/node'
import { type Clock, LONG_WAIT, sleep, systemClock, type Wait } from '../clock.ts'
import { TargetError } from '../diagnostics/errors.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { describeFailure } from '../http/describe-failure.ts'
import type { FailedRequest } from '../http/failed-request.ts'
import { type Network, openNetwork } from '../http/network.ts'
import { permanentFailure } from '../http/permanent-failure.ts'
import { NO_PROXIES, type Proxies } from '../http/proxy.ts'
import { jittered, parseRetryAfter, serverTime } from '../http/retry-after.ts'
import type { JsonObject } from '../json.ts'
import { type Api, OutcomeUnknown, type Query, type WriteRequest } from './api.ts'
import { Ending } from './ending.ts'
import { type Exchange, recordExchange, undiciFetch } from './exchange.ts'
import { classify, type RateLimiter, type RequestClass } from './limiter.ts'
import { neverSent } from './network-errors.ts'
import { refusalOf } from './refusal.ts'
import { RequestTimeline } from './timeline.ts'

export interface ClientOptions {
  apiKey: string
  /** `https://api.workos.com`, or any other scheme, host and port. */
  baseUrl: string
  /** Milliseconds until a request is given up. */
  timeout: number
  /** Connections kept open at most. */
  connections: number
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
  limiter: RateLimiter
  /** Aborted: nothing more is sent; reads are dropped, and writes that are in flight have a few seconds to be answered. */
  interrupted?: AbortSignal
  /** Aborted: what is in flight is dropped. */
  killed?: AbortSignal
  clock?: Clock
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

/** How often a read, or a write that never left, is tried before the target counts as out of reach. */
const ATTEMPTS = 8
/** The same for a read while others are answered: the target is in reach, and one unlucky read must not end a run. */
const ATTEMPTS_IN_REACH = 20
/** Members of a body that no message may show: `password`, `password_hash`, `totp_secret` … An answer may echo them. */
const SECRET_MEMBER = /password|secret/
/** How often in a row one request may be answered 429. */
const REFUSALS = 20

/** The client of the WorkOS API: `@workos-inc/node` with its own retries off, paced by the limiter. */
export class WorkosClient implements Api {
  readonly counts: RequestCounts = { reads: 0, writes: 0, refused: 0, repeated: 0 }
  /** The requests sent so far, by the windows that they count in. */
  readonly classes: Record<RequestClass, number> = { write: 0, read: 0, other: 0, 'organization-delete': 0 }
  readonly timeline = new RequestTimeline()
  readonly #options: ClientOptions
  readonly #clock: Clock
  readonly #network: Network
  readonly #sdk: WorkOS
  readonly #redactor = new Redactor()
  readonly #ending: Ending
  /** Requests that got a usable answer. */
  #answered = 0

  constructor(options: ClientOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#redactor.register(options.apiKey)
    const { interrupted, killed } = options
    this.#ending = new Ending({ interrupted, killed, clock: this.#clock })
    const url = new URL(options.baseUrl)
    this.#network = openNetwork(options.proxies ?? NO_PROXIES, { connections: options.connections })
    this.#sdk = new WorkOS({
      apiKey: options.apiKey,
      apiHostname: url.hostname,
      port: url.port === '' ? undefined : Number(url.port),
      https: url.protocol === 'https:',
      timeout: options.timeout,
      maxRetries: 0,
      fetchFn: undiciFetch(this.#network.dispatcher, (method) => this.#ending.of(method)),
    })
  }

  async read(path: string, query: Query = {}): Promise<JsonObject | undefined> {
    let lastTrouble = 'no answer'
    const before = this.#answered
    let attempt = 0
    const goesOn = () => attempt < ATTEMPTS || (attempt < ATTEMPTS_IN_REACH && this.#answered > before)
    while (goesOn()) {
      attempt += 1
      if (attempt > 1) await this.#backOff(attempt)
      const exchange = await this.#send('GET', path, () => this.#sdk.get(path, { query }))
      const { answer } = exchange
      if (answer === undefined) {
        lastTrouble = this.#passing(exchange.failure)
      } else if (answer.status >= 500 || answer.status === 408) {
        lastTrouble = `HTTP ${answer.status}`
      } else if (answer.status === 404) {
        return undefined
      } else if (answer.status >= 300) {
        throw refusalOf(this.#options.baseUrl, { method: 'GET', path }, answer, this.#redactor)
      } else if (answer.body === undefined) {
        lastTrouble = `HTTP ${answer.status} with a body that is no JSON object`
      } else {
        return answer.body
      }
      this.#failed({ method: 'GET', path, status: answer?.status, why: lastTrouble, attempt })
    }
    throw this.#unreachable(lastTrouble, attempt)
  }

  async write(write: WriteRequest, idempotencyKey?: string): Promise<JsonObject> {
    for (let attempt = 1; ; attempt += 1) {
      if (attempt > 1) await this.#backOff(attempt)
      const exchange = await this.#send(write.method, write.path, () => this.#call(write, idempotencyKey))
      const { answer } = exchange
      if (answer === undefined) {
        const trouble = this.#passing(exchange.failure)
        this.#failed({ ...write, why: trouble, attempt })
        if (!neverSent(exchange.failure)) throw new OutcomeUnknown(this.#redactor.redact(trouble))
        if (attempt === ATTEMPTS) throw this.#unreachable(trouble, attempt)
      } else if (answer.status >= 500 || answer.status === 408) {
        this.#failed({ ...write, status: answer.status, why: `HTTP ${answer.status}`, attempt })
        throw new OutcomeUnknown(`HTTP ${answer.status}`, answer.status)
      } else if (answer.status >= 300) {
        throw refusalOf(this.#options.baseUrl, write, answer, this.#redactorFor(write))
      } else if (answer.body === undefined && write.method !== 'DELETE') {
        throw new OutcomeUnknown(`HTTP ${answer.status} with a body that is no JSON object`, answer.status)
      } else {
        return answer.body ?? {}
      }
    }
  }

  /** Closes the connections. What still waits for its turn, or to try again, is rejected. */
  async close(): Promise<void> {
    this.#ending.close()
    await this.#network.destroy()
  }

  #call(write: WriteRequest, idempotencyKey: string | undefined): Promise<unknown> {
    switch (write.method) {
      case 'POST':
        return this.#sdk.post(write.path, write.body ?? {}, { idempotencyKey })
      case 'PUT':
        return this.#sdk.put(write.path, write.body ?? {}, { idempotencyKey })
      case 'PATCH':
        return this.#sdk.patch(write.path, write.body ?? {}, { idempotencyKey })
      case 'DELETE':
        return this.#sdk.delete(write.path)
    }
  }

  /** One request, repeated as long as it is answered 429. */
  async #send(method: string, path: string, call: () => Promise<unknown>): Promise<Exchange> {
    const { limiter, killed } = this.#options
    for (let refusals = 0; ; refusals += 1) {
      const requestClass = classify(method, path)
      const permit = await limiter.acquire(requestClass, this.#ending.waiting)
      this.classes[requestClass] += 1
      if (method === 'GET') this.counts.reads += 1
      else this.counts.writes += 1
      this.timeline.record(requestClass, this.#clock.now())
      const exchange = await recordExchange(call)
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
      this.#failed({ method, path, status, why: `HTTP ${status}`, attempt: refusals + 1 })
      this.timeline.record('refused', this.#clock.now())
      if (refusals === REFUSALS) {
        throw new TargetError({
          code: 'rate_limited',
          message: `WorkOS answered 429 (too many requests) ${REFUSALS + 1} times in a row to ${method} ${path}`,
          hint: 'lower run.limits in the manifest: other programs may be using the same allowance',
        })
      }
    }
  }

  /**
   * Why no answer came, if another attempt may get one.
   * @throws NetworkError, UsageError where none will: nothing of the request has left then
   */
  #passing(failure: unknown): string {
    const settled = permanentFailure(failure, this.#options.baseUrl)
    if (settled !== undefined) throw settled
    return describeFailure(failure)
  }

  /** The text about a request never contains its body or query. */
  #failed({
    method,
    path,
    status,
    why,
    attempt,
  }: Omit<FailedRequest, 'status'> & { status?: number | undefined }): void {
    const answered = status === undefined ? {} : { status }
    this.#options.onFailedRequest?.({ method, path, ...answered, why: this.#redactor.redact(why), attempt })
  }

  async #backOff(attempt: number): Promise<void> {
    this.counts.repeated += 1
    const ms = jittered(Math.min(8_000, 200 * 2 ** (attempt - 2)))
    if (ms >= LONG_WAIT)
      this.#options.onWait?.({ whose: 'WorkOS', reason: 'retry', why: `attempt ${attempt} follows`, ms })
    await sleep(this.#clock, ms, this.#ending.waiting)
  }

  /** Keeps the key, and the secrets that a write carries, out of what is told of its answer. */
  #redactorFor({ body = {} }: WriteRequest): Redactor {
    const redactor = new Redactor()
    redactor.register(this.#options.apiKey)
    for (const [member, value] of Object.entries(body)) {
      if (SECRET_MEMBER.test(member) && typeof value === 'string') redactor.register(value)
    }
    return redactor
  }

  #unreachable(trouble: string, attempts: number): TargetError {
    return new TargetError({
      code: 'target_unreachable',
      message: `${this.#options.baseUrl} cannot be reached: ${this.#redactor.redact(trouble)} (${attempts} attempts)`,
      hint: 'check target.baseUrl and the network, then run the same command again: it goes on where it stopped',
    })
  }
}
