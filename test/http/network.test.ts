import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { NetworkError, TargetError } from '../../src/diagnostics/errors.ts'
import { ProxyFailure } from '../../src/http/failures.ts'
import { openNetwork } from '../../src/http/network.ts'
import { proxiesOf } from '../../src/http/proxy.ts'
import { WorkosClient } from '../../src/workos/client.ts'
import { RateLimiter } from '../../src/workos/limiter.ts'
import { hurriedClock } from '../simulated-clock.ts'
import { json, scriptedServer } from '../workos/scripted-server.ts'
import { createAuthority } from './authority.ts'
import { type ProxySettings, startConnectProxy } from './connect-proxy.ts'
import { startSecureFront } from './secure-front.ts'

const URL_BEHIND = 'https://api.workos.test'
const CREATE = { method: 'POST', path: '/organizations', body: { name: 'Acme' } } as const

function clientOf(baseUrl: string, env: Record<string, string> = {}): WorkosClient {
  const plenty = { count: 1000, perMs: 1000 }
  const clock = hurriedClock()
  const client = new WorkosClient({
    apiKey: 'sk_test_network',
    baseUrl,
    timeout: 20_000,
    connections: 2,
    limiter: new RateLimiter({ writes: plenty, reads: plenty, requests: plenty }, clock),
    proxies: proxiesOf(env),
    clock,
  })
  onTestFinished(() => client.close())
  return client
}

async function clientBehind(settings: ProxySettings) {
  const proxy = await startConnectProxy(settings)
  return { proxy, client: clientOf(URL_BEHIND, { HTTPS_PROXY: `http://${proxy.host}` }) }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )
}

test.each(['silence', 'drop'] as const)('a proxy that answers with %s is given up', async (answer) => {
  const proxy = await startConnectProxy({ answer })
  const network = openNetwork(proxiesOf({ HTTPS_PROXY: `http://${proxy.host}` }), { connectTimeout: 100 })
  onTestFinished(() => network.destroy())
  const asked = network.dispatcher.request({ origin: URL_BEHIND, path: '/', method: 'GET' })
  const error = await failure(asked)
  expect(error).toBeInstanceOf(ProxyFailure)
  expect(String(error)).toContain(`the proxy ${proxy.host} (HTTPS_PROXY) cannot be reached`)
  expect(proxy.tunnels).toHaveLength(1)
})

test.each([':t0ken', 't0ken:'])('a proxy gets %s as credentials, even a lone token', async (credentials) => {
  const proxy = await startConnectProxy({ credentials })
  const network = openNetwork(proxiesOf({ HTTPS_PROXY: `http://${credentials}@${proxy.host}` }))
  onTestFinished(() => network.destroy())
  await failure(network.dispatcher.request({ origin: URL_BEHIND, path: '/', method: 'GET' }))
  expect(proxy.tunnels).toMatchObject([{ destination: 'api.workos.test:443' }])
  expect(proxy.tunnels[0]?.status).not.toBe(407)
})

test('requests that wait for a proxy are rejected when the connections close', async () => {
  const proxy = await startConnectProxy({ answer: 'silence' })
  const network = openNetwork(proxiesOf({ HTTPS_PROXY: `http://${proxy.host}` }))
  const asked = failure(network.dispatcher.request({ origin: URL_BEHIND, path: '/', method: 'GET' }))
  await expect.poll(() => proxy.tunnels.length).toBe(1)
  await network.destroy()
  expect(await asked).toBeInstanceOf(Error)
})

test.each([
  ['', true],
  ['workos.test', false],
  ['.workos.test', false],
  ['*.workos.test', false],
  ['API.WorkOS.test', false],
  ['elsewhere.example api.workos.test', false],
  ['api.workos.test:443', false],
  ['api.workos.test:8443', true],
  ['*', false],
  ['*.api.workos.test', true],
  ['os.test', true],
  ['api.workos.test.example', true],
  ['10.0.0.0/8', true],
])('with NO_PROXY %j the host is reached through the proxy: %s', async (NO_PROXY, expected) => {
  const proxy = await startConnectProxy({ answer: 403 })
  const network = openNetwork(proxiesOf({ HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY }))
  onTestFinished(() => network.destroy())
  await failure(network.dispatcher.request({ origin: URL_BEHIND, path: '/', method: 'GET' }))
  expect(proxy.tunnels.length > 0).toBe(expected)
})

test.each(['directly', 'by a proxy'])('HTTP/1.1 is used %s: one request per connection', async (way) => {
  const offered: string[][] = []
  const server = createServer({
    ...createAuthority().issue('localhost'),
    ALPNCallback: ({ protocols }) => {
      offered.push(protocols)
      return protocols[0]
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const proxy = await startConnectProxy({ routes: new Map([['api.workos.test:443', port]]) })
  const network = openNetwork(proxiesOf({ HTTPS_PROXY: `http://${proxy.host}` }))
  onTestFinished(() => network.destroy())
  const origin = way === 'directly' ? `https://localhost:${port}` : URL_BEHIND
  await failure(network.dispatcher.request({ origin, path: '/', method: 'GET' }))
  expect(offered).toEqual([['http/1.1']])
})

test('a write that the proxy did not accept never left: it is repeated, and nothing is open', async () => {
  const { client, proxy } = await clientBehind({ answer: 503 })
  const error = await failure(client.write(CREATE))
  expect(error).toBeInstanceOf(TargetError)
  expect(error).toMatchObject({ problems: [{ code: 'target_unreachable' }] })
  expect(proxy.tunnels).toHaveLength(8)
})

test.each([
  [407, 'proxy_credentials_refused'],
  [403, 'proxy_refused'],
  [405, 'proxy_refused'],
])('a write that the proxy rejects with %d is not repeated, and nothing is open', async (answer, code) => {
  const { client, proxy } = await clientBehind({ answer })
  const error = await failure(client.write(CREATE))
  expect(error).toBeInstanceOf(NetworkError)
  expect(error).toMatchObject({ problems: [{ code }], exitCode: 1 })
  expect(proxy.tunnels).toHaveLength(1)
})

test.each([408, 429, 500])('a proxy that answers %d might answer differently later', async (answer) => {
  const { client, proxy } = await clientBehind({ answer })
  expect(await failure(client.read('/organizations'))).toMatchObject({ problems: [{ code: 'target_unreachable' }] })
  expect(proxy.tunnels).toHaveLength(8)
})

test('a write to a server with an untrusted certificate never left', async () => {
  const server = await scriptedServer(json(201, {}))
  const front = await startSecureFront(server.url, createAuthority().issue('localhost'))
  const error = await failure(clientOf(`https://localhost:${front.port}`).write(CREATE))
  expect(error).toBeInstanceOf(NetworkError)
  expect(error).toMatchObject({
    problems: [{ code: 'untrusted_certificate', hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') }],
  })
  expect(server.received).toEqual([])
})
