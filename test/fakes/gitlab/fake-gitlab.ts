import { onTestFinished } from 'vitest'
import { isObject } from '../../../src/json.ts'
import type { Answer, Call, Endpoint } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'
import { type AnswerHook, type FakeServer, startFakeServer } from '../http/server.ts'

/** A note on the only merge request. */
export interface Note {
  id: number
  body: string
  author: { id: number }
  system: boolean
}

/** The owner of a token, and whether it can write. */
export interface Account {
  id: number
  writes: boolean
}

/** A merge request in the list of a commit. */
export interface MergeRequest {
  iid: number
  state: 'opened' | 'merged' | 'closed'
  target_branch: string
  sha: string
  merge_commit_sha: string | null
  squash_commit_sha: string | null
}

export interface GitlabSettings {
  notes?: Note[]
  /** By commit. */
  mergeRequests?: Record<string, MergeRequest[]>
  /** By token. */
  accounts?: Record<string, Account>
  onAnswer?: AnswerHook
}

/**
 * GitLab on loopback, as far as pipelines need it: one project with one merge request and a package
 * registry.
 */
export interface FakeGitlab extends FakeServer {
  notes: Note[]
  /** The merge requests of each commit. */
  mergeRequests: Record<string, MergeRequest[]>
  /** Lines of notes that it has executed. */
  commands: string[]
  /** Files of generic packages, by `name/version/file`. */
  packages: Map<string, Buffer>
  /** The variables of a job in a pipeline of the merge request. */
  variables: Record<string, string>
}

export const TOKEN = 'glpat-writes-0123456789abcdef'
export const READING_TOKEN = 'glpat-reads-0123456789abcdef'
export const JOB_TOKEN = 'glcbt-64-job-0123456789abcdef'
const PROJECT = '17'
const NUMBER = '7'
const LONGEST = 1_000_000

/** Starts a fake that is closed after the test. */
export async function startFakeGitlab(settings: GitlabSettings = {}): Promise<FakeGitlab> {
  const { notes = [], mergeRequests = {}, accounts, onAnswer } = settings
  const known = accounts ?? { [TOKEN]: { id: 100, writes: true }, [READING_TOKEN]: { id: 101, writes: false } }
  const commands: string[] = []
  const packages = new Map<string, Buffer>()
  const server = await startFakeServer({
    endpoints: [
      ...noteEndpoints(notes, commands, known),
      mergeRequestsEndpoint(mergeRequests),
      packageEndpoint(packages),
    ],
    admit: (call) => admit(call, known),
    refusal: (status) => ({ status, body: { message: `${status} ${status === 404 ? 'Not Found' : 'Error'}` } }),
    onAnswer,
  })
  onTestFinished(() => server.close())
  const api = `${server.url}/api/v4`
  return {
    ...server,
    notes,
    mergeRequests,
    commands,
    packages,
    variables: {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_API_V4_URL: api,
      CI_PROJECT_ID: PROJECT,
      CI_MERGE_REQUEST_PROJECT_ID: PROJECT,
      CI_MERGE_REQUEST_IID: NUMBER,
      CI_JOB_URL: 'https://gitlab.example.com/acme/migration/-/jobs/42',
      CI_COMMIT_SHORT_SHA: 'abc1234',
      CI_JOB_TOKEN: JOB_TOKEN,
    },
  }
}

function refuse(status: number, body: object): never {
  throw new Refused({ status, body })
}

function admit({ route, method, headers }: Call, accounts: Record<string, Account>): Record<string, string> {
  if (route.includes('/packages/')) {
    if (headers['job-token'] !== JOB_TOKEN) refuse(401, { message: '401 Unauthorized' })
    return {}
  }
  const account = accounts[String(headers['private-token'])]
  if (account === undefined) refuse(401, { message: '401 Unauthorized' })
  if (method !== 'GET' && !account.writes) {
    refuse(403, {
      error: 'insufficient_scope',
      error_description: 'The request requires higher privileges than provided by the access token.',
      scope: 'api',
    })
  }
  return {}
}

function noteEndpoints(notes: Note[], commands: string[], accounts: Record<string, Account>): Endpoint[] {
  const accountOf = ({ headers }: Call) => accounts[String(headers['private-token'])]?.id ?? 0
  const path = '/api/v4/projects/:project/merge_requests/:number/notes'
  const here = ({ params }: Call) => {
    if (params.project !== PROJECT || params.number !== NUMBER) refuse(404, { message: '404 Not found' })
  }
  return [
    { method: 'GET', path: '/api/v4/user', answer: (call) => ({ status: 200, body: { id: accountOf(call) } }) },
    {
      method: 'GET',
      path,
      answer(call) {
        here(call)
        return pageOf(notes, call.query)
      },
    },
    {
      method: 'POST',
      path,
      answer(call) {
        here(call)
        const note = { id: 1000 + notes.length, body: '', author: { id: accountOf(call) }, system: false }
        note.body = takeBody(call, commands)
        notes.push(note)
        return { status: 201, body: note }
      },
    },
    {
      method: 'PUT',
      path: `${path}/:id`,
      answer(call) {
        here(call)
        const note = notes.find(({ id }) => String(id) === call.params.id)
        if (note === undefined) return refuse(404, { message: '404 Not found' })
        if (note.author.id !== accountOf(call)) return refuse(403, { message: '403 Forbidden' })
        note.body = takeBody(call, commands)
        return { status: 200, body: note }
      },
    },
  ]
}

function pageOf(notes: readonly Note[], query: URLSearchParams): Answer {
  const [size, page] = [Number(query.get('per_page') ?? 20), Number(query.get('page') ?? 1)]
  const sorted = query.get('sort') === 'asc' ? notes : notes.toReversed()
  const more = page * size < notes.length
  const headers = { 'X-Next-Page': more ? String(page + 1) : '' }
  return { status: 200, body: sorted.slice((page - 1) * size, page * size), headers }
}

/**
 * The stored text of a note: without quick actions, which are executed, and without outer blanks.
 */
function takeBody({ text }: Call, commands: string[]): string {
  const sent: unknown = JSON.parse(text)
  const body = isObject(sent) ? sent.body : undefined
  if (typeof body !== 'string' || body.trim() === '') return refuse(400, { error: 'body is missing' })
  if (body.length > LONGEST) {
    return refuse(400, { message: { note: [`is too long (maximum is ${LONGEST} characters)`] } })
  }
  let code = false
  const lines = body.split('\n').filter((line) => {
    if (line.startsWith('```')) code = !code
    const isCommand = !code && /^\/[a-z]/.test(line)
    if (isCommand) commands.push(line)
    return !isCommand
  })
  return lines.join('\n').trim()
}

function mergeRequestsEndpoint(mergeRequests: Readonly<Record<string, MergeRequest[]>>): Endpoint {
  return {
    method: 'GET',
    path: '/api/v4/projects/:project/repository/commits/:sha/merge_requests',
    answer: ({ params: { sha = '' } }) => ({ status: 200, body: mergeRequests[sha] ?? [] }),
  }
}

function packageEndpoint(packages: ReadonlyMap<string, Buffer>): Endpoint {
  return {
    method: 'GET',
    path: '/api/v4/projects/:project/packages/generic/:name/:version/:file',
    answer({ params: { name, version, file } }) {
      const bytes = packages.get(`${name}/${version}/${file}`)
      return bytes === undefined ? refuse(404, { message: '404 Not Found' }) : { status: 200, bytes }
    },
  }
}
