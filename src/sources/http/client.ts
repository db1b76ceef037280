import { type Dispatcher, fetch, type Response } from 'undici'
import { type Clock, LONG_WAIT, sleep, systemClock } from '../../clock.ts'
import { OperatorError } from '../../diagnostics/errors.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { describeFailure } from '../../http/describe-failure.ts'
import { openNetwork } from '../../http/network.ts'
import { permanentFailure } from '../../http/permanent-failure.ts'
import { NO_PROXIES } from '../../http/proxy.ts'
import { jittered, parseBucketLevel, parseRetryAfter, serverTime } from '../../http/retry-after.ts'
import type { Json } from '../../json.ts'
import { parseJsonText } from '../../json-text.ts'
import { readText, secretsIn, TooLarge } from './body.ts'
import type { JsonClientOptions } from './client-options.ts'
import { answerTooLarge, notJson, rateLimited, redirected, unreachable } from './complaints.ts'
import { download } from './download.ts'
import { Pace } from './pace.ts'
import { HttpRefusal } from './refusal.ts'

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>

/** How often a request is tried whose answer is missing, cut off or 5xx, before the system counts as out of reach. */
const ATTEMPTS = 9
/** The longest pause between two attempts, milliseconds: nine attempts take about a minute. */
const MAX_BACKOFF = 30_000
/** How often in a row one request may be answered 429. */
const REFUSALS = 20
/** Redirects that are followed within the same origin. */
const REDIRECTS = 3

interface Call {
  method: 'GET' | 'POST'
  path: string
  url: URL
  body?: string
}

type Answer =
  | { kind: 'json'; value: Json }
  | { kind: 'refused'; status: number; body: Json | undefined }
  | { kind: 'too many' }
  | { kind: 'trouble'; what: string; waitMs?: number }
  | { kind: 'redirect'; to: URL | null }

/** A system that answers requests with JSON, asked at the pace that it allows. */
export class JsonClient {
  readonly #options: JsonClientOptions
  readonly #clock: Clock
  readonly #pace: Pace
  readonly #dispatcher: Dispatcher
  readonly #redactor = new Redactor()
  #renewal: Promise<string> | undefined

  constructor(options: JsonClientOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#dispatcher = openNetwork(options.proxies ?? NO_PROXIES).dispatcher
    const { rate, concurrency = 4, name, onWait } = options
    this.#pace = new Pace({ rate, concurrency, clock: this.#clock, name, onWait })
  }

