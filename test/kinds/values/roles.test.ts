import { expect, test } from 'vitest'
import { mapRoleSlug, parseRoleNames } from '../../../src/kinds/role/roles.ts'

test.each([
  ['admin, member ,,', ['admin', 'member']],
  ['["admin", "member"]', ['admin', 'member']],
  [
    ['admin', ' member '],
    ['admin', 'member'],
  ],
  ['', []],
  [undefined, []],
  [null, []],
  ['org:admin', ['org:admin']],
])('%j lists roles', (given, expected) => {
  expect(parseRoleNames(given)).toEqual({ ok: true, value: expected })
})

test.each([['["admin"'], [{ slug: 'admin' }], [[1]], [7]])('%j is not a list of roles', (given) => {
  expect(parseRoleNames(given)).toMatchObject({ ok: false, fault: { code: 'invalid_roles' } })
})

test('without a map, slugs pass unchanged', () => {
  const roles = { define: {}, unmapped: 'error' as const }
  expect(mapRoleSlug('billing_admin-2', roles, 'acme')).toEqual({
    ok: true,
    value: { kind: 'role', slug: 'billing_admin-2' },
  })
})

test('with a map, an unmapped role is rejected, dropped or kept, by the manifest', () => {
  const map = { 'org:admin': 'admin' }
  const mapped = (unmapped: 'error' | 'drop' | 'keep', name: string) =>
    mapRoleSlug(name, { define: {}, map, unmapped }, null)
  expect(mapped('error', 'org:admin')).toEqual({ ok: true, value: { kind: 'role', slug: 'admin' } })
  expect(mapped('error', 'viewer')).toMatchObject({ ok: false, fault: { code: 'unmapped_role' } })
  expect(mapped('drop', 'viewer')).toEqual({ ok: true, value: { kind: 'drop' } })
  expect(mapped('keep', 'viewer')).toEqual({ ok: true, value: { kind: 'role', slug: 'viewer' } })
  expect(mapped('error', 'constructor')).toMatchObject({ ok: false, fault: { code: 'unmapped_role' } })
})

test.each(['Admin', 'org:admin', 'a b', 'ä', 'x'.repeat(49)])('%j is not a slug', (slug) => {
  expect(mapRoleSlug(slug, { define: {}, unmapped: 'error' }, null)).toMatchObject({
    ok: false,
    fault: { code: 'invalid_role_slug' },
  })
})
