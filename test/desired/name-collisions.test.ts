import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { RULES } from '../kinds/rules.ts'
import { mappedSet } from './mapped-set.ts'

const ROLES = { roles: { ...RULES.roles, map: {}, unmapped: 'keep' as const } }

const MAP: Manifest['map'] = {
  user: { when: 'id', key: 'id', email: "id & '@example.com'" },
  organization: { when: 'org', key: 'org', name: 'org' },
  membership: { when: 'id and org', user: 'id', organization: 'org', roles: '$slug(role)' },
  role: { when: 'roleName', key: '$slug(roleName)', name: 'roleName', organization: 'roleOrg' },
}

async function refused(rows: JsonObject[], map: Partial<Manifest['map']> = {}, chunkSize = 1000, roles = {}) {
  const rules = { roles: { ...ROLES.roles, map: roles } }
  const set = await mappedSet({ ...MAP, ...map }, rows, rules, chunkSize)
  return [...set.rejects()].map(({ kind, key, code, message }) => ({ what: `${kind} ${key} ${code}`, message }))
}

const named = (found: { what: string }[]) => found.map(({ what }) => what).sort()

describe('two role names with one slug', () => {
  test('are rejected in all organizations if the source has no definition', async () => {
    const rows: JsonObject[] = [
      { id: 'a', org: 'acme', role: 'Admin' },
      { id: 'b', org: 'bolt', role: 'Admin!' },
      { id: 'c', org: 'bolt', role: 'Viewer' },
    ]
    const found = await refused(rows)
    expect(named(found)).toEqual(['membership a@acme role_slug_collision', 'membership b@bolt role_slug_collision'])
    const message =
      'the roles "Admin" (users.csv:2) and "Admin!" (users.csv:3) result in the same slug, admin: anyone who has one of them would get the permissions of all'
    expect(new Set(found.map((one) => one.message))).toEqual(new Set([message]))
    for (const chunkSize of [1, 2]) expect(await refused(rows, {}, chunkSize)).toEqual(found)
  })

  test.each([
    ['an entry maps one name to the slug of the other', { 'Admin!': 'admin-2' }, 'Admin!', 'Admin 2'],
    ['an entry for one name is an entry for the slug of the other', { admin: 'root' }, 'admin', 'Admin'],
  ])('are rejected if %s', async (_what, map, one, other) => {
    const rows: JsonObject[] = [
      { id: 'a', org: 'acme', role: one },
      { id: 'b', org: 'bolt', role: other },
      { roleName: one },
      { roleName: other },
    ]
    const found = await refused(rows, {}, 1000, map)
    const slug = Object.values(map)[0]
    expect(named(found)).toEqual([
      'membership a@acme role_slug_collision',
      'membership b@bolt role_slug_collision',
      `role-definition ${slug} role_slug_collision`,
      `role-definition ${slug} role_slug_collision`,
    ])
    expect(found[0]?.message).toContain(
      `the roles "${one}" (users.csv:2) and "${other}" (users.csv:3) result in the same slug`,
    )
  })

  test('are one role if each has an entry, or if a pattern matches both', async () => {
    const rows = ['Admin!', 'Admin 2', 'Admin 3'].map((role) => ({ id: role.slice(-1), org: 'acme', role }))
    const lines = { 'Admin!': 'admin-2', 'Admin 2': 'admin-2' }
    expect(await refused(rows, {}, 1000, lines)).toEqual([])
    expect(await refused(rows, {}, 1000, { 'admin*': 'root', 'Admin!': 'root' })).toEqual([])
  })

  test('are two roles if each belongs to a different organization', async () => {
    const rows: JsonObject[] = [
      { roleName: 'Admin', roleOrg: 'acme' },
      { roleName: 'Admin!', roleOrg: 'bolt' },
      { id: 'a', org: 'acme', role: 'Admin' },
      { id: 'b', org: 'bolt', role: 'Admin!' },
    ]
    expect(await refused(rows)).toEqual([])
  })

  test('are rejected if one organization has both, and only there', async () => {
    const rows: JsonObject[] = [
      { roleName: 'Admin', roleOrg: 'acme' },
      { roleName: 'Admin!', roleOrg: 'acme' },
      { roleName: 'Admin', roleOrg: 'bolt' },
      { id: 'a', org: 'acme', role: 'Admin' },
      { id: 'b', org: 'bolt', role: 'Admin' },
    ]
    expect(named(await refused(rows))).toEqual([
      'membership a@acme role_slug_collision',
      'role-definition org-admin@acme role_slug_collision',
      'role-definition org-admin@acme role_slug_collision',
    ])
  })

  test('are one name if they differ only in surrounding spaces or the form of an accent', async () => {
    const rows: JsonObject[] = [
      { id: 'a', org: 'acme', role: ' Caf\u00e9' },
      { id: 'b', org: 'acme', role: 'Cafe\u0301 ' },
    ]
    expect(await refused(rows)).toEqual([])
  })

  test('are rejected in roles that a record assigns to members of other records', async () => {
    const rows: JsonObject[] = [
      { id: 'a', org: 'acme' },
      { id: 'b', org: 'acme' },
      { to: 'a', in: 'acme', role: 'Admin' },
      { to: 'b', role: 'Admin!' },
    ]
    const membership = { when: 'id and org', user: 'id', organization: 'org' }
    const roleAssignment = { when: 'to', user: 'to', role: '$slug(role)', organization: 'in' }
    const found = await refused(rows, { membership, roleAssignment })
    expect(named(found)).toEqual(['roleAssignment a role_slug_collision', 'roleAssignment b role_slug_collision'])
  })
})

