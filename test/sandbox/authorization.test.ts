import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refusalOf, type Subject, startSubject } from './harness.ts'

const ROLES = '/authorization/roles'
const PERMISSIONS = '/authorization/permissions'
let subject: Subject
beforeEach(async () => {
  subject = await startSubject()
})
afterEach(() => subject.close())

describe('permissions', () => {
  test('are created, read, changed and deleted by slug', async () => {
    const created = await subject.ok('POST', PERMISSIONS, { slug: 'docs:read.*', name: 'Read', description: 'Reads' })
    expect(created).toMatchObject({ slug: 'docs:read.*', system: false, resource_type_slug: 'organization' })
    const path = `${PERMISSIONS}/${encodeURIComponent('docs:read.*')}`
    expect(await subject.ok('GET', path)).toEqual(created)
    const changed = await subject.ok('PATCH', path, { name: 'Look', description: null })
    expect(changed).toEqual({ ...created, name: 'Look', description: null, updated_at: changed.updated_at })
    expect((await subject.ok('GET', PERMISSIONS)).data).toEqual([changed])
    expect((await subject.call('DELETE', path)).status).toBe(204)
    expect(refusalOf(await subject.call('GET', path))).toEqual([404, 'entity_not_found'])
  })

  test('a slug is unique', async () => {
    await subject.ok('POST', PERMISSIONS, { slug: 'a', name: 'A' })
    const answer = await subject.call('POST', PERMISSIONS, { slug: 'a', name: 'A' })
    expect(refusalOf(answer)).toEqual([409, 'permission_slug_conflict'])
  })

  test.each([
    [{ name: 'A' }, 'slug_required'],
    [{ slug: 'A b', name: 'A' }, 'slug_invalid'],
    [{ slug: 'a' }, 'name_required'],
    [{ slug: 'a'.repeat(49), name: 'A' }, 'slug_too_long'],
    [{ slug: 'a', name: 'A'.repeat(49) }, 'name_too_long'],
    [{ slug: 'a', name: 'A', description: 'd'.repeat(151) }, 'description_too_long'],
  ])('%j is rejected with %s', async (body, code) => {
    const answer = await subject.call('POST', PERMISSIONS, body)
    expect(refusalOf(answer)).toEqual([422, 'invalid_request_parameters', code])
  })
})

describe('environment roles', () => {
  test('member exists from the start', async () => {
    const { data } = await subject.ok('GET', ROLES)
    expect(data).toMatchObject([{ slug: 'member', name: 'Member', type: 'EnvironmentRole', permissions: [] }])
  })

  test('are created, listed in order, read and changed, and cannot be deleted', async () => {
    const created = await subject.ok('POST', ROLES, { slug: 'site_admin-2', name: 'Admin' })
    expect(created).toMatchObject({ type: 'EnvironmentRole', description: null })
    const changed = await subject.ok('PATCH', `${ROLES}/site_admin-2`, { name: 'Boss', description: 'All' })
    expect(await subject.ok('GET', `${ROLES}/site_admin-2`)).toEqual(changed)
    const list = await subject.ok('GET', ROLES)
    expect(list.data.map((role) => role.slug)).toEqual(['member', 'site_admin-2'])
    expect(list.list_metadata).toBeUndefined()
    expect((await subject.call('DELETE', `${ROLES}/site_admin-2`)).status).toBe(404)
    expect((await subject.call('GET', `${ROLES}/site_admin-2`)).status).toBe(200)
  })

  test.each([
    [{ slug: 'Upper', name: 'A' }, 'slug_invalid'],
    [{ slug: 'a:b', name: 'A' }, 'slug_invalid'],
    [{ slug: 'a'.repeat(49), name: 'A' }, 'slug_too_long'],
    [{ name: 'A' }, 'slug_required'],
    [{ slug: 'a' }, 'name_required'],
  ])('%j is rejected with %s', async (body, code) => {
    expect(refusalOf(await subject.call('POST', ROLES, body))).toEqual([422, 'invalid_request_parameters', code])
  })

  test('a slug is unique', async () => {
    const answer = await subject.call('POST', ROLES, { slug: 'member', name: 'Member' })
    expect(refusalOf(answer)).toEqual([409, 'role_slug_conflict'])
    expect((await subject.call('PATCH', `${ROLES}/none`, { name: 'x' })).status).toBe(404)
  })

  test('PUT replaces the permissions, POST adds one, a deleted permission is removed', async () => {
    for (const slug of ['a', 'b', 'c']) await subject.ok('POST', PERMISSIONS, { slug, name: slug })
    const path = `${ROLES}/member/permissions`
    expect((await subject.ok('PUT', path, { permissions: ['a', 'b'] })).permissions).toEqual(['a', 'b'])
    expect((await subject.ok('POST', path, { slug: 'c' })).permissions).toEqual(['a', 'b', 'c'])
    expect((await subject.ok('POST', path, { slug: 'c' })).permissions).toEqual(['a', 'b', 'c'])
    await subject.ok('DELETE', `${PERMISSIONS}/b`)
    expect((await subject.ok('GET', `${ROLES}/member`)).permissions).toEqual(['a', 'c'])
    expect((await subject.ok('PUT', path, { permissions: [] })).permissions).toEqual([])
  })

  test('unknown permissions are 404, missing ones 422', async () => {
    const path = `${ROLES}/member/permissions`
    expect(refusalOf(await subject.call('PUT', path, { permissions: ['none'] }))).toEqual([404, 'entity_not_found'])
    expect(refusalOf(await subject.call('POST', path, { slug: 'none' }))).toEqual([404, 'entity_not_found'])
    expect((await subject.call('PUT', path, {})).status).toBe(422)
    expect((await subject.call('POST', path, {})).status).toBe(422)
  })
})

