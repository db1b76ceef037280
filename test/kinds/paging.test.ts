import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { user } from '../../src/kinds/user/user.ts'
import { ahead, pages, rolePages } from '../../src/kinds/wire.ts'
import { WorkosClient } from '../../src/workos/client.ts'
import { RateLimiter } from '../../src/workos/limiter.ts'
import { collect } from './live.ts'

const PLENTY = { count: 1000, perMs: 1000 }

const parse = (body: JsonObject) => user.parse(body, {})

/** The real client on a server that answers each `after` with the IDs and the cursor set for it. */
async function clientOf(answers: Record<string, { ids: string[]; after: string | null }>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams
    asked.push(query.toString())
    const answer = answers[query.get('after') ?? '']
    const data = answer?.ids.map((id) => ({ object: 'user', id, email: `${id}@example.com` }))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ object: 'list', data, list_metadata: { before: null, after: answer?.after } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = new WorkosClient({
    apiKey: 'sk_test_paging',
    baseUrl: `http://127.0.0.1:${port}`,
    timeout: 5_000,
    connections: 1,
    limiter: new RateLimiter({ writes: PLENTY, reads: PLENTY, requests: PLENTY }),
  })
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  return { client, asked }
}

test('a short or empty page is not the end; a missing cursor is', async () => {
  const { client, asked } = await clientOf({
    '': { ids: ['u1'], after: 'u1' },
    u1: { ids: [], after: 'u2' },
    u2: { ids: ['u3', 'u4'], after: null },
  })
  const found = await collect(pages(client, '/user_management/users', { email: 'x' }, parse))
  expect(found.flat().map(({ id }) => id)).toEqual(['u1', 'u3', 'u4'])
  expect(asked).toEqual([
    'email=x&limit=100&order=asc',
    'email=x&limit=100&order=asc&after=u1',
    'email=x&limit=100&order=asc&after=u2',
  ])
})

test('a list of roles is requested without parameters, and continues from each returned cursor', async () => {
  const { client, asked } = await clientOf({
    '': { ids: ['u1', 'u2'], after: 'u2' },
    u2: { ids: ['u3'], after: null },
  })
  const found = await collect(rolePages(client, '/authorization/roles', false))
  expect(found.flat().map(({ id }) => id)).toEqual(['u1', 'u2', 'u3'])
  expect(asked).toEqual(['', 'after=u2'])
})

test.each([
  ['answers the same page again', { '': { ids: ['u1'], after: 'u1' }, u1: { ids: ['u1'], after: 'u1' } }],
  [
    'goes in a circle',
    {
      '': { ids: ['u1'], after: 'u1' },
      u1: { ids: ['u2'], after: 'u2' },
      u2: { ids: ['u1'], after: 'u1' },
    },
  ],
])('a list that %s is an error, not an endless list', async (_, answers) => {
  const { client, asked } = await clientOf(answers)
  await expect(collect(pages(client, '/user_management/users', {}, parse))).rejects.toThrow(/does not end/)
  await expect(collect(rolePages(client, '/authorization/roles', false))).rejects.toThrow(/does not end/)
  expect(asked).toHaveLength(2 * Object.keys(answers).length)
})

test('an endless list is an error, not a short list', async () => {
  const { client, asked } = await clientOf({ '': { ids: ['u1'], after: 'u1' }, u1: { ids: ['u2'], after: 'u1' } })
  await expect(collect(pages(client, '/user_management/users', {}, parse))).rejects.toThrow(/does not end/)
  expect(asked).toHaveLength(2)
})

/** A list of `count` pages that fails at page `fails`. */
async function* list(log: string[], count: number, fails = Number.POSITIVE_INFINITY): AsyncGenerator<number> {
  try {
    for (let page = 1; page <= count; page += 1) {
      log.push(`asked ${page}`)
      await Promise.resolve()
      if (page === fails) throw new Error('no answer')
      yield page
    }
  } finally {
    log.push('ended')
  }
}

test('a page is requested before the previous one is processed', async () => {
  const log: string[] = []
  for await (const page of ahead(list(log, 3))) log.push(`dealt with ${page}`)
  expect(log).toEqual(['asked 1', 'asked 2', 'dealt with 1', 'asked 3', 'dealt with 2', 'ended', 'dealt with 3'])
})

test('a failure surfaces in its turn, after the pages before it', async () => {
  const log: string[] = []
  const read = async () => {
    for await (const page of ahead(list(log, 3, 2))) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      log.push(`dealt with ${page}`)
    }
  }
  await expect(read()).rejects.toThrow('no answer')
  expect(log).toEqual(['asked 1', 'asked 2', 'ended', 'dealt with 1'])
})

test('stopping early ends the list', async () => {
  const log: string[] = []
  for await (const page of ahead(list(log, 3))) if (page === 1) break
  expect(log).toEqual(['asked 1', 'asked 2', 'ended'])
})
