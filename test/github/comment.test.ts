import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { COMMENT } from '../../src/pipelines/cut.ts'
import { markerText } from '../../src/pipelines/marker.ts'
import { member, peopleProject } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { answerOf, TOKEN } from '../fakes/github/fake-github.ts'
import { PULL_REQUEST, startJob, type TestJob } from './job.ts'

const MARKER = markerText({ what: 'plan', config: 'migrate.config.yaml', label: 'staging' })
const PLAN = '## Migration plan\n\n**Creates 2 users.**\n'

/** The files of `plan` in a job. Without a plan file, there is no plan. */
async function planned(job: TestJob, markdown = PLAN) {
  const project = peopleProject(await startWorkos(), [member('ada', 'acme'), member('bea', 'acme')])
  const made = await project.run(['plan', '--out', 'plan.ndjson'], { env: { KEY } })
  expect(made.exit, made.stderr).toBe(0)
  job.write('plan.ndjson', readFileSync(project.path('plan.ndjson'), 'utf8'))
  job.write('plan.md', markdown)
}

const report = (job: TestJob, ...more: string[]) => {
  const options = [`--folder=${job.folder}`, '--config=migrate.config.yaml', '--label=staging', '--artifact=the-plan']
  return job.step('plan', '--exit-code=2', ...options, ...more)
}

const asked = ({ github }: TestJob) => github.log.map(({ method, status }) => `${method} ${status}`)

