/**
 * The REST API of GitLab for pipelines. Each request is sent once. `persist` handles requests
 * without a response, because their write might have taken effect.
 */

import { type Clock, sleep, systemClock } from '../clock.ts'
import { CredentialsError, ExitCode, OperatorError, UsageError } from '../diagnostics/errors.ts'
import { counted } from '../diagnostics/printable.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import { passingFailure } from '../http/failures.ts'
import { type Network, openNetwork } from '../http/network.ts'
import { proxiesOf } from '../http/proxy.ts'
import { type HttpAnswer, send } from '../http/request.ts'
import { backOff, isPassing, parseRetryAfter, serverTime } from '../http/retry.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { parseJsonText } from '../json-text.ts'

export class GitlabError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** The object to change was deleted in the meantime. */
class Gone extends Error {}

/** No usable response, but a retry can succeed. */
class NoAnswer extends Error {
  /** The pause that GitLab requests, milliseconds. */
  readonly waitMs: number

  constructor(why: string, waitMs = 0) {
    super(why)
    this.waitMs = waitMs
  }
}

export type Environment = Record<string, string | undefined>

export interface GitlabOptions {
  env: Environment
  redactor: Redactor
  clock?: Clock
  signal?: AbortSignal
}

const TIMEOUT = 30_000
const PAGE = 100
/** Stops endless lists. */
const PAGES = 500
const ATTEMPTS = 6
/** Milliseconds. */
const PAUSES = { first: 500, longest: 20_000 }

/** The variable with the token. CI_JOB_TOKEN cannot write notes. */
const TOKEN = 'WORKOS_MIGRATE_GITLAB_TOKEN'

const TOKEN_HINT = `put a project access token (role Reporter, scope api) into the masked variable ${TOKEN}; pipelines of forks do not receive it`

type Method = 'GET' | 'POST' | 'PUT'

export class Gitlab {
  readonly #options: GitlabOptions
  readonly #api: URL
  readonly #token: string
  readonly #network: Network

  /** Sends no request. @throws UsageError outside a job; CredentialsError without a token */
  constructor(options: GitlabOptions) {
    const { env, redactor } = options
    const api = URL.parse(this.#needed(env, 'CI_API_V4_URL').replace(/\/*$/, '/'))
    if (api === null || !/^https?:$/.test(api.protocol)) throw noJob('CI_API_V4_URL is not an http(s) address')
    const token = env[TOKEN]?.trim() ?? ''
    if (token === '') {
      throw new CredentialsError({
        code: 'gitlab_no_token',
        message: `no token for GitLab: ${TOKEN} is not set`,
        hint: TOKEN_HINT,
      })
    }
    redactor.register(token)
    this.#options = options
    this.#api = api
    this.#token = token
    this.#network = openNetwork(proxiesOf(env))
  }

  /** A variable of the job. @throws UsageError if it is not set */
  needed(name: string): string {
    return this.#needed(this.#options.env, name)
  }

  #needed(env: Environment, name: string): string {
    const value = env[name]?.trim() ?? ''
    if (value === '') throw noJob(`${name} is not set`)
    return value
  }

  /** The API path of the project of the merge request, or of the job. */
  get project(): string {
    return `projects/${encodeURIComponent(this.#options.env.CI_MERGE_REQUEST_PROJECT_ID || this.needed('CI_PROJECT_ID'))}`
  }

  close(): Promise<void> {
    return this.#network.destroy()
  }

