import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SandboxCommandOptions, sandbox } from '../../../src/cli/commands/sandbox.ts'
import type { Context } from '../../../src/cli/context.ts'
import { StateError, UsageError } from '../../../src/diagnostics/errors.ts'
import { startSandbox } from '../../../src/sandbox/server.ts'

const headers = { authorization: 'Bearer sk_test_demo' }
let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'sandbox-command-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

function run(options: SandboxCommandOptions) {
  const interrupt = new AbortController()
  const stdout = new PassThrough({ encoding: 'utf8' })
  const stderr = new PassThrough({ encoding: 'utf8' })
  const context: Context = {
    stdout,
    stderr,
    stdin: new PassThrough(),
    env: {},
    cwd,
    now: Date.now,
    interrupted: interrupt.signal,
    killed: new AbortController().signal,
  }
  const exit = sandbox(options, context)
  const url = new Promise<string>((resolve, reject) => {
    stdout.once('data', (line: string) => resolve(line.trim()))
    exit.catch(reject)
  })
  // Tests of errors check only the exit.
  url.catch(() => undefined)
  return { exit, url, stderr, interrupt: () => interrupt.abort() }
}

test('it serves until interrupted, prints only its URL on stdout, and stores its data next to the manifest', async () => {
  const first = run({ port: 0 })
  const url = await first.url
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const body = JSON.stringify({ email: 'a@example.com' })
  expect((await fetch(`${url}/user_management/users`, { method: 'POST', headers, body })).status).toBe(201)
  first.interrupt()
  expect(await first.exit).toBe(0)
  await expect(fetch(url)).rejects.toThrow()
  const words = first.stderr.read()
  expect(words).toContain(`baseUrl: "${url}"`)
  expect(words).toContain('sk_test_demo')
  expect(words).toContain('1 request, including 1 write')
  expect(existsSync(path.join(cwd, '.workos-migrate/sandbox.sqlite'))).toBe(true)

  const second = run({ port: 0, data: '.workos-migrate/sandbox.sqlite' })
  const list = await fetch(`${await second.url}/user_management/users`, { headers })
  expect(await list.json()).toMatchObject({ data: [{ email: 'a@example.com' }] })
  second.interrupt()
  await second.exit
})

test('--limits enforces the documented windows', async () => {
  const { exit, url, interrupt } = run({ port: 0, data: ':memory:', limits: true })
  const target = `${await url}/organizations/org_none`
  for (let n = 0; n < 50; n++) expect((await fetch(target, { method: 'DELETE', headers })).status).toBe(404)
  expect((await fetch(target, { method: 'DELETE', headers })).status).toBe(429)
  interrupt()
  expect(await exit).toBe(0)
  expect(existsSync(path.join(cwd, '.workos-migrate'))).toBe(false)
})

test('--faults takes a percentage or a file, and counts injected faults', async () => {
  writeFileSync(path.join(cwd, 'faults.json'), JSON.stringify([{ kind: 'unavailable', every: 2 }]))
  for (const [faults, statuses] of [
    ['faults.json', [200, 503, 200, 503]],
    ['0%', [200, 200, 200, 200]],
  ] as const) {
    const { exit, url, stderr, interrupt } = run({ port: 0, data: ':memory:', faults })
    const users = `${await url}/user_management/users`
    for (const status of statuses) expect((await fetch(users, { headers })).status).toBe(status)
    interrupt()
    expect(await exit).toBe(0)
    const words = stderr.read()
    expect(words).toContain(`faults  ${faults} (`)
    expect(words.includes('2 injected faults')).toBe(faults === 'faults.json')
  }
})

test.each([
  ['50%', 'too high'],
  ['no-such.json', 'no-such.json'],
  ['broken.json', 'JSON'],
  ['unknown.json', 'faults[0].kind'],
])('--faults %s is rejected before anything is served', async (faults, message) => {
  writeFileSync(path.join(cwd, 'broken.json'), '[{')
  writeFileSync(path.join(cwd, 'unknown.json'), '[{"kind":"meteor"}]')
  const error = await run({ port: 0, faults }).exit.catch((refused: unknown) => refused)
  expect(error).toBeInstanceOf(UsageError)
  expect(error).toMatchObject({ problems: [{ code: 'bad_faults', message: expect.stringContaining(message) }] })
  expect(existsSync(path.join(cwd, '.workos-migrate'))).toBe(false)
})

test('a port in use is a usage error', async () => {
  const other = await startSandbox({ data: ':memory:' })
  const { exit } = run({ port: other.port })
  const error = await exit.catch((refused: unknown) => refused)
  expect(error).toBeInstanceOf(UsageError)
  expect(error).toMatchObject({
    problems: [{ code: 'port_in_use', message: expect.stringContaining(`${other.port}`) }],
  })
  await other.close()
})

test.each([-1, 65_536, 1.5, Number.NaN])('%d is not a port', async (port) => {
  await expect(run({ port }).exit).rejects.toThrow(UsageError)
})

test('unopenable data is a usage error, and data of another program a state error', async () => {
  writeFileSync(path.join(cwd, 'file'), 'some text that is no database')
  await expect(run({ port: 0, data: 'file/below' }).exit).rejects.toThrow(UsageError)
  await expect(run({ port: 0, data: '.' }).exit).rejects.toThrow(UsageError)
  await expect(run({ port: 0, data: 'file' }).exit).rejects.toThrow(StateError)
})
