/**
 * Notes on a merge request of GitLab. In: the variables of a job of GitLab CI, and a token. Out: the notes, read and written. Each request is
 * sent once: sticky.ts decides what follows on one without an answer. https://docs.gitlab.com/api/notes/#merge-requests
 */

import { CommentError, CredentialsError, UsageError } from '../diagnostics/errors.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import { passingFailure } from '../http/failures.ts'
import { type Network, openNetwork } from '../http/network.ts'
import { proxiesOf } from '../http/proxy.ts'
import { type HttpAnswer, send } from '../http/request.ts'
import { isPassing, parseRetryAfter, serverTime } from '../http/retry.ts'
import { isObject, type Json } from '../json.ts'
import { parseJsonText } from '../json-text.ts'

type Environment = Record<string, string | undefined>

const PAGE = 100
const TIMEOUT_MS = 30_000

/** The variable with the token. A job's own token (CI_JOB_TOKEN) may not write notes. */
const GITLAB_TOKEN = 'WORKOS_MIGRATE_GITLAB_TOKEN'

const TOKEN_HINT = `put an access token of the project (role Reporter, scope api) into the masked variable ${GITLAB_TOKEN}; pipelines of forks do not get it`

export interface Note {
  id: string
  body: string
}

export interface Notes {
  /** For people: `merge request !7`. */
  name: string
  /** Markdown that leads to the job and names the commit. May be empty. */
  origin: string
  /** Those that were written with the same token, the oldest first. Others may begin like one of ours. */
  own(): AsyncIterable<Note>
  create(body: string): Promise<void>
  /** @throws NoteGone for one that was deleted meanwhile */
  update(id: string, body: string): Promise<void>
  close(): Promise<void>
}

/** The note was deleted since it was found. */
export class NoteGone extends Error {}

/** No usable answer came, and another attempt may get one. What was to be written may be there. */
export class NoAnswer extends Error {
  /** What GitLab asks for, milliseconds. */
  readonly waitMs: number

  constructor(why: string, waitMs = 0) {
    super(why)
    this.waitMs = waitMs
  }
}

export interface GitlabOptions {
  env: Environment
  redactor: Redactor
  signal?: AbortSignal
}

/**
 * The notes of the merge request that this pipeline is for. Nothing is asked yet.
 * @throws UsageError outside of a pipeline of a merge request; CredentialsError without a token
 */
