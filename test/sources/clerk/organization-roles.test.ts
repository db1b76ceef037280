import { describe, expect, test } from 'vitest'
import { isObject } from '../../../src/json.ts'
import type { ClerkSettings } from '../../fakes/clerk/fake-clerk.ts'
import { clerkRole, generateInstance } from '../../fakes/clerk/generate.ts'
import type { ClerkRole } from '../../fakes/clerk/objects.ts'
import { capture, fakeClerk, optionsOf, readLive } from './capturing.ts'

const LIST = '/v1/organization_roles'
const BILLING = clerkRole('org:billing', { name: 'Billing', permissions: ['org:invoices:read'] })
const MEMBER = clerkRole('org:member')

async function read(roles: ClerkRole[], settings: ClerkSettings = {}, more: Record<string, unknown> = {}) {
  const data = generateInstance({ users: 6, organizations: 2 })
  const fake = await fakeClerk({ ...data, roles }, settings)
  const config = optionsOf(fake, more)
  const { snapshot, warnings } = await capture(config)
  const reading = await readLive(config, snapshot, { 'm.csv': 'clerk_user_id,org_name\n' })
  const of = (stream: string) => reading.records.filter((record) => record.stream === stream).map(({ data }) => data)
  const rows = of('users').flatMap(({ memberships }) => (Array.isArray(memberships) ? memberships : []))
  const memberships = rows.filter((row) => isObject(row))
  return { ...reading, fake, captureWarnings: warnings, roles: of('organizationRoles'), memberships }
}

describe('roles of organizations', () => {
  test('are records with their permissions, before the users, even unused roles', async () => {
    const { roles, counts, records } = await read([BILLING, MEMBER])
    expect(roles).toMatchObject([
      { key: 'org:billing', name: 'Billing', permissions: [{ key: 'org:invoices:read', name: 'read' }] },
      { key: 'org:member', created_at: '2024-03-01T08:00:00.000Z' },
    ])
    const streams = records.map(({ stream }) => stream)
    expect(streams.lastIndexOf('organizationRoles')).toBeLessThan(streams.indexOf('users'))
    expect(counts).toContainEqual(expect.objectContaining({ stream: 'organizationRoles', read: 2, passed: 2 }))
  })

  test('mark only the memberships whose role is listed', async () => {
    const { memberships } = await read([MEMBER])
    const listed = (role: string) =>
      memberships.filter((row) => row.role_slugs === role).map(({ role_listed }) => role_listed)
    expect(new Set(listed('org:member'))).toEqual(new Set([true]))
    expect(new Set(listed('org:admin'))).toEqual(new Set([undefined]))
  })

  test('fill several pages', async () => {
    const roles = Array.from({ length: 23 }, (_, n) => clerkRole(`org:role_${n}`, { created_at: n }))
    const found = await read(roles, {}, { pageSize: 10 })
    expect(found.roles.map(({ key }) => key)).toEqual(roles.map(({ key }) => key))
  })

  test.each([
    { status: 404, code: 'resource_not_found' },
    { status: 403, code: 'feature_not_enabled' },
    { status: 403, code: 'organization_not_enabled_in_instance' },
  ])('come from memberships if the API lacks the list ($code)', async (answer) => {
    const { roles, memberships, captureWarnings } = await read([MEMBER], { refused: { [LIST]: answer } })
    expect(roles).toEqual([])
    expect(captureWarnings).toEqual([])
    expect(memberships).toHaveLength(6)
    for (const row of memberships) expect(row).not.toHaveProperty('role_listed')
    expect(memberships.map(({ role_name }) => role_name)).toContain('member')
  })

  test('are not requested if a file contains the memberships', async () => {
    const { fake, roles, counts } = await read([MEMBER], {}, { memberships: 'm.csv' })
    expect(fake.log.filter(({ target }) => target.startsWith(LIST))).toEqual([])
    expect(roles).toEqual([])
    expect(counts.map(({ stream }) => stream)).not.toContain('organizationRoles')
  })

  test('are complete in a partial reading', async () => {
    const { roles } = await read([MEMBER, BILLING], {}, { updatedSince: '2030-01-01' })
    expect(roles).toHaveLength(2)
  })
})
