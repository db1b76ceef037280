import { describe, expect, test } from 'vitest'
import { clerkSource } from '../../../src/sources/clerk/open.ts'
import { dashboardCsv } from '../../fakes/clerk/dashboard-csv.ts'
import { clerkOrganization, clerkUser, generateInstance } from '../../fakes/clerk/generate.ts'
import type { ClerkUser, InstanceData } from '../../fakes/clerk/objects.ts'
import { folderWith, readAll } from '../reading.ts'
import { capture, fakeClerk, optionsOf, readLive } from './capturing.ts'

/** The records of an instance, with files. */
async function read(
  data: Partial<InstanceData>,
  files: Record<string, string> = {},
  more: Record<string, unknown> = {},
) {
  // Other tests cover roles.
  const fake = await fakeClerk({ roles: [], ...data })
  const named = Object.fromEntries(Object.keys(files).map((name) => [name.replace('.csv', ''), name]))
  const config = optionsOf(fake, { ...named, ...more })
  const { snapshot } = await capture(config)
  return { ...(await readLive(config, snapshot, files)), fake, config, snapshot }
}

/** A user with the fields of the test. */
function user(n: number, more: Partial<ClerkUser> = {}): ClerkUser {
  return { ...clerkUser(n), ...more }
}

/** The streams without files. */
const STREAMS = ['users', 'organizations', 'organizationRoles', 'connections', 'invitations']
const CSV = 'id,first_name,primary_email_address,password_digest,password_hasher,totp_secret,plan'
const BCRYPT = `$2b$10$${'k'.repeat(53)}`

test('NUL characters in API responses are left out as in files, with one warning', async () => {
  const users = [user(1, { first_name: 'A\0da', public_metadata: { 'no\0te': ['x\0\0'] } }), user(2)]
  const fake = await fakeClerk({ roles: [], users })
  const config = optionsOf(fake)
  const { snapshot } = await capture(config)
  const { records, warnings } = await readAll({ type: 'clerk', ...config }, folderWith({}), 1000, snapshot)
  expect(records[0]?.data).toMatchObject({ first_name: 'Ada', public_metadata: { note: ['x'] } })
  expect(JSON.stringify(records)).not.toContain('\\u0000')
  expect(warnings.filter(({ code }) => code === 'nul_characters')).toMatchObject([
    { message: '4 NUL characters were left out', at: { file: expect.stringContaining(snapshot.folder) } },
  ])
})

describe('a user of the API', () => {
  test("has the columns of the dashboard's export", async () => {
    const n = 8
    const { records, fake } = await read({ users: [user(n)] })
    const [header = '', row = ''] = dashboardCsv(fake.instance).split('\n')
    const cells = row.split(',')
    const exported = Object.fromEntries(header.split(',').map((column, index) => [column, cells[index]]))
    for (const [column, value] of Object.entries(exported)) {
      expect(records[0]?.data[column], column).toBe(value === '' ? undefined : value)
    }
  })

  test('has data that only the API returns, with times as text', async () => {
    const { records } = await read({ users: [user(5, { banned: true })] })
    expect(records[0]).toMatchObject({
      stream: 'users',
      origin: { file: expect.stringMatching(/^127\.0\.0\.1:\d+\/v1\/users$/), line: 1 },
      data: {
        banned: true,
        public_metadata: { plan: 'free' },
        private_metadata: { crm: 5 },
        unsafe_metadata: { role: 'org:admin' },
        created_at: '2024-03-01T08:00:05.000Z',
        external_accounts: [{ provider: 'oauth_google' }],
      },
    })
  })

  test.each([
    ['verified', true],
    ['unverified', false],
    ['expired', false],
    ['transferable', false],
  ] as const)('with an address that is %s has it among the verified ones: %s', async (status, verified) => {
    const [email] = clerkUser(1).email_addresses
    if (email === undefined) throw new Error('the user has an address')
    const address = { ...email, verification: { status, strategy: 'email_code' } }
    const { records } = await read({ users: [user(1, { email_addresses: [address] })] })
    const columns = { verified_email_addresses: verified, unverified_email_addresses: !verified }
    for (const [column, there] of Object.entries(columns)) {
      expect(records[0]?.data[column]).toBe(there ? email.email_address : undefined)
    }
  })

  test('without a primary address has none', async () => {
    const { records } = await read({ users: [user(1, { primary_email_address_id: null })] })
    expect(records[0]?.data.primary_email_address).toBeUndefined()
  })
})

