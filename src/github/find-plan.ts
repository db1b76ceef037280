import { isObject, type JsonObject } from '../json.ts'
import { type GithubApi, GithubError } from './api.ts'

/** A saved plan among the artifacts of a repository. */
export interface FoundPlan {
  /** The run that made it. */
  run: number
  artifact: number
  pullRequest: number
}

/**
 * Finds the reviewed plan by the merge commit of a pull request: the latest artifact of that name
 * from a run for the last commit of the pull request. Runs of forks and manual runs do not count.
 * @throws GithubError if there is no such artifact
 */
export async function findPlan(api: GithubApi, repository: string, sha: string, name: string): Promise<FoundPlan> {
  const merged = await mergedAs(api, repository, sha)
  if (merged === undefined) {
    throw missing(
      `no pull request was merged as ${sha}`,
      'run the workflow manually: it plans the branch and applies that plan',
    )
  }
  const { pullRequest, head } = merged
  const candidates: Candidate[] = []
  const path = `/repos/${repository}/actions/artifacts?name=${encodeURIComponent(name)}`
  for await (const artifact of api.list(path, 'artifacts')) {
    const candidate = planOf(artifact, name, head)
    if (candidate !== undefined) candidates.push(candidate)
  }
  candidates.sort((one, other) => Number(one.at < other.at) - Number(one.at > other.at))
  for (const { run, artifact } of candidates) {
    if (await isOfPullRequest(api, repository, run)) return { run, artifact, pullRequest }
  }
  throw missing(
    `pull request #${pullRequest} has no artifact ${name} for its last commit ${head}, or the artifact has expired`,
    'run the workflow manually: it plans the branch and applies that plan',
  )
}

interface Candidate {
  run: number
  artifact: number
  at: string
}

/** Reviewers of the pull request did not see the plan of a run started manually or by a push. */
async function isOfPullRequest(api: GithubApi, repository: string, run: number): Promise<boolean> {
  const answer = await api.get(`/repos/${repository}/actions/runs/${run}`)
  return isObject(answer) && answer.event === 'pull_request'
}

async function mergedAs(
  api: GithubApi,
  repository: string,
  sha: string,
): Promise<{ pullRequest: number; head: string } | undefined> {
  for await (const pull of api.list(`/repos/${repository}/commits/${sha}/pulls`)) {
    const { number, head, merged_at: mergedAt, merge_commit_sha: mergeCommit } = pull
    if (typeof number !== 'number' || typeof mergedAt !== 'string' || mergeCommit !== sha) continue
    if (isObject(head) && typeof head.sha === 'string') return { pullRequest: number, head: head.sha }
  }
  return undefined
}

function planOf(
  { id, name, expired, created_at: at, workflow_run: run }: JsonObject,
  wanted: string,
  head: string,
): Candidate | undefined {
  if (name !== wanted || expired !== false || !isObject(run) || typeof id !== 'number' || typeof at !== 'string') return
  if (run.head_sha !== head || run.head_repository_id !== run.repository_id || typeof run.id !== 'number') return
  return { run: run.id, artifact: id, at }
}

function missing(message: string, hint: string): GithubError {
  return new GithubError({ code: 'no_saved_plan', message, hint })
}
