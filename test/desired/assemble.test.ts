import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dedupeWith } from '../mapping/manifest.ts'
import { assembled, contents, type RecordPart } from './assembled.ts'

const ACME = [{ key: 'acme' }]
const BOTH = [{ key: 'acme' }, { key: 'borealis' }]
const email = 'ada@example.com'

const rejects = (set: Awaited<ReturnType<typeof assembled>>) =>
  [...set.rejects()].map(({ kind, key, code }) => `${kind} ${key} ${code}`)

describe('users with one dedupe key', () => {
  const first: RecordPart = { users: [{ key: 'u1', email, metadata: { plan: 'pro' }, emailVerified: false }] }
  const second: RecordPart = {
    users: [{ key: 'u2', email, metadata: { plan: 'free', seat: '7' }, emailVerified: true }],
  }

  test.each([
    ['in order', [[0], [1]]],
    ['the second chunk first', [[1], [0]]],
    ['in one chunk', [[0, 1]]],
  ])('become one in the order of the records when they arrive %s', async (_, chunks) => {
    const set = await assembled([first, second], {}, chunks)
    expect(set.count('user')).toBe(1)
    expect(set.get('user', 'u1')?.attributes).toEqual({
      email,
      emailVerified: true,
      metadata: { plan: 'pro', seat: '7' },
    })
    expect(set.origin('user', 'u1')).toBe('users.csv:2')
    expect([...set.merges()]).toEqual([
      {
        kind: 'user',
        key: 'u1',
        merged: 'u1',
        records: 0,
        origin: 'users.csv:2',
        conflicts: [{ field: 'emailVerified', rule: 'any', kept: true, dropped: false }],
      },
      {
        kind: 'user',
        key: 'u1',
        merged: 'u2',
        records: 1,
        origin: 'users.csv:3',
        conflicts: [{ field: 'metadata.plan', rule: 'union', kept: 'pro', dropped: 'free' }],
      },
    ])
    expect(set.mergeCounts()).toEqual([{ kind: 'user', different: 2, alike: 0 }])
  })

  test('follow the rule of the manifest', async () => {
    const dedupe = dedupeWith({ fields: { emailVerified: 'first', metadata: 'first' } })
    const set = await assembled([first, second], { dedupe })
    expect(set.get('user', 'u1')?.attributes).toMatchObject({ emailVerified: false, metadata: { plan: 'pro' } })
  })

  test('keep their memberships and roles', async () => {
    const set = await assembled([
      { ...first, organizations: ACME, memberships: [{ user: 'u1', organization: 'acme', roles: ['member'] }] },
      {
        ...second,
        organizations: BOTH,
        memberships: [
          { user: 'u2', organization: 'acme', roles: ['admin'] },
          { user: 'u2', organization: 'borealis' },
        ],
      },
    ])
    expect(set.count('membership')).toBe(2)
    expect(set.get('membership', 'u1@acme')).toMatchObject({
      attributes: { roles: ['admin', 'member'] },
      refs: { user: 'u1', organization: 'acme' },
    })
    expect(set.get('membership', 'u1@borealis')?.refs).toEqual({ user: 'u1', organization: 'borealis' })
    expect(set.rejectCount()).toBe(0)
  })

  test('keep the secrets of the first record with any, as a whole', async () => {
    const hash = { passwordHash: { hash: 'xyz', type: 'bcrypt' } }
    const set = await assembled([first, { users: [{ key: 'u2', email, secrets: hash }] }])
    expect(set.get('user', 'u1')?.secrets).toEqual(hash)
  })

  test('that break a limit only together are rejected, with all their records and dependents', async () => {
    const keys = (prefix: string) => Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`${prefix}${n}`, 'x']))
    const set = await assembled([
      {
        users: [{ key: 'u1', email, metadata: keys('a') }],
        organizations: ACME,
        memberships: [{ user: 'u1', organization: 'acme' }],
      },
      { users: [{ key: 'u2', email, metadata: keys('b') }] },
    ])
    expect(set.count('user')).toBe(0)
    expect(rejects(set)).toEqual([expect.stringMatching(/^user u1 metadata_/), 'membership u1@acme user_rejected'])
    expect(set.rejectCount()).toBe(3)
  })

  test('many in a row become one', async () => {
    const many = Array.from({ length: 40 }, (_, n): RecordPart => ({ users: [{ key: `u${n}`, email }] }))
    const set = await assembled(many)
    expect(set.mergeCounts()).toEqual([{ kind: 'user', different: 0, alike: 39 }])
    expect(set.accounting.kinds[0]).toMatchObject({ kind: 'organization' })
    expect(set.accounting.kinds.find(({ kind }) => kind === 'user')).toMatchObject({
      yielded: 40,
      distinct: 1,
      merged: 39,
      rejected: 0,
    })
  })
})

