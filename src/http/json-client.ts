/**
 * The client of every live source. In: paths, and how to authorize. Out: JSON responses, requested
 * again if that can help, at the pace the system allows; or an error with a remedy.
 */

import { type Clock, systemClock, type Wait } from '../clock.ts'
import { OperatorError } from '../diagnostics/errors.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import type { Json } from '../json.ts'
import { parseJsonText } from '../json-text.ts'
import { passingFailure } from './failures.ts'
import { nextLink } from './link.ts'
import { type Network, openNetwork } from './network.ts'
import { Pace, parseBucketLevel } from './pace.ts'
import { NO_PROXIES, type Proxies } from './proxy.ts'
import {
  answerTooLarge,
  HttpRefusal,
  linkedElsewhere,
  notJson,
  rateLimited,
  redirected,
  unreachable,
} from './refusal.ts'
import { download, type HttpAnswer, secretsIn, sendCompressed, TooLarge } from './request.ts'
import {
  Attempts,
  type FailedRequest,
  isPassing,
  type NamedRequest,
  parseRetryAfter,
  Refusals,
  type Retries,
  serverTime,
} from './retry.ts'

export interface JsonClientOptions {
  /** Scheme, host, port and the path prefix, if any: `https://api.clerk.com/v1`. */
  baseUrl: string
  /** The system, as messages name it: `the Auth0 tenant acme.eu.auth0.com`. */
  name: string
  /**
   * The Authorization header, requested before each request. `renew` is set after a 401, once for
   * all requests that were rejected with the same value. Default: no header.
   */
  authorize?(renew: boolean): Promise<string>
  /** Further headers, requested after it. Default: none. */
  headers?(): Record<string, string>
  /** Own rate limit. Default: the server's limits. */
  rate?: { requests: number; seconds: number }
  /** Maximum number of requests in flight. Default 4. */
  concurrency?: number
  /** Timeout of a request, or of a download without data. Default 30,000 ms. */
  timeoutMs?: number
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
  signal?: AbortSignal
  clock?: Clock
  /** Called for long pauses. */
  onWait?(wait: Wait): void
  /** Called for requests without a usable response. */
  onFailedRequest?(request: FailedRequest): void
}

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>

/**
 * Attempts at a request whose response is missing, cut off or 5xx, before the system counts as
 * unreachable.
 */
const ATTEMPTS = 9
/** The longest pause between two attempts, milliseconds. Nine attempts take about a minute. */
const MAX_BACKOFF = 30_000
/** Redirects to follow within the same origin. */
const REDIRECTS = 3

interface Call {
  method: 'GET' | 'POST'
  path: string
  url: URL
  body?: { type: string; text: string }
  /** The type of a response that is returned as text. Default: JSON, which is parsed. */
  accept?: string
}

/**
 * A page of a list, and the query for the next page from its Link header. Undefined: the last page.
 */
export interface LinkedPage {
  body: Json
  next: string | undefined
}

interface Answered {
  kind: 'answer'
  value: Json
  /** The Link header. */
  link: string | undefined
}

type Answer =
  | Answered
  | { kind: 'refused'; status: number; body: Json | undefined }
  | { kind: 'too many' }
  | { kind: 'no use'; why: string; status?: number; waitMs?: number }
  | { kind: 'redirect'; to: URL | null }

/** A client for a system with JSON responses, at the pace the system allows. */
export class JsonClient {
  readonly #options: JsonClientOptions
  readonly #pace: Pace
  readonly #dispatcher: Network['dispatcher']
  readonly #redactor = new Redactor()
  readonly #retries: Retries
  #renewal: Promise<string> | undefined

