import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { SourceError } from '../../src/diagnostics/errors.ts'
import { JsonClient, type JsonClientOptions } from '../../src/http/json-client.ts'
import { HttpRefusal } from '../../src/http/refusal.ts'
import { hurriedClock } from '../simulated-clock.ts'
import { cutOff, drop, json, type Reply, raw, scriptedServer, silence } from '../workos/scripted-server.ts'

const TOKEN = 'tok_do_not_show_me'

async function serve(script: [Reply, ...Reply[]], options: Partial<JsonClientOptions> = {}) {
  const server = await scriptedServer(...script)
  const clock = hurriedClock()
  const client = new JsonClient({
    baseUrl: `${server.url}/v1/`,
    name: 'the tenant acme.example',
    authorize: async () => `Bearer ${TOKEN}`,
    clock,
    ...options,
  })
  return { client, clock, received: server.received, url: server.url }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(value)}`)
    },
    (reason: unknown) => reason,
  )
  const text = error instanceof SourceError ? JSON.stringify([error.message, error.stack, error.problems]) : `${error}`
  expect(text).not.toContain(TOKEN)
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

const codeOf = (error: unknown) => (error instanceof SourceError ? error.problems[0]?.code : error)
const messageOf = (error: unknown) => (error instanceof Error ? error.message : '')

describe('requests', () => {
  test('a GET has the authorization and its query; lists repeat, undefined is omitted', async () => {
    const { client, received } = await serve([json(200, [])])
    expect(
      await client.get('/users', { limit: 500, order_by: '+created_at', user_id: ['a', 'b'], q: undefined }),
    ).toEqual([])
    const url = new URL(received[0]?.path ?? '', 'http://x')
    expect(url.pathname).toBe('/v1/users')
    expect([...url.searchParams]).toEqual([
      ['limit', '500'],
      ['order_by', '+created_at'],
      ['user_id', 'a'],
      ['user_id', 'b'],
    ])
    expect(received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`)
    expect(received[0]?.method).toBe('GET')
  })

  test('a POST has its body as JSON, and works without authorization', async () => {
    const { client, received } = await serve([json(201, { id: 'job_1' })], { authorize: undefined })
    expect(await client.post('/jobs', { format: 'json', name: 'Žofie' })).toEqual({ id: 'job_1' })
    expect(received[0]).toMatchObject({ method: 'POST', path: '/v1/jobs' })
    expect(received[0]?.headers['content-type']).toBe('application/json')
    expect(received[0]?.headers.authorization).toBeUndefined()
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ format: 'json', name: 'Žofie' })
  })
})

