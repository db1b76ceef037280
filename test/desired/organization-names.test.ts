import { expect, test } from 'vitest'
import { describeNote } from '../../src/reporting/remarks.ts'
import { RULES } from '../kinds/rules.ts'
import { assembled, type RecordPart } from './assembled.ts'
import { mappedSet, wanted } from './mapped-set.ts'

const named = (...names: string[]): RecordPart[] => names.map((name) => ({ organizations: [{ key: 'acme', name }] }))
const rule = (onNameConflict: 'first' | 'last' | 'most' | 'error') => ({
  organizations: { ...RULES.organizations, onNameConflict },
})

test.each([
  ['first', 'Acme', 'Acme Ltd'],
  ['last', 'Acme Ltd', 'Acme'],
] as const)('the %s name is taken, and all are reported with their records', async (which, kept, dropped) => {
  const set = await assembled(named('Acme', 'Acme', 'Acme Ltd'), rule(which))
  expect(set.get('organization', 'acme')?.attributes.name).toBe(kept)
  expect(set.noteCounts().map(describeNote)).toEqual([
    `1 organization with different names: "Acme" in 2 records, "Acme Ltd" in 1 record; the ${which} one is used (organizations.onNameConflict)`,
  ])
  expect([...set.merges()].flatMap(({ conflicts }) => conflicts)).toContainEqual({
    field: 'name',
    rule: which,
    kept,
    dropped,
  })
  expect(set.rejectCount()).toBe(0)
})

test.each([
  ['the name of most records', ['Acme', 'Acme Ltd', 'Acme Ltd', 'Ac'], 'Acme Ltd'],
  ['the first of several, by code points', ['B', '\u{1F600}', '\u{FF21}', 'B', '\u{FF21}', '\u{1F600}'], 'B'],
  ['the first of several astral names', ['\u{1F600}', '\u{FF21}'], '\u{FF21}'],
])('with the rule most, the name is %s, in any order of the records', async (_what, names, kept) => {
  for (const order of [names, names.toReversed(), names.toSorted()]) {
    const set = await assembled(named(...order), rule('most'))
    expect(set.get('organization', 'acme')?.attributes.name).toBe(kept)
    expect(set.noteCounts().map(describeNote)[0]).toContain('the most frequent one is used')
  }
})

test('records that agree exactly make one organization, in any order', async () => {
  const records: RecordPart[] = [
    { organizations: [{ key: 'acme', name: 'Acme', domains: ['b.example'] }] },
    { organizations: [{ key: 'acme', name: 'Acme', domains: ['c.example'], verifiedDomains: ['c.example'] }] },
    { organizations: [{ key: 'acme', name: 'Acme', domains: ['a.example'], verifiedDomains: ['a.example'] }] },
  ]
  const attributes = async (ordered: RecordPart[]) =>
    JSON.stringify((await assembled(ordered)).get('organization', 'acme')?.attributes)
  const one = await attributes(records)
  expect(JSON.parse(one)).toMatchObject({
    domains: ['a.example', 'b.example', 'c.example'],
    verifiedDomains: ['a.example', 'c.example'],
  })
  expect(await attributes(records.toReversed())).toBe(one)
})

test('with the rule error, it is rejected once with all records and memberships, in any order', async () => {
  const membership = { users: [{ key: 'u' }], memberships: [{ user: 'u', organization: 'acme' }] }
  const records = [...named('Acme', 'Acme Ltd', 'Acme'), membership, { organizations: [{ key: 'bolt' }] }]
  const set = await assembled(records, rule('error'))
  expect([...set.rejects()]).toMatchObject([
    {
      kind: 'organization',
      code: 'organization_name_conflict',
      records: 3,
      message: 'its records have different names: "Acme" in 2 records, "Acme Ltd" in 1 record',
    },
    { kind: 'membership', code: 'organization_rejected' },
  ])
  expect(set.count('organization')).toBe(1)
  const reversed = await assembled(records.toReversed(), rule('error'))
  expect(reversed.rejectCounts()).toEqual(set.rejectCounts())
})

test('equal names are not a conflict, and up to ten conflicts are named', async () => {
  expect((await assembled(named('Acme', 'Acme'))).noteCounts()).toEqual([])
  const many = Array.from({ length: 12 }, (_, n) => ['A', 'B'].map((name) => ({ key: `org${n}`, name })))
  const counts = (await assembled(many.flat().map((one) => ({ organizations: [one] })))).noteCounts()
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(12)
  expect(counts.find(({ detail }) => detail === '')?.count).toBe(2)
})

test.each(['most', 'error'] as const)('with the rule %s, the order of the rows does not matter', async (which) => {
  const rows = [
    { id: 'u1', org: 'acme', name: 'Acme', plan: 'free' },
    { id: 'u2', org: 'acme', name: 'ACME', plan: 'pro' },
    { id: 'u3', org: 'acme', name: 'ACME', plan: 'max' },
    { id: 'u4', org: 'beta', name: 'Beta', plan: 'max' },
    { id: 'u5', org: 'beta', name: 'Beta', plan: 'free' },
  ]
  const map = { organization: { key: 'org', externalId: 'org', name: 'name', metadata: { plan: 'plan' } } }
  const texts = []
  for (const order of [rows, rows.toReversed(), rows.toSorted((a, b) => (a.plan < b.plan ? -1 : 1))]) {
    const set = await mappedSet(map, order, rule(which))
    texts.push([wanted(set), set.noteCounts().map(describeNote), [...set.rejects()].map(({ message }) => message)])
  }
  expect(texts[1]).toEqual(texts[0])
  expect(texts[2]).toEqual(texts[0])
  expect(texts[0]?.[0]).toContain('"name":"Beta"'.replaceAll('"', '\\"'))
})
