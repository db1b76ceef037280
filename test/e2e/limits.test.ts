import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { member, peopleProject } from './people.ts'
import { KEY, startWorkos } from './workos.ts'

test('within limits that the sandbox enforces, an apply never gets a 429', async () => {
  const second = (count: number) => ({ count, perMs: 1000 })
  const workos = await startWorkos({ limits: { writes: second(20), reads: second(30), requests: second(40) } })
  const rows = Array.from({ length: 15 }, (_, n) => member(`user${n}`, `org-${n % 5}`))
  const project = peopleProject(workos, rows, {
    run: { concurrency: 50, limits: { writes: '20/1s', reads: '30/1s', requests: '40/1s' } },
  })
  const env = { KEY }
  const applied = await project.run(['apply', '--yes', '--json'], { env, clock: systemClock })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(JSON.parse(applied.stdout).requests).toMatchObject({ refused: 0, writes: 1 + 5 + 15 + 15 })
  // The limiter of one run does not know the last requests of the run before.
  await delay(1100)
  const refreshed = await project.run(['plan', '--refresh'], { env, clock: systemClock })
  expect(refreshed.exit, refreshed.stderr).toBe(0)
  project.remove('.workos-migrate')
  await delay(1100)
  expect(await project.run(['apply', '--yes'], { env, clock: systemClock })).toMatchObject({ exit: 0 })

  const statuses = new Set(workos.takeLog().map(({ status }) => status))
  expect(statuses).not.toContain(429)
  expect(statuses).toContain(201)
})

test('if another program shares the limit, rejections are waited out and nothing is lost', async () => {
  const workos = await startWorkos({ limits: { writes: { count: 20, perMs: 1000 } } })
  const rows = Array.from({ length: 30 }, (_, n) => member(`user${n}`, 'acme'))
  const project = peopleProject(workos, rows, { run: { limits: { writes: '40/1s' } } })
  const applied = await project.run(['apply', '--yes', '--json'], { env: { KEY }, clock: systemClock })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(JSON.parse(applied.stdout).requests.refused).toBeGreaterThan(0)
  const live = await workos.snapshot()
  expect([live.users.length, live.memberships.length, live.organizations.length]).toEqual([30, 30, 1])
})