  /**
   * The answer to a GET; null for an empty one. A list in the query is sent as its parameter several times over.
   * @throws HttpRefusal for a status that repeating will not change (a 401 after one renewal); SourceError
   *   `source_unreachable`, `rate_limited`, `source_redirects`, `not_json` or `answer_too_large`; NetworkError; the signal's reason
   */
  get(path: string, query: Query = {}): Promise<Json> {
    const url = this.#url(path)
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue
      for (const item of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(item))
    }
    return this.#ask({ method: 'GET', path, url })
  }

  /** The answer to a POST of JSON. It may be sent again after a time-out: what is posted must bear that. @throws as `get` */
  post(path: string, body: Json): Promise<Json> {
    for (const secret of secretsIn(body)) this.#redactor.register(secret)
    return this.#ask({ method: 'POST', path, url: this.#url(path), body: JSON.stringify(body) })
  }

  /**
   * A download, as it comes, without the Authorization header; wherever it leads. What breaks off throws: only the caller knows
   * whether the link still holds.
   * @throws HttpRefusal for a status that is no success; SourceError `download_broken`
   */
  bytes(url: string): AsyncIterable<Buffer> {
    const { name, timeoutMs = 30_000, signal } = this.#options
    return download(url, { what: `a download from ${name}`, timeoutMs, signal, dispatcher: this.#dispatcher })
  }

  async #ask(call: Call): Promise<Json> {
    let refusals = 0
    let redirects = 0
    let renewed = false
    for (let attempt = 1; ; ) {
      const authorization = await this.#authorization()
      const answer = await this.#send(call, authorization)
      switch (answer.kind) {
        case 'json':
          return answer.value
        case 'refused': {
          if (answer.status === 401 && !renewed && authorization !== undefined) {
            renewed = true
            if ((await this.#renewed(authorization)) !== authorization) continue
          }
          const redact = (text: string) => this.#redactor.redact(text)
          throw new HttpRefusal({ what: this.#what(call), status: answer.status, body: answer.body, redact })
        }
        case 'too many':
          refusals += 1
          this.#failed(call, 'HTTP 429', refusals)
          if (refusals > REFUSALS) throw rateLimited(this.#what(call), refusals)
          continue
        case 'redirect':
          redirects += 1
          if (redirects > REDIRECTS || !staysHere(call, answer.to))
            throw redirected(this.#what(call), call.url, answer.to)
          call.url = answer.to
          continue
        case 'trouble':
          this.#failed(call, answer.what, attempt)
          if (attempt === ATTEMPTS)
            throw unreachable(
              this.#options.name,
              this.#redactor.redact(`${answer.what}, ${call.method} ${call.path}`),
              attempt,
            )
          attempt += 1
          await this.#backOff(attempt, answer)
      }
    }
  }

  async #send(call: Call, authorization: string | undefined): Promise<Answer> {
    const { signal, timeoutMs = 30_000 } = this.#options
    await this.#pace.acquire(signal)
    try {
      const timeout = AbortSignal.timeout(timeoutMs)
      const response = await fetch(call.url, {
        method: call.method,
        headers: {
          accept: 'application/json',
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: call.body,
        redirect: 'manual',
        dispatcher: this.#dispatcher,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      })
      return this.#read(call, response, await readText(response))
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof OperatorError) throw error
      const settled = permanentFailure(error, this.#options.name)
      if (settled !== undefined) throw settled
      if (error instanceof TooLarge) throw answerTooLarge(this.#what(call), error.message)
      return { kind: 'trouble', what: describeFailure(error) }
    } finally {
      this.#pace.release()
    }
  }

  #read(call: Call, { status, headers }: Response, text: string): Answer {
    const now = serverTime(headers.get('date'))
    const level = parseBucketLevel(headers, now)
    if (level !== undefined) this.#pace.learn(level)
    const retryAfter = parseRetryAfter(headers.get('retry-after'), now)
    if (status === 429) {
      this.#pace.refused(retryAfter)
      return { kind: 'too many' }
    }
    this.#pace.accepted()
    if (status >= 500 || status === 408) return { kind: 'trouble', what: `HTTP ${status}`, waitMs: retryAfter }
    if (status >= 300 && status < 400) {
      return { kind: 'redirect', to: URL.parse(headers.get('location') ?? '', call.url.href) }
    }
    const json = text.trim() === '' ? ({ ok: true, value: null } as const) : parseJsonText(text)
    if (status >= 400) return { kind: 'refused', status, body: json.ok ? json.value : undefined }
    if (json.ok) return { kind: 'json', value: json.value }
    const type = headers.get('content-type')?.split(';')[0]?.trim() ?? 'something without a type'
    if (!type.includes('json')) throw notJson(this.#what(call), status, type)
    return { kind: 'trouble', what: `HTTP ${status} with a body that is not JSON` }
  }

  async #authorization(): Promise<string | undefined> {
    const { authorize } = this.#options
    if (authorize === undefined) return undefined
    const value = await (this.#renewal ?? authorize(false))
    this.#keepSecret(value)
    return value
  }

  /** A value other than the one that was refused, if there is one. */
  async #renewed(refused: string): Promise<string> {
    const { authorize } = this.#options
    if (authorize === undefined) return refused
    const present = await (this.#renewal ?? authorize(false))
    if (present !== refused) return present
    this.#renewal ??= authorize(true).finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  #keepSecret(authorization: string): void {
    for (const secret of [authorization, authorization.replace(/^\w+ /, '')]) this.#redactor.register(secret)
  }

  async #backOff(attempt: number, { what, waitMs = 0 }: { what: string; waitMs?: number }): Promise<void> {
    const { name, signal, onWait } = this.#options
    const ms = Math.max(jittered(Math.min(MAX_BACKOFF, 200 * 2 ** (attempt - 2))), waitMs)
    const why = `${this.#redactor.redact(what)}; attempt ${attempt} follows`
    if (ms >= LONG_WAIT) onWait?.({ whose: name, reason: 'retry', why, ms })
    await sleep(this.#clock, ms, signal)
  }

  #failed({ method, path }: Call, why: string, attempt: number): void {
    const status = /^HTTP (\d{3})/.exec(why)?.[1]
    const redacted = { path: this.#redactor.redact(path), why: this.#redactor.redact(why) }
    this.#options.onFailedRequest?.({ method, ...redacted, ...(status && { status: Number(status) }), attempt })
  }

  #url(path: string): URL {
    return new URL(`${this.#options.baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`)
  }

  #what({ method, path }: Call): string {
    return `${method} ${this.#redactor.redact(path)} of ${this.#options.name}`
  }
}

/** Whether a redirect leads to the same system: the Authorization header goes nowhere else. */
function staysHere(call: Call, to: URL | null): to is URL {
  return to !== null && to.origin === call.url.origin && call.method === 'GET'
}
