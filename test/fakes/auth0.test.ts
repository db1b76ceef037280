import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { isObject } from '../../src/json.ts'
import { askToken, type Reply, signIn } from './auth0/client.ts'
import { CLIENT_ID, CLIENT_SECRET, type FakeAuth0, startFakeAuth0 } from './auth0/fake-auth0.ts'
import { generateTenant } from './auth0/generate.ts'
import type { TenantData } from './auth0/objects.ts'
import type { Auth0Settings } from './auth0/settings.ts'

async function start(data: Partial<TenantData>, settings: Auth0Settings = {}): Promise<FakeAuth0> {
  const fake = await startFakeAuth0(data, settings)
  onTestFinished(() => fake.close())
  return fake
}

/** A list in a response object. */
function listIn({ body }: Reply, name: string): Record<string, unknown>[] {
  const list = isObject(body) ? body[name] : undefined
  return Array.isArray(list) ? list : []
}

function memberOf({ body }: Reply, name: string): unknown {
  return isObject(body) ? body[name] : undefined
}

const TENANT = generateTenant({ users: 1200, organizations: 3, withoutOrganization: 50, largest: 1100 })
const [FIRST = { id: '' }] = TENANT.organizations

test('a token needs the right secret, audience and grant, as JSON or a form', async () => {
  const fake = await start({})
  expect((await askToken(fake)).body).toMatchObject({ expires_in: 86_400, token_type: 'Bearer' })
  expect(await askToken(fake, { client_secret: 'other' })).toMatchObject({
    status: 401,
    body: { error: 'access_denied', error_description: 'Unauthorized' },
  })
  expect(await askToken(fake, { audience: fake.url })).toMatchObject({
    status: 403,
    body: { error: 'access_denied', error_description: `Service not enabled within domain: ${fake.url}` },
  })
  const form = await fetch(`${fake.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      audience: `${fake.url}/api/v2/`,
    }),
  })
  expect(form.status).toBe(200)
  expect((await askToken(await start({}, { granted: false }))).status).toBe(403)
})

test('a request without a valid token or a scope is rejected, with the missing scope', async () => {
  const fake = await start(TENANT, { scopes: ['read:organization_members'], tokenUses: 3 })
  const get = await signIn(fake)
  expect(await get('/users')).toMatchObject({
    status: 403,
    body: { errorCode: 'insufficient_scope', message: 'Insufficient scope, expected any of: read:users' },
  })
  expect((await get(`/organizations/${FIRST.id}/members?take=2`)).status).toBe(200)
  expect(await get(`/organizations/${FIRST.id}/members?take=2&fields=user_id,roles`)).toMatchObject({
    status: 403,
    body: { message: 'Insufficient scope, expected any of: read:organization_member_roles' },
  })
  expect(await get(`/organizations/${FIRST.id}/members`)).toMatchObject({
    status: 401,
    body: { errorCode: 'invalid_token', message: 'Expired token received for JSON Web Token validation' },
  })
  expect((await fetch(`${fake.url}/api/v2/users`)).status).toBe(401)
})

test('pages of users end after 1,000 records and can be shorter than requested', async () => {
  const get = await signIn(await start(TENANT, { pageCap: 50 }))
  const page = await get('/users?per_page=100&page=1&include_totals=true')
  expect(page.body).toMatchObject({ start: 50, limit: 50, length: 50, total: 1200 })
  expect(listIn(page, 'users').at(0)?.user_id).toBe(TENANT.users[50]?.user_id)
  expect((await get('/users?per_page=100&page=19')).status).toBe(200)
  expect(await get('/users?per_page=100&page=20')).toMatchObject({ status: 400, body: { errorCode: 'invalid_paging' } })
  expect((await get(`/organizations/${FIRST.id}/members?per_page=100&page=10`)).status).toBe(400)
})

test('the search finds time ranges, exact values and prefixes', async () => {
  const get = await signIn(await start(TENANT))
  const total = async (q: string) =>
    memberOf(await get(`/users?per_page=1&include_totals=true&q=${encodeURIComponent(q)}`), 'total')
  const [from, to] = [TENANT.users[10]?.updated_at, TENANT.users[19]?.updated_at]
  expect(await total(`updated_at:[${from} TO ${to}]`)).toBe(10)
  expect(await total(`updated_at:{${from} TO ${to}]`)).toBe(9)
  expect(await total(`updated_at:[${from} TO *]`)).toBe(1190)
  expect(await total('email:"person-7@example.com"')).toBe(1)
  expect(await total('email:person-119*')).toBe(11)
  expect(await total('identities.connection:"acme-saml" AND blocked:true')).toBe(22)
  expect((await get('/users?q=nonsense')).status).toBe(400)
})

test('checkpoints return all members once, despite short pages and deletions', async () => {
  const fake = await start(TENANT, { shortPages: 0.5, seed: 7 })
  const get = await signIn(fake)
  const seen: unknown[] = []
  const sizes: number[] = []
  for (let from: unknown = ''; from !== undefined; ) {
    const page = await get(`/organizations/${FIRST.id}/members?take=100&fields=user_id,roles${from}`)
    seen.push(...listIn(page, 'members').map(({ user_id }) => user_id))
    sizes.push(listIn(page, 'members').length)
    const next = memberOf(page, 'next')
    from = next === undefined ? undefined : `&from=${next}`
    if (sizes.length === 3) fake.tenant.deleteUser(String(seen[0]))
  }
  expect(seen).toEqual(TENANT.users.slice(0, 1100).map(({ user_id }) => user_id))
  expect(sizes.slice(0, -1).some((size) => size < 100)).toBe(true)
  expect((await get(`/organizations?from=bm9uc2Vuc2U`)).status).toBe(400)
})

test('an export job contains the requested fields of all users, behind links that expire', async () => {
  let now = Date.now()
  const fake = await start(TENANT, {
    now: () => now,
    export: { pendingPolls: 2, linkLifetime: 5, malformedLines: [2], truncatedDownloads: 1 },
  })
  const get = await signIn(fake)
  const fields = [{ name: 'user_id' }, { name: 'identities[0].connection', export_as: 'connection' }]
  const job = await get('/jobs/users-exports', { format: 'json', fields })
  const path = `/jobs/${memberOf(job, 'id')}`
  const read = async () => (await get(path)).body
  expect([job.body, await read(), await read()]).toMatchObject(Array(3).fill({ status: 'pending' }))
  const link = async () => String(memberOf(await get(path), 'location'))
  const location = await link()
  const cut = Buffer.from(await (await fetch(location)).arrayBuffer())
  expect(() => gunzipSync(cut)).toThrow()
  const response = await fetch(location)
  expect(response.headers.get('content-encoding')).toBe(null)
  const lines = gunzipSync(Buffer.from(await response.arrayBuffer()))
    .toString()
    .trimEnd()
    .split('\n')
  expect(lines).toHaveLength(1200)
  expect(Object.keys(JSON.parse(lines[0] ?? ''))).toEqual(['user_id', 'connection'])
  expect(() => JSON.parse(lines[1] ?? '')).toThrow()
  now += 5000
  expect((await fetch(location)).status).toBe(403)
  expect((await fetch(await link())).status).toBe(200)
  // The storage accepts one signature, not two.
  expect((await fetch(await link(), { headers: { authorization: 'Bearer x' } })).status).toBe(400)
})

test('an export in CSV has an apostrophe before texts', async () => {
  const fake = await start(TENANT, { export: { pendingPolls: 0, gzip: false } })
  const get = await signIn(fake)
  const fields = [{ name: 'email' }, { name: 'email_verified' }]
  const job = await get('/jobs/users-exports', { format: 'csv', limit: 1, fields })
  const { body } = await get(`/jobs/${memberOf(job, 'id')}`)
  const text = await (await fetch(String(isObject(body) ? body.location : ''))).text()
  expect(text).toMatch(/^email,email_verified\n'person-\d+@example\.com,(true|false)\n$/)
})

test('the bucket rejects fast requests, reports when it is full again, and refills', async () => {
  let now = 1_800_000_000_000
  const fake = await start(TENANT, { rate: { burst: 3, perSecond: 2 }, now: () => now })
  const get = await signIn(fake)
  const remaining = []
  for (let n = 0; n < 3; n += 1) remaining.push((await get('/roles')).headers.get('x-ratelimit-remaining'))
  expect(remaining).toEqual(['2', '1', '0'])
  const refused = await get('/roles')
  expect(refused).toMatchObject({ status: 429, body: { errorCode: 'too_many_requests' } })
  expect(refused.headers.get('retry-after')).toBe(null)
  expect(refused.headers.get('x-ratelimit-reset')).toBe('1800000001')
  now += 500
  expect((await get('/roles')).status).toBe(200)
  expect(fake.counts()['GET /api/v2/roles']).toBe(4)
})

test('a 429 has Retry-After only if the tenant is set to it', async () => {
  const get = await signIn(await start(TENANT, { rate: { burst: 1, perSecond: 0.25 }, retryAfter: true, now: () => 0 }))
  await get('/roles')
  expect((await get('/roles')).headers.get('retry-after')).toBe('4')
})

test('issued tokens can be revoked', async () => {
  const fake = await start(TENANT)
  const get = await signIn(fake)
  expect((await get('/roles')).status).toBe(200)
  fake.expireTokens()
  expect(await get('/roles')).toMatchObject({ status: 401, body: { message: 'Invalid token' } })
  expect((await (await signIn(fake))('/roles')).status).toBe(200)
})

test('network errors have the set share, repeat in every run, and do not count as responses', async () => {
  const networkErrors = async () => {
    const fake = await start(TENANT)
    const get = await signIn(fake)
    fake.setNetworkErrors({ serverErrors: 0.2, dropped: 0.1, cutOff: 0.1, refusals: 0.1, seed: 3 })
    let answers = 0
    for (let n = 0; n < 100; n += 1) {
      const reply = await get('/roles').catch(() => undefined)
      if (reply?.status === 200) answers += 1
    }
    expect(fake.counts()['GET /api/v2/roles']).toBe(answers)
    return fake.log.map(({ status, networkError }) => `${status} ${networkError ?? ''}`)
  }
  const found = await networkErrors()
  for (const kind of ['server error', 'dropped', 'cut off', 'refusal']) {
    expect(found.filter((entry) => entry.endsWith(kind)).length, kind).toBeGreaterThan(3)
  }
  expect(await networkErrors()).toEqual(found)
})

test('an action after a number of requests runs before the response', async () => {
  const fake = await start(TENANT)
  const get = await signIn(fake)
  fake.after(2, () => fake.tenant.deleteUser(TENANT.users[0]?.user_id ?? ''))
  const path = `/users/${encodeURIComponent(TENANT.users[0]?.user_id ?? '')}`
  expect((await get(path)).status).toBe(200)
  expect(await get(path)).toMatchObject({ status: 404, body: { errorCode: 'inexistent_user' } })
})