describe('the comment with a plan', () => {
  test('is created, then updated, and not touched if the text is the same', async () => {
    const job = await startJob()
    await planned(job)
    const first = await report(job)
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toContain('::notice title=workos-migrate::the comment of staging is created: https://github')
    expect(job.github.comments).toHaveLength(1)
    const { body } = job.github.comments[0] ?? { body: '' }
    expect(body.startsWith(`${MARKER}\n${PLAN}`)).toBe(true)
    expect(body).toContain('[Job](https://github.example/acme/migration/actions/runs/42/attempts/1)')
    expect(body).toContain('commit `aaaaaaaaaaaa`')
    expect(body).toContain('artifact `the-plan`')
    expect(job.read('summary')).toContain(PLAN)
    expect(job.outputs()).toEqual({
      saved: 'true',
      changes: 'true',
      creates: '6',
      updates: '0',
      adopts: '0',
      deletes: '0',
      blocked: '0',
      drifted: '0',
      refused: '0',
    })

    expect((await report(job)).stdout).toContain('is unchanged')
    job.write('plan.md', '## Migration plan\n\n**Creates 3 users.**\n')
    expect((await report(job)).stdout).toContain('is updated')
    expect(job.github.comments).toHaveLength(1)
    expect(job.github.comments[0]?.body).toContain('Creates 3 users')
    expect(asked(job)).toEqual(['GET 200', 'POST 201', 'GET 200', 'GET 200', 'PATCH 200'])
    expect(job.github.log[1]?.target).toBe(`/repos/acme/migration/issues/${PULL_REQUEST}/comments`)
  })

  test('exists once per environment, manifest and purpose, whatever their names', async () => {
    const job = await startJob()
    await planned(job)
    const labels = ['staging', 'production', 'a -->', 'a', '', 'x label=y']
    for (const label of labels) await report(job, `--label=${label}`)
    await report(job, '--config=other.yaml')
    await job.step('apply', `--folder=${job.folder}`, '--label=staging', `--pull-request=${PULL_REQUEST}`)
    for (const label of labels) expect((await report(job, `--label=${label}`)).stdout).toContain('is unchanged')
    expect(new Set(job.github.comments.map(({ body }) => body.split('\n')[0])).size).toBe(labels.length + 2)
    for (const { body } of job.github.comments) expect(body.split('\n')[0]).toMatch(/^<!-- [^>]* -->$/)
  })

  test('is found after hundreds of others', async () => {
    const job = await startJob()
    await planned(job)
    for (let n = 0; n < 200; n += 1) job.github.comment(`comment ${n}`, 'somebody')
    const own = job.github.comment(`${MARKER}\nan earlier plan`)
    expect((await report(job)).stdout).toContain('is updated')
    expect(own.body).toContain('Creates 2 users')
    expect(asked(job)).toEqual(['GET 200', 'GET 200', 'GET 200', 'PATCH 200'])
  })

  test('is never a comment of someone else or one that quotes the marker', async () => {
    const job = await startJob()
    await planned(job)
    const forged = job.github.comment(`${MARKER}\nforged`, 'stranger')
    const quoted = job.github.comment(`> ${MARKER}`)
    expect((await report(job)).stdout).toContain('is created')
    expect([forged.body, quoted.body]).toEqual([`${MARKER}\nforged`, `> ${MARKER}`])
    expect((await report(job, '--author=stranger')).stdout).toContain('is updated')
    expect(forged.body).toContain('Creates 2 users')
  })

  test('is cut if it is too long, with a link to the full summary', async () => {
    const job = await startJob()
    const long = `${PLAN}\n\`\`\`diff\n${'+ user:u1\n'.repeat(10_000)}\`\`\`\n\nthe end of the plan\n`
    await planned(job, long)
    expect(await report(job)).toMatchObject({ code: 0 })
    const { body } = job.github.comments[0] ?? { body: '' }
    expect(body.length).toBeLessThanOrEqual(COMMENT.limit)
    expect(body).toContain('```\n\n**Truncated**: the [job summary](https://github.example/acme/migration/actions/')
    expect(body).toContain('artifact `the-plan`')
    expect(body).not.toContain('the end of the plan')
    expect(job.read('summary')).toContain('the end of the plan')
  })

  test('stays within 1 MiB in the summary, with earlier text', async () => {
    const job = await startJob()
    await planned(job, 'Grüße\n'.repeat(200_000))
    job.write('summary', 'a\n'.repeat(1000))
    await report(job)
    const length = Buffer.byteLength(job.read('summary'))
    expect(length).toBeLessThanOrEqual(1024 * 1024)
    expect(length).toBeGreaterThan(1024 * 1024 - 100)
    expect(job.read('summary')).toContain('**Truncated.**')
  })

  test('is not written for a fork, with a notice and no failure', async () => {
    const job = await startJob({ fork: true })
    await planned(job)
    job.github.readOnly = true
    const said = await report(job)
    expect(said).toMatchObject({ code: 0, stderr: '' })
    expect(said.stdout).toContain('::notice title=workos-migrate::no comment on a pull request from a fork')
    expect(job.read('summary')).toContain(PLAN)
    expect(job.outputs().creates).toBe('6')
  })

  test('fails the step if a job of the same repository lacks the permission', async () => {
    const job = await startJob()
    await planned(job)
    job.github.readOnly = true
    const said = await report(job)
    expect(said.code).toBe(1)
    expect(said.stderr).toContain('HTTP 403: Resource not accessible by integration [github_refused]')
    expect(said.stderr).toContain('permissions in the workflow')
    expect(said.stderr).not.toContain(TOKEN)
  })

  test('is not requested outside a pull request, or if it is turned off', async () => {
    const push = await startJob({ event: false })
    await planned(push)
    expect(await report(push)).toMatchObject({ code: 0 })
    const off = await startJob()
    await planned(off)
    expect(await report(off, '--comment=false')).toMatchObject({ code: 0 })
    expect([push.github.log, off.github.log]).toEqual([[], []])
    expect(push.read('summary')).toContain(PLAN)
  })

  test('shows why there is no plan, with the output of the program', async () => {
    const job = await startJob()
    job.write('plan.md', '')
    job.write(
      'log.txt',
      'migrate.config.yaml:3:1 error: ```unknown key @everybody [unknown_key]\n::error::no command\n',
    )
    const said = await report(job, '--exit-code=3')
    expect(said.code).toBe(0)
    expect(said.stdout).toContain('::error title=workos-migrate::no plan of staging: exit code 3: the command line')
    const { body } = job.github.comments[0] ?? { body: '' }
    expect(body).toContain('**There is no plan**: exit code 3')
    expect(body).not.toContain('Creates 2 users')
    expect(body).toContain('````text\nmigrate.config.yaml:3:1 error: ```unknown key @everybody')
    expect(job.outputs()).toMatchObject({ saved: 'false', changes: 'false', creates: '0', refused: '0' })
  })

  test('shows that a refused plan fails the job', async () => {
    const job = await startJob()
    await planned(job)
    await report(job, '--exit-code=5')
    expect(job.github.comments[0]?.body).toContain('**The job fails**: exit code 5: a guard stopped it')
    expect(job.read('summary')).toContain('**The job fails**')
  })
})

