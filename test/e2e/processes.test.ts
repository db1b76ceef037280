import { expect, test } from 'vitest'
import type { Interceptor } from '../../src/sandbox/server.ts'
import { member, peopleProject, type Row } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const ROWS: Row[] = Array.from({ length: 400 }, (_, n) => member(`user${n}`, `org-${n % 10}`))

interface Brake extends Interceptor {
  /** How long a write is delayed. */
  milliseconds: number
  /** Resolves when the n-th write has arrived. */
  reached(count: number): Promise<void>
}

function slow(milliseconds: number): Brake {
  let seen = 0
  const waiting: { count: number; resolve(): void }[] = []
  const brake: Brake = {
    milliseconds,
    async before({ request }) {
      if (request.method === 'GET') return false
      seen += 1
      for (const { count, resolve } of waiting) if (seen >= count) resolve()
      await new Promise((resolve) => setTimeout(resolve, brake.milliseconds))
      return false
    },
    reached: (count) => new Promise((resolve) => waiting.push({ count, resolve })),
  }
  return brake
}

async function expectAllThere(workos: Workos): Promise<void> {
  const live = await workos.snapshot()
  expect(live.users).toHaveLength(ROWS.length)
  expect(new Set(live.users.map(({ email }) => email)).size).toBe(ROWS.length)
  expect(live.memberships).toHaveLength(ROWS.length)
  expect(live.organizations).toHaveLength(10)
}

test('Ctrl-C ends an apply with 130, after writes in flight are answered and journaled; the next continues', async () => {
  const interceptor = slow(20)
  const workos = await startWorkos({ interceptor })
  const project = peopleProject(workos, ROWS)
  const child = project.spawn(['apply', '--yes'], env)
  await interceptor.reached(200)
  child.process.kill('SIGINT')
  const interrupted = await child.result
  expect(interrupted, interrupted.stderr).toMatchObject({ exit: 130, signal: null })
  expect(interrupted.stderr).toContain('Stopping')
  expect(interrupted.stdout).toContain('Interrupted')

  const sent = writes(workos.takeLog())
  expect(sent.length).toBeLessThan(ROWS.length)
  expect(sent.every(({ status }) => status === 201)).toBe(true)
  const state = JSON.parse((await project.run(['state', 'show', '--json'])).stdout)
  expect(state).toMatchObject({ openWrites: 0, runs: [{ outcome: 'interrupted' }] })
  const { roles, organizations, users, memberships } = state.resources
  expect(roles + organizations + users + memberships).toBe(sent.length)

  const { result } = project.spawn(['apply', '--yes'], env)
  expect(await result).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toHaveLength(1 + 10 + 400 + 400 - sent.length)
  await expectAllThere(workos)
})

test('a second Ctrl-C stops at once, and the next apply still reaches the exact end', async () => {
  const interceptor = slow(1500)
  const workos = await startWorkos({ interceptor })
  const project = peopleProject(workos, ROWS.slice(0, 60))
  const child = project.spawn(['apply', '--yes'], env)
  await interceptor.reached(30)
  child.process.kill('SIGINT')
  await new Promise((resolve) => child.process.stderr?.once('data', resolve))
  await new Promise((resolve) => setTimeout(resolve, 300))
  child.process.kill('SIGINT')
  expect((await child.result).exit).toBe(130)
  interceptor.milliseconds = 0
  const again = await project.run(['apply', '--yes'], { env })
  expect(again.exit, again.stdout).toBe(0)
  const live = await workos.snapshot()
  expect([live.users.length, live.memberships.length, live.organizations.length]).toEqual([60, 60, 10])
})

test('Ctrl-C while planning ends with 130 and leaves no scratch folder', async () => {
  const workos = await startWorkos({
    interceptor: { before: () => new Promise((resolve) => setTimeout(resolve, 300, false)) },
  })
  const project = peopleProject(workos, ROWS)
  const child = project.spawn(['plan'], env)
  await expect.poll(() => workos.log.length, { timeout: 20_000 }).toBeGreaterThan(0)
  child.process.kill('SIGINT')
  const { exit, stderr } = await child.result
  expect(exit, stderr).toBe(130)
  expect(stderr).not.toContain('    at ')
  expect(project.list('.workos-migrate').filter((name) => name.startsWith('scratch'))).toEqual([])
})

test('one apply at a time: the second names the process with the state, and a killed process has no lock', async () => {
  const interceptor = slow(20)
  const workos = await startWorkos({ interceptor })
  const project = peopleProject(workos, ROWS)
  const first = project.spawn(['apply', '--yes'], env)
  await interceptor.reached(20)
  const second = await project.run(['apply', '--yes'], { env })
  expect(second.exit).toBe(6)
  expect(second.stderr).toContain(`process ${first.process.pid}`)
  // Reading is allowed meanwhile.
  expect(await project.run(['state', 'list'])).toMatchObject({ exit: 0 })

  first.process.kill('SIGKILL')
  await first.result
  const third = await project.run(['apply', '--yes'], { env })
  expect(third.exit, third.stderr).toBe(0)
  await expectAllThere(workos)
})
