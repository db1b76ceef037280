import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PROGRAM } from '../built.ts'
import { startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { generateInstance } from '../fakes/clerk/generate.ts'
import { cases } from '../whole.ts'
import { json, scriptedServer } from '../workos/scripted-server.ts'
import { type Child, createProject, type Project } from './cli.ts'
import { member, peopleProject, type Row } from './people.ts'
import { KEY, startWorkos, type Workos } from './workos.ts'

const env = { KEY }
const HASH = `$2b$10$${'S'.repeat(53)}`
const ROWS: Row[] = Array.from({ length: 12 }, (_, n) =>
  member(`user${n}`, 'acme', { password_hash: HASH, password_hash_type: 'bcrypt' }),
)

/**
 * Time for a process to end without requests in flight: 2 s are promised, the rest is for a busy
 * machine.
 */
const SOON = 3_500

const scratches = (project: Project) => project.list('.workos-migrate').filter((name) => name.startsWith('scratch-'))

/**
 * A WorkOS that answers requests of a kind with a 429 for an hour, or never; `reached` when the
 * first one has arrived.
 */
async function stubborn(how: 'refuses' | 'silent', of: (method: string, path: string) => boolean) {
  const { promise: reached, resolve } = Promise.withResolvers<void>()
  const workos = await startWorkos({
    interceptor: {
      before({ request, response }) {
        if (!state.on || !of(request.method ?? '', request.url ?? '')) return false
        resolve()
        if (how === 'refuses') response.writeHead(429, { 'retry-after': '3600' }).end('{}')
        return true
      },
    },
  })
  const state = { workos, reached, on: true }
  return state
}

const isNewUser = (method: string, path: string) => method === 'POST' && path === '/user_management/users'

async function endAfter(child: Child, signal: NodeJS.Signals) {
  const started = performance.now()
  child.process.kill(signal)
  const result = await child.result
  return { ...result, ms: performance.now() - started }
}

async function openWrites(project: Project): Promise<number> {
  return JSON.parse((await project.run(['state', 'show', '--json'])).stdout).openWrites
}

async function expectAllThere(project: Project, workos: Workos): Promise<void> {
  const again = await project.run(['apply', '--yes'], { env })
  expect(again.exit, again.stderr).toBe(0)
  const live = await workos.snapshot()
  expect([live.users.length, live.memberships.length]).toEqual([ROWS.length, ROWS.length])
}

describe('while the limiter waits for an hour', () => {
  test.each(
    cases(['SIGINT', 'SIGTERM', 'SIGHUP'] as const, [2]),
  )('%s ends an apply, which had shown the end of its wait', async (signal) => {
    const stage = await stubborn('refuses', isNewUser)
    const project = peopleProject(stage.workos, ROWS)
    const child = project.spawn(['apply', '--yes'], env)
    await stage.reached
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { exit, stderr, ms } = await endAfter(child, signal)
    expect(exit, stderr).toBe(130)
    expect(ms).toBeLessThan(SOON)
    expect(stderr).toMatch(/^waiting for the rate limit of WorkOS until \d\d:\d\d:\d\d \(Retry-After\)$/m)
    expect(scratches(project)).toEqual([])
    // Requests that were rejected or never left have no effect: there is nothing to look up.
    expect(await openWrites(project)).toBe(0)
    stage.on = false
    await expectAllThere(project, stage.workos)
  })

  test('SIGTERM ends a plan', async () => {
    const stage = await stubborn('refuses', (method) => method === 'GET')
    const project = peopleProject(stage.workos, ROWS)
    const child = project.spawn(['plan'], env)
    await stage.reached
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { exit, ms, stderr } = await endAfter(child, 'SIGTERM')
    expect([exit, scratches(project)], stderr).toEqual([130, []])
    expect(ms).toBeLessThan(SOON)
  })

  test('SIGTERM ends the reading of a live source, which had shown the end of its wait', async () => {
    const fake = await startFakeClerk(generateInstance({ users: 5, organizations: 1, membershipsEach: 1 }))
    onTestFinished(() => fake.close())
    const refusing = await scriptedServer(json(429, {}, { 'retry-after': '3600' }))
    const project = createProject()
    project.manifest({
      version: 1,
      source: { ...fake.source, baseUrl: refusing.url, secretKey: '${SECRET}' },
      target: { type: 'workos', apiKey: KEY, baseUrl: refusing.url },
    })
    const child = project.spawn(['export'], { SECRET: fake.source.secretKey })
    await expect.poll(() => refusing.received.length, { timeout: 20_000 }).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { exit, ms, stderr } = await endAfter(child, 'SIGTERM')
    expect(exit, stderr).toBe(130)
    expect(ms).toBeLessThan(SOON)
    expect(stderr).toMatch(/^waiting for the rate limit of the Clerk API at .* until \d\d:\d\d:\d\d/m)
  })
})

describe('while requests get no response', () => {
  test('writes have 5 s, and stay as intents, which the next apply looks up', async () => {
    const stage = await stubborn('silent', isNewUser)
    const project = peopleProject(stage.workos, ROWS)
    const interrupted = new AbortController()
    const applying = project.run(['apply', '--yes'], { env, interrupted: interrupted.signal })
    await stage.reached
    // The clock of the run is fast.
    interrupted.abort(new Error('interrupted'))
    const { exit, stdout } = await applying
    expect([exit, stdout]).toEqual([130, expect.stringContaining('Interrupted')])
    expect(await openWrites(project)).toBeGreaterThan(0)
    expect(scratches(project)).toEqual([])
    stage.on = false
    await expectAllThere(project, stage.workos)
  })

  test('a read is dropped at once', async () => {
    const stage = await stubborn('silent', (method) => method === 'GET')
    const project = peopleProject(stage.workos, ROWS)
    const child = project.spawn(['plan'], env)
    await stage.reached
    const { exit, ms, stderr } = await endAfter(child, 'SIGTERM')
    expect([exit, scratches(project)], stderr).toEqual([130, []])
    expect(ms).toBeLessThan(SOON)
  })

  test.each(
    cases(['SIGTERM', 'SIGHUP'] as const, [1]),
  )('a second %s ends at once, and no plain hash stays', async (signal) => {
    const stage = await stubborn('silent', isNewUser)
    const project = peopleProject(stage.workos, ROWS)
    const child = project.spawn(['apply', '--yes'], env)
    await stage.reached
    expect(scratches(project)).toHaveLength(1)
    child.process.kill(signal)
    await once(child.process.stderr ?? child.process, 'data')
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { exit, ms } = await endAfter(child, signal)
    expect(exit).toBe(130)
    expect(ms).toBeLessThan(1_500)
    expect(scratches(project)).toEqual([])
    expect(await openWrites(project)).toBeGreaterThan(0)
    stage.on = false
    await expectAllThere(project, stage.workos)
  })

  test('signals at the same time count as one: writes in flight are waited for', async () => {
    const stage = await stubborn('silent', isNewUser)
    const project = peopleProject(stage.workos, ROWS)
    const child = project.spawn(['apply', '--yes'], env)
    await stage.reached
    child.process.kill('SIGINT')
    await once(child.process.stderr ?? child.process, 'data')
    child.process.kill('SIGTERM')
    child.process.kill('SIGHUP')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(child.process.exitCode).toBeNull()
    child.process.kill('SIGINT')
    expect((await child.result).exit).toBe(130)
  })

  test('SIGQUIT counts as a second signal from the start', async () => {
    const stage = await stubborn('silent', isNewUser)
    const project = peopleProject(stage.workos, ROWS)
    const child = project.spawn(['apply', '--yes'], env)
    await stage.reached
    const { exit, ms } = await endAfter(child, 'SIGQUIT')
    expect([exit, scratches(project)]).toEqual([130, []])
    expect(ms).toBeLessThan(1_500)
  })
})

const SANDBOX = '"$@" sandbox --port 0 --data :memory:'

/** The sandbox, which runs until a signal, started by a shell that reports its process number. */
async function sandboxBy(command: string): Promise<{ shell: ChildProcess; pid: number }> {
  const shell = spawn('bash', ['-c', command, 'bash', process.execPath, PROGRAM], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void shell.kill('SIGKILL'))
  let said = ''
  for await (const chunk of shell.stderr.iterator({ destroyOnReturn: false })) {
    said += String(chunk)
    if (said.includes('Stop it with Ctrl-C')) break
  }
  return { shell, pid: Number(/^pid (\d+)$/m.exec(said)?.[1]) }
}

test('a hang-up ends a command', async () => {
  const { shell, pid } = await sandboxBy(`echo pid $$ >&2; exec ${SANDBOX}`)
  process.kill(pid, 'SIGHUP')
  expect(await once(shell, 'exit')).toEqual([0, null])
})

test.each(
  cases(
    [
      ['nohup', `nohup ${SANDBOX} & echo pid $! >&2; wait $!`],
      ["trap '' HUP", `trap '' HUP; ${SANDBOX} & echo pid $! >&2; wait $!`],
    ],
    [0],
  ),
)('a hang-up does not end a command started to survive it: %s', async (_, command) => {
  const { shell, pid } = await sandboxBy(command)
  process.kill(pid, 'SIGHUP')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(shell.exitCode).toBeNull()
  process.kill(pid, 'SIGTERM')
  expect(await once(shell, 'exit')).toEqual([0, null])
})
