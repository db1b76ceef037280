import type { Answer, Call, Endpoint } from '../http/exchange.ts'
import { ok } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'
import { type FakeServer, startFakeServer } from '../http/server.ts'

/** The part of GitHub's REST API that pipelines need: https://docs.github.com/en/rest */

export const REPOSITORY = 'acme/migration'
export const TOKEN = 'ghs_a-token-to-be-found'
const BOT = 'github-actions[bot]'

/** Most characters of a comment or a body. */
const LONGEST = 65_536

export interface Post {
  id: number
  number?: number
  user: { login: string }
  body: string
  html_url: string
  title?: string
  state?: string
  state_reason?: string
  pull_request?: object
}

interface Pull {
  number: number
  merged_at: string | null
  merge_commit_sha: string
  head: { sha: string }
}

export interface Artifact {
  id: number
  name: string
  expired: boolean
  created_at: string
  workflow_run: { id: number; repository_id: number; head_repository_id: number; head_sha: string }
}

export interface FakeGithub extends Omit<FakeServer, 'setNetworkErrors'> {
  comments: Post[]
  issues: Post[]
  /** By merge commit. */
  pulls: Map<string, Pull[]>
  artifacts: Artifact[]
  /** The event of a run, by its ID. Absent: a pull request. */
  startedBy: Map<number, string>
  /** Whether the token can only read, like that of a fork. */
  readOnly: boolean
  /** Responses to the next requests, which are not executed. */
  refuseNext(...answers: Answer[]): void
  /** Executes the next write request, but loses its response. */
  loseNextAnswer(): void
  comment(body: string, login?: string): Post
}

export function answerOf(status: number, message: string, headers: Record<string, string> = {}): Answer {
  return { status, body: { message }, headers }
}

export async function startFakeGithub(): Promise<FakeGithub> {
  const comments: Post[] = []
  const issues: Post[] = []
  const pulls = new Map<string, Pull[]>()
  const artifacts: Artifact[] = []
  const startedBy = new Map<number, string>()
  const refusals: Answer[] = []
  let losing = false
  let id = 100

  const written = (call: Call): Record<string, string> => {
    if (fake.readOnly) throw new Refused(answerOf(403, 'Resource not accessible by integration'))
    const values: Record<string, string> = JSON.parse(call.text)
    if ((values.body ?? '').length > LONGEST) throw new Refused(answerOf(422, 'Validation Failed'))
    return values
  }
  const post = (body: string, login = BOT): Post => {
    id += 1
    return { id, user: { login }, body: body.trimEnd(), html_url: `https://github.example/${REPOSITORY}/${id}` }
  }
  const lost = (answer: Answer): Answer => {
    if (!losing) return answer
    losing = false
    throw new Refused(answerOf(502, 'Server Error'))
  }
  const change = (posts: Post[], which: (post: Post) => boolean, call: Call): Answer => {
    const found = posts.find(which)
    if (found === undefined) throw new Refused(answerOf(404, 'Not Found'))
    return lost(ok(Object.assign(found, written(call))))
  }

  const repo = '/repos/acme/migration'
  const endpoints: Endpoint[] = [
    { method: 'GET', path: `${repo}/issues/:number/comments`, answer: (call) => ok(page(comments, call)) },
    {
      method: 'POST',
      path: `${repo}/issues/:number/comments`,
      answer: (call) => {
        const made = post(written(call).body ?? '')
        comments.push(made)
        return lost({ status: 201, body: made })
      },
    },
    {
      method: 'PATCH',
      path: `${repo}/issues/comments/:id`,
      answer: (call) => change(comments, (comment) => String(comment.id) === call.params.id, call),
    },
    {
      method: 'GET',
      path: `${repo}/issues`,
      answer: (call) => ok(page(issues.filter(({ state }) => state === call.query.get('state')).toReversed(), call)),
    },
    {
      method: 'POST',
      path: `${repo}/issues`,
      answer: (call) => {
        const { title, body = '' } = written(call)
        const made = { ...post(body), title, state: 'open', number: issues.length + 1 }
        issues.push(made)
        return lost({ status: 201, body: made })
      },
    },
    {
      method: 'PATCH',
      path: `${repo}/issues/:number`,
      answer: (call) => change(issues, ({ number }) => String(number) === call.params.number, call),
    },
    {
      method: 'GET',
      path: `${repo}/commits/:sha/pulls`,
      answer: (call) => ok(page(pulls.get(call.params.sha ?? '') ?? [], call)),
    },
    {
      method: 'GET',
      path: `${repo}/actions/runs/:run`,
      answer: ({ params }) =>
        ok({ id: Number(params.run), event: startedBy.get(Number(params.run)) ?? 'pull_request' }),
    },
    {
      method: 'GET',
      path: `${repo}/actions/artifacts`,
      answer: (call) => {
        const named = artifacts.filter(({ name }) => name === call.query.get('name'))
        return ok({ total_count: named.length, artifacts: page(named, call) })
      },
    },
  ]
  const server = await startFakeServer({
    endpoints,
    admit: ({ headers }) => {
      if (headers.authorization !== `Bearer ${TOKEN}`) throw new Refused(answerOf(401, 'Bad credentials'))
      const refusal = refusals.shift()
      if (refusal !== undefined) throw new Refused(refusal)
      return { 'x-ratelimit-remaining': '4999' }
    },
    refusal: (status) => answerOf(status, 'Not Found'),
  })
  const fake: FakeGithub = {
    ...server,
    comments,
    issues,
    pulls,
    artifacts,
    startedBy,
    readOnly: false,
    refuseNext: (...answers) => void refusals.push(...answers),
    loseNextAnswer: () => {
      losing = true
    },
    comment(body, login) {
      const made = post(body, login)
      comments.push(made)
      return made
    },
  }
  return fake
}

function page<T>(items: readonly T[], { query }: Call): T[] {
  const [size, number] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)]
  return items.slice((number - 1) * size, number * size)
}
