#!/usr/bin/env node
/**
 * The program that action.yml calls between commands. In: a step, its options and the variables of
 * the job. Out: the requests of the step to GitHub.
 */

import { parseArgs } from 'node:util'
import { UsageError } from '../diagnostics/errors.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { GithubApi } from '../github/api.ts'
import { type Job, jobOf } from '../github/job.ts'
import { locatePlan, reportApply, reportDrift, reportPlan } from '../github/steps.ts'
import { proxiesOf } from '../http/proxy.ts'
import type { Context } from './context.ts'
import { report } from './run.ts'

const STEPS = ['plan', 'drift', 'find-plan', 'apply'] as const
type Step = (typeof STEPS)[number]

const OPTIONS = {
  folder: { type: 'string', default: '.' },
  'exit-code': { type: 'string', default: '0' },
  config: { type: 'string', default: '' },
  label: { type: 'string', default: '' },
  author: { type: 'string', default: 'github-actions[bot]' },
  comment: { type: 'string', default: 'true' },
  artifact: { type: 'string', default: '' },
  'pull-request': { type: 'string', default: '' },
} as const

type World = Pick<Context, 'stdout' | 'stderr' | 'env' | 'cwd' | 'interrupted' | 'clock'>

/** Runs a step. @returns an exit code */
export async function runStep(args: readonly string[], world: World): Promise<number> {
  const { env, stdout } = world
  const redactor = new Redactor()
  if (env.GITHUB_TOKEN) redactor.register(env.GITHUB_TOKEN)
  try {
    const { step, values } = parsed(args)
    const job = jobOf(env, (text) => void stdout.write(text))
    const api = apiOf(job, world)
    try {
      await carryOut(step, values, job, api)
    } finally {
      await api.close()
    }
    return 0
  } catch (error) {
    return report(error, { ...world, redactor })
  }
}

function carryOut(step: Step, values: ReturnType<typeof parsed>['values'], job: Job, api: GithubApi): Promise<void> {
  const { folder, config, label, author, comment, artifact } = values
  const exit = Number(values['exit-code'])
  const options = { job, api, folder, exit, config, label, author, artifact, comment: comment === 'true' }
  switch (step) {
    case 'plan':
      return reportPlan(options)
    case 'drift':
      return reportDrift(options)
    case 'find-plan':
      return locatePlan(options)
    case 'apply':
      return reportApply({ ...options, pullRequest: Number(values['pull-request']) || undefined })
  }
}

function parsed(args: readonly string[]) {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const step = STEPS.find((name) => name === positionals[0])
  if (step !== undefined && positionals.length === 1) return { step, values }
  throw new UsageError({
    code: 'unknown_step',
    message: `${positionals[0] === undefined ? 'the step is missing' : `unknown step ${positionals.join(' ')}`}`,
    hint: `use one of ${STEPS.join(', ')}`,
  })
}

function apiOf({ apiUrl, annotate }: Job, { env, clock }: World): GithubApi {
  if (!env.GITHUB_TOKEN) {
    throw new UsageError({
      code: 'no_token',
      message: 'GITHUB_TOKEN is not set',
      hint: 'keep the default of the input github-token, or set it to a token',
    })
  }
  return new GithubApi({
    url: apiUrl,
    token: env.GITHUB_TOKEN,
    proxies: proxiesOf(env),
    clock,
    onWait: (why, ms) => annotate('notice', `waiting ${Math.ceil(ms / 1000)} s for GitHub: ${why}`),
  })
}

if (import.meta.main) {
  const { processContext } = await import('./context.ts')
  process.exitCode = await runStep(process.argv.slice(2), processContext())
}
