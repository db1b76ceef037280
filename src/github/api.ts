import { type Clock, sleep, systemClock } from '../clock.ts'
import { ExitCode, OperatorError } from '../diagnostics/errors.ts'
import { counted } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { passingFailure } from '../http/failures.ts'
import { openNetwork } from '../http/network.ts'
import type { Proxies } from '../http/proxy.ts'
import { type HttpAnswer, send } from '../http/request.ts'
import { backOff, isPassing, parseRetryAfter, serverTime } from '../http/retry.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { parseJsonText } from '../json-text.ts'

/**
 * The REST API of GitHub for pipelines. Requests are retried after no response, a 5xx or a rate
 * limit. Other failures throw a GithubError.
 */

export class GithubError extends OperatorError {
  readonly exitCode = ExitCode.failure
  /** Undefined: no response. */
  readonly status: number | undefined

  constructor(problem: Problem, status?: number) {
    super(problem)
    this.status = status
  }

  /**
   * The token lacks a permission: GitHub returns 403, or 404 if the token cannot see the object.
   */
  get isForbidden(): boolean {
    return this.status === 403 || this.status === 404
  }
}

export interface ApiOptions {
  /** `https://api.github.com`, or that of a GitHub Enterprise Server. */
  url: string
  token: string
  proxies: Proxies
  clock?: Clock
  /** Called before a pause of 1 s or more. */
  onWait?: (why: string, ms: number) => void
}

export type Method = 'GET' | 'POST' | 'PATCH'

/** Attempts per request. */
const ATTEMPTS = 6
/** Milliseconds. A job should wait minutes, not hours. */
const LONGEST_PAUSE = 300_000
const TIMEOUT = 30_000
/**
 * The pause after a secondary limit without a time, milliseconds:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
const AFTER_SECONDARY_LIMIT = 60_000
const PAGE = 100
/** Stops endless lists. */
const PAGES = 500

type Outcome =
  | { kind: 'done'; value: Json }
  | { kind: 'passing'; why: string; status?: number; waitMs?: number }
  | { kind: 'refused'; status: number; said: string }

export class GithubApi {
  readonly #options: ApiOptions
  readonly #network: ReturnType<typeof openNetwork>

  constructor(options: ApiOptions) {
    this.#options = options
    this.#network = openNetwork(options.proxies)
  }

  get(path: string): Promise<Json> {
    return this.#ask('GET', path)
  }

  patch(path: string, body: JsonObject): Promise<Json> {
    return this.#ask('PATCH', path, body)
  }

  /**
   * Creates something. Before a retry, `made` checks whether an earlier attempt created it.
   * @param made undefined: nothing was created
   */
  post(path: string, body: JsonObject, made: () => Promise<Json | undefined>): Promise<Json> {
    return this.#ask('POST', path, body, made)
  }

  /** The items of all pages. @param list the member with the items; default: the response itself */
  async *list(path: string, list?: string): AsyncGenerator<JsonObject> {
    const joint = path.includes('?') ? '&' : '?'
    for (let page = 1; page <= PAGES; page += 1) {
      const answer = await this.get(`${path}${joint}per_page=${PAGE}&page=${page}`)
      const items = list === undefined ? answer : isObject(answer) ? answer[list] : undefined
      if (!Array.isArray(items)) throw unexpected(`GET ${path}`)
      for (const item of items) if (isObject(item)) yield item as JsonObject
      if (items.length < PAGE) return
    }
  }

  close(): Promise<void> {
    return this.#network.destroy()
  }

  async #ask(method: Method, path: string, body?: JsonObject, made?: () => Promise<Json | undefined>): Promise<Json> {
    const { clock = systemClock, onWait } = this.#options
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(method, path, body)
      if (outcome.kind === 'done') return outcome.value
      if (outcome.kind === 'refused') throw refused(`${method} ${path}`, outcome)
      const { why, status, waitMs = 0 } = outcome
      const ms = Math.max(backOff(attempt, { first: 500, longest: 30_000 }), waitMs)
      if (attempt === ATTEMPTS || ms > LONGEST_PAUSE) throw givenUp(`${method} ${path}`, why, attempt, status)
      if (ms >= 1000) onWait?.(why, ms)
      await sleep(clock, ms)
      const earlier = await made?.()
      if (earlier !== undefined) return earlier
    }
  }

  async #attempt(method: Method, path: string, body?: JsonObject): Promise<Outcome> {
    const { url, token } = this.#options
    try {
      const answer = await send(`${url.replace(/\/+$/, '')}${path}`, {
        method,
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${token}`,
          'user-agent': 'workos-migrate',
          'x-github-api-version': '2022-11-28',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT),
        dispatcher: this.#network.dispatcher,
      })
      return outcomeOf(answer)
    } catch (error) {
      if (error instanceof OperatorError) throw error
      return { kind: 'passing', why: passingFailure(error, 'GitHub') }
    }
  }
}

function outcomeOf(answer: HttpAnswer): Outcome {
  const { status, text } = answer
  const json = text.trim() === '' ? ({ ok: true, value: null } as const) : parseJsonText(text)
  if (status >= 200 && status < 300) {
    return json.ok ? { kind: 'done', value: json.value } : { kind: 'passing', why: 'the response is not JSON', status }
  }
  if (isPassing(status)) return { kind: 'passing', why: `HTTP ${status}`, status }
  const said = json.ok && isObject(json.value) && typeof json.value.message === 'string' ? json.value.message : ''
  const waitMs = limitWait(answer, said)
  if (waitMs !== undefined) return { kind: 'passing', why: 'a rate limit', status, waitMs }
  return { kind: 'refused', status, said }
}

/**
 * Milliseconds until a rate limit ends; undefined: no rate limit. GitHub sends them as 403 or 429.
 */
function limitWait({ status, header }: HttpAnswer, said: string): number | undefined {
  if (status !== 403 && status !== 429) return undefined
  const now = serverTime(header('date'))
  const after = parseRetryAfter(header('retry-after'), now)
  if (after !== undefined) return after
  if (header('x-ratelimit-remaining') === '0') {
    const reset = Number(header('x-ratelimit-reset')) * 1000 - now
    return Number.isFinite(reset) ? Math.max(reset, 0) : AFTER_SECONDARY_LIMIT
  }
  return status === 429 || /secondary rate limit|abuse detection/i.test(said) ? AFTER_SECONDARY_LIMIT : undefined
}

function refused(what: string, { status, said }: { status: number; said: string }): GithubError {
  const hints: Record<number, string> = {
    401: 'check the input github-token',
    403: 'grant the job the missing permission under permissions in the workflow',
    404: 'grant the job the missing permission under permissions in the workflow',
  }
  return new GithubError(
    {
      code: 'github_refused',
      message: `GitHub rejected ${what} with HTTP ${status}${said === '' ? '' : `: ${said}`}`,
      hint: hints[status] ?? 'check https://www.githubstatus.com, then run the job again',
    },
    status,
  )
}

function givenUp(what: string, why: string, attempts: number, status?: number): GithubError {
  return new GithubError(
    {
      code: 'github_unreachable',
      message: `no usable response from GitHub to ${what}: ${why} (${counted(attempts, 'attempt')})`,
      hint: 'check https://www.githubstatus.com, then run the job again',
    },
    // A rate limit is not a missing permission.
    status === 403 ? 429 : status,
  )
}

export function unexpected(what: string): GithubError {
  return new GithubError({
    code: 'github_answer',
    message: `GitHub returned an undocumented response to ${what}`,
    hint: 'check that GITHUB_API_URL is the address of the REST API',
  })
}
