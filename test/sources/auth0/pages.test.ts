import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { JsonClient } from '../../../src/http/json-client.ts'
import { pagesFrom, Tenant } from '../../../src/sources/auth0/capture/api.ts'

/** A tenant whose list of organizations returns the checkpoint from `next` after each page. */
async function tenantOf(next: (from: string | null) => string | undefined): Promise<Tenant> {
  const server = createServer((request, response) => {
    const from = new URL(request.url ?? '/', 'http://localhost').searchParams.get('from')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ organizations: [{ id: `after ${from}` }], next: next(from) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const name = 'the Auth0 tenant acme.example'
  return new Tenant(new JsonClient({ baseUrl: `http://127.0.0.1:${port}`, name }), name)
}

async function idsFrom(tenant: Tenant, start: string | undefined): Promise<unknown[]> {
  const ids: unknown[] = []
  for await (const { items } of pagesFrom(tenant, { path: '/organizations', list: 'organizations', size: 1 }, start)) {
    ids.push(...items.map(({ id }) => id))
  }
  return ids
}

test('a list is read from a checkpoint to its end, each page once', async () => {
  const tenant = await tenantOf((from) => (Number(from) < 20 ? String(Number(from) + 1) : undefined))
  expect(await idsFrom(tenant, undefined)).toHaveLength(21)
  expect(await idsFrom(tenant, '17')).toEqual(['after 17', 'after 18', 'after 19', 'after 20'])
})

test.each([
  ['to itself', 1],
  ['in a loop of two', 2],
  ['in a loop of seven', 7],
])('checkpoints that lead %s end in an error', async (_, length) => {
  const tenant = await tenantOf((from) => String((Number(from?.slice(1) ?? -1) + 1) % length).replace(/^/, 'c'))
  await expect(idsFrom(tenant, undefined)).rejects.toThrow('does not contain a page after the previous ones')
  await expect(idsFrom(tenant, 'c0')).rejects.toThrow('does not contain a page after the previous ones')
})
