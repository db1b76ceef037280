import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { member, peopleProject } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { startJob, type TestJob } from './job.ts'

const env = { KEY }

/** A nightly job after an apply and later changes. */
async function night() {
  const job = await startJob({ event: false })
  const workos = await startWorkos()
  const rows = [member('ada', 'acme'), member('bea', 'acme')]
  const project = peopleProject(workos, rows)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const look = async (...more: string[]) => {
    const words = ['plan', '--refresh', '--detailed-exitcode', '--format', 'markdown', '--out', 'plan.ndjson']
    const { exit, stdout } = await project.run(words, { env })
    job.write('plan.md', stdout)
    job.write('plan.ndjson', readFileSync(project.path('plan.ndjson'), 'utf8'))
    const said = await step(job, exit, ...more)
    return { exit, ...said }
  }
  const rename = async (name: string) => {
    const user = (await workos.snapshot()).users.find(({ email }) => email === 'ada@example.com')
    await workos.call('PUT', `/user_management/users/${user?.id}`, { first_name: name })
  }
  return { job, project, rows, look, rename }
}

function step(job: TestJob, exit: number, ...more: string[]) {
  const options = [`--folder=${job.folder}`, `--exit-code=${exit}`, '--config=migrate.config.yaml', '--label=staging']
  return job.step('drift', ...options, ...more)
}

test('one issue is opened, updated while something differs, and closed when nothing differs', async () => {
  const { job, project, rows, look, rename } = await night()
  const { github } = job
  expect(await look()).toMatchObject({ exit: 0, code: 0, stdout: '' })
  expect(github.issues).toEqual([])

  // A change in WorkOS leads to no write, but it is drift.
  await rename('Augusta')
  const drifted = await look()
  expect(drifted).toMatchObject({ exit: 0, code: 0 })
  expect(drifted.stdout).toContain('::warning title=workos-migrate::found drift of staging: https')
  expect(github.issues).toMatchObject([{ title: 'workos-migrate: drift of staging', state: 'open' }])
  expect(github.issues[0]?.body).toContain('Different in WorkOS; kept as it is (1)')
  expect(job.outputs()).toMatchObject({ changes: 'false', drifted: '1' })
  await look()
  expect(github.issues).toHaveLength(1)

  project.csv('users.csv', [...rows, member('cem', 'acme')])
  expect(await look()).toMatchObject({ exit: 2, code: 0 })
  expect(github.issues).toHaveLength(1)
  expect(github.issues[0]?.body).toContain('**Creates 1 user and 1 membership.**')

  project.csv('users.csv', rows)
  await rename('ada')
  const clean = await look()
  expect(clean.stdout).toContain('is closed')
  expect(github.issues).toMatchObject([{ state: 'closed', state_reason: 'completed' }])
  expect(github.issues[0]?.body).toContain('**No drift**')

  await rename('Augusta')
  await look()
  expect(github.issues.map(({ state }) => state)).toEqual(['closed', 'open'])
})

test('issues of other environments or authors, and pull requests, are not touched', async () => {
  const { job, look, rename } = await night()
  await rename('Augusta')
  await look()
  const [own] = job.github.issues
  if (own === undefined) throw new Error('no issue')
  const forged = { ...own, id: 1, number: 2, user: { login: 'stranger' } }
  const pull = { ...own, id: 2, number: 3, pull_request: {} }
  job.github.issues.push(forged, pull)
  await look('--label=production')
  expect(job.github.issues).toHaveLength(4)
  await rename('ada')
  await look()
  expect(job.github.issues.map(({ state }) => state)).toEqual(['closed', 'open', 'open', 'open'])
})

test('a failed plan opens and closes no issue', async () => {
  const { job, look, rename } = await night()
  await rename('Augusta')
  await look()
  const failed = await startJob({ event: false })
  failed.write('log.txt', 'error: the API key was refused [credentials]\n')
  failed.github.issues.push(...job.github.issues)
  const said = await step(failed, 4)
  expect(said.stdout).toContain('::error title=workos-migrate::drift of staging is unknown: exit code 4')
  expect(failed.github.issues).toMatchObject([{ state: 'open' }])
  expect(failed.github.log).toEqual([])
  expect(failed.read('summary')).toContain('the API key was refused')
})
