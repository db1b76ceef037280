import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock, type Wait } from '../../src/clock.ts'
import { CredentialsError, TargetError } from '../../src/diagnostics/errors.ts'
import { ApiRefusal, OutcomeUnknown, type WriteRequest } from '../../src/workos/api.ts'
import { type ClientOptions, WorkosClient } from '../../src/workos/client.ts'
import { classify, RateLimiter } from '../../src/workos/limiter.ts'
import { hurriedClock, SimulatedClock } from '../simulated-clock.ts'
import { cutOff, drop, json, type Reply, raw, scriptedServer, silence } from './scripted-server.ts'

const KEY = 'sk_test_do_not_show_me'
const USERS = '/user_management/users'
const create: WriteRequest = { method: 'POST', path: USERS, body: { email: 'ada@example.com' } }
const PLENTY = { count: 1_000_000, perMs: 1000 }

function clientOf(baseUrl: string, options: Partial<ClientOptions> = {}) {
  const clock = hurriedClock()
  const limiter = new RateLimiter({ writes: PLENTY, reads: PLENTY, requests: PLENTY }, clock)
  const client = new WorkosClient({
    apiKey: KEY,
    baseUrl,
    timeout: 5_000,
    connections: 4,
    limiter,
    clock,
    ...options,
  })
  onTestFinished(() => client.close())
  return { client, clock }
}

async function serve(script: [Reply, ...Reply[]], options: Partial<ClientOptions> = {}) {
  const server = await scriptedServer(...script)
  return { ...clientOf(server.url, options), server, received: server.received }
}

/** The reason of a rejected promise; its text must not contain the key. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(value)}`)
    },
    (reason: unknown) => reason,
  )
  expect(`${error instanceof Error ? `${error.message}${error.stack}` : error}`).not.toContain(KEY)
  return error
}

/** An address without a server. */
async function deafAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

test('an unlucky read is retried longer while the target responds to others, but not forever', async () => {
  let unlucky = 0
  const answered = (failures: number) =>
    serve([
      (response, request) => {
        const isUnlucky = request.url === '/unlucky'
        if (isUnlucky) unlucky += 1
        const fails = isUnlucky && unlucky <= failures
        response.writeHead(fails ? 500 : 200, { 'content-type': 'application/json' }).end('{"id":"x"}')
      },
    ])
  for (const [failures, attempts] of [
    [15, 16],
    [99, 20],
  ] as const) {
    unlucky = 0
    const { client } = await answered(failures)
    const read = client.read('/unlucky').catch((error: unknown) => error)
    await client.read('/lucky')
    if (failures < 20) expect(await read).toEqual({ id: 'x' })
    else expect(await read).toMatchObject({ message: expect.stringContaining('(20 attempts)') })
    expect(unlucky).toBe(attempts)
  }
})

test('closing the client ends waiting retries', async () => {
  const server = await scriptedServer(json(500, {}))
  const { client } = clientOf(server.url, { clock: systemClock })
  const read = failure(client.read('/never'))
  await expect.poll(() => server.received.length, { timeout: 10_000 }).toBeGreaterThan(0)
  await client.close()
  expect(await read).toBeInstanceOf(Error)
  const sent = server.received.length
  expect(await failure(client.read('/later'))).toMatchObject({ message: 'the client is closed' })
  expect(server.received).toHaveLength(sent)
})

