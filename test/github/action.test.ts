import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { member, peopleProject } from '../e2e/people.ts'
import { KEY, startWorkos, writes } from '../e2e/workos.ts'
import { TOKEN } from '../fakes/github/fake-github.ts'
import { HEAD, MERGE, startJob } from './job.ts'
import { action, type Runner, runAction } from './runner.ts'

const HASH = `$2b$10$${'S'.repeat(53)}`
const ROWS = [member('ada', 'acme', { password_hash: HASH, password_hash_type: 'bcrypt' }), member('bea', 'acme')]

/** A repository with a manifest, a pull request, WorkOS and a runner. */
async function repository({ fork = false, manifest = {} }: { fork?: boolean; manifest?: object } = {}) {
  const job = await startJob({ fork })
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, manifest)
  const artifacts = new Map<string, string>()
  const runner: Runner = { env: { ...job.env, KEY }, workspace: project.folder, artifacts, run: 42 }
  const act = (inputs: Record<string, string>) => runAction({ label: 'staging', ...inputs }, runner)
  /** The data of GitHub after the merge. */
  const merge = () => {
    const pull = { number: 7, merged_at: '2026-01-03T00:00:00Z', merge_commit_sha: MERGE, head: { sha: HEAD } }
    job.github.pulls.set(MERGE, [pull])
    for (const [n, name] of [...artifacts.keys()].entries()) {
      job.github.artifacts.push({
        id: n,
        name: name.replace(/^\d+\//, ''),
        expired: false,
        created_at: '2026-01-02T00:00:00Z',
        workflow_run: { id: 42, repository_id: 1, head_repository_id: 1, head_sha: HEAD },
      })
    }
    // A push has no pull request.
    job.write('event.json', '{}')
    runner.run = 43
  }
  return { job, workos, project, runner, artifacts, act, merge }
}

const ALL = action.runs.steps.map(({ name }) => name)