describe('organization roles', () => {
  let path: string
  let organizationId: string
  beforeEach(async () => {
    organizationId = (await subject.ok('POST', '/organizations', { name: 'One' })).id
    path = `/authorization/organizations/${organizationId}/roles`
  })

  test('are listed after environment roles, for one organization only', async () => {
    const created = await subject.ok('POST', path, { slug: 'org-x', name: 'X' })
    expect(created).toMatchObject({ slug: 'org-x', type: 'OrganizationRole' })
    const slugs = async (at: string) => (await subject.ok('GET', at)).data.map((role) => role.slug)
    expect(await slugs(path)).toEqual(['member', 'org-x'])
    expect(await slugs(ROLES)).toEqual(['member'])
    const other = await subject.ok('POST', '/organizations', { name: 'Two' })
    expect(await slugs(`/authorization/organizations/${other.id}/roles`)).toEqual(['member'])
    expect(await subject.ok('GET', `${path}/org-x`)).toEqual(created)
    expect(await subject.ok('GET', `${path}/member`)).toMatchObject({ type: 'EnvironmentRole' })
  })

  test('slugs start with org-, are unique, and are built from the name if omitted', async () => {
    const bad = await subject.call('POST', path, { slug: 'x', name: 'X' })
    expect(refusalOf(bad)).toEqual([422, 'invalid_request_parameters', 'slug_invalid'])
    await subject.ok('POST', path, { slug: 'org-x', name: 'X' })
    const twice = await subject.call('POST', path, { slug: 'org-x', name: 'X' })
    expect(refusalOf(twice)).toEqual([409, 'organization_role_slug_conflict'])
    expect((await subject.ok('POST', path, { name: 'Field Ops' })).slug).toMatch(/^field-ops-[0-9a-f]{8}$/)
  })

  test('have their own permissions', async () => {
    for (const slug of ['a', 'b']) await subject.ok('POST', PERMISSIONS, { slug, name: slug })
    await subject.ok('POST', path, { slug: 'org-x', name: 'X' })
    await subject.ok('PUT', `${path}/org-x/permissions`, { permissions: ['a'] })
    await subject.ok('POST', `${path}/org-x/permissions`, { slug: 'b' })
    expect((await subject.ok('DELETE', `${path}/org-x/permissions/a`)).permissions).toEqual(['b'])
    expect((await subject.ok('PATCH', `${path}/org-x`, { name: 'Y' })).permissions).toEqual(['b'])
  })

  test('are deleted unless a membership has them', async () => {
    await subject.ok('POST', path, { slug: 'org-x', name: 'X' })
    const user = await subject.ok('POST', '/user_management/users', { email: 'a@example.com' })
    const membership = await subject.ok('POST', '/user_management/organization_memberships', {
      user_id: user.id,
      organization_id: organizationId,
      role_slugs: ['member', 'org-x'],
    })
    expect(refusalOf(await subject.call('DELETE', `${path}/org-x`))).toEqual([409, 'role_has_assignments'])
    await subject.ok('DELETE', `/user_management/organization_memberships/${membership.id}`)
    expect((await subject.call('DELETE', `${path}/org-x`)).status).toBe(204)
    expect((await subject.call('GET', `${path}/org-x`)).status).toBe(404)
  })

  test('environment roles cannot be changed through an organization', async () => {
    expect((await subject.call('PATCH', `${path}/member`, { name: 'x' })).status).toBe(404)
    expect((await subject.call('DELETE', `${path}/member`)).status).toBe(404)
  })

  test('an unknown organization is 404', async () => {
    const unknown = '/authorization/organizations/org_none/roles'
    expect((await subject.call('GET', unknown)).status).toBe(404)
    expect((await subject.call('POST', unknown, { slug: 'org-x', name: 'X' })).status).toBe(404)
  })
})

