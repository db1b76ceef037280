import { expect, test } from 'vitest'
import { ENDPOINTS } from '../../src/sandbox/routes.ts'
import { KEY, type Subject, startSubject } from './harness.ts'

/** Calls every endpoint successfully, and most of them in a way that is rejected. */
async function everything({ ok, call }: Subject): Promise<void> {
  const users = '/user_management/users'
  const hash = { password_hash: `$2b$10$${'a'.repeat(53)}`, password_hash_type: 'bcrypt' }
  const ada = await ok('POST', users, {
    email: 'ada@example.com',
    first_name: 'Ada',
    last_name: null,
    name: 'Ada Example',
    email_verified: true,
    external_id: 'ada',
    metadata: { plan: 'gold' },
    ...hash,
  })
  const bob = await ok('POST', users, { email: 'bob@example.com', password: 'correct horse battery' })
  await ok('GET', `${users}?limit=1&order=asc`)
  await ok('GET', `${users}/${ada.id}`)
  await ok('GET', `${users}/external_id/ada`)
  await ok('PUT', `${users}/${ada.id}`, {
    last_name: 'E',
    metadata: { plan: null, tier: 'a' },
    external_id: null,
    ...hash,
  })
  await call('POST', users, { email: 'ada@example.com' })
  await call('POST', users, { email: 'x@example.com', password: 'short' })
  await call('POST', users, { email: 'x@example.com', password_hash: 'x', password_hash_type: 'bcrypt' })
  await call('POST', users, {})
  await call('PUT', `${users}/${bob.id}`, { email: 'ada@example.com' })
  await call('PUT', `${users}/user_none`, {})
  await call('GET', `${users}?limit=0`)
  const factors = `${users}/${ada.id}/auth_factors`
  const totp = { type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP', totp_issuer: 'Example', totp_user: 'ada' }
  const { authentication_factor: factor } = await ok('POST', factors, totp)
  await ok('GET', factors)
  await ok('GET', `/auth/factors/${factor.id}`)
  await ok('DELETE', `/auth/factors/${factor.id}`)
  await call('GET', `/auth/factors/${factor.id}`)
  await call('POST', factors, { type: 'sms' })

  const organization = await ok('POST', '/organizations', {
    name: 'One',
    external_id: 'one',
    metadata: { tier: 'a' },
    domain_data: [{ domain: 'one.example.com', state: 'pending' }],
  })
  await ok('GET', '/organizations?search=one&domains=one.example.com')
  await ok('GET', `/organizations/${organization.id}`)
  await ok('GET', '/organizations/external_id/one')
  await ok('PUT', `/organizations/${organization.id}`, { name: 'Uno', stripe_customer_id: 'cus_1', metadata: {} })
  await call('POST', '/organizations', { name: 'Two', external_id: 'one' })
  await call('POST', '/organizations', { name: 'Two', domains: ['one.example.com'] })
  await call('POST', '/organizations', { name: 'Two', domains: ['gmail.com'] })
  await call('GET', '/organizations/org_none')

  const invitations = '/user_management/invitations'
  const invited = { email: 'cleo@example.com', organization_id: organization.id, expires_in_days: 3 }
  const invitation = await ok('POST', invitations, invited)
  await call('POST', invitations, invited)
  await call('POST', invitations, { email: 'ada@example.com' })
  await call('POST', invitations, { ...invited, email: 'dora@example.com', role_slug: 'none' })
  await call('POST', invitations, { ...invited, expires_in_days: 31 })
  await call('POST', invitations, {})
  await ok('GET', `${invitations}?email=cleo@example.com&organization_id=${organization.id}`)
  await ok('GET', `${invitations}/${invitation.id}`)
  await ok('POST', `${invitations}/${invitation.id}/revoke`)
  await call('GET', `${invitations}/invitation_none`)
  const saml = { saml_options: { idp_metadata_url: 'https://idp.example.com/metadata' } }
  const connection = await ok('POST', '/connections', {
    organization_id: organization.id,
    external_id: 'con_1',
    ...saml,
  })
  await ok('POST', '/connections', { organization_id: organization.id, external_id: 'con_1', ...saml })
  await call('POST', '/connections', { organization_id: organization.id })
  await call('POST', '/connections', { organization_id: 'org_none', ...saml })
  expect((await ok('GET', `/connections?organization_id=${organization.id}`)).data).toHaveLength(1)
  await ok('GET', `/connections/${connection.id}`)
  await call('DELETE', `/connections/${connection.id}`)
  await call('GET', `/connections/${connection.id}`)
  await call('DELETE', `/connections/${connection.id}`)

  const permissions = '/authorization/permissions'
  for (const slug of ['docs:read', 'docs:write']) await ok('POST', permissions, { slug, name: slug, description: null })
  await ok('GET', `${permissions}?limit=100`)
  await ok('GET', `${permissions}/docs:read`)
  await ok('PATCH', `${permissions}/docs:read`, { name: 'Read', description: 'Reads' })
  await call('POST', permissions, { slug: 'docs:read', name: 'Again' })
  await call('POST', permissions, { slug: 'NO', name: 'No' })

  const environmentRoles = '/authorization/roles'
  const organizationRoles = `/authorization/organizations/${organization.id}/roles`
  await ok('POST', environmentRoles, { slug: 'admin', name: 'Admin', description: 'All' })
  await ok('POST', organizationRoles, { slug: 'org-billing', name: 'Billing' })
  for (const [roles, slug] of [
    [environmentRoles, 'admin'],
    [organizationRoles, 'org-billing'],
  ]) {
    await ok('GET', `${roles}`)
    await ok('GET', `${roles}/${slug}`)
    await ok('PATCH', `${roles}/${slug}`, { name: 'Renamed' })
    await ok('PUT', `${roles}/${slug}/permissions`, { permissions: ['docs:read'] })
    await ok('POST', `${roles}/${slug}/permissions`, { slug: 'docs:write' })
    await call('POST', `${roles}`, { slug, name: 'Again' })
    await call('POST', `${roles}`, { slug: 'NO', name: 'No' })
    await call('PUT', `${roles}/${slug}/permissions`, { permissions: ['none'] })
    await call('GET', `${roles}/none`)
  }
  await ok('DELETE', `${organizationRoles}/org-billing/permissions/docs:write`)
  await ok('DELETE', `${permissions}/docs:write`)

  const memberships = '/user_management/organization_memberships'
  const pair = { user_id: ada.id, organization_id: organization.id }
  const membership = await ok('POST', memberships, { ...pair, role_slugs: ['admin', 'org-billing'] })
  await ok('GET', `${memberships}?organization_id=${organization.id}&statuses=active,inactive`)
  await ok('GET', `${memberships}/${membership.id}`)
  await call('DELETE', `${organizationRoles}/org-billing`)
  await ok('PUT', `${memberships}/${membership.id}`, { role_slug: 'member' })
  await call('POST', memberships, pair)
  await call('POST', memberships, { ...pair, role_slug: 'none' })
  await call('POST', memberships, { ...pair, user_id: 'user_none' })
  await call('POST', memberships, {})
  await call('GET', memberships)
  const groups = `/organizations/${organization.id}/groups`
  const group = await ok('POST', groups, { name: 'Engineering', description: null })
  const members = `${groups}/${group.id}/organization-memberships`
  await ok('GET', `${groups}?limit=1&order=asc`)
  await ok('GET', `${groups}/${group.id}`)
  await ok('PATCH', `${groups}/${group.id}`, { name: 'Research', description: 'Reads' })
  await ok('POST', members, { organization_membership_id: membership.id })
  await ok('GET', `${members}?limit=100`)
  await ok('GET', `${memberships}/${membership.id}/groups`)
  const assignments = `/authorization/groups/${group.id}/role_assignments`
  await ok('PUT', assignments, { role_assignments: [{ role_slug: 'admin' }] })
  const assignment = await ok('POST', assignments, { role_slug: 'org-billing' })
  await call('POST', assignments, { role_slug: 'org-billing' })
  await call('POST', assignments, { role_slug: 'none' })
  await call('POST', assignments, {})
  await call('PUT', assignments, {})
  await ok('GET', `${assignments}?limit=1`)
  await call('GET', `${assignments}?limit=0`)
  await ok('GET', `${assignments}/${assignment.id}`)
  await ok('GET', `${memberships}/${membership.id}`)
  await call('DELETE', `${organizationRoles}/org-billing`)
  await ok('DELETE', `${assignments}/${assignment.id}`)
  await call('GET', `${assignments}/${assignment.id}`)
  await ok('DELETE', assignments, { role_slug: 'admin' })
  await call('DELETE', assignments, { role_slug: 'admin' })
  await call('GET', '/authorization/groups/group_none/role_assignments')
  await ok('DELETE', `${members}/${membership.id}`)
  await call('DELETE', `${members}/${membership.id}`)
  await call('POST', members, { organization_membership_id: 'om_none' })
  await call('POST', members, {})
  await call('POST', groups, { name: '' })
  await call('POST', groups, '[')
  await call('POST', '/organizations/org_none/groups', { name: 'Engineering' })
  await call('PATCH', `${groups}/${group.id}`, { name: 1 })
  await call('GET', `${groups}/group_none`)
  for (const list of [groups, members, `${memberships}/${membership.id}/groups`]) await call('GET', `${list}?limit=0`)
  await ok('DELETE', `${groups}/${group.id}`)
  await call('GET', members)

  await ok('PUT', `${memberships}/${membership.id}/deactivate`)
  await ok('PUT', `${memberships}/${membership.id}/reactivate`)
  await ok('DELETE', `${memberships}/${membership.id}`)
  await ok('DELETE', `${organizationRoles}/org-billing`)
  await ok('DELETE', `/organizations/${organization.id}`)
  await ok('DELETE', `${users}/${ada.id}`)
  await call('DELETE', `${users}/${ada.id}`)
  await call('GET', users, undefined, 'no key')
}

test('every endpoint follows the published OpenAPI document, in what it returns and what it rejects', async () => {
  const subject = await startSubject({ connectionsApi: true })
  await everything(subject)
  const answered = subject.log.filter(({ status }) => status < 300).map(({ method, route }) => `${method} ${route}`)
  expect([...new Set(answered)].sort()).toEqual(ENDPOINTS.map(({ method, path }) => `${method} ${path}`).sort())
  expect(new Set(subject.log.map(({ status }) => status))).toEqual(new Set([200, 201, 204, 400, 401, 404, 409, 422]))
  await subject.close()
})

test('rate-limit rejections follow it too', async () => {
  const one = { count: 1, perMs: 60_000 }
  const subject = await startSubject({ limits: { requests: one } })
  for (const path of ['/organizations', '/user_management/users']) await subject.call('GET', path, undefined, KEY)
  expect(subject.log.map(({ status }) => status)).toEqual([200, 429])
  await subject.close()
})