  /**
   * Runs `act`, and again while GitLab does not respond. `act` must first check what an earlier
   * attempt did.
   * @throws GitlabError after ATTEMPTS
   */
  async persist<Result>(act: () => Promise<Result>): Promise<Result> {
    const { clock = systemClock, signal } = this.#options
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof NoAnswer) && !(error instanceof Gone)) throw error
        if (attempt === ATTEMPTS) throw unreachable(error, attempt)
        const waitMs = error instanceof NoAnswer ? error.waitMs : 0
        await sleep(clock, Math.max(backOff(attempt, PAUSES), waitMs), signal)
      }
    }
  }

  /** One request. @throws CredentialsError, GitlabError; what `persist` catches */
  async ask(method: Method, path: string, body?: Record<string, string>): Promise<Json> {
    return (await this.#ask(method, path, body)).json
  }

  /** The objects of all pages. */
  async *list(path: string, query: Record<string, string> = {}): AsyncGenerator<JsonObject> {
    let page = '1'
    for (let count = 0; page !== '' && count < PAGES; count += 1) {
      const asked = new URLSearchParams({ ...query, per_page: String(PAGE), page })
      const { json, nextPage } = await this.#ask('GET', `${path}?${asked}`)
      if (!Array.isArray(json)) throw unexpected(`GET ${path}`)
      for (const item of json) if (isObject(item)) yield item as JsonObject
      page = nextPage
    }
  }

  async #ask(method: Method, path: string, body?: Record<string, string>): Promise<{ json: Json; nextPage: string }> {
    const { status, header, text } = await this.#send(method, path, body)
    if (status === 429 || isPassing(status)) {
      throw new NoAnswer(`HTTP ${status}`, parseRetryAfter(header('retry-after'), serverTime(header('date'))))
    }
    if (status === 404 && method === 'PUT') throw new Gone('HTTP 404')
    const what = `${method} ${path.replace(/\?.*/, '')}`
    if (status < 200 || status >= 300) throw this.#refused(what, status, text)
    const json = parseJsonText(text)
    if (!json.ok) throw unexpected(what)
    return { json: json.value, nextPage: /^\d+$/.exec(header('x-next-page') ?? '')?.[0] ?? '' }
  }

  async #send(method: Method, path: string, body?: Record<string, string>): Promise<HttpAnswer> {
    const { signal } = this.#options
    const timeout = AbortSignal.timeout(TIMEOUT)
    try {
      return await send(new URL(path, this.#api).href, {
        method,
        headers: {
          accept: 'application/json',
          'private-token': this.#token,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        dispatcher: this.#network.dispatcher,
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw new NoAnswer(passingFailure(error, 'GitLab'))
    }
  }

  #refused(what: string, status: number, text: string): OperatorError {
    const said = saidBy(text)
    const message = this.#options.redactor.redact(`GitLab rejected ${what} with HTTP ${status}${said && `: ${said}`}`)
    if (status === 401 || status === 403) {
      return new CredentialsError({ code: 'gitlab_forbidden', message, hint: TOKEN_HINT })
    }
    const hint =
      status === 404
        ? `check that the token in ${TOKEN} belongs to this project, and that the merge request exists`
        : 'check CI_API_V4_URL and the message from GitLab'
    return new GitlabError({ code: 'gitlab_refused', message, hint })
  }
}

function noJob(why: string): UsageError {
  return new UsageError({
    code: 'no_job',
    message: `${why}: this command runs only in a GitLab CI job`,
    hint: 'run the note in a merge request pipeline: rules: if: $CI_PIPELINE_SOURCE == "merge_request_event"',
  })
}

function unreachable({ message }: Error, attempts: number): GitlabError {
  return new GitlabError({
    code: 'gitlab_unreachable',
    message: `no usable response from GitLab: ${message} (${counted(attempts, 'attempt')})`,
    hint: 'run the job again: it checks what exists and writes nothing twice',
  })
}

export function unexpected(what: string): GitlabError {
  return new GitlabError({
    code: 'gitlab_answer',
    message: `GitLab returned an undocumented response to ${what}`,
    hint: 'check that CI_API_V4_URL is the address of GitLab, not of a page in front of it',
  })
}

/** The message of an error response: `{ message }` or `{ error, error_description }`. */
function saidBy(text: string): string {
  const json = parseJsonText(text)
  if (!json.ok || !isObject(json.value)) return ''
  const { message, error_description: description, error } = json.value
  const said = [message, description, error].find((part) => part !== undefined)
  return (typeof said === 'string' ? said : JSON.stringify(said ?? '')).slice(0, 300)
}
