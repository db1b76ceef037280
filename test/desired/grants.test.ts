import { describe, expect, test } from 'vitest'
import { assembled, type RecordPart } from './assembled.ts'

const email = 'ada@example.com'

/** A record of a user with a membership in each of the organizations. */
function record(
  key: string,
  organizations: string[],
  grants: RecordPart['grants'] = [],
  group = `${key}@x`,
): RecordPart {
  return {
    users: [{ key, email: group }],
    organizations: organizations.map((organization) => ({ key: organization })),
    memberships: organizations.map((organization) => ({ user: key, organization })),
    grants,
  }
}

type Assembled = Awaited<ReturnType<typeof assembled>>
const rolesOf = (set: Assembled, key: string) => set.get('membership', key)?.attributes.roles
const assignments = (set: Assembled) => set.accounting.kinds.find(({ kind }) => kind === 'roleAssignment')

describe('a role without an organization', () => {
  test('is assigned to every membership of its record', async () => {
    const set = await assembled([
      record('u1', ['acme', 'borealis'], [{ user: 'u1', organization: null, role: 'admin' }]),
    ])
    expect(rolesOf(set, 'u1@acme')).toEqual(['admin'])
    expect(rolesOf(set, 'u1@borealis')).toEqual(['admin'])
    expect(assignments(set)).toMatchObject({ yielded: 1, distinct: 1, rejected: 0 })
  })

  test.each([
    ['in order', [[0], [1]]],
    ['the other way round', [[1], [0]]],
  ])('is not assigned to memberships of a record that merges with its own, arriving %s', async (_, chunks) => {
    const set = await assembled(
      [
        record('u1', ['acme'], [{ user: 'u1', organization: null, role: 'admin' }], email),
        record('u2', ['borealis'], [], email),
      ],
      {},
      chunks,
    )
    expect(rolesOf(set, 'u1@acme')).toEqual(['admin'])
    expect(rolesOf(set, 'u1@borealis')).toBeUndefined()
  })

  test('is not assigned to a membership of the same user in another record', async () => {
    const set = await assembled([
      record('u1', ['acme'], [{ user: 'u1', organization: null, role: 'admin' }]),
      record('u1', ['borealis']),
    ])
    expect(rolesOf(set, 'u1@borealis')).toBeUndefined()
  })

  test('still finds its membership when the user of its record merges into another', async () => {
    const set = await assembled([
      record('u1', [], [], email),
      record('u2', ['acme'], [{ user: 'u2', organization: null, role: 'admin' }], email),
    ])
    expect(rolesOf(set, 'u1@acme')).toEqual(['admin'])
  })

  test('of a record without memberships is rejected, never dropped', async () => {
    const set = await assembled([record('u1', [], [{ user: 'u1', organization: null, role: 'admin' }])])
    expect([...set.rejects()]).toMatchObject([
      {
        kind: 'roleAssignment',
        key: 'u1',
        code: 'role_without_membership',
        message: expect.stringContaining('does not name an organization'),
        hint: expect.any(String),
        origin: 'users.csv:2',
      },
    ])
    expect(assignments(set)).toMatchObject({ yielded: 1, distinct: 0, rejected: 1 })
  })
})

describe('a role in an organization', () => {
  const grant = (user: string) => ({ grants: [{ user, organization: 'acme', role: 'admin' }] })

  test.each([
    ['before', [[0], [1]]],
    ['after', [[1], [0]]],
  ])('finds the membership of another record, whichever arrives %s', async (_, chunks) => {
    const set = await assembled([grant('u1'), record('u1', ['acme', 'borealis'])], {}, chunks)
    expect(rolesOf(set, 'u1@acme')).toEqual(['admin'])
    expect(rolesOf(set, 'u1@borealis')).toBeUndefined()
    expect(set.accounting.kinds.find(({ kind }) => kind === 'membership')).toMatchObject({ yielded: 2, distinct: 2 })
  })

  test('finds the membership under the key into which its user merged', async () => {
    const set = await assembled([record('u1', ['acme'], [], email), record('u2', [], [], email), grant('u2')])
    expect(rolesOf(set, 'u1@acme')).toEqual(['admin'])
  })

  test('in which the user is not a member is rejected and named', async () => {
    const set = await assembled([record('u1', ['borealis']), grant('u1')])
    expect([...set.rejects()]).toMatchObject([
      {
        code: 'role_without_membership',
        message: expect.stringMatching(/admin.*u1.*acme.*not a member/),
        origin: 'users.csv:3',
      },
    ])
  })

  test('assigned twice is one role', async () => {
    const set = await assembled([record('u1', ['acme']), grant('u1'), grant('u1')])
    expect(rolesOf(set, 'u1@acme')).toEqual(['admin'])
    expect(assignments(set)).toMatchObject({ yielded: 2, distinct: 2 })
  })
})

describe('a role whose record has the key and the address of its user', () => {
  const people = [record('u1', ['acme'], [], email), record('u2', ['acme'], [], 'bob@example.com')]

  test.each([
    ['in an organization', { organization: 'acme' }],
    ['in all organizations of the user', { organization: null, scope: 'user' as const }],
  ])('is rejected if the address belongs to another user, and both are named: %s', async (_, where) => {
    const set = await assembled([
      ...people,
      { grants: [{ user: 'u1', email: 'bob@example.com', role: 'admin', ...where }] },
      { grants: [{ user: 'u2', email: 'bob@example.com', role: 'member', ...where }] },
    ])
    expect([...set.rejects()]).toMatchObject([
      {
        kind: 'roleAssignment',
        key: 'u1',
        code: 'role_for_two_users',
        message: expect.stringMatching(/admin.*u1.*bob@example\.com.*u2/),
        hint: expect.any(String),
        origin: 'users.csv:4',
      },
    ])
    expect(rolesOf(set, 'u1@acme')).toBeUndefined()
    expect(rolesOf(set, 'u2@acme')).toEqual(['member'])
    expect(assignments(set)).toMatchObject({ yielded: 2, distinct: 1, rejected: 1 })
  })

  test('is assigned by key if no user has the address, or a user that merged with this one', async () => {
    const grant = { user: 'u1', organization: 'acme' }
    const merged: RecordPart = { users: [{ key: 'u3', email: 'ada@work.example', group: email }] }
    const set = await assembled([
      ...people,
      merged,
      { grants: [{ ...grant, email: 'nobody@example.com', role: 'admin' }] },
      { grants: [{ ...grant, email: 'ada@work.example', role: 'billing' }] },
    ])
    expect([...set.rejects()]).toEqual([])
    expect(rolesOf(set, 'u1@acme')).toEqual(['admin', 'billing'])
  })
})

test('roles are combined in a fixed order', async () => {
  const set = await assembled(
    [
      {
        ...record('u1', []),
        organizations: [{ key: 'acme' }],
        memberships: [{ user: 'u1', organization: 'acme', roles: ['member'] }],
      },
      { grants: [{ user: 'u1', organization: 'acme', role: 'billing' }] },
      { memberships: [{ user: 'u1', organization: 'acme', roles: ['admin', 'member'] }] },
    ],
    {},
    [[2], [1], [0]],
  )
  expect(rolesOf(set, 'u1@acme')).toEqual(['admin', 'billing', 'member'])
})
