import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode } from '../diagnostics/errors.ts'
import { type Counts, countsOf } from '../pipelines/counts.ts'
import { COMMENT, cutMarkdown } from '../pipelines/cut.ts'
import { type Marker, markerText } from '../pipelines/marker.ts'
import { readPlanHeader } from '../planning/plan-file.ts'
import { code } from '../reporting/markdown/inline.ts'
import { type GithubApi, GithubError } from './api.ts'
import { findPlan } from './find-plan.ts'
import type { Job } from './job.ts'
import { closeIssue, openIssue, writeComment } from './sticky.ts'
import { describeExit, footer, logBlock, noPlan, ofLabel } from './words.ts'

/**
 * The steps of the action that call GitHub. In: the files of a command (plan.ndjson, plan.md,
 * log.txt) and its exit code. Out: outputs of the step, the job summary, one comment or issue per
 * label.
 */
export interface StepOptions {
  job: Job
  api: GithubApi
  /** The folder with the files of the command. */
  folder: string
  /** The exit code of the command. */
  exit: number
  config: string
  label: string
  /** See StickyOptions. */
  author: string
  /** Whether to comment on the pull request. */
  comment: boolean
  /** The artifact with the saved plan. */
  artifact: string
}

/** Runs after `plan`. */
export async function reportPlan(options: StepOptions): Promise<void> {
  const { job, label, exit, artifact } = options
  const counts = await savedCounts(options)
  setOutputs(job, counts)
  const fails = counts !== undefined && exit !== ExitCode.done && exit !== ExitCode.changes
  const markdown = `${planMarkdown(options, counts)}${fails ? `\n**The job fails**: ${describeExit(exit)}.\n` : ''}`
  const end = footer(job, counts === undefined ? [] : [`saved plan: artifact ${code(artifact)}`])
  job.summarise(`${markdown}${end}`)
  if (counts === undefined) job.annotate('error', `no plan${plainly(label)}: ${describeExit(exit)}`)
  await comment(options, 'plan', job.pullRequest, markdown, end)
}

/** Runs after `apply`. Comments on the pull request of the plan. */
export async function reportApply(options: StepOptions & { pullRequest: number | undefined }): Promise<void> {
  const { job, label, exit } = options
  const verdict = exit === ExitCode.done ? 'Applied' : `Not applied as planned: ${describeExit(exit)}`
  const markdown = `## Apply${ofLabel(label)}\n\n**${verdict}.**\n\n${logBlock(textIn(options, 'log.txt'))}`
  job.summarise(`${markdown}${footer(job)}`)
  if (exit !== ExitCode.done) job.annotate('error', `apply${plainly(label)}: ${describeExit(exit)}`)
  await comment(options, 'apply', options.pullRequest, markdown, footer(job))
}

/**
 * Runs after `plan --refresh --detailed-exitcode`. Keeps one issue open while something differs.
 */
export async function reportDrift(options: StepOptions): Promise<void> {
  const { job, api, label, exit, author } = options
  const counts = await savedCounts(options)
  setOutputs(job, counts)
  const markdown = planMarkdown(options, counts)
  job.summarise(`${markdown}${footer(job)}`)
  if (counts === undefined) {
    // Without a plan the drift is unknown: do not open or close an issue.
    job.annotate('error', `drift${plainly(label)} is unknown: ${describeExit(exit)}`)
    return
  }
  const marker = markerText(markerOf(options, 'drift'))
  const sticky = { api, repository: job.repository, author }
  if (!counts.changes && counts.drifted === 0 && counts.refused === 0 && counts.blocked === 0) {
    const clean = `${marker}\n**No drift**: the source, the state and WorkOS match.\n${footer(job)}`
    const closed = await closeIssue(sticky, marker, clean)
    if (closed !== undefined) job.annotate('notice', `the drift${plainly(label)} is resolved: ${closed} is closed`)
    return
  }
  const title = `workos-migrate: drift${plainly(label)}`
  const text = fitted(job, `${marker}\n${markdown}`, footer(job))
  const { done, url } = await openIssue(sticky, marker, { title, body: text })
  job.annotate('warning', `found drift${plainly(label)}: ${url} is ${done}`)
}

/** Runs before `apply`. Outputs the run that has the reviewed plan. */
export async function locatePlan({ job, api, artifact }: Pick<StepOptions, 'job' | 'api' | 'artifact'>): Promise<void> {
  const { run, pullRequest } = await findPlan(api, job.repository, job.sha, artifact)
  job.output('run', run)
  job.output('pull-request', pullRequest)
}

async function savedCounts({ folder }: StepOptions): Promise<Counts | undefined> {
  const file = join(folder, 'plan.ndjson')
  return existsSync(file) ? countsOf(await readPlanHeader(file)) : undefined
}

/** Without a plan, sets all outputs to no changes. */
function setOutputs(job: Job, counts: Counts | undefined): void {
  job.output('saved', counts !== undefined)
  const none: Counts = {
    changes: false,
    creates: 0,
    updates: 0,
    adopts: 0,
    deletes: 0,
    blocked: 0,
    drifted: 0,
    refused: 0,
  }
  for (const [name, value] of Object.entries(counts ?? none)) job.output(name, value)
}

/** If the plan failed, its incomplete output is not shown. */
function planMarkdown(options: StepOptions, counts: Counts | undefined): string {
  if (counts === undefined) return noPlan(options.label, options.exit, textIn(options, 'log.txt'))
  return textIn(options, 'plan.md')
}

function textIn({ folder }: StepOptions, name: string): string {
  const file = join(folder, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function markerOf({ config, label }: StepOptions, what: Marker['what']): Marker {
  return { what, config, label }
}

function fitted({ url }: Job, text: string, end: string): string {
  const room = { ...COMMENT, limit: COMMENT.limit - end.length }
  return cutMarkdown(text, room, `**Truncated**: the [job summary](${url}) has the full text.`) + end
}

async function comment(
  options: StepOptions,
  what: Marker['what'],
  pullRequest: number | undefined,
  markdown: string,
  end: string,
): Promise<void> {
  const { job, api, author } = options
  if (!options.comment || pullRequest === undefined) return
  const marker = markerText(markerOf(options, what))
  const sticky = { api, repository: job.repository, author }
  try {
    const { done, url } = await writeComment(sticky, pullRequest, marker, fitted(job, `${marker}\n${markdown}`, end))
    job.annotate('notice', `the comment${plainly(options.label)} is ${done}: ${url}`)
  } catch (error) {
    if (!(error instanceof GithubError) || !error.isForbidden || !job.fromFork) throw error
    job.annotate(
      'notice',
      'no comment on a pull request from a fork, because its token is read-only; the plan is in the job summary',
    )
  }
}

/** For titles and messages, which are not Markdown. */
function plainly(label: string): string {
  return label === '' ? '' : ` of ${label}`
}