describe('failures of GitHub', () => {
  test('lead to a retry after a 5xx, a lost connection and a primary or secondary limit', async () => {
    const soon = String(Math.floor(Date.now() / 1000) + 2)
    const job = await startJob()
    await planned(job)
    job.github.refuseNext(
      answerOf(502, 'Server Error'),
      answerOf(403, 'You have exceeded a secondary rate limit', { 'retry-after': '1' }),
      answerOf(429, 'Too many'),
      answerOf(403, 'API rate limit exceeded', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': soon }),
      answerOf(403, 'You have exceeded a secondary rate limit. Please wait'),
    )
    const said = await report(job)
    expect(said).toMatchObject({ code: 0, stderr: '' })
    expect(said.stdout).toContain('::notice title=workos-migrate::waiting 60 s for GitHub: a rate limit')
    expect(asked(job)).toEqual(['GET 502', 'GET 403', 'GET 429', 'GET 403', 'GET 403', 'GET 200', 'POST 201'])
  })

  test('cause no second comment if the response to the first was lost', async () => {
    const job = await startJob()
    await planned(job)
    job.github.loseNextAnswer()
    expect((await report(job)).stdout).toContain('is created')
    expect(asked(job)).toEqual(['GET 200', 'POST 502', 'GET 200'])
    expect(job.github.comments).toHaveLength(1)
  })

  test('end the step after six attempts, or if a limit lasts', async () => {
    const job = await startJob()
    await planned(job)
    job.github.refuseNext(...Array.from({ length: 6 }, () => answerOf(500, 'Server Error')))
    const down = await report(job)
    expect([down.code, down.stderr]).toEqual([1, expect.stringContaining('HTTP 500 (6 attempts) [github_unreachable]')])
    job.github.refuseNext(answerOf(403, 'limit', { 'retry-after': '3000' }))
    const limited = await report(job)
    expect([limited.code, limited.stderr]).toEqual([1, expect.stringContaining('a rate limit (1 attempt)')])
  })

  test('lead to no retry for a wrong token, which is never shown', async () => {
    const job = await startJob()
    await planned(job)
    job.env.GITHUB_TOKEN = 'ghs_another-token'
    const said = await report(job)
    expect([said.code, said.stderr]).toEqual([1, expect.stringContaining('HTTP 401: Bad credentials')])
    expect(said.stdout + said.stderr + job.read('summary') + job.read('output')).not.toContain('ghs_')
    expect(asked(job)).toEqual(['GET 401'])
    job.env.GITHUB_TOKEN = ''
    expect(await report(job)).toMatchObject({ code: 3, stderr: expect.stringContaining('GITHUB_TOKEN is not set') })
  })
})

test('outside a job nothing happens, and an unknown step is rejected', async () => {
  const job = await startJob()
  expect(await job.step('compare')).toMatchObject({ code: 3, stderr: expect.stringContaining('unknown step compare') })
  job.env.GITHUB_REPOSITORY = ''
  expect(await report(job)).toMatchObject({ code: 3, stderr: expect.stringContaining('GITHUB_REPOSITORY is not set') })
  expect(job.github.log).toEqual([])
})