describe('organizations and memberships', () => {
  test("organizations come first, with Clerk's ID as external ID, even without members", async () => {
    const { records, streams, counts } = await read(
      generateInstance({ users: 2, organizations: 2, membershipsEach: 1 }),
    )
    expect(streams).toEqual([...STREAMS, 'memberships', 'roleDefinitions'])
    expect(records.map(({ seq, stream }) => [seq, stream])).toEqual([
      [0, 'organizations'],
      [1, 'organizations'],
      [2, 'users'],
      [3, 'users'],
    ])
    expect(records[0]?.data).toMatchObject({
      org_external_id: clerkOrganization(0).id,
      org_name: 'Customer 0 Größe',
      org_slug: 'customer-0',
      org_public_metadata: { tier: 'gold' },
    })
    expect(records[0]?.data).not.toHaveProperty('org_id')
    expect(counts.map(({ stream, role, read, passed }) => [stream, role, read, passed])).toEqual([
      ['users', 'main', 2, 2],
      ['organizations', 'main', 2, 2],
      ['organizationRoles', 'main', 0, 0],
      ['memberships', 'joined', 2, 2],
    ])
  })

  test('memberships are joined to their user with the columns of a file', async () => {
    const { records } = await read(generateInstance({ users: 1, organizations: 1 }))
    expect(records.at(-1)?.data).toMatchObject({
      memberships: [
        {
          clerk_user_id: clerkUser(0).id,
          org_external_id: clerkOrganization(0).id,
          org_name: 'Customer 0 Größe',
          role_slugs: 'org:admin',
          _file: expect.stringMatching(/organization_memberships$/),
          _line: 1,
        },
      ],
      roles: [],
    })
  })

  test('a file of memberships replaces them', async () => {
    const memberships = `clerk_user_id,org_id\n${clerkUser(0).id},org_workos\n`
    const { records, streams } = await read(generateInstance({ users: 1, organizations: 1 }), {
      'memberships.csv': memberships,
    })
    expect(streams).toEqual([...STREAMS, 'memberships', 'roleDefinitions'])
    expect(records).toMatchObject([{ stream: 'users', data: { memberships: [{ org_id: 'org_workos' }] } }])
  })

  test('a file of roles is joined, and rows of unknown users are rejected', async () => {
    const roles = `clerk_user_id,external_id,role_slug\n,${clerkUser(0).external_id},editor\nuser_x,,admin\n`
    const { records, rejected } = await read({ users: [user(0)] }, { 'roles.csv': roles })
    expect(records[0]?.data.roles).toMatchObject([{ role_slug: 'editor' }])
    expect(rejected).toMatchObject([
      {
        stream: 'roles',
        origin: { line: 3 },
        problem: { code: 'no_such_user', message: 'there is no user "user_x" in the instance' },
      },
    ])
  })
})

describe("with the dashboard's export", () => {
  test('digests and secrets come from the file, data in both from the API', async () => {
    const { id } = clerkUser(1)
    const { records, rejected, warnings, counts } = await read(
      { users: [user(1, { first_name: 'Later', username: null, totp_enabled: true })] },
      { 'users.csv': `${CSV},username\n${id},Earlier,old@example.com,${BCRYPT},bcrypt,JBSWY3DPEHPK3PXP,pro,was\n` },
    )
    expect(records[0]?.data).toMatchObject({
      first_name: 'Later',
      primary_email_address: 'clerk-1@example.com',
      password_digest: BCRYPT,
      password_hasher: 'bcrypt',
      totp_secret: 'JBSWY3DPEHPK3PXP',
      plan: 'pro',
    })
    expect(records[0]?.data).not.toHaveProperty('username')
    expect(rejected).toEqual([])
    expect(warnings.map(({ code }) => code)).toEqual(['unknown_column'])
    expect(counts.at(-1)).toMatchObject({ stream: 'export', role: 'joined', read: 1, passed: 1 })
  })

  test('a password or second factor that was removed is left out', async () => {
    const { id } = clerkUser(1)
    const { records } = await read(
      { users: [user(1, { password_enabled: false, totp_enabled: false })] },
      { 'users.csv': `${CSV}\n${id},,a@example.com,${BCRYPT},bcrypt,JBSWY3DPEHPK3PXP,\n` },
    )
    for (const column of ['password_digest', 'password_hasher', 'totp_secret']) {
      expect(records[0]?.data).not.toHaveProperty(column)
    }
  })

  test('rows without a user are rejected, users without a row are reported, and a second row is rejected', async () => {
    const row = `${clerkUser(1).id},,a@example.com,${BCRYPT},bcrypt,,`
    const { rejected, warnings, counts } = await read(
      { users: [user(1), user(2)] },
      { 'users.csv': [CSV, row, 'user_gone,,b@example.com,,,,', row].join('\n') },
    )
    expect(rejected.map(({ stream, origin, problem }) => [stream, origin.line, problem.code])).toEqual([
      ['export', 4, 'second_row'],
      ['export', 3, 'no_such_user'],
    ])
    expect(warnings).toContainEqual(
      expect.objectContaining({
        code: 'users_not_in_export',
        message: 'users.csv lacks 1 of the 2 users in the API: the export is older',
      }),
    )
    expect(warnings).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('password digests of 1 of 2 users are missing') }),
    )
    expect(counts.at(-1)).toMatchObject({ stream: 'export', read: 3, passed: 1, rejected: 2 })
  })
})

