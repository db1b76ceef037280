import { expect, test } from 'vitest'
import { CredentialsError, SourceError } from '../../../src/diagnostics/errors.ts'
import { JsonClient } from '../../../src/http/json-client.ts'
import { accessTokens } from '../../../src/sources/auth0/capture/token.ts'
import { liveOptions } from '../../../src/sources/auth0/options.ts'
import { generateTenant, person, ROLES } from '../../fakes/auth0/generate.ts'
import type { Auth0User } from '../../fakes/auth0/objects.ts'
import { ALL_SCOPES } from '../../fakes/auth0/settings.ts'
import { tried } from '../../tried.ts'
import { folderWith, sums } from '../reading.ts'
import { captureInto, memberships, membershipsOf, readTenant, tenantWith } from './reading.ts'

const SMALL = { users: 60, organizations: 4, withoutOrganization: 12, largest: 30 }

function ids(users: readonly { user_id?: unknown }[]): unknown[] {
  return users.map(({ user_id }) => user_id).toSorted()
}

test('users with and without organizations are read, with memberships and roles', async () => {
  const fake = await tenantWith(generateTenant(SMALL))
  const reading = await readTenant(fake)
  expect(ids(reading.users)).toEqual(ids(fake.tenant.users.all()))
  expect(memberships(reading)).toEqual(membershipsOf(fake))
  expect(reading.users.filter(({ memberships: own }) => Array.isArray(own) && own.length === 0)).toHaveLength(12)
  expect(reading.organizations.map(({ id }) => id)).toEqual(fake.tenant.organizations.all().map(({ id }) => id))
  expect(reading.rejected).toEqual([])
  const members = fake.tenant.members().length
  expect(sums(reading)).toEqual([
    ['users', 60, 60, 0],
    ['organizations', 4, 4, 0],
    ['memberships', members, members, 0],
    ['roles', 4, 4, 0],
  ])
})

test('the snapshot contains roles with permissions, and only necessary requests are sent', async () => {
  const fake = await tenantWith(generateTenant(SMALL))
  const { snapshot } = await readTenant(fake)
  const rows = async (stream: string) => {
    const found = []
    for await (const batch of snapshot.read(stream)) found.push(...batch.map(({ data }) => data))
    return found
  }
  expect(await rows('roles')).toEqual(ROLES)
  expect(await rows('connections')).toEqual([])
  expect(fake.counts()['GET /api/v2/connections']).toBeUndefined()
})

test.each(['pages', 'export'])('engine %s: a page shorter than requested is not the last one', async (engine) => {
  const data = generateTenant({ users: 230, organizations: 3, largest: 120 })
  const fake = await tenantWith(data, { pageCap: 50, shortPages: 0.6 })
  const reading = await readTenant(fake, { engine })
  expect(ids(reading.users)).toEqual(ids(data.users))
  expect(memberships(reading)).toEqual(membershipsOf(fake))
})

test(tried('Auth0', 'Management API v2', 'more than 1,000 users and members'), async () => {
  const data = generateTenant({ users: 1150, organizations: 2, largest: 1100 })
  const fake = await tenantWith(data)
  const reading = await readTenant(fake)
  expect(ids(reading.users)).toEqual(ids(data.users))
  expect(memberships(reading)).toEqual(membershipsOf(fake))
  expect(fake.counts()['POST /api/v2/jobs/users-exports']).toBe(1)
})

test('engine pages fails early for more users than pages reach', async () => {
  const fake = await tenantWith({ users: Array.from({ length: 1001 }, (_, n) => person(n)) })
  await expect(readTenant(fake, { engine: 'pages' })).rejects.toThrow(
    'has 1001 users to read, but returns only the first 1000',
  )
  expect(fake.counts()['GET /api/v2/users']).toBe(2)
})

test('every missing scope is reported with its use, and nothing is read', async () => {
  const scopes = ALL_SCOPES.filter((scope) => !/roles|members$/.test(scope))
  const fake = await tenantWith(generateTenant(SMALL), { scopes })
  const failure = await readTenant(fake).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CredentialsError)
  expect(failure).toMatchObject({
    problems: [
      { code: 'missing_scope', message: expect.stringContaining('read:roles, which is needed to read roles') },
      { message: expect.stringContaining('read:organization_members, which') },
      { message: expect.stringContaining('read:organization_member_roles, which') },
    ],
  })
  expect(fake.counts()['POST /api/v2/jobs/users-exports']).toBeUndefined()
})

test('without organizations, their scopes are not needed', async () => {
  const fake = await tenantWith(generateTenant(SMALL), { scopes: ['read:users'] })
  expect((await readTenant(fake, { organizationFrom: 'none' })).users).toHaveLength(60)
  const named = await tenantWith(generateTenant(SMALL), { scopes: ['read:users', 'read:roles'] })
  expect((await readTenant(named, { organizationFrom: 'metadata' })).users).toHaveLength(60)
})

