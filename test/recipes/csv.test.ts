import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'

test(tried('CSV of any kind', 'our own columns', 'a row for each membership'), async () => {
  const found = await migrate('examples/csv-minimal')
  expect(found.people).toEqual({
    'ada@example.com': {
      name: 'Ada Ampersand',
      verified: true,
      externalId: 'u-1',
      metadata: { plan: 'pro' },
      password: null,
    },
    'bjorn@example.com': { name: 'Björn Beispiel', verified: false, externalId: 'u-2', metadata: {}, password: null },
    'chloe@example.com': {
      name: 'Chloé Comma',
      verified: true,
      externalId: 'u-3',
      metadata: { beta: 'true', locale: 'fr' },
      password: null,
    },
  })
  expect(found.organizations.map(({ name, externalId }) => `${externalId} ${name}`)).toEqual([
    'acme Acme Anvils',
    'borealis Borealis Outfitters',
  ])
  expect(found.memberships).toEqual([
    'ada@example.com in Acme Anvils: member',
    'ada@example.com in Borealis Outfitters: member',
    'bjorn@example.com in Acme Anvils: member',
  ])
  expect(found).toMatchObject({ rejects: [], notes: [], leftOut: 0 })
})