test('a form is sent as a form, and no message contains its secrets', async () => {
  const refused = json(401, { error: 'invalid_client', error_description: 'assertion_do_not_show' })
  const { client, received } = await serve([json(200, { ok: true }), refused], { authorize: undefined })
  const fields = { grant_type: 'client_credentials', client_assertion: 'assertion_do_not_show' }
  expect(await client.postForm('/token', fields)).toEqual({ ok: true })
  expect(received[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(Object.fromEntries(new URLSearchParams(received[0]?.body))).toEqual(fields)
  expect(messageOf(await failure(client.postForm('/token', fields)))).not.toContain('assertion_do_not_show')
})

test('a text response stays text, and its rejection is still read', async () => {
  const refused = json(403, { errorCode: 'E0000006', errorSummary: 'You do not have permission' })
  const { client, received } = await serve([raw(200, '<a/>', { 'content-type': 'application/xml' }), refused])
  expect(await client.text('/metadata', { kid: 'k' }, 'application/xml')).toBe('<a/>')
  expect(received[0]).toMatchObject({ path: '/v1/metadata?kid=k', headers: { accept: 'application/xml' } })
  const error = await failure(client.text('/metadata', {}, 'application/xml'))
  expect(error).toMatchObject({ status: 403, errorCode: 'E0000006' })
  expect(messageOf(error)).toContain('You do not have permission')
})

describe('pages by Link', () => {
  const linked = (link: string) => json(200, [1], { link })

  test('have the query of the next one, until the last', async () => {
    const links = '</v1/users?limit=2>; rel="self", </v1/users?after=00u1%2C&limit=2>; title="a, b"; rel="up next"'
    const { client, received } = await serve([linked(links), linked('</v1/users>; rel=self')])
    const first = await client.page('/users', { limit: 2 })
    expect(first).toEqual({ body: [1], next: 'after=00u1%2C&limit=2' })
    expect(await client.page('/users', first.next)).toEqual({ body: [1], next: undefined })
    expect(received.map(({ path }) => path)).toEqual(['/v1/users?limit=2', '/v1/users?after=00u1%2C&limit=2'])
  })

  test.each([
    ['another host', 'https://elsewhere.example/v1/users?after=secret', 'https://elsewhere.example'],
    ['the same host over http', 'http://127.0.0.1:1/v1/users?after=secret', 'http://127.0.0.1:1'],
    ['another list', '/v1/groups?after=secret', 'another list'],
    ['no address', 'http://[', 'no address'],
  ])('are rejected if they lead to %s', async (_what, target, named) => {
    const { client, received } = await serve([linked(`<${target}>; rel="next"`)])
    const error = await failure(client.page('/users'))
    expect(codeOf(error)).toBe('source_links_elsewhere')
    expect(messageOf(error)).toContain(` links to ${named} as its next page`)
    expect(messageOf(error)).not.toContain('secret')
    expect(received).toHaveLength(1)
  })
})

describe('responses', () => {
  test('arrays and objects are unchanged, an empty body is null, and numbers keep every digit', async () => {
    const { client } = await serve([
      json(200, [1]),
      raw(204, ''),
      raw(200, '{"id":12345678901234567890}', { 'content-type': 'application/json' }),
    ])
    expect(await client.get('/a')).toEqual([1])
    expect(await client.get('/b')).toBeNull()
    expect(await client.get('/c')).toEqual({ id: '12345678901234567890' })
  })

  test('a web page is described and not requested again', async () => {
    const { client, received } = await serve([raw(200, '<html>', { 'content-type': 'text/html; charset=utf-8' })])
    const error = await failure(client.get('/users'))
    expect(codeOf(error)).toBe('not_json')
    expect(messageOf(error)).toBe('GET /users of the tenant acme.example returned text/html instead of JSON (HTTP 200)')
    expect(received).toHaveLength(1)
  })

  test('broken JSON is requested again', async () => {
    const { client } = await serve([raw(200, '[{"id":', { 'content-type': 'application/json' }), json(200, ['whole'])])
    expect(await client.get('/users')).toEqual(['whole'])
  })

  test.each([
    [
      'Auth0',
      { statusCode: 400, error: 'Bad Request', message: 'You can only page', errorCode: 'invalid_paging' },
      'invalid_paging',
    ],
    [
      'Clerk',
      { errors: [{ message: 'not found', long_message: 'No user was found', code: 'resource_not_found' }] },
      'resource_not_found',
    ],
    ['OAuth', { error: 'access_denied', error_description: 'Unauthorized' }, 'access_denied'],
    ['nobody', 'just text', undefined],
  ])('a rejection in the form of %s has its status, code and message', async (_who, body, code) => {
    const { client, received } = await serve([json(400, body)])
    const error = await failure(client.get('/users'))
    expect(error).toBeInstanceOf(HttpRefusal)
    expect(error).toMatchObject({ status: 400, body, errorCode: code })
    if (code !== undefined) expect(messageOf(error)).toContain(`returned HTTP 400: ${code}: `)
    expect(received).toHaveLength(1)
  })

  test('secrets that a response repeats are not shown', async () => {
    const { client } = await serve([
      json(403, { error: 'denied', message: `bad token ${TOKEN}, bad secret s3cr3t-value` }),
    ])
    const error = await failure(client.post('/oauth/token', { client_secret: 's3cr3t-value' }))
    expect(messageOf(error)).toContain('bad token [redacted], bad secret [redacted]')
  })

  test('an endless response is not kept in memory', async () => {
    const endless: Reply = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const block = Buffer.alloc(8 * 1024 * 1024, 32)
      const more = () => void response.write(block, (error) => error ?? more())
      more()
    }
    const { client, received } = await serve([endless])
    expect(codeOf(await failure(client.get('/users')))).toBe('answer_too_large')
    expect(received).toHaveLength(1)
  })
})

describe('failures', () => {
  test.each([
    ['5xx', raw(502, '<html>bad gateway')],
    ['a dropped connection', drop],
    ['an answer that breaks off', cutOff],
  ])('%s is retried after growing pauses', async (_what, trouble) => {
    const { client, clock, received } = await serve([trouble, trouble, trouble, json(200, [])])
    expect(await client.get('/users')).toEqual([])
    expect(received).toHaveLength(4)
    const [first = 0, , third = 0] = clock.waits
    expect(first).toBeLessThanOrEqual(200)
    expect(third).toBeGreaterThanOrEqual(400)
  })

  test('a request without a response is given up and retried', async () => {
    const { client, received } = await serve([silence, json(200, [])], { timeoutMs: 100 })
    expect(await client.get('/users')).toEqual([])
    expect(received).toHaveLength(2)
  })

  test('after nine attempts the system is unreachable', async () => {
    const { client, received } = await serve([raw(503, '')])
    const error = await failure(client.get('/users'))
    expect(codeOf(error)).toBe('source_unreachable')
    expect(messageOf(error)).toBe('the tenant acme.example cannot be reached: HTTP 503, GET /users (9 attempts)')
    expect(received).toHaveLength(9)
  })

  test('a port without a server is reported as unreachable', async () => {
    const { client } = await serve([json(200, [])], { baseUrl: await deafAddress() })
    expect(messageOf(await failure(client.get('/users')))).toContain('ECONNREFUSED')
  })

  test('503 with Retry-After is not retried sooner', async () => {
    const { client, clock } = await serve([raw(503, '', { 'retry-after': '17' }), json(200, [])])
    await client.get('/users')
    expect(Math.max(...clock.waits)).toBe(17_000)
  })
})

describe('authorization', () => {
  test('is renewed once after a 401, for all requests rejected with it', async () => {
    let issued = 1
    let renewals = 0
    const answers: Reply = (response, request) => {
      const status = request.headers.authorization === 'Bearer token-2' ? 200 : 401
      response.writeHead(status, { 'content-type': 'application/json' }).end('[]')
    }
    const { client } = await serve([answers], {
      async authorize(renew) {
        if (renew) {
          renewals += 1
          await new Promise((resolve) => setTimeout(resolve, 5))
          issued += 1
        }
        return `Bearer token-${issued}`
      },
    })
    expect(await Promise.all([client.get('/a'), client.get('/b'), client.get('/c')])).toEqual([[], [], []])
    expect(renewals).toBe(1)
  })

  test('that is rejected again is given up', async () => {
    let issued = 0
    const { client, received } = await serve([json(401, { error: 'Unauthorized' })], {
      authorize: async (renew) => `Bearer token-${renew ? ++issued : issued}`,
    })
    expect(await failure(client.get('/users'))).toMatchObject({ status: 401 })
    expect(received).toHaveLength(2)
  })

  test('that cannot be renewed is not tried twice', async () => {
    const { client, received } = await serve([json(401, {})])
    expect(await failure(client.get('/users'))).toMatchObject({ status: 401 })
    expect(received).toHaveLength(1)
  })

  test('does not follow a redirect to another address', async () => {
    const other = await scriptedServer(json(200, []))
    const { client } = await serve([raw(302, '', { location: `${other.url}/steal?token=abc` })])
    const error = await failure(client.get('/users'))
    expect(codeOf(error)).toBe('source_redirects')
    expect(messageOf(error)).toContain(` redirects to ${other.url}; redirects`)
    expect(other.received).toHaveLength(0)
  })

  test('follows redirects within the same address, but not in circles', async () => {
    const { client, received } = await serve([raw(307, '', { location: '/v2/users' }), json(200, ['there'])])
    expect(await client.get('/users')).toEqual(['there'])
    expect(received[1]).toMatchObject({ path: '/v2/users', headers: { authorization: `Bearer ${TOKEN}` } })
    const circle = await serve([raw(302, '', { location: '/v1/users' })])
    expect(codeOf(await failure(circle.client.get('/users')))).toBe('source_redirects')
    expect(circle.received).toHaveLength(4)
  })
})

describe('too many requests', () => {
  test('pause for as long as Retry-After requires, and still get a response', async () => {
    const { client, clock } = await serve([json(429, {}, { 'retry-after': '12' }), json(200, [])])
    expect(await client.get('/users')).toEqual([])
    expect(clock.waits).toContain(12_000)
  })

  test('are given up after twenty-one rejections in a row', async () => {
    const { client, received } = await serve([json(429, {}, { 'retry-after': '0' })])
    expect(codeOf(await failure(client.get('/users')))).toBe('rate_limited')
    expect(received).toHaveLength(21)
  })
})

describe('an abort', () => {
  test.each([
    ['a pause after a 429', json(429, {}, { 'retry-after': '600' })],
    ['a pause after a 503', raw(503, '', { 'retry-after': '600' })],
    ['waiting for an answer', silence],
  ])('ends %s at once', async (_what, reply) => {
    const abort = new AbortController()
    const { client, received } = await serve([reply], { signal: abort.signal, clock: systemClock })
    const asked = failure(client.get('/users'))
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1)
    const reason = new Error('called off')
    abort.abort(reason)
    expect(await asked).toBe(reason)
    expect(await failure(client.get('/users'))).toBe(reason)
    expect(received).toHaveLength(1)
  })
})