test('a wrong secret is a credentials error and never shown', async () => {
  const fake = await tenantWith({})
  const failure = await readTenant(fake, { clientSecret: 'wrong-secret-123' }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CredentialsError)
  expect(failure).toMatchObject({
    problems: [{ code: 'credentials_refused', hint: expect.stringContaining('clientSecret') }],
  })
  expect(JSON.stringify(failure)).not.toContain('wrong-secret-123')
})

test('an unauthorized application gets a hint to authorize it', async () => {
  const fake = await tenantWith({}, { granted: false })
  await expect(readTenant(fake)).rejects.toMatchObject({
    problems: [{ code: 'credentials_refused', hint: expect.stringContaining('authorize the application') }],
  })
})

test('with a custom domain, tokens are requested with the audience of the tenant', async () => {
  const audience = 'https://acme.eu.auth0.com/api/v2/'
  const fake = await tenantWith(generateTenant(SMALL), { audience })
  expect((await readTenant(fake, { audience })).users).toHaveLength(60)
  await expect(readTenant(fake)).rejects.toMatchObject({
    problems: [{ hint: expect.stringContaining('set audience to') }],
  })
})

test(tried('Auth0', 'Management API v2', 'a token that expires on the way'), async () => {
  const data = generateTenant({ users: 230, organizations: 3 })
  const fake = await tenantWith(data, { tokenUses: 5, pageCap: 50 })
  expect(ids((await readTenant(fake)).users)).toEqual(ids(data.users))
  expect(fake.counts()['POST /oauth/token']).toBeGreaterThan(2)
})

test('parallel requests share one new token when the old one expires', async () => {
  const fake = await tenantWith({}, { tokenLifetime: 0 })
  const { address, clientId, clientSecret } = liveOptions(fake.source)
  const tokens = accessTokens(new JsonClient(address), { address, clientId, clientSecret })
  const together = () => Promise.all(Array.from({ length: 20 }, () => tokens.authorize(false)))
  const [first, second] = [new Set(await together()), new Set(await together())]
  expect([first.size, second.size]).toEqual([1, 1])
  expect(fake.counts()['POST /oauth/token']).toBe(2)
})

test.each([
  ['users', { users: 3 }, 'counts 63 users, but 60 were read'],
  ['organizations', { organizations: -1 }, 'counts 3 organizations, but 4 were read'],
  ['members', { members: 1 }, /counts \d+ members of org_\d+, but \d+ were read/],
])('%s: a wrong count is an error with both numbers', async (_what, totalsOff, message) => {
  const fake = await tenantWith(generateTenant(SMALL), { totalsOff })
  const failure = readTenant(fake)
  await expect(failure).rejects.toThrow(message)
  await expect(failure).rejects.toBeInstanceOf(SourceError)
})

test(tried('Auth0', 'Management API v2', 'an export that leaves out a user'), async () => {
  const data = generateTenant(SMALL)
  const missing = [String(data.users[50]?.user_id)]
  const fake = await tenantWith(data, { export: { missing } })
  await expect(readTenant(fake, { engine: 'export' })).rejects.toThrow('counts 60 users, but 59 were read')
})

test('only the listed organizations are read, but all users', async () => {
  const fake = await tenantWith(generateTenant(SMALL))
  const [first] = fake.tenant.organizations.all()
  const reading = await readTenant(fake, { organizations: [String(first?.id)] })
  expect(reading.organizations.map(({ id }) => id)).toEqual([first?.id])
  expect(reading.users).toHaveLength(60)
  expect(Object.keys(memberships(reading))).toHaveLength(30)
})

test('a listed organization that does not exist is an error', async () => {
  const fake = await tenantWith(generateTenant(SMALL))
  await expect(readTenant(fake, { organizations: ['org_nowhere'] })).rejects.toThrow(
    'there is no organization org_nowhere',
  )
})

test('provider IDs keep every digit as text', async () => {
  const identities = [{ connection: 'line', provider: 'line', user_id: 7_000_000_001, isSocial: true }]
  const user: Auth0User = { ...person(1), identities }
  const fake = await tenantWith({ users: [user] })
  for (const engine of ['pages', 'export']) {
    expect((await readTenant(fake, { engine })).users[0]?.identities).toMatchObject([{ user_id: '7000000001' }])
  }
})

test('updatedSince reads only changed users, and the source is partial', async () => {
  const data = generateTenant(SMALL)
  const fake = await tenantWith(data)
  const since = '2025-01-01T00:00:00Z'
  fake.tenant.updateUser(String(data.users[3]?.user_id), { given_name: 'Neu' })
  for (const engine of ['auto', 'export']) {
    const reading = await readTenant(fake, { updatedSince: since, engine })
    expect(ids(reading.users)).toEqual([data.users[3]?.user_id])
    expect(reading.warnings).toMatchObject([{ code: 'members_not_read' }])
    expect(reading.rejected).toEqual([])
  }
})

