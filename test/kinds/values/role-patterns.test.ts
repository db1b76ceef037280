import { expect, test } from 'vitest'
import { lookUpRole, mapRoleSlug } from '../../../src/kinds/role/roles.ts'

const MAP = {
  'org:*': '*',
  'org:admin': 'owner',
  'org:team-*': 'team_*',
  '*-admin': 'admin',
  'a*': 'begins',
  '*a': 'ends',
}

test.each([
  ['org:admin', 'owner'],
  ['org:viewer', 'viewer'],
  ['org:team-red', 'team_red'],
  ['org:super-admin', 'admin'],
  ['org:', ''],
  ['aa', 'begins'],
  ['a', 'begins'],
  ['ba', 'ends'],
  ['zz', undefined],
  ['constructor', undefined],
])('%j is translated to %j, whatever the order of the map', (name, slug) => {
  expect(lookUpRole(name, MAP)).toBe(slug)
  expect(lookUpRole(name, Object.fromEntries(Object.entries(MAP).reverse()))).toBe(slug)
})

test('the text before the star and the text after it must not overlap', () => {
  expect(lookUpRole('aba', { 'ab*ba': 'x' })).toBeUndefined()
  expect(lookUpRole('abba', { 'ab*ba': 'x' })).toBe('x')
})

test('the result of a pattern must still be a slug', () => {
  const roles = { define: {}, map: { 'org:*': '*' }, unmapped: 'error' as const }
  expect(mapRoleSlug('org:Viewer', roles, null)).toMatchObject({ ok: false, fault: { code: 'invalid_role_slug' } })
  expect(mapRoleSlug('org:', roles, null)).toMatchObject({ ok: false, fault: { code: 'invalid_role_slug' } })
})

test('the rules of an organization come before the general ones, which apply to everything else', () => {
  const roles = {
    define: {},
    map: { admin: 'admin', member: 'member' },
    unmapped: 'error' as const,
    organizations: { acme: { map: { admin: 'member', 'team-*': '*' }, unmapped: 'keep' as const } },
  }
  const slug = (name: string, organization: string | null) => {
    const mapped = mapRoleSlug(name, roles, organization)
    return mapped.ok ? mapped.value : mapped.fault.code
  }
  expect(slug('admin', 'acme')).toEqual({ kind: 'role', slug: 'member' })
  expect(slug('admin', 'borealis')).toEqual({ kind: 'role', slug: 'admin' })
  expect(slug('admin', null)).toEqual({ kind: 'role', slug: 'admin' })
  expect(slug('member', 'acme')).toEqual({ kind: 'role', slug: 'member' })
  expect(slug('team-red', 'acme')).toEqual({ kind: 'role', slug: 'red' })
  expect(slug('guest', 'acme')).toEqual({ kind: 'role', slug: 'guest' })
  expect(slug('guest', 'borealis')).toBe('unmapped_role')
  expect(slug('guest', 'constructor')).toBe('unmapped_role')
})

test('an organization can have the only map', () => {
  const roles = { define: {}, unmapped: 'drop' as const, organizations: { acme: { map: { boss: 'admin' } } } }
  expect(mapRoleSlug('boss', roles, 'borealis')).toEqual({ ok: true, value: { kind: 'role', slug: 'boss' } })
  expect(mapRoleSlug('boss', roles, 'acme')).toEqual({ ok: true, value: { kind: 'role', slug: 'admin' } })
  expect(mapRoleSlug('guest', roles, 'acme')).toEqual({ ok: true, value: { kind: 'drop' } })
})