test('names of the parts of a key count as one', async () => {
  const key = "$slug(region) & '-' & $slug(org)"
  const map = { organization: { key, name: 'org' }, membership: { when: 'id', user: 'id', organization: key } }
  const rows: JsonObject[] = [
    { id: 'a', org: 'Acme', region: 'EU' },
    { id: 'b', org: 'Acme', region: 'EU' },
    { id: 'c', org: 'Acme!', region: 'US' },
    { id: 'd', org: 'Bolt', region: 'EU' },
    { id: 'e', org: 'Bolt', region: 'EU!' },
  ]
  const found = await refused(rows, map)
  expect(named(found)).toEqual([
    'membership d@eu-bolt organization_rejected',
    'membership e@eu-bolt organization_rejected',
    'organization eu-bolt organization_key_collision',
  ])
  expect(found[0]?.message).toContain('"EU, Bolt" (users.csv:5) and "EU!, Bolt" (users.csv:6)')
})

test('users whose names have one key are rejected, and neither gets a membership of another record', async () => {
  const map = {
    user: { when: 'mail', key: '$slug(mail)', email: 'mail' },
    membership: { when: 'of', user: '$slug(of)', organization: 'org' },
  }
  const rows: JsonObject[] = [
    { mail: 'a.b@x.example' },
    { mail: 'a-b@x.example' },
    { mail: 'c@x.example' },
    { org: 'acme', of: 'a-b@x.example' },
    { org: 'acme', of: 'c@x.example' },
  ]
  const found = await refused(rows, map)
  expect(named(found)).toEqual([
    'membership a-b-x-example@acme user_rejected',
    'user a-b-x-example user_key_collision',
    'user a-b-x-example user_key_collision',
  ])
})

test('keys made by an each are checked, too', async () => {
  const each = "teams.{ 'key': $slug($), 'name': $ }"
  const map = { organization: { each, key: 'key', name: 'name' }, membership: { each, organization: 'key' } }
  const rows = [
    { id: 'a', teams: ['Acme', 'Bolt'] },
    { id: 'b', teams: ['Acme!', 'Cube'] },
  ]
  expect(named(await refused(rows, map))).toEqual([
    'membership a@acme organization_rejected',
    'membership b@acme organization_rejected',
    'organization acme organization_key_collision',
    'organization acme organization_key_collision',
  ])
})

test('many names of one slug are counted', async () => {
  const rows = Array.from({ length: 9 }, (_, n) => ({ id: `u${n}`, org: 'acme', role: `Admin${'!'.repeat(n)}` }))
  expect((await refused(rows))[0]?.message).toContain('"Admin!!!" (users.csv:5) and 5 more result in the same slug')
})
