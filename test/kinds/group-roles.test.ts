import { expect, test } from 'vitest'
import { ownRoles } from '../../src/kinds/group/group-roles.ts'
import type { GivenRole } from '../../src/kinds/kind.ts'

const gives = (role: string, ...hides: string[]): GivenRole => ({ role, group: 'G', groupId: 'org_1/group_1', hides })

test.each<[string, string[], string[], GivenRole[], boolean, string[], string[]]>([
  ['no role is assigned', ['a', 'x'], ['a'], [], true, ['a', 'x'], []],
  ['a group assigns one more role', ['a', 'g'], ['a'], [gives('g')], true, ['a'], ['g']],
  ['a group assigns a role that the membership has itself', ['a', 'g'], ['a', 'g'], [gives('g')], true, ['a', 'g'], []],
  ['somebody assigned another one by hand', ['a', 'g', 'x'], ['a'], [gives('g')], true, ['a', 'x'], ['g']],
  ['somebody removed its own', ['g', 'x'], ['a'], [gives('g')], true, ['x'], ['g']],
  ['a group assigns a role that WorkOS does not return', ['a'], ['a'], [gives('g', 'a')], true, ['a'], []],
  ['its own is gone, and several count', ['g'], ['a'], [gives('g')], true, [], ['g']],
  ['its own is hidden, and one counts', ['g'], ['a'], [gives('g', 'a')], true, ['a'], ['g']],
  ['the hidden role was never applied', ['g'], ['a'], [gives('g', 'a')], false, [], ['g']],
  ['its own ranks above the returned one', ['g'], ['b'], [gives('g', 'a')], true, [], ['g']],
  ['another role is returned, and one counts', ['x'], ['a'], [gives('g', 'a')], true, ['x'], []],
])('%s: of %j, before %j, given %j', (_, held, before, given, applied, own, from) => {
  const live = { roles: held, status: 'active' }
  const found = ownRoles(live, { roles: before }, given, applied)
  expect(found.attributes).toEqual({ roles: own, status: 'active' })
  expect(found.from.map(({ role }) => role)).toEqual(from)
})
