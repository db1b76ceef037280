import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { json, text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts'

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
])('%s rejects requests for another host, before anything else: %s %s', async (_what, method, path) => {
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
])('a request without a host is rejected too: %j', async (version) => {
  const { sandbox } = await start()
  for (const path of [USERS, CONTROL]) {
    const socket = connect(sandbox.port, '127.0.0.1')
    socket.write(`GET ${path} ${version}\r\nAuthorization: Bearer ${KEY}\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1.1 421 /)
  }
})

test('its own addresses are accepted in any spelling', async () => {
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