  constructor(options: JsonClientOptions) {
    this.#options = options
    this.#dispatcher = openNetwork(options.proxies ?? NO_PROXIES).dispatcher
    const { rate, concurrency = 4, name, onWait, onFailedRequest, signal, clock = systemClock } = options
    this.#pace = new Pace({ rate, concurrency, clock, name, onWait })
    this.#retries = {
      whose: name,
      longestPause: MAX_BACKOFF,
      clock,
      signal,
      redactor: this.#redactor,
      explainsPauses: true,
      onWait,
      onFailedRequest,
      unreachable: ({ method, path }, why, attempts) =>
        unreachable(name, this.#redactor.redact(`${why}, ${method} ${path}`), attempts),
      rateLimited: (request, times) => rateLimited(this.#what(request), times),
    }
  }

  /**
   * The response to a GET; null if empty. A list in the query becomes a repeated parameter.
   * @throws HttpRefusal for a status that repeating will not change (a 401 after one renewal);
   *   SourceError `source_unreachable`, `rate_limited`, `source_redirects`, `not_json` or
   *   `answer_too_large`; NetworkError; the signal's reason
   */
  async get(path: string, query: Query = {}): Promise<Json> {
    return (await this.#ask({ method: 'GET', path, url: this.#url(path, query) })).value
  }

  /**
   * A page of a list with a Link header (RFC 8288) for the next page. The next page has the same
   * path. Other links are rejected, because they would receive the Authorization header.
   * @param query as for `get`, or the `next` of the page before
   * @throws as `get`; SourceError `source_links_elsewhere`
   */
  async page(path: string, query: Query | string = {}): Promise<LinkedPage> {
    const url = this.#url(path, query)
    const { pathname, origin } = url
    const call: Call = { method: 'GET', path, url }
    const { value, link } = await this.#ask(call)
    const next = nextLink(link, call.url)
    if (next === undefined) return { body: value, next: undefined }
    if (next === null || next.origin !== origin || next.pathname !== pathname) {
      throw linkedElsewhere(this.#what(call), url, next)
    }
    return { body: value, next: next.search.slice(1) }
  }

  /**
   * A response that is not JSON, as text. @param accept its type, `application/xml` @throws as
   * `get`
   */
  async text(path: string, query: Query, accept: string): Promise<string> {
    return String((await this.#ask({ method: 'GET', path, url: this.#url(path, query), accept })).value)
  }

  /**
   * The response to a POST of JSON. A timeout can send it again, so the request must be repeatable.
   * @throws as `get`
   */
  post(path: string, body: Json): Promise<Json> {
    return this.#post(path, { type: 'application/json', text: JSON.stringify(body) }, body)
  }

  /** The same for a form. @throws as `get` */
  postForm(path: string, fields: Record<string, string>): Promise<Json> {
    const text = new URLSearchParams(fields).toString()
    return this.#post(path, { type: 'application/x-www-form-urlencoded', text }, fields)
  }

  async #post(path: string, body: Call['body'], sent: Json): Promise<Json> {
    for (const secret of secretsIn(sent)) this.#redactor.register(secret)
    return (await this.#ask({ method: 'POST', path, url: this.#url(path), body })).value
  }

  /**
   * A download as a stream, from any host, without the Authorization header. An interrupted
   * download throws: only the caller knows whether the link is still valid.
   * @throws HttpRefusal for a status that is not a success; SourceError `download_broken`
   */
  bytes(url: string): AsyncIterable<Buffer> {
    const { name, timeoutMs = 30_000, signal } = this.#options
    return download(url, { what: `a download from ${name}`, timeoutMs, signal, dispatcher: this.#dispatcher })
  }

  async #ask(call: Call): Promise<Answered> {
    const attempts = new Attempts(this.#retries, call, (number) => number < ATTEMPTS)
    const refusals = new Refusals(this.#retries, call)
    let redirects = 0
    let renewed = false
    for (;;) {
      const authorization = await this.#authorization()
      const answer = await this.#send(call, authorization)
      switch (answer.kind) {
        case 'answer':
          return answer
        case 'refused': {
          if (answer.status === 401 && !renewed && authorization !== undefined) {
            renewed = true
            if ((await this.#renewed(authorization)) !== authorization) continue
          }
          const redact = (text: string) => this.#redactor.redact(text)
          throw new HttpRefusal({ what: this.#what(call), status: answer.status, body: answer.body, redact })
        }
        case 'too many':
          refusals.add()
          continue
        case 'redirect':
          redirects += 1
          if (redirects > REDIRECTS || !staysHere(call, answer.to))
            throw redirected(this.#what(call), call.url, answer.to)
          call.url = answer.to
          continue
        case 'no use':
          await attempts.failed(answer)
      }
    }
  }

  async #send(call: Call, authorization: string | undefined): Promise<Answer> {
    const { signal, timeoutMs = 30_000, name } = this.#options
    await this.#pace.acquire(signal)
    try {
      const timeout = AbortSignal.timeout(timeoutMs)
      const answer = await sendCompressed(call.url, {
        method: call.method,
        headers: {
          ...this.#options.headers?.(),
          accept: call.accept ?? 'application/json',
          ...(call.body === undefined ? {} : { 'content-type': call.body.type }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: call.body?.text,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        dispatcher: this.#dispatcher,
      })
      return this.#read(call, answer)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof OperatorError) throw error
      const why = passingFailure(error, name)
      if (error instanceof TooLarge) throw answerTooLarge(this.#what(call), error.message)
      return { kind: 'no use', why }
    } finally {
      this.#pace.release()
    }
  }

  #read(call: Call, { status, header, text }: HttpAnswer): Answer {
    const now = serverTime(header('date'))
    const level = parseBucketLevel(header, now)
    if (level !== undefined) this.#pace.learn(level)
    const retryAfter = parseRetryAfter(header('retry-after'), now)
    if (status === 429) {
      this.#pace.refused(retryAfter)
      return { kind: 'too many' }
    }
    this.#pace.accepted()
    if (isPassing(status)) return { kind: 'no use', why: `HTTP ${status}`, status, waitMs: retryAfter }
    if (status >= 300 && status < 400) {
      return { kind: 'redirect', to: URL.parse(header('location') ?? '', call.url.href) }
    }
    const link = header('link')
    if (call.accept !== undefined && status < 300) return { kind: 'answer', value: text, link }
    const json = text.trim() === '' ? ({ ok: true, value: null } as const) : parseJsonText(text)
    if (status >= 400) return { kind: 'refused', status, body: json.ok ? json.value : undefined }
    if (json.ok) return { kind: 'answer', value: json.value, link }
    const type = header('content-type')?.split(';')[0]?.trim() ?? 'something without a type'
    if (!type.includes('json')) throw notJson(this.#what(call), status, type)
    return { kind: 'no use', why: `HTTP ${status} with a body that is not JSON`, status }
  }

  async #authorization(): Promise<string | undefined> {
    const { authorize } = this.#options
    if (authorize === undefined) return undefined
    const value = await (this.#renewal ?? authorize(false))
    this.#keepSecret(value)
    return value
  }

  /** A value other than the rejected one, if there is one. */
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

  #url(path: string, query: Query | string = {}): URL {
    const url = new URL(`${this.#options.baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`)
    if (typeof query === 'string') {
      url.search = query
      return url
    }
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue
      for (const item of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(item))
    }
    return url
  }

  #what({ method, path }: NamedRequest): string {
    return `${method} ${this.#redactor.redact(path)} of ${this.#options.name}`
  }
}

/** Whether a redirect stays on the same system, the only one that gets the Authorization header. */
function staysHere(call: Call, to: URL | null): to is URL {
  return to !== null && to.origin === call.url.origin && call.method === 'GET'
}
