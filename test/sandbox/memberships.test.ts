import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refusalOf, type Subject, startSubject } from './harness.ts'

const MEMBERSHIPS = '/user_management/organization_memberships'
let subject: Subject
let pair: { user_id: string; organization_id: string }
beforeEach(async () => {
  subject = await startSubject()
  const user = await subject.ok('POST', '/user_management/users', { email: 'a@example.com' })
  const organization = await subject.ok('POST', '/organizations', { name: 'One' })
  pair = { user_id: user.id, organization_id: organization.id }
  for (const slug of ['admin', 'editor']) await subject.ok('POST', '/authorization/roles', { slug, name: slug })
})
afterEach(() => subject.close())

describe('roles', () => {
  test('without a role the membership has the default role', async () => {
    const membership = await subject.ok('POST', MEMBERSHIPS, pair)
    expect(membership).toMatchObject({
      ...pair,
      status: 'active',
      role: { slug: 'member' },
      roles: [{ slug: 'member' }],
    })
    expect(membership).toMatchObject({ organization_name: 'One', user: { email: 'a@example.com' } })
    expect(await subject.ok('GET', `${MEMBERSHIPS}/${membership.id}`)).toEqual(membership)
  })

  test('several roles keep their order, each once; the highest one is the role', async () => {
    const body = { ...pair, role_slugs: ['editor', 'admin', 'editor'] }
    const membership = await subject.ok('POST', MEMBERSHIPS, body)
    expect(membership).toMatchObject({ role: { slug: 'admin' }, roles: [{ slug: 'editor' }, { slug: 'admin' }] })
  })

  test('an update replaces the roles', async () => {
    const { id } = await subject.ok('POST', MEMBERSHIPS, { ...pair, role_slug: 'admin' })
    const put = async (body: unknown) => (await subject.ok('PUT', `${MEMBERSHIPS}/${id}`, body)).roles
    expect(await put({ role_slugs: ['member', 'editor'] })).toEqual([{ slug: 'member' }, { slug: 'editor' }])
    expect(await put({ role_slug: 'admin' })).toEqual([{ slug: 'admin' }])
    expect(await put({})).toEqual([{ slug: 'admin' }])
    const answer = await subject.call('PUT', `${MEMBERSHIPS}/${id}`, { role_slug: 'none' })
    expect(refusalOf(answer)).toEqual([422, 'invalid_role'])
  })

  test('an unknown role is rejected', async () => {
    const answer = await subject.call('POST', MEMBERSHIPS, { ...pair, role_slugs: ['admin', 'none'] })
    expect(refusalOf(answer)).toEqual([422, 'invalid_role'])
  })

  test("an organization's own role is valid only there", async () => {
    const other = await subject.ok('POST', '/organizations', { name: 'Two' })
    const path = `/authorization/organizations/${pair.organization_id}/roles`
    await subject.ok('POST', path, { slug: 'org-billing', name: 'Billing' })
    await subject.ok('POST', MEMBERSHIPS, { ...pair, role_slug: 'org-billing' })
    const elsewhere = { ...pair, organization_id: other.id, role_slug: 'org-billing' }
    expect(refusalOf(await subject.call('POST', MEMBERSHIPS, elsewhere))).toEqual([422, 'invalid_role'])
  })

  test('role_slug and role_slugs exclude each other', async () => {
    const answer = await subject.call('POST', MEMBERSHIPS, { ...pair, role_slug: 'admin', role_slugs: ['admin'] })
    expect(refusalOf(answer)).toEqual([422, 'invalid_request_parameters', 'role_slugs_invalid'])
    const empty = await subject.call('POST', MEMBERSHIPS, { ...pair, role_slugs: [] })
    expect(refusalOf(empty)).toEqual([422, 'invalid_request_parameters', 'role_slugs_invalid'])
  })

  test('several roles are rejected if they are not enabled', async () => {
    const single = await startSubject({ multipleRoles: false })
    const user = await single.ok('POST', '/user_management/users', { email: 'a@example.com' })
    const organization = await single.ok('POST', '/organizations', { name: 'One' })
    await single.ok('POST', '/authorization/roles', { slug: 'admin', name: 'Admin' })
    const both = { user_id: user.id, organization_id: organization.id, role_slugs: ['admin', 'member'] }
    expect(refusalOf(await single.call('POST', MEMBERSHIPS, both))).toEqual([422, 'multiple_roles_not_enabled'])
    await single.ok('POST', MEMBERSHIPS, { ...both, role_slugs: ['admin'] })
    await single.close()
  })
})