describe('authentication factors', () => {
  let path: string
  beforeEach(async () => {
    const { id } = await subject.ok('POST', '/user_management/users', { email: 'a@example.com' })
    path = `/user_management/users/${id}/auth_factors`
  })

  test('the secret is returned once, at enrollment, and never listed', async () => {
    const body = { type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP', totp_issuer: 'Example', totp_user: 'a' }
    const enrolled = await subject.ok('POST', path, body)
    const { totp } = enrolled.authentication_factor
    expect(totp).toMatchObject({ secret: 'JBSWY3DPEHPK3PXP', issuer: 'Example', user: 'a' })
    const { data } = await subject.ok('GET', path)
    expect(data).toMatchObject([{ type: 'totp', totp: { issuer: 'Example', user: 'a' } }])
    expect(JSON.stringify(data)).not.toContain('JBSWY3DPEHPK3PXP')
  })

  test('one is read and deleted by its ID, without its secret', async () => {
    const { authentication_factor } = await subject.ok('POST', path, { type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' })
    const factor = `/auth/factors/${authentication_factor.id}`
    const read = await subject.ok('GET', factor)
    expect(read).toMatchObject({ id: authentication_factor.id, type: 'totp', totp: { user: 'a@example.com' } })
    expect(JSON.stringify(read)).not.toContain('JBSWY3DPEHPK3PXP')
    expect((await subject.call('DELETE', factor)).status).toBe(204)
    expect((await subject.ok('GET', path)).data).toEqual([])
    for (const method of ['GET', 'DELETE']) expect((await subject.call(method, factor)).status).toBe(404)
  })

  test('are deleted with their user', async () => {
    const { authentication_factor } = await subject.ok('POST', path, { type: 'totp' })
    await subject.ok('DELETE', path.replace('/auth_factors', ''))
    expect((await subject.call('GET', `/auth/factors/${authentication_factor.id}`)).status).toBe(404)
  })

  test('a secret is created if none is given', async () => {
    const { authentication_factor } = await subject.ok('POST', path, { type: 'totp' })
    expect(authentication_factor.totp).toMatchObject({
      user: 'a@example.com',
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
    })
  })

  test('other types and secrets that are not Base32 are rejected', async () => {
    const refused = async (body: unknown) => refusalOf(await subject.call('POST', path, body)).at(-1)
    expect(await refused({})).toBe('type_required')
    expect(await refused({ type: 'sms' })).toBe('type_invalid')
    expect(await refused({ type: 'totp', totp_secret: 'not base32!' })).toBe('totp_secret_invalid')
    expect((await subject.call('GET', '/user_management/users/user_none/auth_factors')).status).toBe(404)
  })
})
