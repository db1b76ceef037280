import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CredentialsError, NetworkError, TargetError } from '../../src/diagnostics/errors.ts'
import { tlsFault } from '../../src/http/failures.ts'
import { ApiRefusal, type WriteRequest } from '../../src/workos/api.ts'
import { WorkosClient } from '../../src/workos/client.ts'
import { RateLimiter } from '../../src/workos/limiter.ts'
import { ownCertificate } from '../kinds/own-certificate.ts'
import { hurriedClock } from '../simulated-clock.ts'
import { json, raw, scriptedServer } from './scripted-server.ts'

const USERS = '/user_management/users'
const create: WriteRequest = { method: 'POST', path: USERS, body: { email: 'ada@example.com' } }
const PLENTY = { count: 1_000_000, perMs: 1000 }

function clientOf(baseUrl: string): WorkosClient {
  const clock = hurriedClock()
  const limiter = new RateLimiter({ writes: PLENTY, reads: PLENTY, requests: PLENTY }, clock)
  const client = new WorkosClient({ apiKey: 'sk_test', baseUrl, timeout: 5_000, connections: 4, limiter, clock })
  onTestFinished(() => client.close())
  return client
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(value)}`)
    },
    (reason: unknown) => reason,
  )
}

describe('a redirect', () => {
  const ways: [string, (client: WorkosClient) => Promise<unknown>][] = [
    ['of a read', (client) => client.read(USERS)],
    ['of a write', (client) => client.write(create)],
    ['of a deletion', (client) => client.write({ method: 'DELETE', path: `${USERS}/user_1` })],
  ]
  const location = 'https://login.example.net/in?next=secret-token'

  test.each(ways)('%s is not followed, and its host is shown', async (_name, request) => {
    const server = await scriptedServer(raw(302, '', { location }))
    const error = await failure(request(clientOf(server.url)))
    expect(error).toBeInstanceOf(TargetError)
    const [problem] = (error as TargetError).problems
    expect(problem).toMatchObject({ code: 'redirected' })
    expect(problem?.message).toContain('redirects to login.example.net (HTTP 302)')
    expect(JSON.stringify(problem)).not.toContain('secret-token')
    expect(server.received).toHaveLength(1)
  })

  test.each([301, 303, 307, 308])('%i is reported like any other', async (status) => {
    const server = await scriptedServer(json(status, { message: 'Moved' }, { location: '/v2' }))
    const error = await failure(clientOf(server.url).write(create))
    expect((error as TargetError).problems?.[0]?.code).toBe('redirected')
    expect((error as TargetError).message).toContain(`redirects to ${new URL(server.url).host}`)
  })

  test('without a location shows no host', async () => {
    const server = await scriptedServer(raw(302, ''))
    expect(String(await failure(clientOf(server.url).read(USERS)))).toContain('redirects to no host (HTTP 302)')
  })
})

describe('an untrusted certificate', () => {
  async function secureServer(): Promise<{ url: string; connections: () => number }> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    let connections = 0
    const server = createServer({ key, cert: ownCertificate(privateKey) }, (_request, response) => response.end('{}'))
    server.on('connection', () => {
      connections += 1
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections }
  }

  test('is not retried by a read, and its fault is named', async () => {
    const server = await secureServer()
    const error = await failure(clientOf(server.url).read(USERS))
    expect(error).toBeInstanceOf(NetworkError)
    expect((error as NetworkError).problems[0]).toMatchObject({ code: 'untrusted_certificate' })
    expect(String(error)).toContain('its certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)')
    expect((error as TargetError).problems[0]?.hint).toContain('NODE_EXTRA_CA_CERTS')
    expect(server.connections()).toBe(1)
  })

  test('is not retried by a write, whose outcome is not open', async () => {
    const server = await secureServer()
    const error = await failure(clientOf(server.url).write(create))
    expect((error as TargetError).problems?.[0]?.code).toBe('untrusted_certificate')
    expect(server.connections()).toBe(1)
  })

  test('https to a plain HTTP server is named', async () => {
    const server = await scriptedServer(json(200, {}))
    const error = await failure(clientOf(server.url.replace('http:', 'https:')).read(USERS))
    expect(String(error)).toContain('it does not use TLS')
    expect((error as NetworkError).problems?.[0]?.hint).toContain('check the scheme and port')
  })

  test.each([
    ['CERT_HAS_EXPIRED', 'its certificate has expired'],
    ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for a different host'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'comes without the intermediate certificate'],
  ])('%s is found among the causes', (code, words) => {
    const cause = Object.assign(new Error('tls'), { code })
    expect(tlsFault(new TypeError('fetch failed', { cause }), 'https://api.workos.com')?.message).toContain(words)
  })

  test('other failures are not mistaken for one', () => {
    expect(tlsFault(Object.assign(new Error(), { code: 'ECONNRESET' }), 'https://api.workos.com')).toBeUndefined()
    expect(tlsFault(Object.assign(new Error(), { code: 'toString' }), 'https://api.workos.com')).toBeUndefined()
  })
})

describe('403', () => {
  test('for one DELETE is a rejection of that deletion', async () => {
    const server = await scriptedServer(json(403, { code: 'organization_locked', message: 'It is protected.' }))
    const error = await failure(clientOf(server.url).write({ method: 'DELETE', path: '/organizations/org_1' }))
    expect(error).toBeInstanceOf(ApiRefusal)
    expect(error).toMatchObject({ status: 403, codes: ['organization_locked'], message: 'It is protected.' })
  })

  test('for any other request means a bad key', async () => {
    const server = await scriptedServer(json(403, {}))
    expect(await failure(clientOf(server.url).write(create))).toBeInstanceOf(CredentialsError)
    expect(await failure(clientOf(server.url).read(USERS))).toBeInstanceOf(CredentialsError)
  })

  test('401 for a DELETE means a bad key', async () => {
    const server = await scriptedServer(json(401, {}))
    const request: WriteRequest = { method: 'DELETE', path: `${USERS}/user_1` }
    expect(await failure(clientOf(server.url).write(request))).toBeInstanceOf(CredentialsError)
  })
})

test('205, which has no body, is a response', async () => {
  const server = await scriptedServer(raw(205, ''))
  expect(await clientOf(server.url).write({ method: 'DELETE', path: `${USERS}/user_1` })).toEqual({})
})