test('an active membership is not created twice', async () => {
  const { id } = await subject.ok('POST', MEMBERSHIPS, { ...pair, role_slug: 'admin' })
  const answer = await subject.call('POST', MEMBERSHIPS, pair)
  expect(refusalOf(answer)).toEqual([409, 'organization_membership_already_exists'])
  expect(await subject.ok('GET', `${MEMBERSHIPS}/${id}`)).toMatchObject({ role: { slug: 'admin' } })
})

test('an inactive membership is reactivated with the given roles', async () => {
  const { id } = await subject.ok('POST', MEMBERSHIPS, { ...pair, role_slug: 'admin' })
  expect(await subject.ok('PUT', `${MEMBERSHIPS}/${id}/deactivate`)).toMatchObject({ status: 'inactive' })
  const again = await subject.ok('POST', MEMBERSHIPS, { ...pair, role_slug: 'editor' })
  expect(again).toMatchObject({ id, status: 'active', roles: [{ slug: 'editor' }] })
})

test('deactivating and reactivating keep the roles', async () => {
  const { id } = await subject.ok('POST', MEMBERSHIPS, { ...pair, role_slug: 'admin' })
  await subject.ok('PUT', `${MEMBERSHIPS}/${id}/deactivate`)
  const active = await subject.ok('PUT', `${MEMBERSHIPS}/${id}/reactivate`)
  expect(active).toMatchObject({ status: 'active', role: { slug: 'admin' } })
})

test('a missing user or organization is 404', async () => {
  const noUser = await subject.call('POST', MEMBERSHIPS, { ...pair, user_id: 'user_none' })
  expect(refusalOf(noUser)).toEqual([404, 'entity_not_found'])
  const noOrganization = await subject.call('POST', MEMBERSHIPS, { ...pair, organization_id: 'org_none' })
  expect(refusalOf(noOrganization)).toEqual([404, 'entity_not_found'])
  const nothing = await subject.call('POST', MEMBERSHIPS, {})
  expect(refusalOf(nothing)).toEqual([
    422,
    'invalid_request_parameters',
    'user_id_required',
    'organization_id_required',
  ])
})

test('an unknown membership is 404 everywhere', async () => {
  for (const [method, suffix] of [['GET'], ['PUT'], ['PUT', '/deactivate'], ['PUT', '/reactivate'], ['DELETE']]) {
    const path = `${MEMBERSHIPS}/om_none${suffix ?? ''}`
    expect((await subject.call(method ?? '', path, method === 'PUT' && !suffix ? {} : undefined)).status).toBe(404)
  }
})

test('a list needs a user or an organization, and shows active memberships by default', async () => {
  const { id } = await subject.ok('POST', MEMBERSHIPS, pair)
  const other = await subject.ok('POST', '/organizations', { name: 'Two' })
  const second = await subject.ok('POST', MEMBERSHIPS, { ...pair, organization_id: other.id })
  await subject.ok('PUT', `${MEMBERSHIPS}/${id}/deactivate`)
  const ids = async (query: string) => (await subject.ok('GET', `${MEMBERSHIPS}?${query}`)).data.map((item) => item.id)
  expect(await ids(`user_id=${pair.user_id}`)).toEqual([second.id])
  expect(await ids(`user_id=${pair.user_id}&statuses=active,inactive`)).toEqual([second.id, id])
  expect(await ids(`organization_id=${pair.organization_id}&statuses=inactive`)).toEqual([id])
  expect(await ids(`organization_id=${other.id}&user_id=${pair.user_id}`)).toEqual([second.id])
  expect(refusalOf(await subject.call('GET', MEMBERSHIPS))).toEqual([400, 'missing_user_id_or_organization_id'])
  const bad = await subject.call('GET', `${MEMBERSHIPS}?user_id=x&statuses=gone`)
  expect(refusalOf(bad)).toEqual([422, 'invalid_request_parameters', 'statuses_invalid'])
})

test('a deleted membership can be created again', async () => {
  const { id } = await subject.ok('POST', MEMBERSHIPS, pair)
  await subject.ok('DELETE', `${MEMBERSHIPS}/${id}`)
  const again = await subject.ok('POST', MEMBERSHIPS, pair)
  expect(again.id).not.toBe(id)
})