describe('downloads', () => {
  async function all(bytes: AsyncIterable<Buffer>): Promise<string> {
    const parts: Buffer[] = []
    for await (const part of bytes) parts.push(part)
    return Buffer.concat(parts).toString('utf8')
  }

  test('are streams of bytes, without the authorization', async () => {
    const { client, received, url } = await serve([raw(200, 'line 1\nline 2\n')])
    expect(await all(client.bytes(`${url}/file?signature=abc`))).toBe('line 1\nline 2\n')
    expect(received[0]?.headers.authorization).toBeUndefined()
  })

  test('that are rejected show the status, but not the signed address', async () => {
    const { client, url } = await serve([raw(403, '<Error><Code>AccessDenied')])
    const error = await failure(all(client.bytes(`${url}/file?signature=abc`)))
    expect(error).toMatchObject({ status: 403 })
    expect(messageOf(error)).not.toContain('signature')
  })

  test.each([
    ['break off', cutOff],
    ['stall', silence],
  ])('that %s are reported as broken', async (_what, reply) => {
    const { client, url } = await serve([reply], { timeoutMs: 100 })
    expect(codeOf(await failure(all(client.bytes(`${url}/file`))))).toBe('download_broken')
  })

  test('end when aborted', async () => {
    const abort = new AbortController()
    const { client, received, url } = await serve([silence], { signal: abort.signal })
    const asked = failure(all(client.bytes(`${url}/file`)))
    onTestFinished(() => abort.abort())
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1)
    abort.abort(new Error('called off'))
    expect(messageOf(await asked)).toBe('called off')
  })
})

