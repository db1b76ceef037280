import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { columnsRead } from '../../src/mapping/check.ts'
import { dedupeWith } from './manifest.ts'

const DEDUPE = dedupeWith({ by: ['$lowercase(mail)'], prefer: ['rank'] })

function read(map: Manifest['map']): Record<string, string[] | 'all'> {
  const found = columnsRead({ map, dedupe: DEDUPE, vars: { known: 'x' }, secrets: {} }, ['users', 'teams', 'grants'])
  return Object.fromEntries([...found].map(([stream, names]) => [stream, names === 'all' ? names : [...names].sort()]))
}

test('names belong to the stream that a rule reads, the main one by default', () => {
  expect(
    read({
      user: { key: 'id', emailVerified: 'at ? true : false', metadata: { plan: '$record.`the plan`' } },
      organization: { from: 'teams', key: 'slug' },
      roleAssignment: { from: ['users', 'grants'], each: { users: 'roles' }, role: 'role' },
    }),
  ).toEqual({
    users: ['at', 'id', 'mail', 'rank', 'role', 'roles', 'the plan'],
    teams: ['slug'],
    grants: ['role'],
  })
})

test('an invalid expression reads nothing, and constants are not columns', () => {
  expect(read({ user: { key: '(', email: '$vars.known & mail', firstName: '$nothing(a)' } })).toEqual({
    users: ['known', 'mail', 'rank'],
  })
})

test.each([
  ['$sift($, function($v, $k) { $k != "id" })', 'all'],
  ['$merge([$record, { "a": 1 }])', 'all'],
  ['$each($$, function($v) { $v })', 'all'],
  ['$.*', 'all'],
  ['**.id', 'all'],
  ['teams.*', ['mail', 'rank', 'teams']],
  ['$merge([$vars.known, { "a": b }])', ['a', 'b', 'known', 'mail', 'rank']],
  ['$split(teams, ",")[$ != ""]', ['', ',', 'mail', 'rank', 'teams']],
])('an expression can use the whole record: %s', (metadata, columns) => {
  expect(read({ user: { metadata } })).toEqual({ users: columns })
})
