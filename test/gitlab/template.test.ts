import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { createRepository, gitlabCi, jobsOf, pipelineOf } from './runner.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

test('the example includes the shipped template', () => {
  expect(read('examples/gitops/.gitlab/workos-migrate.yml')).toBe(read('templates/workos-migrate.yml'))
})

test('the schema of GitLab accepts the example and rejects a mistake', () => {
  const repository = createRepository()
  expect(gitlabCi(repository, ['--list-all'])).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('json schema validated'),
  })
  const template = join(repository, '.gitlab/workos-migrate.yml')
  writeFileSync(template, readFileSync(template, 'utf8').replace('access: developer', 'access: everybody'))
  const refused = gitlabCi(repository, ['--list-all'])
  expect(refused.status).not.toBe(0)
  expect(refused.stdout + refused.stderr).toContain('access')
})

/** GitLab sets no branch in a merge request pipeline. */
const HERE = { CI_COMMIT_BRANCH: '', CI_MERGE_REQUEST_PROJECT_ID: '17', CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '17' }
const MAIN = { CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main' }
const both = (jobs: Record<string, string>) =>
  Object.fromEntries(
    ['staging', 'production'].flatMap((name) => Object.entries(jobs).map(([job, when]) => [`${name}:${job}`, when])),
  )

test.each([
  [
    'a merge request',
    { CI_PIPELINE_SOURCE: 'merge_request_event', ...HERE },
    both({ test: 'on_success', plan: 'on_success', note: 'always' }),
  ],
  [
    'a merge request of a fork, which has no secrets',
    { CI_PIPELINE_SOURCE: 'merge_request_event', ...HERE, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '99' },
    both({ test: 'on_success' }),
  ],
  [
    'the default branch',
    { CI_PIPELINE_SOURCE: 'push', ...MAIN },
    both({ test: 'on_success', plan: 'on_success', apply: 'manual' }),
  ],
  ['a schedule', { CI_PIPELINE_SOURCE: 'schedule', ...MAIN }, both({ drift: 'on_success' })],
  ['another branch', { CI_PIPELINE_SOURCE: 'push', ...MAIN, CI_COMMIT_BRANCH: 'other' }, {}],
])('the pipeline of %s has the jobs that it needs', (_what, variables, jobs) => {
  expect(pipelineOf(createRepository(), variables)).toEqual(jobs)
})

test('applies and drift checks of one environment never run at the same time', () => {
  const jobs = jobsOf(createRepository())
  for (const name of ['staging', 'production']) {
    expect(jobs[`${name}:apply`]?.resource_group).toBe(`workos-migrate-${name}`)
    expect(jobs[`${name}:drift`]?.resource_group).toBe(`workos-migrate-${name}`)
  }
})

test('an apply deploys to its environment, and jobs that only read do not', () => {
  const jobs = jobsOf(createRepository())
  expect(jobs['production:apply']?.environment).toMatchObject({ name: 'production' })
  expect(jobs['production:apply']?.environment?.action ?? 'start').toBe('start')
  for (const job of ['plan', 'drift']) {
    expect(jobs[`production:${job}`]?.environment).toEqual({ name: 'production', action: 'verify' })
  }
  expect(jobs['production:test']?.environment).toBeUndefined()
})

test('artifacts are the saved plan and its Markdown, for members, with an expiry', () => {
  const jobs = jobsOf(createRepository())
  const withArtifacts = Object.entries(jobs).filter(([, { artifacts }]) => artifacts !== undefined)
  expect(withArtifacts.map(([name]) => name)).toEqual(['staging:plan', 'production:plan'])
  for (const [name, { artifacts }] of withArtifacts) {
    const folder = `plans/${name.split(':')[0]}`
    expect(artifacts).toMatchObject({ access: 'developer', expire_in: '7 days' })
    expect(artifacts?.paths).toEqual([`${folder}/plan.ndjson`, `${folder}/plan.md`])
  }
})

test('the guide lists every input with its default', () => {
  const [header] = parseAllDocuments(read('templates/workos-migrate.yml'))
  const inputs: Record<string, { default?: string }> = header?.toJS().spec.inputs
  const rows = [...read('docs/how-to/gitlab.md').matchAll(/^\| `(\w+)` \| (?:–|`(.*?)`) \| /gm)]
  const listed = rows.map(([, name, standard]) => [name, standard])
  expect(listed).toEqual(Object.entries(inputs).map(([name, input]) => [name, input.default]))
})

test('every input is used and has its effect', () => {
  const template = read('templates/workos-migrate.yml')
  const inputs = [...(template.split('\n---\n')[0]?.matchAll(/^ {4}(\w+):$/gm) ?? [])].map(([, name = '']) => name)
  expect(inputs.length).toBeGreaterThan(7)
  for (const name of inputs) expect(template).toContain(`$[[ inputs.${name} ]]`)

  const repository = createRepository()
  const manifests = join(repository, 'somewhere/eu')
  cpSync(join(repository, 'environments/staging'), manifests, { recursive: true })
  writeFileSync(
    join(repository, '.gitlab-ci.yml'),
    `stages: [test, plan, apply, drift]
include:
  - local: /.gitlab/workos-migrate.yml
    inputs:
      environment: eu
      folder: somewhere
      rehearsal: none
      image: registry.example.com/node:24
      source_open: "true"
      source_close: echo closed
      confirm: eu
      only_reviewed: "false"
      apply_timeout: 2 hours
      keep_plans: 1 day
`,
  )
  const jobs = jobsOf(repository)
  expect(Object.keys(jobs)).toEqual(['eu:test', 'eu:plan', 'eu:note', 'eu:apply', 'eu:drift'])
  expect(jobs['eu:apply']).toMatchObject({
    image: { name: 'registry.example.com/node:24' },
    timeout: '2 hours',
    variables: { CONFIRM: 'eu', ONLY_REVIEWED: 'false', MANIFEST: 'somewhere/eu/migrate.config.yaml' },
    after_script: ['echo closed'],
  })
  expect(jobs['eu:apply']?.script[1]).toBe('true')
  expect(jobs['eu:test']?.variables).toMatchObject({ REHEARSAL: 'none' })
  expect(jobs['eu:plan']?.artifacts?.expire_in).toBe('1 day')
})
