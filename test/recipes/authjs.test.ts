import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'

test(tried('Auth.js', 'tables of its database', 'email_verified as a time'), async () => {
  const found = await migrate('examples/authjs')
  expect(found.people).toMatchObject({
    'ada@example.com': { name: 'Ada Ampersand', verified: true, metadata: { providers: 'google,github' } },
    'bjorn@example.com': { name: 'Björn Beispiel', verified: false, metadata: { providers: 'github' } },
    'chloe@example.com': { name: '', verified: true, metadata: {} },
    'elif@example.com': { name: 'Elif Ellipsis', verified: true },
  })
  expect(Object.values(found.people).map(({ password }) => password)).toEqual([null, null, null, null])
  expect(found).toMatchObject({ organizations: [], memberships: [], notes: [], leftOut: 0 })
  expect(found.rejects).toEqual(['user email_missing ./users.csv:5'])
})

test('everybody becomes a member of one organization', async () => {
  const found = await migrate('examples/one-organization')
  expect(found.organizations).toEqual([{ name: 'Acme Anvils', externalId: 'acme', metadata: {}, domains: [] }])
  expect(found.memberships).toEqual([
    'ada@example.com in Acme Anvils: admin',
    'bjorn@example.com in Acme Anvils: member',
    'chloe@example.org in Acme Anvils: member',
  ])
  expect(found).toMatchObject({ rejects: [], notes: [], leftOut: 0 })
})
