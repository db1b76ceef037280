import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts'
import { openTarget, type Target } from '../../src/workos/target.ts'
import { manifestWith } from '../mapping/manifest.ts'

const USERS = '/user_management/users'
const CONTROL = '/_sandbox/faults'
const KEY = 'sk_test_door'

async function start(options: Partial<SandboxOptions> = {}) {
  const asked: string[] = []
  const sandbox = await startSandbox({
    data: ':memory:',
    onRequest: ({ path }) => asked.push(path),
    ...options,
  })
  onTestFinished(() => sandbox.close())
  return { sandbox, asked }
}

interface Asked {
  host?: string
  key?: string
  method?: string
}

async function ask(port: number, path: string, { host = `127.0.0.1:${port}`, key = KEY, method = 'GET' }: Asked = {}) {
  const headers = { host, authorization: `Bearer ${key}` }
  const outgoing = request({ port, host: '127.0.0.1', path, method, headers }).end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, body: await json(answer) }
}

const FOREIGN = (port: number) => [
  'rebound.example',
  `rebound.example:${port}`,
  `localhost.rebound.example:${port}`,
  `127.0.0.1.rebound.example:${port}`,
  `localhost@rebound.example:${port}`,
  `rebound.example:${port}/localhost:${port}`,
  `10.0.0.1:${port}`,
  `0.0.0.0:${port}`,
  `[::2]:${port}`,
  'localhost',
  '127.0.0.1:1',
  `localhost:${port}:${port}`,
  ':',
  `:${port}`,
]

test.each([
  ['the API', 'GET', USERS],
  ['a write', 'POST', '/organizations'],
  ['an unknown path', 'GET', '/'],
  ['the control endpoint', 'GET', CONTROL],
  ['a change of faults', 'DELETE', CONTROL],
  ['anything under it', 'GET', '/_sandbox/'],
])('%s refuses requests for another host, before anything else: %s %s', async (_what, method, path) => {
  const { sandbox, asked } = await start({ faults: { faults: [{ kind: 'slow', ms: 1 }] } })
  for (const host of FOREIGN(sandbox.port)) {
    const { status, body } = await ask(sandbox.port, path, { host, method })
    expect([host, status]).toEqual([host, 421])
    expect(body).toMatchObject({ code: 'foreign_host' })
    expect(JSON.stringify(body)).not.toContain('rebound')
  }
  expect(asked).toEqual([])
  expect(sandbox.requests().total).toBe(0)
  expect(sandbox.faults().faults).toHaveLength(1)
})

