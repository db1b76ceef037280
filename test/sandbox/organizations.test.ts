import { afterEach, beforeEach, expect, test } from 'vitest'
import { refusalOf, type Subject, startSubject } from './harness.ts'

let subject: Subject
beforeEach(async () => {
  subject = await startSubject()
})
afterEach(() => subject.close())

test('an organization is returned with its domains and found by ID, external ID and domain', async () => {
  const created = await subject.ok('POST', '/organizations', {
    name: 'One',
    external_id: 'one',
    metadata: { tier: 'a' },
    domain_data: [{ domain: 'One.example.com', state: 'verified' }],
  })
  expect(created).toMatchObject({ name: 'One', external_id: 'one', metadata: { tier: 'a' } })
  expect(created.domains).toMatchObject([{ domain: 'one.example.com', state: 'verified', organization_id: created.id }])
  await subject.ok('POST', '/organizations', { name: 'Two', domains: ['two.example.com'] })
  expect(await subject.ok('GET', `/organizations/${created.id}`)).toEqual(created)
  expect(await subject.ok('GET', '/organizations/external_id/one')).toEqual(created)
  expect((await subject.ok('GET', '/organizations?domains=one.example.com,none.example.com')).data).toEqual([created])
  const either = await subject.ok('GET', '/organizations?domains=one.example.com&domains=two.example.com')
  expect(either.data).toHaveLength(2)
  expect((await subject.ok('GET', '/organizations?search=ON')).data).toEqual([created])
})

test('names can repeat, external IDs cannot', async () => {
  await subject.ok('POST', '/organizations', { name: 'One', external_id: 'one' })
  await subject.ok('POST', '/organizations', { name: 'One' })
  const answer = await subject.call('POST', '/organizations', { name: 'One', external_id: 'one' })
  expect(refusalOf(answer)).toEqual([400, 'external_id_already_used'])
})

test.each([
  [{}, 'name_required'],
  [{ name: '' }, 'name_required'],
  [{ name: 'One', domain_data: [{ domain: 'one.example.com' }] }, 'domain_data_invalid'],
  [{ name: 'One', domain_data: 'one.example.com' }, 'domain_data_invalid'],
  [{ name: 'One', domains: [1] }, 'domains_must_be_an_array_of_strings'],
  [{ name: 'One', domains: ['no domain'] }, 'domain_invalid'],
  [{ name: 'One', domains: ['Gmail.com'] }, 'consumer_domain_forbidden'],
  [{ name: 'One', metadata: { n: 1 } }, 'metadata_required'],
  [{ name: 'One', allow_profiles_outside_organization: 'no' }, 'allow_profiles_outside_organization_must_be_a_boolean'],
])('%j is rejected with %s and leaves nothing behind', async (body, code) => {
  const answer = await subject.call('POST', '/organizations', body)
  expect(refusalOf(answer)).toEqual([422, 'invalid_request_parameters', code])
  expect((await subject.ok('GET', '/organizations')).data).toEqual([])
})

test('metadata beyond its limits is rejected', async () => {
  const answer = await subject.call('POST', '/organizations', { name: 'One', metadata: { k: 'v'.repeat(601) } })
  expect(refusalOf(answer)).toEqual([400, 'invalid_metadata'])
})

test("another organization's domain is rejected, and no organization is created", async () => {
  await subject.ok('POST', '/organizations', { name: 'One', domains: ['one.example.com'] })
  const body = { name: 'Two', domains: ['two.example.com', 'ONE.example.com'] }
  const answer = await subject.call('POST', '/organizations', body)
  expect(refusalOf(answer)).toEqual([409, 'organization_domain_already_used'])
  expect((await subject.ok('GET', '/organizations')).data).toHaveLength(1)
  await subject.ok('POST', '/organizations', { name: 'Two', domains: ['two.example.com'] })
})

test('an update changes only its fields, merges metadata and replaces the domains', async () => {
  const before = await subject.ok('POST', '/organizations', {
    name: 'One',
    external_id: 'one',
    metadata: { a: '1', b: '2' },
    domain_data: [
      { domain: 'keep.example.com', state: 'pending' },
      { domain: 'drop.example.com', state: 'pending' },
    ],
  })
  const renamed = await subject.ok('PUT', `/organizations/${before.id}`, { name: 'Uno', metadata: { a: null, c: '3' } })
  expect(renamed).toEqual({ ...before, name: 'Uno', metadata: { b: '2', c: '3' }, updated_at: renamed.updated_at })
  const moved = await subject.ok('PUT', `/organizations/${before.id}`, {
    stripe_customer_id: 'cus_1',
    domain_data: [
      { domain: 'keep.example.com', state: 'verified' },
      { domain: 'new.example.com', state: 'pending' },
    ],
  })
  expect(moved).toMatchObject({
    stripe_customer_id: 'cus_1',
    domains: [
      { domain: 'keep.example.com', state: 'verified' },
      { domain: 'new.example.com', state: 'pending' },
    ],
  })
  expect((await subject.call('PUT', `/organizations/${before.id}`, { name: '' })).status).toBe(422)
  expect((await subject.call('PUT', '/organizations/org_unknown', { name: 'x' })).status).toBe(404)
})

test('an update cannot take an external ID or Stripe customer of another organization', async () => {
  const one = await subject.ok('POST', '/organizations', { name: 'One', external_id: 'one' })
  await subject.ok('PUT', `/organizations/${one.id}`, { stripe_customer_id: 'cus_1', external_id: 'one' })
  const two = await subject.ok('POST', '/organizations', { name: 'Two' })
  const put = async (body: unknown) => refusalOf(await subject.call('PUT', `/organizations/${two.id}`, body))
  expect(await put({ external_id: 'one' })).toEqual([400, 'external_id_already_used'])
  expect(await put({ stripe_customer_id: 'cus_1' })).toEqual([400, 'stripe_customer_id_already_used'])
})

test('deleting an organization deletes its memberships and roles, keeps its users and frees its domains', async () => {
  const fields = { name: 'One', external_id: 'one', domains: ['one.example.com'] }
  const { id } = await subject.ok('POST', '/organizations', fields)
  const user = await subject.ok('POST', '/user_management/users', { email: 'a@example.com' })
  await subject.ok('POST', `/authorization/organizations/${id}/roles`, { slug: 'org-x', name: 'X' })
  const pair = { user_id: user.id, organization_id: id, role_slug: 'org-x' }
  const membership = await subject.ok('POST', '/user_management/organization_memberships', pair)
  await subject.ok('DELETE', `/organizations/${id}`)
  expect((await subject.call('GET', `/organizations/${id}`)).status).toBe(404)
  expect((await subject.call('DELETE', `/organizations/${id}`)).status).toBe(404)
  expect((await subject.call('GET', `/user_management/organization_memberships/${membership.id}`)).status).toBe(404)
  expect((await subject.call('GET', `/user_management/users/${user.id}`)).status).toBe(200)
  await subject.ok('POST', '/organizations', fields)
})
