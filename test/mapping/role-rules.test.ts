import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const MAP: Manifest['map'] = {
  user: { key: 'id', email: 'email' },
  membership: { each: 'teams', user: 'member', organization: 'org', roles: 'role' },
  roleAssignment: { each: 'roles', user: 'user', role: 'slug', organization: 'org' },
}

const ROLES = {
  define: {},
  map: { 'org:*': '*' },
  unmapped: 'drop' as const,
  organizations: { acme: { map: { 'org:admin': 'owner' }, unmapped: 'error' as const } },
}

/** One user in two organizations, with these roles. */
const person = (roles: JsonObject[], member = 'u1'): JsonObject => ({
  id: 'u1',
  email: 'ada@example.com',
  teams: [
    { member, org: 'acme', role: 'org:viewer' },
    { member, org: 'borealis', role: 'org:viewer' },
  ],
  roles: roles.map((role) => ({ user: 'u1', ...role })),
})

async function mapped(data: JsonObject[]) {
  const manifest = manifestWith(MAP, { roles: ROLES })
  const result = await mapChunk({ records: recordsOf(data) }, compileMapping(mapperSettings(manifest, 'users')))
  const memberships = result.drafts.filter(({ kind }) => kind === 'membership')
  return { ...result, roles: memberships.map(({ attributes }) => JSON.parse(attributes).roles) }
}

test('a role for every organization is translated by the rules of each', async () => {
  const { roles, assigned, rejects } = await mapped([person([{ slug: 'org:admin' }])])
  expect(roles).toEqual([
    ['owner', 'viewer'],
    ['admin', 'viewer'],
  ])
  expect(rejects).toEqual([])
  expect(assigned).toBe(2)
})

test('a role for one organization is added only to its membership, once', async () => {
  const { roles } = await mapped([
    person([
      { slug: 'org:admin', org: 'borealis' },
      { slug: 'org:viewer', org: 'borealis' },
    ]),
  ])
  expect(roles).toEqual([['viewer'], ['admin', 'viewer']])
})

test('a dropped role is noted at its membership', async () => {
  const { notes } = await mapped([person([{ slug: 'guest', org: 'borealis' }])])
  expect(notes).toEqual([{ seq: 0, kind: 'membership', key: 'u1@borealis', code: 'role_dropped', detail: 'guest' }])
})

test('a role that the rules of an organization reject is assigned nowhere, and its name is counted', async () => {
  const { roles, rejects, notes } = await mapped([person([{ slug: 'guest' }])])
  expect(roles).toEqual([['viewer'], ['viewer']])
  expect(rejects).toMatchObject([{ kind: 'roleAssignment', code: 'unmapped_role', key: 'u1' }])
  expect(notes).toMatchObject([{ kind: 'roleAssignment', code: 'unmapped_role', detail: 'guest' }])
})

test('a role for a user of another key waits, translated for each organization of the record', async () => {
  const { grants } = await mapped([person([{ slug: 'org:admin' }], 'u2')])
  expect(grants.map(({ user, organization, role }) => [user, organization, role])).toEqual([
    ['u1', 'acme', 'owner'],
    ['u1', 'borealis', 'admin'],
  ])
})
