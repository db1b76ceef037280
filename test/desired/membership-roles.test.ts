import { describe, expect, test } from 'vitest'
import type { RoleConfig } from '../../src/config/manifest.ts'
import { lostRoles, lostRolesCount } from '../../src/kinds/membership/reports.ts'
import { assembled, contents, type MembershipPart, type RecordPart } from './assembled.ts'

/** A user who is in these organizations, with these roles. */
function record(user: string, roles: Record<string, string[] | undefined>): RecordPart {
  const memberships = Object.entries(roles).map(
    ([organization, slugs]): MembershipPart => ({
      user,
      organization,
      ...(slugs && { roles: slugs }),
    }),
  )
  return {
    users: [{ key: user, email: `${user}@example.com` }],
    organizations: memberships.map(({ organization }) => ({ key: organization })),
    memberships,
  }
}

const settled = (records: RecordPart[], roles: Partial<RoleConfig>, chunks?: number[][]) =>
  assembled(records, { roles: { define: {}, unmapped: 'error', ...roles } }, chunks)
const rolesOf = (set: Awaited<ReturnType<typeof settled>>) =>
  Object.fromEntries(
    set.rundb
      .statement("SELECT key, attributes ->> '$.roles' AS roles FROM desired WHERE kind = 'membership' ORDER BY key")
      .all()
      .map(({ key, roles }) => [key, roles]),
  )

describe('roles.default', () => {
  const records = [record('u1', { acme: undefined, borealis: undefined, cirrus: ['admin'] })]

  test('is assigned to memberships without a role, per organization first, and is counted', async () => {
    const set = await settled(records, { default: 'viewer', organizations: { acme: { default: 'guest' } } })
    expect(rolesOf(set)).toEqual({ 'u1@acme': '["guest"]', 'u1@borealis': '["viewer"]', 'u1@cirrus': '["admin"]' })
    expect(set.noteCounts()).toEqual([
      { kind: 'membership', code: 'role_default', detail: 'guest', count: 1 },
      { kind: 'membership', code: 'role_default', detail: 'viewer', count: 1 },
    ])
  })

  test('of an organization does not affect other organizations', async () => {
    const set = await settled(records, { organizations: { acme: { default: 'guest' } } })
    expect(rolesOf(set)).toEqual({ 'u1@acme': '["guest"]', 'u1@borealis': null, 'u1@cirrus': '["admin"]' })
  })

  test('does not precede a role that another record assigns', async () => {
    const granted: RecordPart = { grants: [{ user: 'u1', organization: 'acme', role: 'admin' }] }
    const set = await settled([record('u1', { acme: undefined }), granted], { default: 'viewer' })
    expect(rolesOf(set)).toEqual({ 'u1@acme': '["admin"]' })
  })
})

describe('several roles on one membership', () => {
  const records = [
    record('u1', { acme: ['member', 'admin', 'billing'] }),
    record('u2', { acme: ['member'] }),
    record('u2', { acme: ['admin'] }),
    record('u3', { acme: ['billing', 'support'] }),
    record('u4', { acme: ['support'] }),
  ]

  test('are all kept by default', async () => {
    const set = await settled(records, { priority: ['admin'] })
    expect(rolesOf(set)).toMatchObject({ 'u2@acme': '["admin","member"]', 'u3@acme': '["billing","support"]' })
    expect(lostRolesCount(set)).toBe(0)
  })

  test.each([
    ['in order', [[0], [1, 2, 3], [4]]],
    ['the other way round', [[4], [3], [2], [1], [0]]],
  ])('become the first by priority, and lost roles are reported, arriving %s', async (_, chunks) => {
    const set = await settled(records, { multiple: 'first', priority: ['admin', 'member'] }, chunks)
    expect(rolesOf(set)).toEqual({ 'u1@acme': '["admin"]', 'u2@acme': '["admin"]', 'u4@acme': '["support"]' })
    expect(lostRolesCount(set)).toBe(2)
    expect([...lostRoles(set)]).toEqual([
      { key: 'u1@acme', kept: 'admin', lost: ['billing', 'member'], origin: 'users.csv:2' },
      { key: 'u2@acme', kept: 'admin', lost: ['member'], origin: 'users.csv:3' },
    ])
    expect([...lostRoles(set, 1)].length).toBe(1)
    expect(set.noteCounts()).toEqual([
      { kind: 'membership', code: 'role_lost', detail: 'member', count: 2 },
      { kind: 'membership', code: 'role_lost', detail: 'billing', count: 1 },
    ])
    expect([...set.rejects()]).toMatchObject([
      { key: 'u3@acme', code: 'roles_without_priority', message: expect.stringContaining('billing, support') },
    ])
  })

  test.each([
    ['zed', ['zed', 'admin']],
    ['org-zed', ['org-zed', 'zed']],
  ])('become %s before its namesake with or without the prefix', async (kept, priority) => {
    const both = [record('u1', { acme: ['admin', 'org-zed', 'zed'] })]
    const set = await settled(both, { multiple: 'first', priority })
    expect(rolesOf(set)).toEqual({ 'u1@acme': JSON.stringify([kept]) })
  })

  test('are rejected with all their records if the manifest forbids them', async () => {
    const set = await settled(records, { multiple: 'fail' })
    expect(rolesOf(set)).toEqual({ 'u4@acme': '["support"]' })
    expect([...set.rejects()].map(({ key, code, records }) => [key, code, records])).toEqual([
      ['u1@acme', 'several_roles', 1],
      ['u2@acme', 'several_roles', 2],
      ['u3@acme', 'several_roles', 1],
    ])
    expect(contents(set).desired).toHaveLength(4 + 1 + 1)
  })
})
