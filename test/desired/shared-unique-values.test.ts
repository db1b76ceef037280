import { describe, expect, test } from 'vitest'
import { RULES } from '../kinds/rules.ts'
import { assembled, type RecordPart } from './assembled.ts'

const DROP = { organizations: { ...RULES.organizations, sharedDomains: 'drop' as const } }

const one = (key: string, more: object = {}): RecordPart => ({ organizations: [{ key, ...more }] })
const rejects = (set: Awaited<ReturnType<typeof assembled>>) =>
  [...set.rejects()].map(({ kind, key, code, message, records }) => ({ kind, key, code, message, records }))

describe('a domain that several organizations claim', () => {
  const rows = [
    one('acme', { domains: ['acme.example', 'shared.example'] }),
    {
      ...one('bolt', { domains: ['shared.example'] }),
      users: [{ key: 'u' }],
      memberships: [{ user: 'u', organization: 'bolt' }],
    },
    one('cube', { domains: ['cube.example'] }),
  ]

  test('is a conflict that names all of them, and all are rejected with their memberships', async () => {
    const set = await assembled(rows)
    expect(rejects(set)).toMatchObject([
      {
        key: 'acme',
        code: 'shared_domain',
        message: 'the domain shared.example also belongs to organization:bolt',
      },
      {
        key: 'bolt',
        code: 'shared_domain',
        message: 'the domain shared.example also belongs to organization:acme',
      },
      { kind: 'membership', code: 'organization_rejected' },
    ])
    expect([set.count('organization'), set.count('user'), set.count('membership')]).toEqual([1, 1, 0])
  })

  test('has the same result in any order of the records', async () => {
    const messages = async (rows: RecordPart[]) =>
      rejects(await assembled(rows))
        .map(({ message }) => message)
        .sort()
    expect(await messages(rows.toReversed())).toEqual(await messages(rows))
  })

  test('is removed from all of them if the manifest allows it, with a note', async () => {
    const set = await assembled(
      [...rows, one('dune', { domains: ['shared.example'], verifiedDomains: ['shared.example'] })],
      DROP,
    )
    expect(set.rejectCount()).toBe(0)
    expect(set.get('organization', 'acme')?.attributes).toMatchObject({ domains: ['acme.example'] })
    for (const key of ['bolt', 'dune']) {
      expect(set.get('organization', key)?.attributes).toEqual({ externalId: key, name: key })
    }
    expect(set.noteCounts()).toEqual([
      { kind: 'organization', code: 'shared_domain_dropped', detail: 'shared.example', count: 3 },
    ])
  })

  test('is not a conflict if the records are of one organization', async () => {
    const set = await assembled([one('acme', { domains: ['a.example'] }), one('acme', { domains: ['a.example'] })])
    expect(set.rejectCount()).toBe(0)
  })

  test('rejects an organization with several of them once, and counts many claims', async () => {
    const domains = ['a.example', 'b.example']
    const set = await assembled(Array.from({ length: 9 }, (_, n) => one(`org${n}`, { domains })))
    expect(set.rejectCounts()).toEqual([{ kind: 'organization', code: 'shared_domain', count: 9 }])
    expect(rejects(set)[8]?.message).toBe(
      'the domain a.example also belongs to organization:org0, organization:org1, organization:org2 and 5 more',
    )
  })
})

test('two organizations with one external ID are both rejected, and another claimant keeps its domain', async () => {
  const set = await assembled([
    one('acme', { externalId: 'x', domains: ['a.example'] }),
    one('bolt', { externalId: 'x' }),
    one('cube', { domains: ['a.example'] }),
  ])
  expect(rejects(set)).toMatchObject([
    { key: 'acme', code: 'shared_external_id', message: 'the external ID x also belongs to organization:bolt' },
    { key: 'bolt', code: 'shared_external_id' },
  ])
  expect(set.get('organization', 'cube')?.attributes.domains).toEqual(['a.example'])
})
