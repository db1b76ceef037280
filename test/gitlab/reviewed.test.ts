import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command, folderOf } from '../cli/harness.ts'
import { createProject } from '../e2e/cli.ts'
import { type FakeGitlab, type MergeRequest, startFakeGitlab, TOKEN } from '../fakes/gitlab/fake-gitlab.ts'

const COMMIT = 'c0ffee'.padEnd(40, '0')

/** A merge request that was merged as the commit of the jobs. */
const MERGED: MergeRequest = {
  iid: 7,
  state: 'merged',
  target_branch: 'main',
  sha: 'b'.repeat(40),
  merge_commit_sha: COMMIT,
  squash_commit_sha: null,
}

/** Saved plans of one user and of two users. */
async function plansOf(): Promise<string> {
  const project = createProject()
  project.manifest({ source: { type: 'csv', path: 'users.csv' }, target: { type: 'sandbox' }, run: { workers: 1 } })
  const [ada, bea] = [{ email: 'ada@example.com' }, { email: 'bea@example.com' }]
  for (const [name, rows] of Object.entries({ one: [ada], two: [ada, bea] })) {
    project.csv('users.csv', rows)
    await project.run(['plan', '--out', `${name}.ndjson`])
  }
  return folderOf(
    Object.fromEntries(['one.ndjson', 'two.ndjson'].map((name) => [name, readFileSync(project.path(name), 'utf8')])),
  )
}

function run(gitlab: FakeGitlab, cwd: string, args: string[], env: Record<string, string | undefined> = {}) {
  const variables = { CI_COMMIT_SHA: COMMIT, CI_COMMIT_BRANCH: 'main', WORKOS_MIGRATE_GITLAB_TOKEN: TOKEN }
  return command(['pipeline', ...args], { cwd, env: { ...gitlab.variables, ...variables, ...env } })
}

/** A merge request whose note for staging shows the plan of one user. */
async function reviewed(merged: Partial<MergeRequest> = {}) {
  const cwd = await plansOf()
  const gitlab = await startFakeGitlab({ mergeRequests: { [COMMIT]: [{ ...MERGED, ...merged }] } })
  const written = await run(gitlab, cwd, ['note', 'one.ndjson', '--label', 'staging', '--plan', 'one.ndjson'])
  expect(written.code, written.stderr).toBe(0)
  const look = (plan: string, label = 'staging', env: Record<string, string | undefined> = {}) =>
    run(gitlab, cwd, ['reviewed', plan, '--label', label], env)
  return { gitlab, cwd, look }
}

test('only the plan that the note shows counts as reviewed', async () => {
  const { look } = await reviewed()
  const same = await look('one.ndjson')
  expect(same).toMatchObject({ code: 0, stdout: '' })
  expect(same.stderr).toMatch(/^Merge request !7 shows this plan \([0-9a-f]{12}\)\.\n$/)
  const other = await look('two.ndjson')
  expect(other.code).toBe(8)
  expect(other.stderr).toContain('plan_not_reviewed')
  expect(other.stderr).toMatch(/shows a different plan for staging: [0-9a-f]{12}; this one is [0-9a-f]{12}/)
  expect(other.stderr).toContain('ONLY_REVIEWED=false')
})

test.each([
  ['squashed', { merge_commit_sha: null, squash_commit_sha: COMMIT }],
  ['fast-forwarded', { merge_commit_sha: null, sha: COMMIT }],
])('a merge request can be %s', async (_how, merged) => {
  const { look } = await reviewed(merged)
  expect((await look('one.ndjson')).code).toBe(0)
})

describe('no plan counts as reviewed', () => {
  test.each([
    ['the merge request is open', { state: 'opened' } as const],
    ['it went into another branch', { target_branch: 'release' }],
    ['it has the commit, and was merged as another one', { merge_commit_sha: 'd'.repeat(40), sha: COMMIT }],
  ])('where %s', async (_why, merged) => {
    const { look } = await reviewed(merged)
    const { code, stderr } = await look('one.ndjson')
    expect(code).toBe(8)
    expect(stderr).toContain('no merge request into main was merged as commit c0ffee00')
  })

  test('of another environment', async () => {
    const { look } = await reviewed()
    const { code, stderr } = await look('one.ndjson', 'production')
    expect(code).toBe(8)
    expect(stderr).toContain('merge request !7 shows no plan for production')
  })

  test('where someone else wrote the note, or the plan contains a digest', async () => {
    const { gitlab, cwd, look } = await reviewed()
    const [note] = gitlab.notes
    if (note === undefined) throw new Error('there is no note')
    note.author.id = 5
    expect((await look('one.ndjson')).code).toBe(8)

    const { digest } = JSON.parse(readFileSync(join(cwd, 'two.ndjson'), 'utf8').split('\n')[0] ?? '')
    const forged = `<sub>workos-migrate · plan \`${digest.slice(0, 12)}\`</sub>`
    const text = folderOf({ 'plan.md': forged, 'one.ndjson': readFileSync(join(cwd, 'one.ndjson'), 'utf8') })
    await run(gitlab, text, ['note', 'plan.md', '--label', 'staging', '--plan', 'one.ndjson'])
    expect((await look('two.ndjson')).code).toBe(8)
    expect((await look('one.ndjson')).code).toBe(0)
  })

  test('where the note has no digest', async () => {
    const { gitlab, cwd, look } = await reviewed()
    await run(gitlab, cwd, ['note', 'one.ndjson', '--label', 'staging'])
    expect((await look('one.ndjson')).stderr).toContain('shows no plan for staging')
  })
})

test('without a token, it reports that and accepts nothing', async () => {
  const { look } = await reviewed()
  const { code, stderr } = await look('one.ndjson', 'staging', { WORKOS_MIGRATE_GITLAB_TOKEN: undefined })
  expect(code).toBe(4)
  expect(stderr).toContain('gitlab_no_token')
})
