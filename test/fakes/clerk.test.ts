import { parse } from 'csv-parse/sync'
import { expect, onTestFinished, test } from 'vitest'
import { isObject } from '../../src/json.ts'
import { dashboardCsv } from './clerk/dashboard-csv.ts'
import { type ClerkSettings, type FakeClerk, SECRET_KEY, startFakeClerk } from './clerk/fake-clerk.ts'
import { clerkConnection, clerkOidcConnection, clerkUser, generateInstance } from './clerk/generate.ts'

const INSTANCE = generateInstance({ users: 60, organizations: 4, membershipsEach: 2, withoutOrganization: 10 })

async function start(settings: ClerkSettings = {}): Promise<FakeClerk> {
  const connections = [clerkConnection(0), clerkOidcConnection(1, { active: false })]
  const fake = await startFakeClerk({ ...INSTANCE, connections }, settings)
  onTestFinished(() => fake.close())
  return fake
}

async function get(fake: FakeClerk, path: string, key = SECRET_KEY) {
  const response = await fetch(`${fake.url}/v1${path}`, { headers: { authorization: `Bearer ${key}` } })
  const body: unknown = await response.json()
  return { status: response.status, headers: response.headers, body }
}

function idsIn(body: unknown): unknown[] {
  const list = isObject(body) ? body.data : body
  return Array.isArray(list) ? list.map(({ id }) => id) : []
}

test('users are a bare array, newest first, in pages of up to 500', async () => {
  const fake = await start()
  const newest = INSTANCE.users.map(({ id }) => id).reverse()
  expect(idsIn((await get(fake, '/users')).body)).toEqual(newest.slice(0, 10))
  expect(idsIn((await get(fake, '/users?limit=500&offset=55')).body)).toEqual(newest.slice(55))
  expect(idsIn((await get(fake, '/users?limit=2&order_by=%2Bcreated_at')).body)).toEqual(newest.slice(-2).reverse())
  expect((await get(fake, '/users?limit=501')).status).toBe(422)
  expect((await get(fake, '/users?order_by=+created_at')).status).toBe(422)
  expect((await get(fake, '/users/count')).body).toEqual({ object: 'total_count', total_count: 60 })
  const active = INSTANCE.users.filter(
    ({ last_active_at }) => (last_active_at ?? 0) >= (clerkUser(40).last_active_at ?? 0),
  )
  expect((await get(fake, `/users/count?last_active_at_since=${clerkUser(40).last_active_at}`)).body).toMatchObject({
    total_count: active.length,
  })
})

test('a user who is created between pages moves the others', async () => {
  const fake = await start()
  const first = idsIn((await get(fake, '/users?limit=10')).body)
  fake.instance.addUser({ ...clerkUser(1000), created_at: Date.now() })
  expect(idsIn((await get(fake, '/users?limit=10&offset=10')).body)[0]).toBe(first.at(-1))
})

test('memberships of the instance and of one organization have user, organization and role', async () => {
  const fake = await start()
  const all = await get(fake, '/organization_memberships?limit=500')
  expect(all.body).toMatchObject({ total_count: 100 })
  const one = await get(fake, `/organizations/${INSTANCE.organizations[1]?.id}/memberships?limit=1&order_by=created_at`)
  expect(one.body).toMatchObject({
    total_count: 26,
    data: [
      {
        role: 'org:member',
        organization: { id: INSTANCE.organizations[1]?.id, slug: 'customer-1' },
        public_user_data: { user_id: clerkUser(0).id, identifier: 'clerk-0@example.com' },
      },
    ],
  })
  expect((await get(fake, '/organizations/org_none/memberships')).status).toBe(404)
})

test("a wrong key is rejected in Clerk's form, and fast requests with the time to wait", async () => {
  const fake = await start({ rate: { burst: 1, perSecond: 0.5 } })
  expect(await get(fake, '/users', 'sk_test_other')).toMatchObject({
    status: 401,
    body: { errors: [{ code: 'clerk_key_invalid' }] },
  })
  expect((await get(fake, '/users')).status).toBe(200)
  const refused = await get(fake, '/users')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('2')
})

test('the dashboard export has the digests that the API does not have', async () => {
  const fake = await start()
  const rows: Record<string, string>[] = parse(dashboardCsv(fake.instance), { columns: true })
  expect(rows).toHaveLength(60)
  expect(rows[0]).toMatchObject({
    id: clerkUser(0).id,
    primary_email_address: 'clerk-0@example.com',
    unverified_email_addresses: 'other-0@example.com|clerk-0@example.com',
    password_hasher: 'bcrypt',
    totp_secret: 'JBSWY3DPEHPK3PXP',
  })
  expect(JSON.stringify((await get(fake, '/users?limit=500')).body)).not.toContain('$2b$')
})

test('enterprise connections are a list without an order, filtered by organization or state', async () => {
  const fake = await start()
  const path = '/enterprise_connections'
  expect((await get(fake, path)).body).toMatchObject({
    total_count: 2,
    data: [
      { id: 'entconn_2fake1', saml_connection: null, oauth_config: { client_id: 'client-1' } },
      { id: 'entconn_2fake0', oauth_config: null },
    ],
  })
  expect(idsIn((await get(fake, `${path}?active=true`)).body)).toEqual(['entconn_2fake0'])
  expect(idsIn((await get(fake, `${path}?organization_id=${INSTANCE.organizations[1]?.id}`)).body)).toEqual([
    'entconn_2fake1',
  ])
  expect((await get(fake, `${path}?order_by=created_at`)).status).toBe(422)
  expect(JSON.stringify((await get(fake, path)).body)).not.toContain('secret')
})

test('roles of organizations have their permissions, as the roles of memberships do', async () => {
  const fake = await start()
  const { body } = await get(fake, '/organization_roles?order_by=%2Bkey')
  expect(body).toMatchObject({
    total_count: 2,
    data: [
      { key: 'org:admin', permissions: [{ key: 'org:sys_memberships:manage' }, { key: 'org:sys_memberships:read' }] },
      { key: 'org:member', permissions: [] },
    ],
  })
  const refused = await start({ refused: { '/v1/organization_roles': { status: 404, code: 'resource_not_found' } } })
  expect(await get(refused, '/organization_roles')).toMatchObject({ status: 404 })
})
