import { expect, test } from 'vitest'
import { assembled, type RecordPart } from './assembled.ts'

const record = (domains: string[], verifiedDomains?: string[]): RecordPart => ({
  organizations: [{ key: 'acme', domains, ...(verifiedDomains && { verifiedDomains }) }],
})

test.each([
  ['in order', (rows: RecordPart[]) => rows],
  ['reversed', (rows: RecordPart[]) => rows.toReversed()],
])('a domain that one record calls verified and another does not is entered as pending, rows %s', async (_, order) => {
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

test('none is left verified where none is agreed on', async () => {
  const set = await assembled([record(['a.example'], ['a.example']), record(['a.example'])])
  expect(set.get('organization', 'acme')?.attributes.verifiedDomains).toBeUndefined()
})
