import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { member, peopleManifest, peopleProject, type Row } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }
const ROWS: Row[] = Array.from({ length: 40 }, (_, n) => member(`user${n}`, 'acme'))
const STATE = '.workos-migrate/state.sqlite'

/** A WorkOS that does work when the n-th write arrives, and waits for it. */
async function workosDoing(at: number, work: () => unknown) {
  let seen = 0
  return startWorkos({
    interceptor: {
      async before({ request }) {
        if (request.method === 'GET') return false
        seen += 1
        if (seen === at) await work()
        return false
      },
    },
  })
}

test.each<[string, (path: (name: string) => string) => void]>([
  [
    'its lock is removed',
    (path) => {
      rmSync(path(`${STATE}.lock`))
      rmSync(path(`${STATE}.lock.json`))
    },
  ],
  [
    'the state is reached by a symbolic link',
    (path) => {
      mkdirSync(path('other'))
      symlinkSync(path(STATE), path('other/linked.sqlite'))
    },
  ],
])('a second apply is rejected while the first one works, even if %s', async (_, meddle) => {
  const second: { exit: number; stderr: string }[] = []
  const workos = await workosDoing(20, async () => {
    meddle(project.path)
    const linked = project.list('other').length > 0
    project.write(
      'second.yaml',
      JSON.stringify(peopleManifest(workos, linked ? { state: { path: 'other/linked.sqlite' } } : {})),
    )
    second.push(await project.run(['apply', 'second.yaml', '--yes'], { env }))
  })
  const project = peopleProject(workos, ROWS)
  const first = await project.run(['apply', '--yes'], { env })
  expect(second).toMatchObject([{ exit: 6, stderr: expect.stringContaining(`process ${process.pid} on`) }])
  expect(second[0]?.stderr).not.toMatch(/remove/)
  expect(first.exit, first.stderr).toBe(0)
  expect(writes(workos.log)).toHaveLength(1 + 1 + 40 + 40)
})

test.each<[string, number, (path: (name: string) => string) => void]>([
  ['removed in the middle', 20, (path) => rmSync(path(STATE))],
  ['moved in the middle', 20, (path) => renameSync(path(STATE), path('elsewhere.sqlite'))],
  ['removed with its whole folder', 20, (path) => renameSync(path('.workos-migrate'), path('gone'))],
  ['removed at the very last write', 82, (path) => rmSync(path(STATE))],
])('an apply whose state is %s ends with an error that shows what was written', async (_, at, lose) => {
  const workos = await workosDoing(at, () => lose(project.path))
  const project = peopleProject(workos, ROWS)
  const { exit, stdout, stderr } = await project.run(['apply', '--yes'], { env })
  expect([exit, stderr]).toEqual([1, expect.stringContaining('[state_vanished]')])
  expect(stderr).toMatch(/written to WorkOS before: .*1 organization created/)
  expect(stdout).not.toContain('Done')
  const again = await project.run(['apply', '--yes'], { env })
  expect(again.exit, again.stderr).toBe(0)
  const live = await workos.snapshot()
  expect([live.users.length, live.memberships.length]).toEqual([40, 40])
})
