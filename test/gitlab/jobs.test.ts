import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startWorkos, type Workos } from '../e2e/workos.ts'
import { type FakeGitlab, JOB_TOKEN, READING_TOKEN, startFakeGitlab, TOKEN } from '../fakes/gitlab/fake-gitlab.ts'
import { sealSource, stateFor } from '../pipelines/example.ts'
import { bash, commit, createRepository, type Job, type JobResult, jobsOf, runJob } from './runner.ts'

const API_KEY = 'sk_test_staging_0123456789'
const PASSPHRASE = 'a passphrase that nobody guesses 42'
const HASH = '$2b$10$'

interface Given {
  from?: readonly JobResult[]
  env?: Record<string, string | undefined>
  /** Variables that differ for this job. */
  own?: Record<string, string>
}

/** A repository with a sealed source, a GitLab that stores the archive, and a WorkOS. */
interface World {
  repository: string
  gitlab: FakeGitlab
  workos: Workos
  run(name: string, given?: Given): Promise<JobResult>
  /** Marks the commit of the jobs as the merge commit of the merge request. */
  merged(): void
  /** Changes the users file of the rehearsal and seals it as the source of staging. */
  seal(change?: (users: string) => string): Promise<void>
}

async function createWorld(): Promise<World> {
  const [gitlab, workos, repository] = [await startFakeGitlab(), await startWorkos(), createRepository()]
  const databaseUrl = await stateFor(repository)
  const variables = {
    ...gitlab.variables,
    CI_COMMIT_SHA: 'a'.repeat(40),
    CI_COMMIT_BRANCH: 'main',
    WORKOS_API_KEY: API_KEY,
    WORKOS_BASE_URL: workos.url,
    DATABASE_URL: databaseUrl,
    WORKOS_MIGRATE_GITLAB_TOKEN: TOKEN,
    SOURCE_PASSPHRASE: PASSPHRASE,
    SOURCE_URL: `${gitlab.variables.CI_API_V4_URL}/projects/17/packages/generic/migration-source/staging`,
  }
  const jobs: Record<string, Job> = jobsOf(repository)
  const world: World = {
    repository,
    gitlab,
    workos,
    async run(name, { from = [], env = {}, own = {} } = {}) {
      const job = jobs[name]
      if (job === undefined) throw new Error(`there is no job ${name}`)
      const result = await runJob(
        repository,
        { ...job, variables: { ...job.variables, ...own } },
        { variables: { ...variables, ...env }, from },
      )
      for (const secret of [API_KEY, PASSPHRASE, TOKEN, JOB_TOKEN, HASH]) expect(result.log).not.toContain(secret)
      return result
    },
    merged() {
      const [iid, sha, target_branch] = [7, variables.CI_COMMIT_SHA, variables.CI_COMMIT_BRANCH]
      const heads = { sha: 'b'.repeat(40), merge_commit_sha: sha, squash_commit_sha: null }
      gitlab.mergeRequests[sha] = [{ iid, state: 'merged', target_branch, ...heads }]
    },
    async seal(change = (users) => users) {
      const seal = async () => expect((await sourceScript(repository, 'seal', variables)).exit).toBe(0)
      const archives = await sealSource(repository, 'staging', seal, change)
      for (const [file, bytes] of archives) gitlab.packages.set(`migration-source/staging/${file}`, bytes)
      commit(repository, 'Seal the source')
    },
  }
  await world.seal()
  return world
}

/** Runs `scripts/source.sh seal|open|close staging` in the repository. */
function sourceScript(repository: string, verb: string, variables: Record<string, string>) {
  const env = { PATH: process.env.PATH ?? '', HOME: repository, ...variables }
  return bash([`bash scripts/source.sh ${verb} staging`], { cwd: repository, env })
}

