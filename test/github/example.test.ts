import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { startWorkos } from '../e2e/workos.ts'
import { TOKEN } from '../fakes/github/fake-github.ts'
import { commit, createRepository, git } from '../gitlab/runner.ts'
import { sealSource, stateFor } from '../pipelines/example.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { evaluate } from './expression.ts'
import { HEAD, MERGE, startJob } from './job.ts'
import { bash, filled, runAction, type Step } from './runner.ts'

/**
 * Runs the jobs of the workflows in examples/gitops, each step as written, each job in its own
 * clone.
 */

const API_KEY = 'sk_test_github_0123456789'
const PASSPHRASE = 'a passphrase that nobody guesses 43'

interface Job {
  env?: Record<string, string>
  steps: Step[]
}

async function createWorld() {
  const [github, workos, repository] = [await startJob(), await startWorkos(), createRepository()]
  const shelf = temporaryFolder()
  const secrets = { WORKOS_API_KEY: API_KEY, DATABASE_URL: await stateFor(repository), SOURCE_PASSPHRASE: PASSPHRASE }
  const artifacts = new Map<string, string>()
  let run = 42

  const seal = async (name: string, change = (users: string) => users) => {
    const env = { PATH: process.env.PATH ?? '', SOURCE_PASSPHRASE: PASSPHRASE }
    const step = { name: 'seal', run: `scripts/source.sh seal ${name}` }
    const sealing = async () => {
      const { code, log } = await bash(step, { env, cwd: repository, temp: temporaryFolder() })
      expect(code, log).toBe(0)
    }
    for (const [file, bytes] of await sealSource(repository, name, sealing, change))
      writeFileSync(join(shelf, file), bytes)
    commit(repository, `Seal the source of ${name}`)
  }

  const runJob = async (workflow: string, name: string, { matrix = {}, event = 'push' } = {}) => {
    const workspace = join(temporaryFolder(), 'clone')
    git(dirname(workspace), 'clone', '--quiet', repository, workspace)
    const { jobs }: { jobs: Record<string, Job> } = parse(
      readFileSync(join(workspace, '.github/workflows', workflow), 'utf8'),
    )
    const job = jobs[name]
    if (job === undefined) throw new Error(`there is no job ${name}`)
    const contexts = {
      secrets,
      matrix,
      vars: { SOURCE_URL: shelf },
      github: { event_name: event, run_id: String(run) },
    }
    const env = { ...github.env, ...filled(job.env, contexts), WORKOS_BASE_URL: workos.url }
    let success = true
    let log = ''
    const exits: string[] = []
    for (const step of job.steps) {
      if (!(success || step.if?.includes('always()')) || !evaluate(step.if ?? 'always()', contexts)) continue
      if (step.uses?.startsWith('actions/checkout@')) continue
      if (step.uses === undefined) {
        const own = { PATH: process.env.PATH ?? '', ...env, ...filled(step.env, contexts) }
        const { code, log: said } = await bash(step, { env: own, cwd: workspace, temp: temporaryFolder() })
        log += said
        if (code !== 0) success = false
        continue
      }
      const acted = await runAction(filled(step.with, contexts), { env, workspace, artifacts, run })
      log += acted.log
      exits.push(acted.outputs['exit-code'] ?? '')
      success = acted.success && success
    }
    for (const secret of [TOKEN, API_KEY, PASSPHRASE, '$2b$10$', '@acme.example']) expect(log).not.toContain(secret)
    for (const environment of ['staging', 'production']) {
      expect(existsSync(join(workspace, 'environments', environment, 'source'))).toBe(false)
    }
    return { success, exits, log }
  }

  const merge = () => {
    github.github.pulls.set(MERGE, [
      { number: 7, merged_at: '2026-01-03T00:00:00Z', merge_commit_sha: MERGE, head: { sha: HEAD } },
    ])
    for (const [id, name] of [...artifacts.keys()].entries()) {
      const of = { id: run, repository_id: 1, head_repository_id: 1, head_sha: HEAD }
      const at = '2026-01-02T00:00:00Z'
      github.github.artifacts.push({
        id,
        name: name.replace(/^\d+\//, ''),
        expired: false,
        created_at: at,
        workflow_run: of,
      })
    }
    github.write('event.json', '{}')
    run += 1
  }
  for (const name of ['staging', 'production']) await seal(name)
  return { ...github, workos, repository, artifacts, seal, runJob, merge }
}

test('the workflows plan a pull request, apply it at the merge, and find drift', async () => {
  const { github, workos, artifacts, runJob, merge } = await createWorld()
  expect(await runJob('plan.yml', 'check')).toMatchObject({ success: true, exits: ['0'] })
  for (const name of ['staging', 'production']) {
    const planned = await runJob('plan.yml', 'plan', { matrix: { name } })
    expect(planned, planned.log).toMatchObject({ success: true, exits: ['2'] })
  }
  expect([...artifacts.keys()]).toEqual(['42/workos-migrate-plan-staging', '42/workos-migrate-plan-production'])
  const bodies = github.comments.map(({ body }) => body)
  expect(bodies).toHaveLength(2)
  for (const [at, name] of ['staging', 'production'].entries()) {
    expect(bodies[at]).toContain(`## Migration plan: acme-${name}`)
    expect(bodies[at]).toContain('Creates 1 role, 2 organizations, 4 users and 5 memberships')
  }
  for (const text of [...bodies, ...artifacts.values()]) {
    for (const hidden of ['ada@acme.example', '$2b$10$', API_KEY, PASSPHRASE]) expect(text).not.toContain(hidden)
  }

  merge()
  const staging = await runJob('apply.yml', 'staging')
  expect(staging, staging.log).toMatchObject({ success: true, exits: ['0'] })
  expect((await workos.snapshot(API_KEY)).users).toHaveLength(4)
  expect(github.comments.at(-1)?.body).toContain('## Apply of `staging`\n\n**Applied.**')

  const night = { matrix: { name: 'staging' } }
  expect(await runJob('drift.yml', 'drift', night)).toMatchObject({ success: true, exits: ['0'] })
  expect(github.issues).toEqual([])
  const { id } = await workos.call('GET', '/organizations/external_id/acme', undefined, API_KEY)
  await workos.call('PUT', `/organizations/${id}`, { name: 'Renamed by hand' }, API_KEY)
  expect(await runJob('drift.yml', 'drift', night)).toMatchObject({ success: true, exits: ['2'] })
  expect(github.issues).toMatchObject([{ state: 'open', title: 'workos-migrate: drift of staging' }])
  expect(github.issues[0]?.body).toContain('Renamed by hand')
})

test('new data makes the plan stale; started manually, the workflow plans again and applies that plan', async () => {
  const { github, runJob, merge, seal, artifacts } = await createWorld()
  expect(await runJob('plan.yml', 'plan', { matrix: { name: 'staging' } })).toMatchObject({ success: true })
  merge()
  await seal('staging', (users) => users.replace('Ampersand', 'Andersen'))
  const stale = await runJob('apply.yml', 'staging')
  expect(stale).toMatchObject({ success: false, exits: ['8'] })
  expect(stale.log).toContain('the source has changed in users')
  expect(github.comments.at(-1)?.body).toContain('exit code 8')

  const event = { event: 'workflow_dispatch' }
  expect(await runJob('apply.yml', 'plan', { ...event, matrix: { name: 'staging' } })).toMatchObject({ success: true })
  expect([...artifacts.keys()].at(-1)).toBe('43/workos-migrate-plan-staging')
  expect(await runJob('apply.yml', 'staging', event)).toMatchObject({ success: true, exits: ['0'] })
})

test('production is applied with the confirmation word of its manifest', async () => {
  const { runJob, merge, workos } = await createWorld()
  expect(await runJob('plan.yml', 'plan', { matrix: { name: 'production' } })).toMatchObject({ success: true })
  merge()
  const applied = await runJob('apply.yml', 'production')
  expect(applied, applied.log).toMatchObject({ success: true, exits: ['0'] })
  expect((await workos.snapshot(API_KEY)).users).toHaveLength(4)
})
