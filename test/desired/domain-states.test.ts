import { expect, test } from 'vitest'
import { assembled, type RecordPart } from './assembled.ts'

const record = (domains: string[], verifiedDomains?: string[]): RecordPart => ({
  organizations: [{ key: 'acme', domains, ...(verifiedDomains && { verifiedDomains }) }],
})

test.each([
  ['in order', (rows: RecordPart[]) => rows],
  ['reversed', (rows: RecordPart[]) => rows.toReversed()],
])('a domain that only one of two records calls verified becomes pending, rows %s', async (_, order) => {
  const set = await assembled(
    order([
      record(['a.example', 'b.example'], ['a.example', 'b.example']),
      record(['a.example']),
      record(['b.example', 'c.example'], ['b.example']),
    ]),
  )
  expect(set.get('organization', 'acme')?.attributes).toMatchObject({
    domains: ['a.example', 'b.example', 'c.example'],
    verifiedDomains: ['b.example'],
  })
  expect(set.noteCounts()).toMatchObject([{ code: 'domain_states_differ', detail: 'a.example', count: 1 }])
})

test('no domain stays verified if the records do not agree', async () => {
  const set = await assembled([record(['a.example'], ['a.example']), record(['a.example'])])
  expect(set.get('organization', 'acme')?.attributes.verifiedDomains).toBeUndefined()
})
