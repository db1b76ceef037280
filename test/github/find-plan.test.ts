import { describe, expect, test } from 'vitest'
import type { Artifact } from '../fakes/github/fake-github.ts'
import { HEAD, MERGE, startJob } from './job.ts'

const NAME = 'workos-migrate-plan-staging'
const MERGED = { number: 7, merged_at: '2026-01-03T00:00:00Z', merge_commit_sha: MERGE, head: { sha: HEAD } }

function artifact(run: number, more: Partial<Artifact> = {}, of: Partial<Artifact['workflow_run']> = {}): Artifact {
  const at = `2026-01-02T00:00:${String(run % 60).padStart(2, '0')}Z`
  const workflowRun = { id: run, repository_id: 1, head_repository_id: 1, head_sha: HEAD, ...of }
  return { id: 1000 + run, name: NAME, expired: false, created_at: at, workflow_run: workflowRun, ...more }
}

async function find(artifacts: Artifact[], pulls: object[] = [MERGED], started = new Map<number, string>()) {
  const job = await startJob({ event: false })
  job.github.pulls.set(MERGE, pulls as (typeof MERGED)[])
  job.github.artifacts.push(...artifacts)
  for (const [run, event] of started) job.github.startedBy.set(run, event)
  return { job, said: await job.step('find-plan', `--artifact=${NAME}`) }
}

describe('the plan of a merged pull request', () => {
  test('is the latest artifact of its last commit, on any page', async () => {
    const others = Array.from({ length: 150 }, () => artifact(1, {}, { head_sha: 'c'.repeat(40) }))
    const { job, said } = await find([...others, artifact(10), artifact(12), artifact(11)])
    expect(said).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(job.outputs()).toEqual({ run: '12', 'pull-request': '7' })
  })

  test.each([
    'workflow_dispatch',
    'push',
    'schedule',
  ])('is not the latest one if its run was started by %s', async (event) => {
    const started = new Map([[12, event]])
    expect((await find([artifact(10), artifact(12), artifact(11)], [MERGED], started)).job.outputs().run).toBe('11')
    const { said } = await find([artifact(12)], [MERGED], started)
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining(`#7 has no artifact ${NAME} for its last`) })
  })

  test.each<[string, Artifact]>([
    ['an artifact of a fork, which anybody can make', artifact(10, {}, { head_repository_id: 2 })],
    ['one that has expired', artifact(10, { expired: true })],
    ['one of an earlier commit', artifact(10, {}, { head_sha: 'c'.repeat(40) })],
    ['one of another name', artifact(10, { name: 'workos-migrate-plan-production' })],
  ])('is not %s', async (_what, other) => {
    const { job, said } = await find([other])
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining(`#7 has no artifact ${NAME} for its last`) })
    expect(said.stderr).toContain('run the workflow manually')
    expect(job.outputs()).toEqual({})
  })

  test.each<[string, object[]]>([
    ['was pushed without one', []],
    ['only mentions it', [{ ...MERGED, merge_commit_sha: 'c'.repeat(40) }]],
    ['is open', [{ ...MERGED, merged_at: null }]],
  ])('does not exist if the commit %s', async (_what, pulls) => {
    const { said } = await find([artifact(10)], pulls)
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining(`no pull request was merged as ${MERGE}`) })
  })
})
