import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import { NO_PROXIES } from '../../src/http/proxy.ts'
import { checkWebhook, type Delivery, deliver, signatureOf } from '../../src/http/webhook.ts'
import { hurriedClock, swiftClock } from '../simulated-clock.ts'

const SECRET = 'a secret of the receiver'
const PATH = '/services/T000/B000/very-secret'

interface Received {
  headers: IncomingMessage['headers']
  body: string
}

/** A receiver on loopback. @param answer to the n-th request, from 1 */
async function receiver(answer: (response: ServerResponse, nth: number) => void) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) })
    answer(response, received.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`, received }
}

function told(url: string, more: Partial<Delivery> = {}): Promise<string | undefined> {
  const signal = new AbortController().signal
  const now = () => 1_900_000_000_123
  const of = { body: '{"outcome":"completed"}', id: 'one', proxies: NO_PROXIES, clock: swiftClock, now, signal }
  return deliver({ url, ...of, budget: 30_000, ...more })
}

test('a notification arrives once, signed with its time', async () => {
  const { url, received } = await receiver((response) => response.end('ok'))
  expect(await told(url, { secret: SECRET })).toBeUndefined()
  expect(received).toHaveLength(1)
  const [one] = received
  expect(one?.body).toBe('{"outcome":"completed"}')
  expect(one?.headers).toMatchObject({
    'content-type': 'application/json',
    'workos-migrate-delivery': 'one',
    'workos-migrate-timestamp': '1900000000',
    'workos-migrate-signature': `v1=${signatureOf(SECRET, '1900000000', '{"outcome":"completed"}')}`,
  })
})

test('without a secret nothing is signed', async () => {
  const { url, received } = await receiver((response) => response.end())
  expect(await told(url)).toBeUndefined()
  expect(received[0]?.headers).not.toHaveProperty('workos-migrate-signature')
})

test.each([500, 502, 503, 429])('HTTP %i is retried as the same delivery', async (status) => {
  const { url, received } = await receiver((response, nth) => {
    response.statusCode = nth < 3 ? status : 204
    response.end()
  })
  expect(await told(url)).toBeUndefined()
  expect(received.map(({ headers }) => headers['workos-migrate-delivery'])).toEqual(['one', 'one', 'one'])
})

test('an attempt that is cut short does not hide what an earlier one was told', async () => {
  const { url, received } = await receiver((response, nth) => {
    if (nth === 1) response.writeHead(503).end()
  })
  expect(await told(url, { budget: 9_000 })).toBe('HTTP 503')
  expect(received).toHaveLength(2)
})

test('Retry-After is respected within the time available', async () => {
  const clock = hurriedClock()
  const { url, received } = await receiver((response, nth) => {
    response.writeHead(nth === 1 ? 429 : 200, { 'retry-after': '7' }).end()
  })
  // Only waiting advances this clock.
  const waiting = {
    ...clock,
    schedule: (ms: number, call: () => void) => (ms === 7000 ? clock.schedule(ms, call) : () => {}),
  }
  expect(await told(url, { clock: waiting })).toBeUndefined()
  expect(clock.waits).toEqual([7000])
  const impatient = await receiver((response) => response.writeHead(429, { 'retry-after': '3600' }).end())
  expect(await told(impatient.url)).toBe('HTTP 429')
  expect(impatient.received).toHaveLength(1)
  expect(received).toHaveLength(2)
})

test.each([400, 401, 404, 410])('HTTP %i is not retried', async (status) => {
  const { url, received } = await receiver((response) => response.writeHead(status).end())
  expect(await told(url)).toBe(`HTTP ${status}`)
  expect(received).toHaveLength(1)
})

test.each([301, 302, 307, 308])('a redirect (HTTP %i) is not followed', async (status) => {
  const other = await receiver((response) => response.end())
  const { url } = await receiver((response) => response.writeHead(status, { location: other.url }).end())
  expect(await told(url, { secret: SECRET })).toBe(`HTTP ${status}: a redirect, which is not followed`)
  expect(other.received).toEqual([])
})

describe('a delivery is given up in time', () => {
  test('if a server never responds', async () => {
    const { url, received } = await receiver(() => {})
    expect(await told(url)).toBe('no response in time')
    expect(received.length).toBeGreaterThan(1)
  })

  test('if it responds slowly, byte by byte', async () => {
    const { url } = await receiver((response) => {
      response.write('o')
      const drip = setInterval(() => response.write('o'), 20)
      response.on('close', () => clearInterval(drip))
    })
    expect(await told(url)).toBe('no response in time')
  })

  test('if it always fails', async () => {
    const { url, received } = await receiver((response) => response.writeHead(500).end())
    expect(await told(url)).toBe('HTTP 500')
    expect(received.length).toBeGreaterThan(3)
    expect(received.length).toBeLessThan(12)
  })

  test('if there is no server, without showing the address', async () => {
    const { url } = await receiver(() => {})
    const closed = url.replace(/:\d+/, ':1')
    const why = await told(closed)
    expect(why).toContain('ECONNREFUSED')
    expect(why).not.toContain('secret')
  })

  test('as soon as the command is stopped', async () => {
    const stop = new AbortController()
    const { url, received } = await receiver(() => stop.abort())
    expect(await told(url, { signal: stop.signal })).toBeDefined()
    expect(received).toHaveLength(1)
  })
})

test('it uses the proxy of the environment', async () => {
  const asked: string[] = []
  const proxy = createServer()
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void proxy.close())
  const https = { name: 'HTTPS_PROXY', value: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  const why = await told(`https://hooks.example.com${PATH}`, { proxies: { https, except: '' }, budget: 1000 })
  expect(asked[0]).toBe('hooks.example.com:443')
  expect(why).not.toMatch(/secret|hooks/)
})

test('an address is https, or http to this machine, and is never quoted', () => {
  for (const fine of ['https://hooks.example.com/T000', 'http://127.0.0.1:9/x', 'http://localhost/x']) {
    expect(() => checkWebhook(fine, 'notify.webhook')).not.toThrow()
  }
  for (const bad of ['http://hooks.example.com/T000', 'ftp://example.com/T000', 'T000', 'https://']) {
    let error: unknown
    try {
      checkWebhook(bad, 'notify.webhook')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ManifestError)
    expect(error).toMatchObject({ problems: [{ code: 'bad_webhook', path: 'notify.webhook' }] })
    expect(JSON.stringify(error)).not.toContain('T000')
  }
})