test.each([
  'HTTP/1.0',
  'HTTP/1.0\r\nHost:',
  'HTTP/1.1\r\nHost: \r\nConnection: close',
])('a request that names no host is refused too: %j', async (version) => {
  const { sandbox } = await start()
  for (const path of [USERS, CONTROL]) {
    const socket = connect(sandbox.port, '127.0.0.1')
    socket.write(`GET ${path} ${version}\r\nAuthorization: Bearer ${KEY}\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1.1 421 /)
  }
})

test('its own addresses are let in, however they are written', async () => {
  const { sandbox } = await start()
  for (const name of ['localhost', 'LOCALHOST', 'localhost.', '127.0.0.1', '127.0.0.2', '[::1]']) {
    for (const path of [USERS, CONTROL]) {
      expect((await ask(sandbox.port, path, { host: `${name}:${sandbox.port}` })).status, name).toBe(200)
    }
  }
})

test('the address that it listens on is its own', async () => {
  const { sandbox } = await start({ host: '::1' })
  expect((await fetch(sandbox.url + CONTROL)).status).toBe(200)
})

test('a sandbox within a run takes its own key alone, and sees the environment of the other', async () => {
  const data = join(folder(), 'sandbox.sqlite')
  const first = await startSandbox({ data })
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ email: 'ada@example.com' })
  expect((await fetch(first.url + USERS, { method: 'POST', headers, body })).status).toBe(201)
  await first.close()

  const key = 'sk_random-0123456789'
  const { sandbox } = await start({ data, embedded: { key, inPlaceOf: KEY } })
  expect(await ask(sandbox.port, USERS, { key })).toMatchObject({
    status: 200,
    body: { data: [{ email: 'ada@example.com' }] },
  })
  for (const other of [KEY, `${KEY}.2`, 'sk_test_sandbox', 'sk_random', `${key}.2`, `${key}x`, '']) {
    expect([other, (await ask(sandbox.port, USERS, { key: other })).status]).toEqual([other, 401])
  }
})

test('a sandbox within a run has no control endpoint', async () => {
  const key = 'sk_random-0123456789'
  const { sandbox } = await start({ embedded: { key, inPlaceOf: KEY } })
  for (const path of [CONTROL, '/_sandbox/', '/_sandbox']) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect((await ask(sandbox.port, path, { method })).status).toBe(401)
      expect((await ask(sandbox.port, path, { method, key })).status).toBe(404)
    }
  }
})

test('a key in whose place nothing can be put is refused with the one that stands for it', async () => {
  const key = 'sk_random-0123456789'
  const { sandbox } = await start({ embedded: { key, inPlaceOf: 'no-key' } })
  expect((await ask(sandbox.port, USERS, { key })).status).toBe(401)
})

test('a target of type sandbox lets in nobody who knows the key of the manifest, and writes its own nowhere', async () => {
  const directory = folder()
  const keys: string[] = []
  for (let n = 0; n < 2; n += 1) {
    const { target, seen } = await openEmbedded(directory)
    await target.client.write({ method: 'POST', path: '/organizations', body: { name: `Acme ${n}` } })
    const { port, authorization } = await seen()
    expect(authorization).toMatch(/^Bearer sk_[\w-]{32}$/)
    const key = authorization.slice('Bearer '.length)
    keys.push(key)
    expect((await ask(port, '/organizations', { key })).status).toBe(200)
    for (const known of [KEY, 'sk_test_sandbox']) {
      expect((await ask(port, '/organizations', { key: known })).status).toBe(401)
      expect((await ask(port, CONTROL, { key: known, method: 'DELETE' })).status).toBe(401)
    }
    expect((await ask(port, '/organizations', { key, host: `rebound.example:${port}` })).status).toBe(421)
    await target.close()
  }
  expect(new Set(keys).size).toBe(2)
  for (const name of readdirSync(directory)) {
    const stored = readFileSync(join(directory, name), 'latin1')
    for (const key of keys) expect(stored).not.toContain(key.slice(3))
  }
  // The environment is that of the manifest's key, whoever opens the file.
  const later = await startSandbox({ data: join(directory, 'sandbox.sqlite') })
  onTestFinished(() => later.close())
  const list = await ask(later.port, '/organizations')
  expect(list.body).toMatchObject({ data: [{ name: 'Acme 1' }, { name: 'Acme 0' }] })
})

/** An embedded sandbox, and what its client sends: undici tells of the requests of this process. */
async function openEmbedded(
  directory: string,
): Promise<{ target: Target; seen: () => Promise<{ port: number; authorization: string }> }> {
  const { channel } = await import('node:diagnostics_channel')
  const requests: { origin: string; headers: readonly string[] }[] = []
  const listener = (message: unknown) => {
    const { request } = message as { request: { origin: string; headers: readonly string[] } }
    requests.push(request)
  }
  channel('undici:request:create').subscribe(listener)
  onTestFinished(() => void channel('undici:request:create').unsubscribe(listener))
  const manifest = manifestWith({}, { target: { type: 'sandbox', apiKey: KEY, data: './sandbox.sqlite', timeout: 60 } })
  const target = await openTarget({ manifest, directory })
  return {
    target,
    async seen() {
      const { origin, headers } = requests.at(-1) ?? { origin: '', headers: [] }
      const at = headers.findIndex((name) => name.toLowerCase() === 'authorization')
      return { port: Number(new URL(origin).port), authorization: headers[at + 1] ?? '' }
    },
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'door-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