test('banned users are counted', async () => {
  const { warnings } = await read({
    users: [user(1, { banned: true, password_enabled: false }), user(2, { password_enabled: false })],
  })
  expect(warnings).toMatchObject([{ code: 'users_banned', message: expect.stringMatching(/^1 of 2 users is banned/) }])
})

test('without the export, missing passwords and factors are counted', async () => {
  const { warnings } = await read(generateInstance({ users: 16, organizations: 0 }))
  expect(warnings).toMatchObject([
    {
      code: 'credentials_missing',
      message:
        'password digests of 14 and TOTP secrets of 2 of 16 users are missing, because the API never returns them: these users must set a new password or enroll again',
      hint: expect.stringContaining('set source.users to the dashboard export'),
    },
  ])
})

test('a partial reading says so, and rejects no row of a file for it', async () => {
  const files = { 'users.csv': `${CSV}\n${clerkUser(2).id},,b@example.com,,,,\n` }
  const { partial, rejected, records } = await read(
    { users: [user(1, { updated_at: Date.parse('2026-06-01') }), user(2)] },
    files,
    { updatedSince: '2026-01-01' },
  )
  expect([partial, rejected, records.length]).toEqual([true, [], 1])
})

test('chunks end where a stream ends, and the digest covers everything', async () => {
  const data = generateInstance({ users: 25, organizations: 5 })
  const files = { 'users.csv': `${CSV}\n${clerkUser(2).id},,b@example.com,,,,\n` }
  const first = await read(data, files)
  const { records, digest } = await readLive(first.config, first.snapshot, files, 4)
  expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, index) => index))
  expect(digest).toBe(first.digest)
  const other = await readLive(first.config, first.snapshot, { 'users.csv': `${files['users.csv']}\n` })
  expect(other.digest).not.toBe(first.digest)
})

describe('options', () => {
  const codes = async (config: Record<string, unknown>) =>
    (await clerkSource.check(config, '.')).map(({ code, path }) => [code, path])

  test('name a key, a file, or both', async () => {
    const [problem] = await clerkSource.check({}, '.')
    expect(problem).toMatchObject({
      code: 'no_users',
      hint: expect.stringMatching(/secretKey: .* users to .* or both/),
    })
    expect(await codes({ secretKey: 'sk_test_0123456789' })).toEqual([])
  })

  test.each([
    [{ secretKey: 'pk_live_0123456789' }, 'bad_api_key', 'source.secretKey'],
    [{ secretKey: 'sk_live_…' }, 'bad_api_key', 'source.secretKey'],
    [{ secretKey: 'sk_live_1', baseUrl: 'http://api.clerk.test' }, 'bad_base_url', 'source.baseUrl'],
    [{ secretKey: 'sk_live_1', baseUrl: 'https://api.clerk.test/v2' }, 'bad_base_url', 'source.baseUrl'],
    [{ secretKey: 'sk_live_1', baseUrl: 'https://me:pw@api.clerk.test' }, 'bad_base_url', 'source.baseUrl'],
    [{ secretKey: 'sk_live_1', baseUrl: 'clerk' }, 'bad_base_url', 'source.baseUrl'],
    [{ secretKey: 'sk_live_1', updatedSince: 'May' }, 'bad_value', 'source.updatedSince'],
    [{ secretKey: 'sk_live_1', updatedSince: '2026-02-30' }, 'bad_value', 'source.updatedSince'],
  ])('%o is rejected', async (config, code, path) => {
    expect(await codes(config)).toEqual([[code, path]])
  })

  test('about the API need a key', async () => {
    const problems = await clerkSource.check(
      { users: 'missing.csv', pageSize: 100, updatedSince: '2026-01-01', connections: true },
      '.',
    )
    const about = problems.filter(({ code }) => code === 'option_without_key')
    expect(about.map(({ path }) => path)).toEqual(['source.connections', 'source.updatedSince', 'source.pageSize'])
  })

  test('distinguish instances by their keys, without storing the key', () => {
    const identity = (config: Record<string, unknown>) => clerkSource.live?.identity(config)
    const one = identity({ secretKey: 'sk_live_one' })
    expect(one).toEqual(identity({ secretKey: 'sk_live_one', baseUrl: 'https://api.clerk.com/v1', pageSize: 10 }))
    expect(one).not.toEqual(identity({ secretKey: 'sk_live_two' }))
    expect(one).not.toEqual(identity({ secretKey: 'sk_live_one', updatedSince: '2026-01-01' }))
    expect(one).not.toEqual(identity({ secretKey: 'sk_live_one', connections: true }))
    expect(one).toEqual(identity({ secretKey: 'sk_live_one', connections: false }))
    expect(JSON.stringify(one)).not.toContain('sk_live')
    expect(identity({ secretKey: '${CLERK_SECRET_KEY}' })).toMatchObject({ key: null })
  })
})