test('a resource that many records mention is one, and its origin is the first record', async () => {
  const record = (n: number): RecordPart => ({
    users: [{ key: `u${n}`, email: `u${n}@example.com` }],
    organizations: ACME,
    memberships: [{ user: `u${n}`, organization: 'acme' }],
  })
  const set = await assembled([record(0), record(1), record(2)], {}, [[2], [0, 1]])
  expect(set.count('organization')).toBe(1)
  expect(set.origin('organization', 'acme')).toBe('users.csv:2')
  expect(set.count('membership')).toBe(3)
  expect(set.mergeCounts()).toEqual([{ kind: 'organization', different: 0, alike: 2 }])
})

describe('organizations known by name', () => {
  const named = (...names: string[]): RecordPart => ({
    organizations: names.map((name) => ({ key: `name:${name}`, name })),
  })

  test('get a note if their names differ only in case or spaces', async () => {
    const set = await assembled([
      named('Acme Anvils', 'Borealis'),
      named('ACME  anvils'),
      named('Acme Anvils', 'Cobalt'),
    ])
    expect(set.count('organization')).toBe(4)
    expect(set.noteCounts()).toEqual([
      {
        kind: 'organization',
        code: 'similar_organization_names',
        detail: '"Acme Anvils", "ACME  anvils"',
        count: 2,
      },
    ])
  })

  test('get none if the source distinguishes them by an ID', async () => {
    const set = await assembled([{ organizations: [{ key: 'a1', name: 'Acme' }] }, named('ACME')])
    expect(set.noteCounts()).toEqual([])
  })

  test('are named up to a limit, and counted beyond it', async () => {
    const set = await assembled(Array.from({ length: 13 }, (_, n) => named(`Org ${n}`, `org ${n}`)))
    const counts = set.noteCounts()
    expect(counts).toHaveLength(11)
    expect(counts.filter(({ detail }) => detail === '').map(({ count }) => count)).toEqual([6])
  })
})

describe('a lost value', () => {
  test('is reported for the first record, too: its password may be of an account without a verified address', async () => {
    const user = (key: string, emailVerified: boolean, secrets?: { password: string }): RecordPart => ({
      users: [{ key, email: 'a@example.com', emailVerified, secrets }],
    })
    const set = await assembled([user('u1', false, { password: 'p' }), user('u2', true)])
    expect(set.get('user', 'u1')).toMatchObject({ attributes: { emailVerified: true }, secrets: null })
    expect([...set.differingMerges('user', 9)]).toMatchObject([
      {
        merged: 'u1',
        records: 0,
        origin: 'users.csv:2',
        conflicts: [{ field: 'emailVerified' }, { field: 'password', rule: 'proof' }],
      },
    ])
    expect(set.mergeCounts()).toEqual([{ kind: 'user', different: 1, alike: 1 }])
  })

  const alpha = (name: string): RecordPart => ({ organizations: [{ key: 'a1', name }] })

  test('is reported with its record, even if the keys are the same', async () => {
    const records = [alpha('Alpha'), alpha('Alpha'), alpha('Beta'), alpha('Beta')]
    const set = await assembled(records)
    expect([...set.merges()]).toEqual([
      {
        kind: 'organization',
        key: 'a1',
        merged: 'a1',
        records: 2,
        origin: 'users.csv:4',
        conflicts: [{ field: 'name', rule: 'first', kept: 'Alpha', dropped: 'Beta' }],
      },
    ])
    expect(set.mergeCounts()).toEqual([{ kind: 'organization', different: 2, alike: 1 }])
  })

  test('is reported for each record separately, in order', async () => {
    const names = ['Ada', 'Eda', undefined, 'Ida']
    const set = await assembled(
      names.map((firstName) => ({ users: [{ key: 'u1', email, ...(firstName && { firstName }) }] })),
    )
    expect([...set.differingMerges('user', Number.POSITIVE_INFINITY)]).toMatchObject([
      { origin: 'users.csv:3', conflicts: [{ field: 'firstName', kept: 'Ada', dropped: 'Eda' }] },
      { origin: 'users.csv:5', conflicts: [{ field: 'firstName', kept: 'Ada', dropped: 'Ida' }] },
    ])
    expect([...set.differingMerges('user', 1)]).toHaveLength(1)
    expect(set.mergeCounts()).toEqual([{ kind: 'user', different: 2, alike: 1 }])
  })

  test('is not reported for a resource that is rejected after the merge', async () => {
    const keys = (prefix: string) => Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`${prefix}${n}`, 'x']))
    const set = await assembled([
      { users: [{ key: 'u1', email, firstName: 'Ada', metadata: keys('a') }] },
      { users: [{ key: 'u2', email, firstName: 'Eda', metadata: keys('b') }] },
    ])
    expect(set.mergeCounts()).toEqual([])
    expect([...set.merges()]).toEqual([])
  })
})