test('a merge request shows the plan, the default branch applies it, and drift is found', async () => {
  const { run, merged, gitlab, workos } = await createWorld()

  const tested = await run('staging:test', { env: { WORKOS_API_KEY: undefined, SOURCE_PASSPHRASE: undefined } })
  expect(tested.log).toContain('3 tests: 3 passed, 0 failed')
  expect(tested.exit).toBe(0)

  const review = await run('staging:plan')
  expect(review.log).toContain('Creates 1 role, 2 organizations, 4 users and 5 memberships.')
  expect(review.exit).toBe(0)
  expect([...review.artifacts.keys()]).toEqual(['plans/staging/plan.ndjson', 'plans/staging/plan.md'])
  for (const text of [...review.artifacts.values()].map(String).concat(review.log)) {
    expect(text.length).toBeGreaterThan(100)
    for (const hidden of [HASH, API_KEY, PASSPHRASE, 'bjorn@acme.example']) expect(text).not.toContain(hidden)
  }
  const note = await run('staging:note', { from: [review] })
  expect(note.exit).toBe(0)
  expect(gitlab.notes).toHaveLength(1)
  expect(gitlab.notes[0]?.body).toContain('## Migration plan: acme-staging')
  expect(gitlab.notes[0]?.body).toContain(`plan \`${review.dotenv.WORKOS_MIGRATE_DIGEST}\``)

  const plan = await run('staging:plan')
  expect(plan.dotenv).toMatchObject({ WORKOS_MIGRATE_CHANGES: 'true', WORKOS_MIGRATE_CREATES: '12' })
  expect(plan.dotenv.WORKOS_MIGRATE_DIGEST).toBe(review.dotenv.WORKOS_MIGRATE_DIGEST)
  merged()
  const applied = await run('staging:apply', { from: [plan] })
  expect(applied.log).toContain('Merge request !7 shows this plan (')
  expect(applied.log).toContain('Done: everything in the source is in WorkOS.')
  expect(applied.exit).toBe(0)
  expect((await workos.snapshot(API_KEY)).users.map(({ email }) => email)).toEqual([
    'ada@acme.example',
    'bjorn@acme.example',
    'chloe@borealis.example',
    'emeka@acme.example',
  ])
  for (const { left } of [review, note, plan, applied]) {
    expect(left.filter((path) => path.includes('source'))).toEqual([])
  }

  expect((await run('staging:drift')).exit).toBe(0)
  const { id } = await workos.call('GET', '/organizations/external_id/acme', undefined, API_KEY)
  await workos.call('PUT', `/organizations/${id}`, { name: 'Renamed by hand' }, API_KEY)
  const drift = await run('staging:drift')
  expect(drift.exit).toBe(2)
  expect(drift.log).toContain('Renamed by hand')
})

test('an apply takes only the saved plan: a changed source makes it stale', async () => {
  const { run, seal } = await createWorld()
  const plan = await run('staging:plan')
  await seal((users) => users.replace('Ampersand', 'Andersen'))
  const unseen = await run('staging:apply', { from: [plan] })
  expect(unseen.log).toContain('plan_not_reviewed')
  expect(unseen.exit).toBe(8)
  const stale = await run('staging:apply', { from: [plan], own: { ONLY_REVIEWED: 'false' } })
  expect(stale.log).toContain('stale')
  expect(stale.exit).toBe(8)
})

test('production requires its word, and its job passes it', async () => {
  const { run, repository } = await createWorld()
  const digest = 'source.sha256'
  const [from, to] = ['staging', 'production'].map((name) => join(repository, 'environments', name, digest))
  cpSync(from ?? '', to ?? '')
  commit(repository, 'Give production the same source')
  const plan = await run('production:plan')
  const unseen = { ONLY_REVIEWED: 'false' }
  expect((await run('production:apply', { from: [plan], own: { ...unseen, CONFIRM: 'none' } })).exit).toBe(5)
  expect((await run('production:apply', { from: [plan], own: unseen })).exit).toBe(0)
})

test('a plan that a guard refuses fails its job, is shown on the merge request, and is reported to later jobs', async () => {
  const { run, seal, gitlab, repository } = await createWorld()
  await seal((users) => users.replace('ada@acme.example', 'no address'))
  const plan = await run('staging:plan')
  expect(plan.exit).toBe(5)
  expect(plan.dotenv).toMatchObject({ WORKOS_MIGRATE_REFUSED: '1' })
  expect((await run('staging:note', { from: [plan] })).exit).toBe(0)
  expect(gitlab.notes[0]?.body).toContain('**Refused**')

  const forbidden = await run('staging:note', { from: [plan], env: { WORKOS_MIGRATE_GITLAB_TOKEN: READING_TOKEN } })
  expect(forbidden.exit).toBe(4)
  expect(forbidden.log).toContain('gitlab_forbidden')
  expect(forbidden.log).not.toContain(READING_TOKEN)
  expect(jobsOf(repository)['staging:note']?.allow_failure).toEqual({ exit_codes: [4] })
})

test('a failed plan leaves a note about it', async () => {
  const { run, gitlab } = await createWorld()
  gitlab.packages.clear()
  const plan = await run('staging:plan')
  expect(plan.log).toContain('from SOURCE_URL')
  expect(plan.exit).toBe(1)
  expect((await run('staging:note', { from: [plan] })).exit).toBe(0)
  expect(gitlab.notes[0]?.body).toContain('**There is no plan.**')
})
