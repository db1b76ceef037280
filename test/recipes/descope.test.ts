import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'

test(tried('Descope', 'users of the API, saved as JSON', 'several tenants, roles by tenant'), async () => {
  const found = await migrate('examples/descope')
  expect(found.people).toMatchObject({
    'ada@example.com': { name: 'Ada Ampersand', verified: true, metadata: { plan: 'pro', seats: '3' } },
    'bjorn@example.com': { name: 'Björn Beispiel', verified: true },
    'chloe@example.com': {
      name: '',
      verified: false,
      metadata: { loginIds: 'chloe,Chloe@example.com', roles: 'Support' },
    },
    'greta@example.com': { name: 'Greta Glyph', metadata: { loginIds: 'greta@example.com' } },
  })
  expect(Object.keys(found.people)).toHaveLength(4)
  expect(found.organizations.map(({ name }) => name)).toEqual(['Acme Anvils', 'Borealis Outfitters'])
  expect(found.roles).toEqual(['admin', 'viewer'])
  expect(found.memberships).toEqual([
    'ada@example.com in Acme Anvils: admin',
    'ada@example.com in Borealis Outfitters: viewer',
    'bjorn@example.com in Acme Anvils: member',
    'chloe@example.com in Borealis Outfitters: admin',
  ])
  expect(found).toMatchObject({ notes: [], leftOut: 2 }) // a disabled user and a test user
  expect(found.rejects).toEqual(['user email_missing ./users.json:187'])
})