test('roles that the manifest defines are desired, from the manifest', async () => {
  const roles = { define: { admin: { name: 'Admin', description: 'All' } }, unmapped: 'error' } as const
  const set = await assembled([], { roles })
  expect(set.get('role', 'admin')?.attributes).toEqual({ name: 'Admin', description: 'All' })
  expect(set.origin('role', 'admin')).toBe('the manifest')
})

describe('one key for two people', () => {
  const person = (address: string, organization?: string): RecordPart => ({
    users: [{ key: 'u1', email: address }],
    ...(organization && {
      organizations: [{ key: organization }],
      memberships: [{ user: 'u1', organization }],
    }),
  })

  test('the first is kept, and the other is rejected with the place of the first', async () => {
    const set = await assembled([person('ada@example.com'), person('bjorn@example.com')])
    expect(set.get('user', 'u1')?.attributes.email).toBe('ada@example.com')
    expect([...set.rejects()]).toMatchObject([
      {
        kind: 'user',
        key: 'u1',
        code: 'key_contradiction',
        origin: 'users.csv:3',
        message: expect.stringContaining('users.csv:2'),
      },
    ])
  })

  test('nobody gets what the rejected record assigns to the key', async () => {
    const other: RecordPart = {
      ...person('bjorn@example.com', 'borealis'),
      grants: [
        { user: 'u1', organization: null, role: 'admin' },
        { user: 'u1', organization: 'acme', role: 'admin' },
      ],
    }
    const set = await assembled([person('ada@example.com', 'acme'), other])
    expect(set.count('membership')).toBe(1)
    expect(set.get('membership', 'u1@acme')?.attributes).toEqual({})
    expect(rejects(set).sort()).toEqual([
      'membership u1@borealis user_rejected',
      'roleAssignment u1 user_rejected',
      'roleAssignment u1 user_rejected',
      'user u1 key_contradiction',
    ])
  })

  test('each further record of the other user is rejected, even in one chunk', async () => {
    const records = ['acme', 'borealis', 'cirrus'].map((name, n) =>
      person(n === 0 ? 'ada@example.com' : 'bjorn@example.com', name),
    )
    const set = await assembled(records)
    expect([...set.rejects()].filter(({ kind }) => kind === 'membership').map(({ key }) => key)).toEqual([
      'u1@borealis',
      'u1@cirrus',
    ])
    expect(set.rejectCount()).toBe(4)
  })
})

describe('dependents', () => {
  test('of a user that was rejected are rejected with its reason', async () => {
    const set = await assembled([
      {
        rejects: [{ kind: 'user', key: 'u1' }],
        organizations: ACME,
        memberships: [{ user: 'u1', organization: 'acme' }],
      },
    ])
    expect(set.count('membership')).toBe(0)
    expect([...set.rejects()][1]).toMatchObject({
      kind: 'membership',
      key: 'u1@acme',
      code: 'user_rejected',
      field: 'user',
      message: 'its user u1 was rejected: bad at 0',
      origin: 'users.csv:2',
    })
  })

  test('of something that is not in the source are rejected', async () => {
    const set = await assembled([
      { users: [{ key: 'u1', email }], memberships: [{ user: 'u1', organization: 'nowhere' }] },
    ])
    expect([...set.rejects()]).toMatchObject([
      { code: 'organization_missing', message: expect.stringContaining('nowhere is not among the organizations') },
    ])
    expect(set.count('user')).toBe(1)
  })

  test('of something rejected twice name the first reason', async () => {
    const record: RecordPart = { rejects: [{ kind: 'user', key: 'u1' }] }
    const dependent: RecordPart = { organizations: ACME, memberships: [{ user: 'u1', organization: 'acme' }] }
    for (const chunks of [
      [[0], [1], [2]],
      [[2], [1], [0]],
    ]) {
      const set = await assembled([record, record, dependent], {}, chunks)
      expect([...set.rejects()].find(({ kind }) => kind === 'membership')?.message).toContain('bad at 0')
    }
  })
})

