import { expect, test } from 'vitest'
import { MIDNIGHT, night } from './night.ts'
import { member, peopleProject, type Row } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const ROWS: Row[] = Array.from({ length: 40 }, (_, n) => member(`user${n}`, 'acme'))
const HOUR = 3_600_000

type Night = ReturnType<typeof night>

/** A WorkOS that lets this much time pass while it answers the n-th write. */
function startSlowWorkos({ passes }: Night, nth: number, ms: number): Promise<Workos> {
  let seen = 0
  return startWorkos({
    interceptor: {
      after({ request }) {
        if (request.method === 'POST' && ++seen === nth) passes(ms)
        return false
      },
    },
  })
}

function projectAt(workos: Workos, run: object = {}) {
  return peopleProject(workos, ROWS, { run: { concurrency: 4, limits: { writes: '100000/10s' }, ...run } })
}

test('at its deadline an apply lets writes in flight finish, shows what is left, and the next one ends exactly', async () => {
  const time = night()
  const workos = await startSlowWorkos(time, 12, 6 * HOUR)
  const project = projectAt(workos)
  const stopped = await project.run(['apply', '--yes', '--json', '--deadline', '05:30'], { env, ...time.world })
  expect(stopped.exit, stopped.stderr).toBe(5)
  const report = JSON.parse(stopped.stdout)
  expect(report).toMatchObject({
    outcome: 'deadline',
    stopped: { message: 'the deadline 05:30 has passed' },
    left: { seconds: expect.any(Number) },
    failures: [],
  })
  const pending = report.kinds.reduce((sum: number, kind: { pending: number }) => sum + kind.pending, 0)
  expect(pending).toBeGreaterThan(40)
  expect(stopped.stderr).toContain('Deadline 05:30: in 5 h 30 min.')

  // Everything that left got a response and is recorded: nothing is open, and nothing left after
  // the deadline.
  const sent = writes(workos.takeLog())
  expect(sent.length).toBeLessThan(12 + 4)
  const live = await workos.snapshot()
  expect(report.kinds.find(({ kind }: { kind: string }) => kind === 'user').created).toBe(live.users.length)
  const state = JSON.parse((await project.run(['state', 'show', '--json'])).stdout)
  expect(state).toMatchObject({ openWrites: 0, runs: [{ outcome: 'deadline' }] })

  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const all = await workos.snapshot()
  expect([all.users.length, all.memberships.length, all.organizations.length]).toEqual([40, 40, 1])
})

test('the text shows how many are left and how long they take', async () => {
  const time = night()
  const project = projectAt(await startSlowWorkos(time, 12, 6 * HOUR), { deadline: '05:30', limits: '70%' })
  const { stdout, exit } = await project.run(['apply', '--yes'], { env, ...time.world })
  expect(exit).toBe(5)
  expect(stdout).toMatch(
    /Stopped with \d+ left, which need at least .+: the deadline 05:30 has passed\. Apply again to continue\./,
  )
})

test("the command line overrides the manifest's deadline, and a deadline after the end has no effect", async () => {
  const time = night()
  const project = projectAt(await startSlowWorkos(time, 12, 6 * HOUR), { deadline: '05:30' })
  const applied = await project.run(['apply', '--yes', '--max-duration', '7h'], { env, ...time.world })
  expect(applied, applied.stderr).toMatchObject({ exit: 0, stderr: expect.stringContaining('after 7h: in 7 h 0 min') })
})

test('of two deadlines the earlier one counts', async () => {
  const time = night()
  const project = projectAt(await startSlowWorkos(time, 12, 6 * HOUR))
  const line = ['apply', '--yes', '--deadline', '23:00', '--max-duration', '5h']
  expect(await project.run(line, { env, ...time.world })).toMatchObject({ exit: 5 })
})

test('if the deadline comes before the first write, nothing is written', async () => {
  const { world } = night()
  const workos = await startWorkos()
  const project = projectAt(workos)
  let asked = 0
  const now = () => MIDNIGHT + HOUR * asked++
  const refused = await project.run(['apply', '--yes', '--max-duration', '1s'], { env, ...world, now })
  expect(refused, refused.stderr).toMatchObject({ exit: 5, stderr: expect.stringContaining('[guard_deadline]') })
  expect(writes(workos.takeLog())).toEqual([])
})

test('destroy has a deadline as well', async () => {
  const time = night()
  const workos = await startWorkos({
    interceptor: {
      after({ request }) {
        if (request.method === 'DELETE') time.passes(6 * HOUR)
        return false
      },
    },
  })
  const project = projectAt(workos)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const stopped = await project.run(['destroy', '--confirm', 'people', '--deadline', '05:30'], { env, ...time.world })
  expect(stopped, stopped.stderr).toMatchObject({
    exit: 5,
    stdout: expect.stringContaining('Destroy again to continue.'),
  })
  expect(await project.run(['destroy', '--confirm', 'people'], { env })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).users).toEqual([])
})

test.each([
  [['--deadline', 'tomorrow'], 'A deadline must be a time of day'],
  [['--deadline', '4h'], 'A deadline must be a time of day'],
  [['--max-duration', '05:30'], 'A duration must look like 4h'],
])('%j is rejected', async (options, said) => {
  const project = projectAt(await startWorkos())
  expect(await project.run(['apply', ...options])).toMatchObject({ exit: 3, stderr: expect.stringContaining(said) })
})

test('an invalid date in the manifest is rejected at its line', async () => {
  const project = projectAt(await startWorkos(), { deadline: '2030-13-01T00:00:00Z' })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({
    exit: 3,
    stderr: expect.stringMatching(/migrate\.config\.yaml:\d+:\d+.*2030-13-01T00:00:00Z is not a deadline/),
  })
})
