import { expect, test } from 'vitest'
import { mappedSet } from './mapped-set.ts'

const MAP = {
  organization: { key: 'org', externalId: 'org', name: 'org' },
  connection: {
    key: 'id',
    organization: 'org',
    type: "'oidc'",
    clientId: 'id',
    clientSecret: 'secret',
    discoveryEndpoint: "'https://idp.example'",
  },
}

test('a connection lacks its client secret only if none of its records has it', async () => {
  const bare = { id: 'c', org: 'acme' }
  const missing = (set: Awaited<ReturnType<typeof mappedSet>>) =>
    set.noteCounts().filter(({ code }) => code === 'connection_without_secret')
  expect(missing(await mappedSet(MAP, [bare, bare]))).toMatchObject([{ count: 1 }])
  for (const rows of [
    [bare, { ...bare, secret: 's' }],
    [{ ...bare, secret: 's' }, bare],
  ]) {
    const set = await mappedSet(MAP, rows)
    expect(set.get('connection', 'c@acme')?.secrets).toEqual({ clientSecret: 's' })
    expect(missing(set)).toEqual([])
  }
})