describe('notes', () => {
  const reset = (key: string) => [{ kind: 'user', key, code: 'password_reset_required' }]

  test('are counted once per resource, after merging', async () => {
    const set = await assembled([
      { users: [{ key: 'u1', email }], notes: reset('u1') },
      { users: [{ key: 'u2', email }], notes: reset('u2') },
    ])
    expect(set.noteCounts()).toEqual([{ kind: 'user', code: 'password_reset_required', detail: 'x', count: 1 }])
  })

  test('on rejected resources are not counted', async () => {
    const set = await assembled([
      {
        memberships: [{ user: 'u1', organization: 'acme' }],
        notes: [{ kind: 'membership', key: 'u1@acme', code: 'role_dropped' }],
      },
    ])
    expect(set.noteCounts()).toEqual([])
  })

  test('follow a membership whose user merged', async () => {
    const set = await assembled([
      { users: [{ key: 'u1', email }] },
      {
        users: [{ key: 'u2', email }],
        organizations: ACME,
        memberships: [{ user: 'u2', organization: 'acme' }],
        notes: [{ kind: 'membership', key: 'u2@acme', code: 'role_dropped' }],
      },
    ])
    expect(set.noteCounts()).toMatchObject([{ kind: 'membership', code: 'role_dropped', count: 1 }])
  })

  test('do not mention a reset if a merged record has a password', async () => {
    const set = await assembled([
      { users: [{ key: 'u1', email }], notes: reset('u1') },
      { users: [{ key: 'u2', email, secrets: { passwordHash: { hash: 'h', type: 'bcrypt' } } }] },
    ])
    expect(set.noteCounts()).toEqual([])
  })
})

describe('whatever order the chunks arrive in', () => {
  const name = (prefix: string, most: number) => fc.integer({ min: 0, max: most }).map((n) => `${prefix}${n}`)
  const user = name('u', 6)
  const organization = name('org', 3)
  const role = fc.constantFrom('admin', 'member', 'billing')
  const record: fc.Arbitrary<RecordPart> = fc.record({
    users: fc.array(
      fc.record({
        key: user,
        email: name('mail', 4),
        metadata: fc.dictionary(name('m', 8), fc.constantFrom('x', 'y'), { maxKeys: 5 }),
        emailVerified: fc.boolean(),
      }),
      { maxLength: 1 },
    ),
    organizations: fc.array(fc.record({ key: organization }), { maxLength: 2 }),
    memberships: fc.array(fc.record({ user, organization, roles: fc.uniqueArray(role, { minLength: 1 }) }), {
      maxLength: 2,
    }),
    grants: fc.array(fc.record({ user, organization: fc.option(organization), role }), { maxLength: 2 }),
    rejects: fc.array(fc.record({ kind: fc.constant('user'), key: user }), { maxLength: 1 }),
  })
  const shuffled = fc.array(record, { minLength: 1, maxLength: 14 }).chain((records) =>
    fc.shuffledSubarray([...records.keys()], { minLength: records.length }).chain((order) =>
      fc.integer({ min: 1, max: 5 }).map((size) => ({
        records,
        chunks: Array.from({ length: Math.ceil(order.length / size) }, (_, n) =>
          order.slice(n * size, (n + 1) * size).sort((one, other) => one - other),
        ),
      })),
    ),
  )

  test('the desired set and the rejects are the same, and all counts are correct', async () => {
    await fc.assert(
      fc.asyncProperty(shuffled, async ({ records, chunks }) => {
        const inOrder = await assembled(records)
        const outOfOrder = await assembled(records, {}, chunks)
        expect(contents(outOfOrder)).toEqual(contents(inOrder))
        expect(outOfOrder.accounting.kinds).toEqual(inOrder.accounting.kinds)
      }),
      { numRuns: 150 },
    )
  })
})
