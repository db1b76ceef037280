import { expect, test } from 'vitest'
import { ownRoles } from '../../src/kinds/group/group-roles.ts'
import type { GivenRole } from '../../src/kinds/kind.ts'

const gives = (role: string, ...hides: string[]): GivenRole => ({ role, group: 'G', groupId: 'org_1/group_1', hides })

test.each<[string, string[], string[], GivenRole[], boolean, string[], string[]]>([
  ['nothing is given', ['a', 'x'], ['a'], [], true, ['a', 'x'], []],
  ['a role is given besides', ['a', 'g'], ['a'], [gives('g')], true, ['a'], ['g']],
  ['a role is given that the membership has itself', ['a', 'g'], ['a', 'g'], [gives('g')], true, ['a', 'g'], []],
  ['somebody gave another one by hand', ['a', 'g', 'x'], ['a'], [gives('g')], true, ['a', 'x'], ['g']],
  ['somebody took its own away', ['g', 'x'], ['a'], [gives('g')], true, ['x'], ['g']],
  ['a role is given that WorkOS does not tell', ['a'], ['a'], [gives('g', 'a')], true, ['a'], []],
  ['its own is gone where several count', ['g'], ['a'], [gives('g')], true, [], ['g']],
  ['its own is hidden where one counts', ['g'], ['a'], [gives('g', 'a')], true, ['a'], ['g']],
  ['what is hidden was never applied', ['g'], ['a'], [gives('g', 'a')], false, [], ['g']],
  ['its own ranks above the one that is there', ['g'], ['b'], [gives('g', 'a')], true, [], ['g']],
  ['another role stands there where one counts', ['x'], ['a'], [gives('g', 'a')], true, ['x'], []],
])('%s: of %j, before %j, given %j', (_, held, before, given, applied, own, from) => {
  const live = { roles: held, status: 'active' }
  const found = ownRoles(live, { roles: before }, given, applied)
  expect(found.attributes).toEqual({ roles: own, status: 'active' })
  expect(found.from.map(({ role }) => role)).toEqual(from)
})