export function openGitlabNotes({ env, redactor, signal }: GitlabOptions): Notes {
  const api = URL.parse(variable(env, 'CI_API_V4_URL').replace(/\/*$/, '/'))
  if (api === null || !/^https?:$/.test(api.protocol)) throw notGitlab('CI_API_V4_URL is no http(s) address')
  const number = variable(env, 'CI_MERGE_REQUEST_IID')
  const name = `merge request !${number}`
  const token = env[GITLAB_TOKEN]?.trim() ?? ''
  if (token === '') {
    throw new CredentialsError({
      code: 'comment_no_token',
      message: `there is no token to write to ${name} with: ${GITLAB_TOKEN} is not set`,
      hint: TOKEN_HINT,
    })
  }
  redactor.register(token)
  const network = openNetwork(proxiesOf(env))
  const gitlab = new Gitlab({ api, token, name, redactor, signal, dispatcher: network.dispatcher })
  const project = encodeURIComponent(env.CI_MERGE_REQUEST_PROJECT_ID || variable(env, 'CI_PROJECT_ID'))
  const notes = `projects/${project}/merge_requests/${encodeURIComponent(number)}/notes`
  return {
    name,
    origin: originOf(env),
    own: () => ownNotes(gitlab, notes),
    create: async (body) => void (await gitlab.ask('POST', notes, { body })),
    update: async (id, body) => void (await gitlab.ask('PUT', `${notes}/${id}`, { body })),
    close: () => network.destroy(),
  }
}

function variable(env: Environment, name: string): string {
  const value = env[name]?.trim() ?? ''
  if (value === '') throw notGitlab(`${name} is not set`)
  return value
}

function notGitlab(why: string): UsageError {
  return new UsageError({
    code: 'not_in_merge_request',
    message: `this is no pipeline of a merge request in GitLab: ${why}`,
    hint: 'call it in a job with rules: if: $CI_PIPELINE_SOURCE == "merge_request_event"',
  })
}

function originOf({ CI_JOB_URL: job, CI_COMMIT_SHORT_SHA: commit }: Environment): string {
  const parts = [job && URL.canParse(job) ? `[job](${job})` : '', commit && /^\w+$/.test(commit) ? `\`${commit}\`` : '']
  return parts.filter((part) => part !== '').join(' · ')
}

async function* ownNotes(gitlab: Gitlab, notes: string): AsyncGenerator<Note> {
  const { json: me } = await gitlab.ask('GET', 'user')
  const id = isObject(me) ? me.id : undefined
  if (typeof id !== 'number') throw strange(gitlab.name, 'the token belongs to no user')
  for (let page = '1'; page !== ''; ) {
    const query = `per_page=${PAGE}&page=${page}&sort=asc&order_by=created_at`
    const { json: list, nextPage } = await gitlab.ask('GET', `${notes}?${query}`)
    if (!Array.isArray(list)) throw strange(gitlab.name, 'the list of notes is none')
    for (const note of list) {
      if (!isObject(note) || note.system === true || !isObject(note.author) || note.author.id !== id) continue
      if (typeof note.id === 'number' && typeof note.body === 'string') yield { id: String(note.id), body: note.body }
    }
    page = nextPage
  }
}

interface Answered {
  json: Json
  /** Its number; empty: this is the last one. */
  nextPage: string
}

interface Access {
  /** Ends in a slash. */
  api: URL
  /** Secret. */
  token: string
  name: string
  redactor: Redactor
  signal: AbortSignal | undefined
  dispatcher: Network['dispatcher']
}

/** GitLab's REST API, asked once for each call. */
class Gitlab {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  get name(): string {
    return this.#access.name
  }

  /** @throws NoAnswer where another attempt may get one, NoteGone for 404 of a note, CredentialsError, CommentError */
  async ask(method: 'GET' | 'POST' | 'PUT', path: string, body?: Record<string, string>): Promise<Answered> {
    const { name } = this.#access
    const { status, header, text } = await this.#send(method, path, body)
    if (status === 429 || isPassing(status)) {
      throw new NoAnswer(`HTTP ${status}`, parseRetryAfter(header('retry-after'), serverTime(header('date'))))
    }
    if (status === 404 && method === 'PUT') throw new NoteGone('HTTP 404')
    if (status >= 200 && status < 300) {
      const json = parseJsonText(text)
      if (!json.ok) throw strange(name, `HTTP ${status} with a body that is not JSON`)
      return { json: json.value, nextPage: /^\d+$/.exec(header('x-next-page') ?? '')?.[0] ?? '' }
    }
    throw this.#refusal(method, path, status, text)
  }

  async #send(method: 'GET' | 'POST' | 'PUT', path: string, body?: Record<string, string>): Promise<HttpAnswer> {
    const { api, token, signal, dispatcher } = this.#access
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    try {
      return await send(new URL(path, api).href, {
        method,
        headers: {
          accept: 'application/json',
          'private-token': token,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        dispatcher,
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw new NoAnswer(passingFailure(error, 'GitLab'))
    }
  }

  #refusal(method: string, path: string, status: number, text: string): CredentialsError | CommentError {
    const { name, redactor } = this.#access
    const said = saidBy(text)
    const what = `GitLab refuses ${method} ${path.replace(/\?.*/, '')} (HTTP ${status})`
    const message = redactor.redact(`the note on ${name} cannot be written: ${what}${said && `: ${said}`}`)
    if (status === 401 || status === 403) {
      return new CredentialsError({ code: 'comment_forbidden', message, hint: TOKEN_HINT })
    }
    const hint =
      status === 404
        ? `check that the token in ${GITLAB_TOKEN} is of this project, and that the merge request is there`
        : 'check CI_API_V4_URL, and what GitLab says'
    return new CommentError({ code: 'comment_refused', message, hint })
  }
}

/** What GitLab says of a refusal: `{ message }` or `{ error, error_description }`. */
function saidBy(text: string): string {
  const json = parseJsonText(text)
  if (!json.ok || !isObject(json.value)) return ''
  const { message, error_description: description, error } = json.value
  const said = [message, description, error].find((part) => part !== undefined)
  return (typeof said === 'string' ? said : JSON.stringify(said ?? '')).slice(0, 300)
}

function strange(name: string, why: string): CommentError {
  return new CommentError({
    code: 'comment_refused',
    message: `the note on ${name} cannot be written: GitLab answers as nobody expects: ${why}`,
    hint: 'check that CI_API_V4_URL is the address of GitLab itself, and not of a page in between',
  })
}