test('https to an http server is explained', async () => {
  const { url } = await serve([json(200, {})])
  const client = new JsonClient({ baseUrl: url.replace('http:', 'https:'), name: 'the tenant', clock: hurriedClock() })
  const error = await failure(client.get('/users'))
  expect(error).toMatchObject({ problems: [{ code: 'no_tls' }] })
  expect(String(error)).toMatch(/is not trusted: it does not use TLS/)
})

test('a rejection of Google has its status and its message', async () => {
  const error = { code: 403, status: 'PERMISSION_DENIED', message: 'The caller does not have permission' }
  const { client } = await serve([json(403, { error })])
  const refusal = await failure(client.get('/users'))
  expect(refusal).toMatchObject({
    status: 403,
    errorCode: 'PERMISSION_DENIED',
    message: expect.stringContaining('HTTP 403: PERMISSION_DENIED: The caller does not have permission'),
  })
})

test('further headers are requested after the authorization, each time', async () => {
  let asked = 0
  const { client, received } = await serve([json(200, {}), json(200, {})], {
    authorize: async () => {
      asked += 1
      return `Bearer ${TOKEN}`
    },
    headers: () => ({ 'x-goog-user-project': `project-${asked}` }),
  })
  await client.get('/users')
  await client.get('/users')
  expect(received.map(({ headers }) => headers['x-goog-user-project'])).toEqual(['project-1', 'project-2'])
})
