import { describe, expect, test } from 'vitest'
import { refusalOf, type Subject, startSubject } from './harness.ts'

const MEMBERSHIPS = '/user_management/organization_memberships'

/**
 * An organization with the roles admin, then viewer; a group, and a member of it with the role
 * `own`.
 */
async function setUp(multipleRoles: boolean, own: string) {
  const subject = await startSubject({ multipleRoles })
  for (const slug of ['admin', 'viewer']) await subject.ok('POST', '/authorization/roles', { slug, name: slug })
  const { id: organization } = await subject.ok('POST', '/organizations', { name: 'One' })
  const ownRoles = `/authorization/organizations/${organization}/roles`
  await subject.ok('POST', ownRoles, { slug: 'org-keeper', name: 'Keeper' })
  const groups = `/organizations/${organization}/groups`
  const { id: group } = await subject.ok('POST', groups, { name: 'Engineering' })
  const { id: user } = await subject.ok('POST', '/user_management/users', { email: 'ada@example.com' })
  const membership = await subject.ok('POST', MEMBERSHIPS, {
    user_id: user,
    organization_id: organization,
    role_slug: own,
  })
  return {
    subject,
    ownRoles,
    group: `${groups}/${group}`,
    members: `${groups}/${group}/organization-memberships`,
    assignments: `/authorization/groups/${group}/role_assignments`,
    membership: membership.id,
    organization,
    join: () =>
      subject.ok('POST', `${groups}/${group}/organization-memberships`, { organization_membership_id: membership.id }),
    roles: async () => {
      const { role, roles } = await subject.ok('GET', `${MEMBERSHIPS}/${membership.id}`)
      const slugs = (roles as { slug: string }[]).map(({ slug }) => slug)
      return { role: (role as { slug: string }).slug, roles: slugs }
    },
  }
}

const slugsOf = async (subject: Subject, path: string) =>
  (await subject.ok('GET', `${path}?order=asc`)).data.map(({ role }) => (role as { slug: string }).slug)

describe('roles of a group', () => {
  test('are assigned once, listed, replaced and removed', async () => {
    const { subject, assignments, organization } = await setUp(true, 'viewer')
    const admin = await subject.ok('POST', assignments, { role_slug: 'admin' })
    expect(admin).toMatchObject({ role: { slug: 'admin' }, resource: { external_id: organization } })
    const again = await subject.call('POST', assignments, { role_slug: 'admin', resource_external_id: organization })
    expect(refusalOf(again)).toEqual([409, 'duplicate_group_role_assignment'])
    await subject.ok('POST', assignments, { role_slug: 'org-keeper' })
    expect(await slugsOf(subject, assignments)).toEqual(['admin', 'org-keeper'])
    const { data } = await subject.ok('PUT', assignments, {
      role_assignments: [{ role_slug: 'viewer' }, { role_slug: 'admin' }],
    })
    expect(data.map(({ id }) => id)).toContain(admin.id)
    expect(await slugsOf(subject, assignments)).toEqual(['admin', 'viewer'])
    expect((await subject.call('DELETE', `${assignments}/${admin.id}`)).status).toBe(204)
    expect((await subject.call('DELETE', assignments, { role_slug: 'viewer' })).status).toBe(204)
    expect(await slugsOf(subject, assignments)).toEqual([])
    await subject.close()
  })

  test('must apply to the organization, and be on the organization itself', async () => {
    const { subject, assignments } = await setUp(true, 'viewer')
    for (const body of [{ role_slug: 'none' }, { role_slug: 'admin', resource_id: 'authz_resource_other' }]) {
      expect(refusalOf(await subject.call('POST', assignments, body))).toEqual([404, 'entity_not_found'])
    }
    expect((await subject.call('POST', assignments, {})).status).toBe(422)
    await subject.close()
  })

  test('belong to its members in addition to their own, as long as they are members', async () => {
    const { subject, assignments, join, roles, members, membership } = await setUp(true, 'viewer')
    await subject.ok('POST', assignments, { role_slug: 'admin' })
    expect(await roles()).toEqual({ role: 'viewer', roles: ['viewer'] })
    await join()
    expect(await roles()).toEqual({ role: 'admin', roles: ['viewer', 'admin'] })
    await subject.ok('PUT', `${MEMBERSHIPS}/${membership}`, { role_slug: 'member' })
    expect(await roles()).toEqual({ role: 'member', roles: ['member', 'admin'] })
    await subject.call('DELETE', `${members}/${membership}`)
    expect(await roles()).toEqual({ role: 'member', roles: ['member'] })
    await subject.close()
  })

  test.each([
    ['viewer', 'admin'],
    ['member', 'member'],
  ])('if a membership has one role, the highest counts: of %s and admin, %s', async (own, highest) => {
    const { subject, assignments, join, roles } = await setUp(false, own)
    await subject.ok('POST', assignments, { role_slug: 'admin' })
    await join()
    expect(await roles()).toEqual({ role: highest, roles: [highest] })
    await subject.close()
  })

  test('keep a role of the organization from being deleted, and are removed with their group', async () => {
    const { subject, assignments, ownRoles, group, join, roles } = await setUp(true, 'viewer')
    await subject.ok('POST', assignments, { role_slug: 'org-keeper' })
    await join()
    expect(refusalOf(await subject.call('DELETE', `${ownRoles}/org-keeper`))).toEqual([
      409,
      'role_has_group_role_mappings',
    ])
    await subject.call('DELETE', group)
    expect(await roles()).toEqual({ role: 'viewer', roles: ['viewer'] })
    expect((await subject.call('DELETE', `${ownRoles}/org-keeper`)).status).toBe(204)
    await subject.close()
  })
})