test('connection reads only its users, and a warning counts other memberships', async () => {
  const data = generateTenant({ users: 60, organizations: 3 })
  const fake = await tenantWith(data)
  const connection = 'Username-Password-Authentication'
  const own = data.users.filter(({ identities }) => identities.some((one) => one.connection === connection))
  expect(own.length).toBeGreaterThan(0)
  expect(own.length).toBeLessThan(data.users.length)
  for (const engine of ['auto', 'export']) {
    const reading = await readTenant(fake, { connection, engine })
    expect(ids(reading.users)).toEqual(ids(own))
    expect(reading.rejected).toEqual([])
    expect(reading.warnings).toMatchObject([
      { code: 'members_not_read', message: expect.stringContaining(`no account in the connection ${connection}`) },
    ])
  }
  expect((await readTenant(fake, { connection: 'a "strange\\" one' })).users).toEqual([])
})

test('with updatedSince, no user gets the password of a previous owner of the address', async () => {
  const [changed, newcomer, gone] = [person(0), person(1), person(2)]
  const fake = await tenantWith({ users: [changed, { ...newcomer, email: 'was-of-another@example.com' }] })
  for (const { user_id } of [changed, newcomer]) fake.tenant.updateUser(user_id, {})
  const passwordHash = `$2b$10$${'a'.repeat(53)}`
  const connection = 'Username-Password-Authentication'
  const hashes = [
    { _id: { $oid: changed.identities[0]?.user_id }, passwordHash },
    { _id: { $oid: gone.identities[0]?.user_id }, email: 'was-of-another@example.com', connection, passwordHash },
  ]
  const reading = await readTenant(
    fake,
    { updatedSince: '2025-01-01', passwords: 'hashes.ndjson', organizationFrom: 'none' },
    { 'hashes.ndjson': hashes.map((row) => JSON.stringify(row)).join('\n') },
  )
  expect(reading.users.map(({ passwords }) => (passwords as unknown[]).length).toSorted()).toEqual([0, 1])
  expect(reading.rejected).toEqual([])
  expect(reading.warnings).toMatchObject([
    { code: 'rows_not_read', message: expect.stringMatching(/^1 row of hashes/) },
  ])
  expect(sums(reading).at(-1)).toEqual(['passwords', 1, 1, 0])
})

test('a rate limit without Retry-After loses nothing', async () => {
  const fake = await tenantWith(generateTenant(SMALL), {
    rate: { burst: 12, perSecond: 40 },
    networkErrors: { refusals: 0.05 },
  })
  expect(memberships(await readTenant(fake, { concurrency: 8 }))).toEqual(membershipsOf(fake))
})

test('the order does not depend on the number of parallel requests', async () => {
  const data = generateTenant({ users: 90, organizations: 12 })
  const fake = await tenantWith(data)
  const folder = folderWith({})
  const one = await captureInto(`${folder}/1`, { ...fake.source, concurrency: 1 })
  const many = await captureInto(`${folder}/2`, { ...fake.source, concurrency: 10, pageSize: 7 })
  const digest = (snapshot: typeof one) => snapshot.streams.find(({ name }) => name === 'members')?.sha256
  expect(digest(one)).toBe(digest(many))
})

test('users are sorted oldest first with every engine', async () => {
  const fake = await tenantWith(generateTenant({ users: 80, organizations: 1, secondAccounts: 10 }))
  const age = ({ created_at, user_id }: { created_at?: unknown; user_id?: unknown }) => `${created_at} ${user_id}`
  const wanted = fake.tenant.users.all().map(age).toSorted()
  for (const engine of ['pages', 'export']) {
    expect((await readTenant(fake, { engine })).users.map(age)).toEqual(wanted)
  }
})

test('a tenant can have a password file, and organizations in metadata', async () => {
  const [first, second] = [person(0), person(1)]
  const users = [
    { ...first, email: 'same@example.com', app_metadata: { organization_id: 'acme', organization_name: 'Acme' } },
    { ...second, email: 'Same@example.com', email_verified: true },
  ]
  const fake = await tenantWith({ users })
  const passwordHash = `$2b$10$${'a'.repeat(53)}`
  const hashes = [
    { _id: { $oid: first.identities[0]?.user_id }, passwordHash },
    { _id: { $oid: 'gone' }, passwordHash },
  ]
  const reading = await readTenant(
    fake,
    { organizationFrom: 'metadata', passwords: 'hashes.ndjson' },
    { 'hashes.ndjson': hashes.map((row) => JSON.stringify(row)).join('\n') },
  )
  expect(reading.users).toMatchObject([
    {
      passwords: [{ passwordHash }],
      same_email: [{ user_id: second.user_id, email_verified: true }],
      memberships: [{ organization: { id: 'acme', name: 'Acme' } }],
    },
    { passwords: [], same_email: [{ user_id: first.user_id, email_verified: false }], memberships: [] },
  ])
  expect(reading.organizations).toEqual([{ id: 'acme', name: 'Acme' }])
  expect(reading.counts.map(({ stream, file, passed }) => [stream, file, passed])).toEqual([
    ['users', 'snapshot/users.ndjson.gz', 2],
    ['organizations', 'snapshot/users.ndjson.gz', 1],
    ['roles', 'snapshot/roles.ndjson.gz', 0],
    ['passwords', 'hashes.ndjson', 1],
  ])
  expect(reading.rejected).toMatchObject([
    { origin: { file: 'hashes.ndjson', line: 2 }, problem: { code: 'no_such_user' } },
  ])
})
