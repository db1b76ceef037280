import { expect, test } from 'vitest'
import { migrate } from './example.ts'

test('three tables in three formats', async () => {
  const found = await migrate('examples/file-tables')
  expect(found.people).toMatchObject({
    'ada@acme.example': { name: 'Ada Ampersand', externalId: '9007199254740993', metadata: { plan: 'pro' } },
    'bjorn@acme.example': { externalId: '9007199254740995', metadata: {} },
    'chloe@borealis.example': { externalId: '9007199254740997', metadata: {} },
  })
  expect(Object.keys(found.people)).toHaveLength(3)
  expect(found.organizations).toMatchObject([
    { name: 'Acme Anvils', externalId: 'acme', domains: ['acme.example'] },
    { name: 'Borealis Outfitters', externalId: 'borealis', domains: [] },
  ])
  expect(found.memberships).toEqual([
    'ada@acme.example in Acme Anvils: admin',
    'ada@acme.example in Borealis Outfitters: member',
    'bjorn@acme.example in Acme Anvils: member',
    'chloe@borealis.example in Borealis Outfitters: admin',
  ])
  expect(found.rejects).toEqual(['record unmatched_row ./members.csv:8'])
  expect(found.leftOut).toBe(1) // who is not active
})