describe('a change of a mapping', () => {
  test('is planned on its pull request, applied at the merge, and leaves no drift', async () => {
    const { job, workos, artifacts, act, merge, project } = await repository()
    const planned = await act({ mode: 'plan' })
    expect(planned.success, planned.log).toBe(true)
    expect(planned.steps).toEqual(ALL.filter((name) => !/reviewed|Download/.test(name)))
    expect(planned.outputs).toMatchObject({
      changes: 'true',
      creates: '6',
      updates: '0',
      deletes: '0',
      refused: '0',
      'exit-code': '2',
      artifact: 'workos-migrate-plan-staging',
    })
    expect([...artifacts.keys()]).toEqual(['42/workos-migrate-plan-staging'])
    expect(job.github.comments).toHaveLength(1)
    expect(job.github.comments[0]?.body).toContain('Creates 1 role, 1 organization, 2 users and 2 memberships')
    expect(job.github.comments[0]?.body).not.toContain('ada@example.com')
    expect(job.read('summary')).toContain('## Migration plan: people')
    expect(writes(workos.takeLog())).toEqual([])

    merge()
    const applied = await act({ mode: 'apply' })
    expect(applied.success, applied.log).toBe(true)
    expect(applied.steps).toEqual(ALL.filter((name) => name !== 'Keep the saved plan'))
    expect(applied.outputs['exit-code']).toBe('0')
    expect((await workos.snapshot()).users).toHaveLength(2)
    expect(job.github.comments).toHaveLength(2)
    expect(job.github.comments[1]?.body).toContain('## Apply of `staging`\n\n**Applied.**')
    expect(job.read('summary')).toContain('**Applied.**')

    const clean = await act({ mode: 'drift' })
    expect(clean).toMatchObject({ success: true, outputs: { changes: 'false', drifted: '0', 'exit-code': '0' } })
    expect(job.github.issues).toEqual([])
    project.csv('users.csv', [...ROWS, member('cem', 'acme')])
    const drifted = await act({ mode: 'drift' })
    expect(drifted).toMatchObject({ success: true, outputs: { changes: 'true', 'exit-code': '2' } })
    expect(job.github.issues).toMatchObject([{ title: 'workos-migrate: drift of staging', state: 'open' }])

    const told = [planned, applied, clean, drifted].map(({ log }) => log).join('')
    const kept = [...artifacts.values(), job.read('summary'), job.read('output')].join('')
    for (const secret of [TOKEN, KEY, HASH]) expect(told + kept).not.toContain(secret)
    for (const person of ['ada@example.com', 'bea@example.com']) expect(told + kept).not.toContain(person)
  }, 240_000)

  test('is not applied if the source has changed', async () => {
    const { job, workos, act, merge, project } = await repository()
    expect(await act({ mode: 'plan' })).toMatchObject({ success: true })
    merge()
    project.csv('users.csv', [...ROWS, member('cem', 'acme')])
    const applied = await act({ mode: 'apply' })
    expect(applied).toMatchObject({ success: false, outputs: { 'exit-code': '8' } })
    expect(applied.log).toContain('the source has changed in users and memberships')
    expect(job.github.comments[1]?.body).toContain('Not applied as planned: exit code 8')
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('is applied from the plan of a given run, with the confirmation word', async () => {
    const { workos, runner, act } = await repository({ manifest: { safety: { confirm: 'production' } } })
    expect(await act({ mode: 'plan' })).toMatchObject({ success: true })
    runner.run = 43
    expect(await act({ mode: 'apply', 'plan-run': '42' })).toMatchObject({ outputs: { 'exit-code': '5' } })
    const applied = await act({ mode: 'apply', 'plan-run': '42', confirm: 'production' })
    expect(applied.success, applied.log).toBe(true)
    expect(applied.steps).not.toContain('Find the reviewed plan')
    expect((await workos.snapshot()).users).toHaveLength(2)
  })

  test('is never applied without a reviewed plan', async () => {
    const { workos, act } = await repository()
    const applied = await act({ mode: 'apply' })
    expect(applied).toMatchObject({ success: false, outputs: { 'exit-code': '' } })
    expect(applied.log).toContain(`no pull request was merged as ${MERGE}`)
    expect(applied.steps.at(-1)).toBe('Find the reviewed plan')
    expect(writes(workos.takeLog())).toEqual([])
  })
})

describe('a plan that cannot be applied', () => {
  test('is shown and fails the job if a guard refuses it', async () => {
    const { job, act } = await repository({ manifest: { safety: { maxCreates: 1 } } })
    const planned = await act({ mode: 'plan' })
    expect(planned).toMatchObject({ success: false, outputs: { 'exit-code': '5', refused: '1', creates: '6' } })
    expect(job.github.comments[0]?.body).toContain('**Refused**')
    expect(planned.steps.at(-1)).toBe('Verdict')
  })

  test('is reported on the pull request if the manifest is invalid', async () => {
    const { job, artifacts, act, project } = await repository()
    project.write('migrate.config.yaml', 'version: 1\nname: people\nsauce: {}\n')
    const planned = await act({ mode: 'plan' })
    expect(planned).toMatchObject({ success: false, outputs: { 'exit-code': '3', changes: 'false', creates: '0' } })
    expect(planned.steps).not.toContain('Keep the saved plan')
    expect(artifacts.size).toBe(0)
    expect(job.github.comments[0]?.body).toContain('unknown key "sauce"')
  })

  test('is one with warnings, with strict', async () => {
    const manifest = { map: { user: { metadata: { plan: 'no_such_column' } } } }
    const { act } = await repository({ manifest })
    expect(await act({ mode: 'plan' })).toMatchObject({ success: true })
    const strict = await act({ mode: 'plan', strict: 'true' })
    expect(strict).toMatchObject({ success: false, outputs: { 'exit-code': '7' } })
  })
})

describe('a pull request from a fork', () => {
  test('is validated and tested without secrets or requests to GitHub', async () => {
    const { job, runner, act, project } = await repository({ fork: true })
    const { KEY: _none, ...without } = runner.env
    runner.env = without
    const checked = await act({ mode: 'validate' })
    expect(checked.success, checked.log).toBe(true)
    expect(checked.log).toContain('is valid')
    expect(checked.log).toContain('migrate.config.yaml has no tests')
    expect(checked.steps).not.toContain('Report')
    project.write('migrate.config.yaml', 'version: 1\n')
    expect(await act({ mode: 'validate' })).toMatchObject({ success: false, outputs: { 'exit-code': '3' } })
    expect(job.github.log).toEqual([])
  })

  test('gets no comment, and its job does not fail', async () => {
    const { job, act } = await repository({ fork: true })
    job.github.readOnly = true
    const planned = await act({ mode: 'plan' })
    expect(planned.success, planned.log).toBe(true)
    expect(planned.log).toContain('::notice title=workos-migrate::no comment on a pull request from a fork')
  })
})

describe('the inputs', () => {
  const HOSTILE = ['$(touch pwned)`touch pwned`', "'; touch pwned; '", '"; touch pwned; "', 'a\ntouch pwned']

  test('are never executed', async () => {
    const { act, project } = await repository()
    expect(await act({ mode: 'plan', label: HOSTILE.join(' ') })).toMatchObject({ success: true })
    for (const text of HOSTILE) {
      const names = [
        'config',
        'environment',
        'label',
        'snapshot',
        'confirm',
        'mask',
        'package',
        'strict',
        'comment-author',
      ]
      const hostile = Object.fromEntries(names.map((name) => [name, text]))
      for (const mode of ['plan', 'apply']) {
        const { success, steps } = await act({ ...hostile, mode, artifact: 'a', 'plan-run': '42' })
        expect(success).toBe(false)
        expect(steps).toContain(mode === 'plan' ? 'Verdict' : 'Download it')
      }
      expect(await act({ mode: text })).toMatchObject({ success: false })
      expect(await act({ mode: 'plan', artifact: text })).toMatchObject({ success: false })
    }
    expect(readdirSync(project.folder)).not.toContain('pwned')
  })

  test('select the installed package, and npm runs no scripts of it', async () => {
    const { act, project } = await repository()
    expect((await act({ mode: 'validate' })).npm).toBe(`${project.folder}: ci --ignore-scripts --no-audit --no-fund\n`)
    project.write('vendor/program.tgz', '')
    const named = await act({ mode: 'validate', package: 'vendor/program.tgz' })
    expect(named.npm).toContain('--no-save --ignore-scripts --no-audit --no-fund -- /')
    expect(named.npm).toContain(`-- ${project.path('vendor/program.tgz')}\n`)
    expect((await act({ mode: 'validate', package: 'a@1.2.3' })).npm).toContain('--no-fund -- a@1.2.3\n')
  })

  test('reject an unknown mode and an invalid name of an artifact', async () => {
    const { act } = await repository()
    expect(await act({ mode: 'destroy' })).toMatchObject({ success: false, steps: ['Set up Node.js', 'Prepare'] })
    const artifact = await act({ mode: 'plan', artifact: 'a/b' })
    expect(artifact).toMatchObject({ success: false, log: expect.stringContaining('the input artifact can have only') })
  })
})

test('the runner never executes output of the program', async () => {
  const { act, project } = await repository()
  project.write('migrate.config.yaml', 'version: 1\n? |\n  ::set-output name=x::y\n  ::add-mask::a\n: 1\n')
  const { log } = await act({ mode: 'plan' })
  const token = /^::stop-commands::(.+)$/m.exec(log)?.[1]
  const [, quoted = '', after] = log.split(new RegExp(`::(?:stop-commands::)?${token}(?:::)?\n`))
  expect(quoted).toContain('error:')
  expect(after).toContain('::error title=workos-migrate::no plan of staging')
})

test('a cancelled job ends an apply in order', async () => {
  const manifest = { run: { workers: 1, limits: { writes: '2/s', reads: '1000/s', requests: '1000/s' } } }
  const { workos, runner, act } = await repository({ manifest })
  expect(await act({ mode: 'plan' })).toMatchObject({ success: true })
  runner.onStart = (step, child) => {
    if (step !== 'Run workos-migrate') return
    const waiting = setInterval(() => {
      if (writes(workos.log).length === 0) return
      clearInterval(waiting)
      child.kill('SIGINT')
    }, 20)
  }
  const applied = await act({ mode: 'apply', 'plan-run': '42' })
  expect(applied, applied.log).toMatchObject({ success: false, outputs: { 'exit-code': '130' } })
  expect(applied.log).toContain('Stopping: waiting up to 5 s')
  expect((await workos.snapshot()).memberships.length).toBeLessThan(2)
})
