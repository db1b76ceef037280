import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { auth0Source } from '../../../src/sources/auth0/open.ts'
import { openSource } from '../../../src/sources/registry.ts'
import { dashboardFile, exportCsv, exportJson } from '../../fakes/auth0/export-file.ts'
import { DATABASE, person } from '../../fakes/auth0/generate.ts'
import type { Auth0User } from '../../fakes/auth0/objects.ts'
import { tried } from '../../tried.ts'
import { folderWith, readAll, sums } from '../reading.ts'

const HASH = `$2b$10$${'a'.repeat(53)}`
const OTHER = `$2b$10$${'b'.repeat(53)}`
const FIELDS = ['user_id', 'email', 'email_verified', 'given_name', 'identities', 'app_metadata', 'blocked'].map(
  (name) => ({ name }),
)
const lines = (items: readonly object[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('')

function user(n: number, changed: Partial<Auth0User> = {}): Auth0User {
  return {
    ...person(n),
    identities: [{ connection: DATABASE, provider: 'auth0', user_id: `id${n}`, isSocial: false }],
    user_id: `auth0|id${n}`,
    ...changed,
  }
}

/** Reads a file of users next to other files. */
async function read(users: string | Buffer, options: JsonObject = {}, files: Record<string, string> = {}) {
  const reading = await readAll({ type: 'auth0', users: 'users', ...options }, folderWith({ users, ...files }))
  const of = (stream: string) => reading.records.filter((record) => record.stream === stream).map(({ data }) => data)
  return { ...reading, users: of('users'), organizations: of('organizations') }
}

const PEOPLE = [user(0), user(1), user(2)]
const NDJSON = `${exportJson(PEOPLE, FIELDS).join('\n')}\n`
const EXPECTED = PEOPLE.map(({ user_id, email, email_verified, given_name, identities }) => ({
  user_id,
  email,
  email_verified,
  given_name,
  identities,
}))

test.each<[string, string | Buffer]>([
  ['NDJSON', NDJSON],
  ['NDJSON with a byte-order mark', `\ufeff${NDJSON}`],
  ['gzip', gzipSync(NDJSON)],
  ['one JSON list', JSON.stringify(PEOPLE, null, 2)],
])(
  tried('Auth0', 'bulk export (NDJSON)', 'one JSON list instead of lines, gzip, a byte-order mark: %s'),
  async (_what, content) => {
    const { users, rejected } = await read(content)
    expect(users).toMatchObject(EXPECTED)
    expect(users[0]).toMatchObject({ memberships: [], passwords: [], mfa: [], same_email: [] })
    expect(rejected).toEqual([])
  },
)

test(
  tried('Auth0', 'bulk export (CSV)', 'an apostrophe before each text, booleans as words, nested keys with dots'),
  async () => {
    const fields = [
      'user_id',
      'email',
      'email_verified',
      'blocked',
      'app_metadata.plan',
      'identities[0].connection',
    ].map((name) => ({ name }))
    const { users, warnings } = await read(exportCsv([user(0, { given_name: "'t Hooft" })], fields))
    expect(users).toMatchObject([
      {
        user_id: 'auth0|id0',
        email_verified: false,
        blocked: true,
        app_metadata: { plan: 'pro' },
        identities: [{ connection: DATABASE }],
      },
    ])
    expect(warnings).toEqual([])
  },
)

test(tried('Auth0', 'dashboard export', 'identities only in the user IDs'), async () => {
  const google = user(1, {
    user_id: 'google-oauth2|10211234567890123456789',
    identities: [{ connection: 'google-oauth2', provider: 'google-oauth2', user_id: '1', isSocial: true }],
  })
  const { users } = await read(dashboardFile([user(0), google]))
  const byId = new Map(users.map((one) => [one.user_id, one]))
  expect(byId.get('auth0|id0')).toMatchObject({
    email: 'person-0@example.com',
    email_verified: false,
    given_name: person(0).given_name,
    identities: [{ provider: 'auth0', user_id: 'id0', connection: DATABASE }],
  })
  expect(byId.get(google.user_id)?.identities).toMatchObject([
    { provider: 'google-oauth2', user_id: '10211234567890123456789', connection: 'google-oauth2' },
  ])
})

test(tried('Auth0', 'bulk export (NDJSON)', 'provider IDs that are numbers beyond 2^53'), async () => {
  const text = NDJSON.replace('"user_id":"id0","isSocial"', '"user_id":10211234567890123456,"isSocial"')
  expect((await read(text)).users[0]?.identities).toMatchObject([{ user_id: '10211234567890123456' }])
})

test(tried('Auth0', 'bulk export (NDJSON)', 'a broken line, a user without an ID'), async () => {
  const { users, rejected, ...reading } = await read(`{"email":"a@example.com"}\n{"user_id":\n${NDJSON}`)
  expect(users).toHaveLength(3)
  expect(rejected.map(({ origin, problem }) => [origin.line, problem.code])).toEqual([
    [2, 'bad_json'],
    [1, 'missing_key'],
  ])
  expect(sums({ ...reading, rejected })[0]).toEqual(['users', 5, 3, 2])
})

test('organizations come from app_metadata by default', async () => {
  const { users, organizations } = await read(
    lines([
      user(0, { app_metadata: { organization_id: 'acme', organization_name: 'Acme', roles: ['Admin', 'Billing'] } }),
      user(1, { app_metadata: { organization_id: 'acme', organization_name: 'Acme', roles: 'Admin, Viewer' } }),
      user(2, { user_metadata: { organization_id: 'acme' }, app_metadata: {} }),
      user(3, { app_metadata: { org_id: 7, org_name: 'Seven' } }),
    ]),
    { organizationFrom: 'metadata' },
  )
  expect(organizations).toEqual([
    { id: 'acme', name: 'Acme' },
    { id: '7', name: 'Seven' },
  ])
  expect(users.map(({ memberships }) => memberships)).toEqual([
    [{ organization: { id: 'acme', name: 'Acme' }, roles: [{ name: 'Admin' }, { name: 'Billing' }] }],
    [{ organization: { id: 'acme', name: 'Acme' }, roles: [{ name: 'Admin' }, { name: 'Viewer' }] }],
    [],
    [{ organization: { id: '7', name: 'Seven' }, roles: [] }],
  ])
})

test('metadata encoded as text, once or twice, is read', async () => {
  const text = JSON.stringify({ organization_id: 'acme' })
  const { users } = await read(
    lines([
      { ...user(0), app_metadata: text },
      { ...user(1), app_metadata: JSON.stringify(text) },
    ]),
    { organizationFrom: 'metadata' },
  )
  expect(users.map(({ memberships }) => memberships)).toMatchObject([
    [{ organization: { id: 'acme' } }],
    [{ organization: { id: 'acme' } }],
  ])
})

test('paths in metadata are configurable, and lists become several memberships', async () => {
  const { users } = await read(
    lines([user(0, { user_metadata: { tenants: { ids: ['a', 'b'], names: ['A', 'B'] } } })]),
    {
      organizationFrom: 'metadata',
      metadata: {
        organizationId: ['app_metadata.no', 'user_metadata.tenants.ids'],
        organizationName: 'user_metadata.tenants.names',
      },
    },
  )
  expect(users[0]?.memberships).toMatchObject([
    { organization: { id: 'a', name: 'A' } },
    { organization: { id: 'b', name: 'B' } },
  ])
})

test.each<[string, string]>([
  ['NDJSON', lines([{ _id: { $oid: 'id1' }, email: 'old@example.com', passwordHash: HASH, connection: DATABASE }])],
  ['an id with its prefix', lines([{ _ID: 'auth0|id1', passwordHash: HASH }])],
  ['a JSON list', JSON.stringify([{ _id: { $oid: 'auth0|id1' }, passwordHash: HASH }])],
  ['CSV', `user_id,password_hash\nid1,${HASH}\n`],
  [
    'the address in the connection',
    lines([{ _id: { $oid: 'gone' }, email: 'Person-1@example.com', passwordHash: HASH, connection: DATABASE }]),
  ],
])(
  tried('Auth0', 'password file from support', 'IDs with and without auth0|, _ID and _id: %s'),
  async (_what, passwords) => {
    const { users, rejected } = await read(NDJSON, { passwords: 'hashes' }, { hashes: passwords })
    expect(users.map(({ passwords: rows }) => rows)).toMatchObject([[], [{ passwordHash: HASH, _file: 'hashes' }], []])
    expect(rejected).toEqual([])
  },
)

test(tried('Auth0', 'password file from support', 'rows of no user, rows of two users'), async () => {
  const twins = [user(5, { email: 'twin@example.com' }), user(6, { email: 'twin@example.com' })]
  const rows = [
    { _id: { $oid: 'id0' }, passwordHash: HASH },
    { _id: { $oid: 'nobody' }, email: 'nobody@example.com', passwordHash: OTHER },
    { email: 'person-1@example.com', connection: 'another-database', passwordHash: OTHER },
    { email: 'twin@example.com', connection: DATABASE, passwordHash: OTHER },
    { _id: { $oid: 'id0' }, passwordHash: OTHER },
    { _id: { $oid: 'id0' }, passwordHash: HASH },
    { email: 'person-2@example.com' },
    { passwordHash: OTHER },
  ]
  const { users, rejected, counts } = await read(
    lines([...PEOPLE, ...twins]),
    { passwords: ['hashes'] },
    { hashes: lines(rows) },
  )
  expect(rejected.map(({ origin, problem }) => [origin.file, origin.line, problem.code])).toEqual([
    ['hashes', 7, 'no_password_hash'],
    ['hashes', 8, 'missing_key'],
    ['hashes', 2, 'no_such_user'],
    ['hashes', 3, 'no_such_user'],
    ['hashes', 4, 'ambiguous_user'],
    ['hashes', 5, 'second_password'],
  ])
  expect(users[0]?.passwords).toMatchObject([{ passwordHash: HASH }, { passwordHash: HASH }])
  expect(counts.at(-1)).toMatchObject({ stream: 'passwords', role: 'joined', read: 8, passed: 2, rejected: 6 })
  expect(JSON.stringify(rejected)).not.toContain('$2b$')
})

test(tried('Auth0', 'password file from support', 'a row with only an address is rejected'), async () => {
  const rows = [{ email: 'person-1@example.com', passwordHash: HASH }]
  const { users, rejected } = await read(NDJSON, { passwords: 'hashes' }, { hashes: lines(rows) })
  expect(users.map(({ passwords }) => passwords)).toEqual([[], [], []])
  expect(rejected).toMatchObject([{ origin: { line: 1 }, problem: { code: 'no_such_user' } }])
})

test(tried('Auth0', 'password file from support', 'an address that now belongs to another user'), async () => {
  const people = [user(0, { email: 'new@example.com' }), user(1, { email: 'moved@example.com' })]
  const rows = [{ _id: { $oid: 'id0' }, email: 'moved@example.com', connection: DATABASE, passwordHash: HASH }]
  const { users } = await read(lines(people), { passwords: 'hashes' }, { hashes: lines(rows) })
  expect(users.map(({ passwords }) => passwords)).toMatchObject([[{ passwordHash: HASH }], []])
})

/** The secrets of each user in order, and the rejected rows: line and code. */
async function resolved(stream: 'passwords' | 'mfa', people: readonly Auth0User[], rows: readonly object[] | string) {
  const secret = stream === 'mfa' ? 'totp_secret' : 'passwordHash'
  const content = typeof rows === 'string' ? rows : lines(rows)
  const reading = await read(lines(people), { [stream]: 'side' }, { side: content })
  const given = reading.users.map((one) => (one[stream] as JsonObject[]).map((row) => row[secret]))
  return { given, rejected: reading.rejected.map(({ origin, problem }) => [origin.line, problem.code]), reading }
}

/** A row of either file, with its owner and a secret. */
const SIDES = [
  ['passwords', (owner: object, secret = HASH) => ({ ...owner, passwordHash: secret })],
  ['mfa', (owner: object, secret = HASH) => ({ ...owner, totp_secret: secret })],
] as const

test.each(
  SIDES,
)('%s: alt_id identifies the user; next to it, neither _id nor the address counts', async (stream, row) => {
  const people = [user(0, { email: 'new@example.com' }), user(1, { email: 'ada@example.com' })]
  const rows = [
    row({ _id: { $oid: 'id1' }, email: 'ada@example.com', connection: DATABASE, alt_id: 'id0' }),
    row({ _id: 'x', identifiers: [{ type: 'email', value: 'ada@example.com' }], connection: DATABASE, alt_id: 'id9' }),
    row({ email: 'ada@example.com', connection: DATABASE, alt_id: 9 }, OTHER),
  ]
  const { given, rejected, reading } = await resolved(stream, people, rows)
  expect(given).toEqual([[HASH], []])
  expect(rejected).toEqual([
    [2, 'no_such_user'],
    [3, 'no_such_user'],
  ])
  expect(reading.rejected.map(({ problem }) => problem.message)).toMatchObject([
    expect.stringContaining('auth0|id9'),
    expect.stringContaining('auth0|9'),
  ])
})

test.each([
  { id: 'id0' },
  ['id0'],
  true,
])('an alt_id that is not a text (%j) matches no user, not even by address', async (alt_id) => {
  const row = { _id: { $oid: 'id1' }, email: 'person-1@example.com', connection: DATABASE, passwordHash: HASH, alt_id }
  const { given, rejected } = await resolved('passwords', [user(0), user(1)], [row])
  expect({ given, rejected }).toEqual({ given: [[], []], rejected: [[1, 'missing_key']] })
})

test.each([
  ['a text', 'id0'],
  ['a text with the prefix', 'auth0|id0'],
  ['surrounding blanks', ' id0 '],
])(tried('Auth0', 'password file from support', 'alt_id instead of an ID: %s'), async (_what, id) => {
  const people = [user(0), user(1)]
  const csv = `_id.$oid,email,passwordHash,alt_id\nid1,person-1@example.com,${HASH},${id}\n`
  for (const rows of [csv, [{ _id: { $oid: 'id1' }, email: 'person-1@example.com', passwordHash: HASH, alt_id: id }]]) {
    expect(await resolved('passwords', people, rows)).toMatchObject({ given: [[HASH], []], rejected: [] })
  }
})

test.each([
  [
    'objects',
    [
      { type: 'phone_number', value: '+1555' },
      { type: 'email', value: 'Person-1@example.com' },
    ],
  ],
  ['texts', ['person-1', 'person-1@example.com']],
  ['JSON text', '[{"type":"email","value":"person-1@example.com"}]'],
])(tried('Auth0', 'password file from support', 'identifiers instead of email: %s'), async (_what, identifiers) => {
  const rows = [{ _id: { $oid: 'gone' }, identifiers, connection: DATABASE, passwordHash: HASH }]
  expect(await resolved('passwords', [user(0), user(1)], rows)).toMatchObject({ given: [[], [HASH]], rejected: [] })
})

test('identifiers in CSV columns are read, and two different addresses count as none', async () => {
  const csv = `_id,identifiers[0].type,identifiers[0].value,connection,passwordHash\ngone,email,person-1@example.com,${DATABASE},${HASH}\n`
  expect(await resolved('passwords', [user(0), user(1)], csv)).toMatchObject({ given: [[], [HASH]], rejected: [] })
  const two = { email: 'person-0@example.com', identifiers: ['person-1@example.com'], connection: DATABASE }
  const rows = [{ _id: 'gone', ...two, passwordHash: HASH }]
  expect(await resolved('passwords', [user(0), user(1)], rows)).toMatchObject({
    given: [[], []],
    rejected: [[1, 'no_such_user']],
  })
})

test('a numeric ID is an ID: the row does not match by address', async () => {
  const people = [user(0, { user_id: 'auth0|7', email: 'new@example.com' }), user(1, { email: 'ada@example.com' })]
  const rows = [{ _id: 7, email: 'ada@example.com', connection: DATABASE, passwordHash: HASH }]
  expect(await resolved('passwords', people, rows)).toMatchObject({ given: [[HASH], []], rejected: [] })
})

test.each(SIDES)('%s: a row with an unknown ID matches by address only in its own connection', async (stream, row) => {
  const unknown = user(2)
  unknown.identities = unknown.identities.map(({ connection: _connection, ...rest }) => rest as never)
  const people = [user(0), user(1), unknown]
  const rows = [
    row({ _id: 'gone', email: 'person-0@example.com' }),
    row({ _id: 'gone', email: 'person-1@example.com', connection: 'another' }),
    row({ _id: 'gone', email: 'person-2@example.com', connection: DATABASE }),
  ]
  expect(await resolved(stream, people, rows)).toMatchObject({
    given: [[], [], []],
    rejected: [
      [1, 'no_such_user'],
      [2, 'no_such_user'],
      [3, 'no_such_user'],
    ],
  })
})

test.each(SIDES)('%s: an address with two users, or two rows for one user, matches nobody', async (stream, row) => {
  const people = [user(0), user(1, { email: 'twin@example.com' }), user(2, { email: 'twin@example.com' })]
  const own = { email: 'person-0@example.com', connection: DATABASE }
  const rows = [
    row({ _id: 'gone', email: 'twin@example.com', connection: DATABASE }),
    row({ _id: 'old', ...own }, HASH),
    row({ _id: 'older', ...own }, OTHER),
  ]
  expect(await resolved(stream, people, rows)).toMatchObject({
    given: [[], [], []],
    rejected: [
      [1, 'ambiguous_user'],
      [2, 'ambiguous_user'],
      [3, 'ambiguous_user'],
    ],
  })
  const again = [row({ _id: 'old', ...own }), row({ _id: 'older', ...own })]
  expect(await resolved(stream, people, again)).toMatchObject({ given: [[HASH, HASH], [], []], rejected: [] })
})

test.each(SIDES)('%s: of several users with an ID, the one in the connection counts', async (stream, row) => {
  const linkedTo = (n: number, connection: string) => {
    const one = user(n)
    one.identities.push({ connection, provider: 'auth0', user_id: 'shared', isSocial: false })
    return one
  }
  const people = [linkedTo(0, 'north'), linkedTo(1, 'south')]
  const rows = [
    row({ alt_id: 'shared', connection: 'south' }),
    row({ alt_id: 'shared', email: 'person-0@example.com' }),
  ]
  expect(await resolved(stream, people, rows)).toMatchObject({ given: [[], [HASH]], rejected: [[2, 'ambiguous_user']] })
})

test('the user with the ID wins over a user with a linked account of that ID', async () => {
  const linked = user(0)
  linked.identities.push({ connection: 'elsewhere', provider: 'auth0', user_id: 'id1', isSocial: false })
  const rows = [{ _id: 'id1', passwordHash: HASH }]
  expect(await resolved('passwords', [linked, user(1)], rows)).toMatchObject({ given: [[], [HASH]], rejected: [] })
})

test(tried('Auth0', 'password file from support', 'the password of a linked account'), async () => {
  const linked = user(0)
  linked.identities.push({ connection: 'legacy', provider: 'auth0', user_id: 'old0', isSocial: false })
  const rows = [
    { _id: { $oid: 'old0' }, passwordHash: OTHER, connection: 'legacy' },
    { _id: { $oid: 'id0' }, passwordHash: HASH, connection: DATABASE },
  ]
  const alone = await read(lines([linked]), { passwords: 'hashes' }, { hashes: lines(rows.slice(0, 1)) })
  expect(alone.users[0]?.passwords).toMatchObject([{ passwordHash: OTHER }])
  const both = await read(lines([linked]), { passwords: 'hashes' }, { hashes: lines(rows) })
  expect(both.users[0]?.passwords).toMatchObject([{ passwordHash: HASH }])
  expect(both.rejected).toMatchObject([{ origin: { line: 1 }, problem: { code: 'second_password' } }])
})

test.each<[string, string]>([
  [
    'factors',
    lines([{ _id: { $oid: 'id1' }, mfa_factors: [{ phone: {} }, { totp: { secret: 'JBSWY3DPEHPK3PXP' } }] }]),
  ],
  ['a secret with an ID', lines([{ user_id: 'auth0|id1', totp_secret: 'JBSWY3DPEHPK3PXP' }])],
  [
    'a factor of its own',
    lines([{ user_id: 'auth0|id1', mfa_factors: [{ type: 'totp', secret: 'JBSWY3DPEHPK3PXP' }] }]),
  ],
  [
    'a factor behind others',
    lines([
      {
        user_id: 'auth0|id1',
        mfa_factors: [
          { type: 'sms', secret: 'none' },
          { type: 'totp', totp: { secret: 'JBSWY3DPEHPK3PXP' } },
        ],
      },
    ]),
  ],
  ['a secret under its plain name', lines([{ user_id: 'auth0|id1', secret: 'JBSWY3DPEHPK3PXP' }])],
  ['a secret with an address, as CSV', 'email,totp_secret\nperson-1@example.com,JBSWY3DPEHPK3PXP\n'],
])(tried('Auth0', 'MFA file from support', 'mfa_factors, totp_secret, NDJSON and CSV: %s'), async (_what, mfa) => {
  const { users, rejected } = await read(NDJSON, { mfa: 'mfa.file' }, { 'mfa.file': mfa })
  expect(users.map(({ mfa: rows }) => rows)).toMatchObject([[], [{ totp_secret: 'JBSWY3DPEHPK3PXP' }], []])
  expect(rejected).toEqual([])
})

test('issuer and account of an authenticator app are kept', async () => {
  const row = { totp_issuer: 'Acme', totp_user: 'ada' }
  const { users } = await read(
    NDJSON,
    { mfa: 'mfa.file' },
    { 'mfa.file': lines([{ user_id: 'auth0|id1', totp_secret: 'JBSWY3DPEHPK3PXP', ...row }]) },
  )
  expect(users.flatMap(({ mfa: rows }) => rows)).toMatchObject([row])
})

test(tried('Auth0', 'MFA file from support', 'a row without a TOTP secret'), async () => {
  const { rejected } = await read(
    NDJSON,
    { mfa: 'mfa.file' },
    { 'mfa.file': lines([{ user_id: 'auth0|id1', mfa_factors: [{ phone: {} }] }]) },
  )
  expect(rejected).toMatchObject([{ stream: 'mfa', origin: { line: 1 }, problem: { code: 'no_totp_secret' } }])
})

test('the digest changes with every file', async () => {
  const one = await read(NDJSON, { passwords: 'hashes' }, { hashes: lines([{ user_id: 'id1', passwordHash: HASH }]) })
  const two = await read(NDJSON, { passwords: 'hashes' }, { hashes: lines([{ user_id: 'id1', passwordHash: OTHER }]) })
  expect(one.digest).not.toBe(two.digest)
})

test.each<[JsonObject, string]>([
  [{}, 'neither a tenant nor a file of users'],
  [{ users: 'u', domain: 'acme.eu.auth0.com', clientId: 'a', clientSecret: 'b' }, 'both a tenant and a file of users'],
  [{ domain: 'acme.eu.auth0.com', clientSecret: 'b' }, '"clientId" is missing'],
  [
    { domain: 'http://acme.eu.auth0.com', clientId: 'a', clientSecret: 'b' },
    'http would send the secret to acme.eu.auth0.com unencrypted',
  ],
  [{ domain: 'acme.eu.auth0.com/login', clientId: 'a', clientSecret: 'b' }, 'has more than a host'],
  [{ domain: 'not a host', clientId: 'a', clientSecret: 'b' }, 'is not a domain'],
  [{ domain: 'https://me:pw@acme.auth0.com', clientId: 'a', clientSecret: 'b' }, 'contains a user name or a password'],
  [{ users: 'u', organizationFrom: 'organizations' }, 'does not contain Auth0 organizations'],
  [{ users: 'u', engine: 'pages' }, 'engine applies only to a tenant'],
  [{ users: 'u', metadata: { roles: 'app_metadata.r' } }, 'organizationFrom is none'],
  [
    { domain: 'acme.eu.auth0.com', clientId: 'a', clientSecret: 'b', organizations: ['x'], organizationFrom: 'none' },
    'organizationFrom is none',
  ],
])('check reports options that do not fit together, without a request: %j', async (config, message) => {
  const problems = await auth0Source.check(config, folderWith({ u: NDJSON }))
  expect(problems).toMatchObject([
    { message: expect.stringContaining(message), path: expect.stringContaining('source') },
  ])
})

test.each([
  'acme.eu.auth0.com',
  'https://acme.eu.auth0.com/',
  'login.example.com',
  'http://127.0.0.1:8080',
  'https://acme.eu.auth0.com/api/v2/',
])('a domain can be a host or a URL: %s', async (domain) => {
  expect(await auth0Source.check({ domain, clientId: 'a', clientSecret: 'b' }, '.')).toEqual([])
})

test('check finds missing and empty files', async () => {
  const config = { users: 'u', passwords: ['gone.ndjson'], mfa: 'empty.csv' }
  const problems = await auth0Source.check(config, folderWith({ u: NDJSON, 'empty.csv': '' }))
  expect(problems).toMatchObject([
    { code: 'file_not_found', at: { file: 'gone.ndjson' } },
    { code: 'empty_file', at: { file: 'empty.csv' } },
  ])
})

test('a tap receives each row once, also if users are read twice for passwords', async () => {
  const directory = folderWith({ users: lines([user(0), {}]), passwords: lines([{ _id: 'id0', passwordHash: HASH }]) })
  const shown: string[] = []
  const source = await openSource(
    { type: 'auth0', users: 'users', passwords: 'passwords' },
    {
      directory,
      scratch: join(directory, 'scratch'),
      reject: () => {},
      warn: () => {},
      tap: { begin: () => {}, wants: () => true, take: ({ stream, line }) => shown.push(`${stream}:${line}`) },
    },
  )
  for await (const _ of source.read(10));
  expect(shown).toEqual(['passwords:1', 'users:1', 'users:2'])
})