describe('requests', () => {
  test('a read has the key and its query, without undefined', async () => {
    const { client, received } = await serve([json(200, { data: [] })])
    expect(await client.read(USERS, { limit: 100, after: undefined, email: 'a+b@example.com' })).toEqual({ data: [] })
    expect(received).toHaveLength(1)
    expect(received[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
    const query = new URL(received[0]?.path ?? '', 'http://x').searchParams
    expect([...query].sort()).toEqual([
      ['email', 'a+b@example.com'],
      ['limit', '100'],
    ])
  })

  test.each(['POST', 'PUT', 'PATCH'] as const)('%s sends the body as JSON and the Idempotency-Key', async (method) => {
    const { client, received } = await serve([json(200, { id: 'user_1' })])
    expect(await client.write({ ...create, method }, 'key-1')).toEqual({ id: 'user_1' })
    expect(received[0]?.method).toBe(method)
    expect(received[0]?.headers['idempotency-key']).toBe('key-1')
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(create.body)
  })

  test('non-ASCII text arrives unchanged', async () => {
    const { client, received } = await serve([json(200, { id: 'user_1' })])
    const body = { first_name: 'Žofie 🦊', metadata: { note: 'a\nb"c' } }
    await client.write({ ...create, body })
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(body)
  })

  test('a delete gets a response without a body', async () => {
    const { client, received } = await serve([raw(204, '')])
    expect(await client.write({ method: 'DELETE', path: `${USERS}/user_1` })).toEqual({})
    expect(received[0]?.method).toBe('DELETE')
  })

  test('requests are counted', async () => {
    const { client } = await serve([json(200, {}), json(200, {}), json(503, {}), json(200, {})])
    await client.read(USERS)
    await client.write(create)
    await client.read(USERS)
    expect(client.counts).toEqual({ reads: 3, writes: 1, refused: 0, repeated: 1 })
  })
})

describe('429', () => {
  test.each([
    ['a read', (client: WorkosClient) => client.read(USERS)],
    ['a write', (client: WorkosClient) => client.write(create)],
  ])('%s waits for the seconds of Retry-After and is sent again', async (_, call) => {
    const { client, clock, received } = await serve([
      json(429, {}, { 'retry-after': '7' }),
      json(200, { id: 'user_1' }),
    ])
    expect(await call(client)).toEqual({ id: 'user_1' })
    expect(received).toHaveLength(2)
    expect(clock.waits).toEqual([7000])
    expect(client.counts.refused).toBe(1)
  })

  test('an HTTP date is understood', async () => {
    const date = new Date(Date.now() + 30_000).toUTCString()
    const { client, clock } = await serve([json(429, {}, { 'retry-after': date }), json(200, {})])
    await client.read(USERS)
    expect(clock.waits).toHaveLength(1)
    expect(clock.waits[0]).toBeGreaterThan(25_000)
    expect(clock.waits[0]).toBeLessThanOrEqual(30_000)
  })

  test.each([
    -3_600_000, 3_600_000,
  ])('an HTTP date follows the clock of WorkOS, which differs by %i ms from ours', async (off) => {
    const date = (ms: number) => new Date(Date.now() + off + ms).toUTCString()
    const reply = json(429, {}, { date: date(0), 'retry-after': date(30_000) })
    const { client, clock } = await serve([reply, json(200, {})])
    await client.read(USERS)
    expect(clock.waits).toEqual([30_000])
  })

  test('without Retry-After the wait grows', async () => {
    const { client, clock } = await serve([raw(429, 'slow down'), raw(429, 'slow down'), json(200, {})])
    await client.read(USERS)
    expect(clock.waits).toEqual([1000, 2000])
  })

  test('in the end it is given up, with advice', async () => {
    const { client, received } = await serve([json(429, {}, { 'retry-after': '0' })])
    const error = await failure(client.write(create))
    expect(error).toBeInstanceOf(TargetError)
    expect(error).toMatchObject({ problems: [{ code: 'rate_limited', hint: expect.stringContaining('run.limits') }] })
    expect(received).toHaveLength(21)
  })
})

describe('failures of a read', () => {
  test.each<[string, Reply]>([
    ['HTTP 500', json(500, { message: 'boom' })],
    ['HTML with 502', raw(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' })],
    ['HTTP 503', raw(503, '')],
    ['HTTP 408', raw(408, '')],
    ['a dropped connection', drop],
    ['an answer that is cut off', cutOff],
    ['broken JSON', raw(200, '{"id":', { 'content-type': 'application/json' })],
    ['a JSON list', json(200, [])],
    ['an empty 200', raw(200, '')],
  ])('%s is followed by another attempt', async (_, trouble) => {
    const { client, received } = await serve([trouble, trouble, json(200, { id: 'user_1' })])
    expect(await client.read(USERS)).toEqual({ id: 'user_1' })
    expect(received).toHaveLength(3)
  })

  test('a server that never responds is given up after the timeout', async () => {
    const { client, received } = await serve([silence, json(200, { id: 'user_1' })], { timeout: 100 })
    expect(await client.read(USERS)).toEqual({ id: 'user_1' })
    expect(received).toHaveLength(2)
  })

  test('a lasting failure ends with its cause and how to continue', async () => {
    const { client, clock, received, server } = await serve([raw(502, '<html>')])
    const error = await failure(client.read(USERS))
    expect(error).toBeInstanceOf(TargetError)
    expect(error).toMatchObject({ problems: [{ code: 'target_unreachable' }] })
    expect(String(error)).toContain(server.url)
    expect(String(error)).toContain('HTTP 502')
    expect(received).toHaveLength(8)
    expect(clock.waits).toHaveLength(7)
    for (const [index, wait] of clock.waits.entries()) {
      const ceiling = Math.min(8000, 200 * 2 ** index)
      expect(wait).toBeGreaterThanOrEqual(ceiling / 2)
      expect(wait).toBeLessThanOrEqual(ceiling)
    }
  })

  test('a missing object is undefined', async () => {
    const { client, received } = await serve([json(404, { code: 'entity_not_found' })])
    expect(await client.read(`${USERS}/user_none`)).toBeUndefined()
    expect(received).toHaveLength(1)
  })
})

describe('a write with an unknown result is not repeated', () => {
  test.each<[string, Reply, number | undefined]>([
    ['HTTP 500', json(500, { message: 'boom' }), 500],
    ['HTML with 502', raw(502, '<html>'), 502],
    ['HTTP 503', raw(503, ''), 503],
    ['HTTP 503 with Retry-After', raw(503, '', { 'retry-after': '1' }), 503],
    ['a dropped connection', drop, undefined],
    ['an answer that is cut off', cutOff, undefined],
    ['broken JSON', raw(201, '{"id":'), 201],
  ])('%s', async (_, reply, status) => {
    const { client, received } = await serve([reply])
    const error = await failure(client.write(create, 'key-1'))
    expect(error).toBeInstanceOf(OutcomeUnknown)
    expect(error).toHaveProperty('status', status)
    expect(received).toHaveLength(1)
  })

  test('no response within the timeout', async () => {
    const { client, received } = await serve([silence], { timeout: 1000 })
    const error = await failure(client.write(create))
    expect(error).toBeInstanceOf(OutcomeUnknown)
    expect(String(error)).toContain('no response in time')
    expect(received).toHaveLength(1)
  })
})

describe('a target without a server', () => {
  test.each([
    ['a read', (client: WorkosClient) => client.read(USERS)],
    ['a write, which cannot have had an effect', (client: WorkosClient) => client.write(create)],
  ])('is tried again for %s, and then named', async (_, call) => {
    const url = await deafAddress()
    const { client, clock } = clientOf(url)
    const error = await failure(call(client))
    expect(error).toBeInstanceOf(TargetError)
    expect(error).toMatchObject({ problems: [{ code: 'target_unreachable' }] })
    expect(String(error)).toContain(url)
    expect(String(error)).toContain('ECONNREFUSED')
    expect(clock.waits).toHaveLength(7)
  })
})

describe('a rejection', () => {
  test.each([401, 403])('HTTP %i means that the key is wrong', async (status) => {
    const { client, received, server } = await serve([json(status, { message: `bad key ${KEY}` })])
    for (const call of [() => client.read(USERS), () => client.write(create)]) {
      const error = await failure(call())
      expect(error).toBeInstanceOf(CredentialsError)
      expect(String(error)).toContain(server.url)
    }
    expect(received).toHaveLength(2)
  })

  test('HTTP 403 for groups means that they might not be enabled', async () => {
    const { client } = await serve([json(403, { message: 'Forbidden' })])
    const error = await failure(client.read('/organizations/org_1/groups'))
    expect(error).toBeInstanceOf(CredentialsError)
    expect(error).toMatchObject({ problems: [{ code: 'groups_refused' }] })
  })

  test.each<[string, unknown, string[], string]>([
    ['a code', { code: 'email_not_available', message: 'Taken.' }, ['email_not_available'], 'Taken.'],
    [
      'several codes, the top-level one first',
      {
        code: 'user_creation_error',
        message: 'Could not create user.',
        errors: [{ code: 'email_not_available', message: 'Taken.' }, { code: 'password_too_weak' }],
      },
      ['user_creation_error', 'email_not_available', 'password_too_weak'],
      'Could not create user. Taken.',
    ],
    ['an error in the manner of OAuth', { error: 'invalid_request' }, ['invalid_request'], 'HTTP 422'],
    [
      'plain texts',
      { message: 'Validation failed', errors: ['email must be one'] },
      [],
      'Validation failed email must be one',
    ],
    ['nothing at all', {}, [], 'HTTP 422'],
  ])('%s has its status, codes and message', async (_, body, codes, message) => {
    const { client, received } = await serve([json(422, body)])
    const error = await failure(client.write(create))
    expect(error).toBeInstanceOf(ApiRefusal)
    expect(error).toMatchObject({ status: 422, codes, message })
    expect(received).toHaveLength(1)
  })

  test('HTML is a rejection without codes', async () => {
    const { client } = await serve([raw(400, '<html>')])
    expect(await failure(client.write(create))).toMatchObject({ status: 400, codes: [] })
  })

  test('a redirect is not followed: it would send the key elsewhere', async () => {
    const elsewhere = await scriptedServer(json(200, {}))
    const { client, received } = await serve([raw(302, '', { location: elsewhere.url })])
    expect(await failure(client.read(USERS))).toMatchObject({ problems: [{ code: 'redirected' }] })
    expect(received).toHaveLength(1)
    expect(elsewhere.received).toHaveLength(0)
  })

  test('a write to a missing object is rejected, not ignored', async () => {
    const { client } = await serve([json(404, { code: 'entity_not_found' })])
    const error = await failure(client.write({ method: 'PUT', path: `${USERS}/user_none`, body: {} }))
    expect(error).toMatchObject({ status: 404, codes: ['entity_not_found'] })
  })
})

test('a long pause between two attempts is reported', async () => {
  const waits: Wait[] = []
  const { client } = await serve([json(503, {})], { onWait: (wait) => waits.push(wait) })
  expect(await failure(client.read(USERS))).toBeInstanceOf(TargetError)
  expect(waits.length).toBeGreaterThan(0)
  for (const { whose, reason, why, ms } of waits) {
    expect([whose, reason, why]).toEqual(['WorkOS', 'retry', expect.stringMatching(/^attempt \d follows$/)])
    expect(ms).toBeGreaterThanOrEqual(1_000)
  }
})

describe('interruption', () => {
  test('an interrupted client sends nothing more', async () => {
    const interrupted = new AbortController()
    const { client, received } = await serve([json(200, {})], { interrupted: interrupted.signal })
    await client.read(USERS)
    interrupted.abort(new Error('interrupted'))
    await expect(client.read(USERS)).rejects.toThrow('interrupted')
    await expect(client.write(create)).rejects.toThrow('interrupted')
    expect(received).toHaveLength(1)
  })

  test('a write in flight at the interruption finishes', async () => {
    const interrupted = new AbortController()
    const answerLate: Reply = (response) => {
      interrupted.abort(new Error('interrupted'))
      json(200, { id: 'user_1' })(response, response.req)
    }
    const { client } = await serve([answerLate], { interrupted: interrupted.signal, clock: systemClock })
    expect(await client.write(create)).toEqual({ id: 'user_1' })
  })

  test('a write in flight without a response is dropped after 5 s, but not as one that never left', async () => {
    const interrupted = new AbortController()
    const interrupt: Reply = () => interrupted.abort(new Error('interrupted'))
    const { client, clock } = await serve([interrupt], { interrupted: interrupted.signal })
    const error = await failure(client.write(create))
    expect(error).not.toBe(interrupted.signal.reason)
    expect(String(error)).toContain('no response within 5 s')
    expect(clock.waits).toEqual([5_000])
  })

  test('a read in flight is dropped at once', async () => {
    const interrupted = new AbortController()
    const interrupt: Reply = () => interrupted.abort(new Error('interrupted'))
    const { client } = await serve([interrupt], { interrupted: interrupted.signal, clock: systemClock })
    const started = performance.now()
    expect(await failure(client.read(USERS))).toBe(interrupted.signal.reason)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('a closed client leaves nothing waiting', async () => {
    const clock = new SimulatedClock()
    const interrupted = new AbortController()
    const { client } = await serve([json(200, {})], { clock, interrupted: interrupted.signal })
    interrupted.abort(new Error('interrupted'))
    const before = clock.now()
    await client.close()
    await clock.runAll()
    expect(clock.now()).toBe(before)
  })

  test('a kill drops requests in flight', async () => {
    const killed = new AbortController()
    const kill: Reply = () => killed.abort(new Error('killed'))
    const { client } = await serve([kill], { killed: killed.signal })
    await expect(client.write(create)).rejects.toThrow('killed')
  })
})

test('an IPv6 loopback address is reached', async () => {
  const server = createServer((_, response) => response.end('{"id":"user_1"}'))
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve))
  onTestFinished(() => void server.close())
  const { client } = clientOf(`http://[::1]:${(server.address() as AddressInfo).port}`)
  expect(await client.read(USERS)).toEqual({ id: 'user_1' })
})

test.each([
  ['GET', '/user_management/users', 'read'],
  ['POST', '/user_management/users', 'write'],
  ['DELETE', '/user_management/organization_memberships/om_1', 'write'],
  ['GET', '/organizations', 'other'],
  ['POST', '/organizations', 'other'],
  ['DELETE', '/organizations/org_1', 'organization-delete'],
  ['DELETE', '/organizations/org_1/roles/admin', 'other'],
  ['POST', '/authorization/roles', 'other'],
])('%s %s counts as %s', (method, path, expected) => {
  expect(classify(method, path)).toBe(expected)
})
