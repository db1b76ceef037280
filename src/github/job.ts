import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { UsageError } from '../diagnostics/errors.ts'
import { isObject } from '../json.ts'
import { parseJsonText } from '../json-text.ts'
import { cutMarkdown, SUMMARY } from '../pipelines/cut.ts'

/**
 * The job of a step, from the variables and files of the runner:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
export interface Job {
  /** `owner/name`. */
  repository: string
  sha: string
  /** The last commit of the pull request, not the merge commit that GitHub tests. */
  commit: string
  /** The page with the log and the summary. */
  url: string
  apiUrl: string
  pullRequest: number | undefined
  /** Whether the pull request is from a fork, so that the token is read-only. */
  fromFork: boolean
  /** Adds to the summary of the job. */
  summarise(markdown: string): void
  /** Sets an output of the step. The value must not contain line ends. */
  output(name: string, value: string | number | boolean): void
  /** Adds an annotation to the page of the job. */
  annotate(level: 'notice' | 'warning' | 'error', message: string): void
}

/** @throws UsageError outside of a job */
export function jobOf(env: Record<string, string | undefined>, write: (text: string) => void): Job {
  const needed = (name: string) => {
    const value = env[name]
    if (value) return value
    throw new UsageError({
      code: 'no_job',
      message: `${name} is not set: this command runs only in a GitHub Actions job`,
      hint: 'use the action of this project in a workflow',
    })
  }
  const repository = needed('GITHUB_REPOSITORY')
  const attempt = env.GITHUB_RUN_ATTEMPT ? `/attempts/${env.GITHUB_RUN_ATTEMPT}` : ''
  const url = `${env.GITHUB_SERVER_URL ?? 'https://github.com'}/${repository}/actions/runs/${needed('GITHUB_RUN_ID')}${attempt}`
  const sha = needed('GITHUB_SHA')
  return {
    repository,
    sha,
    commit: sha,
    url,
    apiUrl: env.GITHUB_API_URL ?? 'https://api.github.com',
    ...pullRequestOf(env.GITHUB_EVENT_PATH),
    summarise(markdown) {
      const file = env.GITHUB_STEP_SUMMARY
      if (!file) return
      const room = { ...SUMMARY, limit: SUMMARY.limit - (existsSync(file) ? statSync(file).size : 0) }
      appendFileSync(file, cutMarkdown(markdown, room, `**Truncated.** The [log](${url}) has more.`))
    },
    output(name, value) {
      const file = env.GITHUB_OUTPUT
      if (file) appendFileSync(file, `${name}=${value}\n`)
    },
    annotate(level, message) {
      write(`::${level} title=workos-migrate::${escaped(message)}\n`)
    },
  }
}

/**
 * The data of a workflow command:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
function escaped(message: string): string {
  return message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** The pull request that triggered the job. */
function pullRequestOf(path: string | undefined): Pick<Job, 'pullRequest' | 'fromFork'> & { commit?: string } {
  const none = { pullRequest: undefined, fromFork: false }
  if (!path || !existsSync(path)) return none
  const event = parseJsonText(readFileSync(path, 'utf8'))
  if (!event.ok || !isObject(event.value) || !isObject(event.value.pull_request)) return none
  const { number, head, base } = event.value.pull_request
  if (typeof number !== 'number') return none
  // The repository of the head can be deleted. Then it counts as a fork.
  const commit = isObject(head) && typeof head.sha === 'string' ? { commit: head.sha } : {}
  return { pullRequest: number, fromFork: nameOf(head) !== nameOf(base), ...commit }
}

function nameOf(end: unknown): unknown {
  return isObject(end) && isObject(end.repo) ? end.repo.full_name : undefined
}
