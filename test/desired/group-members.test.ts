import { expect, test } from 'vitest'
import { assembled, type RecordPart } from './assembled.ts'

const acme = { organizations: [{ key: 'acme' }] }
const engineering = { key: 'engineering', organization: 'acme', name: 'Engineering' }

function person(key: string, more: RecordPart = {}, email = `${key}@example.com`): RecordPart {
  return {
    users: [{ key, email }],
    memberships: [{ user: key, organization: 'acme' }],
    groups: [engineering],
    groupMembers: [{ user: key, group: 'engineering', organization: 'acme' }],
    ...acme,
    ...more,
  }
}

const of = (records: readonly RecordPart[], chunks?: number[][]) => assembled(records, {}, chunks)
const refused = async (records: readonly RecordPart[]) =>
  [...(await of(records)).rejects()].map(({ kind, key, code, message }) => [kind, key, code, message])

test('a group is one, however many records name it, and each record adds one member', async () => {
  for (const chunks of [[[0, 1, 2]], [[0], [1], [2]]]) {
    const set = await of([person('ada'), person('bea'), person('cleo')], chunks)
    expect(set.accounting.kinds).toContainEqual(
      expect.objectContaining({ kind: 'group', yielded: 3, distinct: 1, merged: 2, rejected: 0 }),
    )
    expect(set.count('group-membership')).toBe(3)
  }
})

test('accounts that merge are one member, with the remaining membership, even if only one has it', async () => {
  const set = await of([person('ada', { groupMembers: [] }), person('second', { memberships: [] }, 'ada@example.com')])
  expect(set.rejectCount()).toBe(0)
  expect(set.get('group-membership', 'ada@engineering@acme')?.refs).toEqual({
    group: 'engineering@acme',
    organization: 'acme',
    user: 'ada',
    membership: 'ada@acme',
  })
  expect(set.count('group-membership')).toBe(1)
})

test('a user who is not a member of the organization is rejected as a member of its group', async () => {
  expect(await refused([person('ada'), person('bea', { memberships: [] })])).toEqual([
    [
      'group-membership',
      'bea@engineering@acme',
      'group_member_without_membership',
      'bea is in the group engineering@acme but not a member of the organization acme',
    ],
  ])
})

test('a group membership names the rejected or missing user, group or membership', async () => {
  const codes = async (records: RecordPart[]) =>
    (await refused(records)).filter(([kind]) => kind === 'group-membership').map(([, , code]) => code)
  expect(await codes([person('ada', { users: [], rejects: [{ kind: 'user', key: 'ada' }] })])).toEqual([
    'user_rejected',
  ])
  expect(await codes([person('ada', { groups: [] })])).toEqual(['group_missing'])
  expect(await codes([person('ada', { groups: [], rejects: [{ kind: 'group', key: 'engineering@acme' }] })])).toEqual([
    'group_rejected',
  ])
  const rejects = [{ kind: 'membership', key: 'ada@acme' }]
  expect(await codes([person('ada', { memberships: [], rejects })])).toEqual(['membership_rejected'])
})

test('groups of one organization with the same name are all rejected; in two organizations they are two', async () => {
  const other = { key: 'engineering', organization: 'beta', name: 'Engineering' }
  const twin = { key: 'twin', organization: 'acme', name: 'Engineering' }
  const records = [{ organizations: [{ key: 'acme' }, { key: 'beta' }], groups: [engineering, other, twin] }]
  const message = 'acme has several groups with the name Engineering: group:engineering@acme and group:twin@acme'
  expect(await refused(records)).toEqual([
    ['group', 'engineering@acme', 'shared_group_name', message],
    ['group', 'twin@acme', 'shared_group_name', message],
  ])
  expect((await of(records)).get('group', 'engineering@beta')).toBeDefined()
})
