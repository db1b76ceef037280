import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { exportedUser } from '../../../src/sources/clerk/records/from-json.ts'
import { sourceDefinitions } from '../../../src/sources/registry.ts'
import { tried } from '../../tried.ts'
import { folderWith, readAll, sums } from '../reading.ts'

const HASH = '$2b$10$OcWSUGdAB2tvimbEXaJTk.HxIMmfS0ka8grON5JEOFEvH097HyKi2'

const SUPPORT = [
  {
    id: 'user_1',
    first_name: 'Ada',
    username: null,
    email_addresses: 'ada@example.com|ada@work.example',
    phone_numbers: null,
    password_digest: HASH,
    password_hasher: 'bcrypt',
    public_metadata: { plan: 'pro' },
    private_metadata: {},
  },
  {
    id: 'user_2',
    email_addresses: 'bo@example.com',
    password_digest: null,
    password_hasher: null,
    public_metadata: {},
  },
]

const ADA = {
  id: 'user_1',
  first_name: 'Ada',
  primary_email_address: 'ada@example.com',
  password_digest: HASH,
  password_hasher: 'bcrypt',
  public_metadata: { plan: 'pro' },
  memberships: [],
  roles: [],
}

test.each([
  ['a list', 'users.json', JSON.stringify(SUPPORT, null, 2)],
  ['one user per line', 'users.ndjson', SUPPORT.map((user) => JSON.stringify(user)).join('\n')],
  ['a list under data', 'users.json', JSON.stringify({ data: SUPPORT, total_count: 2 })],
  ['a list under users', 'users.json', JSON.stringify({ users: SUPPORT })],
])(
  tried(
    'Clerk',
    'users as JSON (support, Backend API, migration tool)',
    'a list, a document with data or users, one user per line: %s',
  ),
  async (_what, name, text) => {
    const reading = await readAll({ type: 'clerk', users: name }, folderWith({ [name]: text }), 1)
    expect(reading.records.map(({ data }) => data)).toMatchObject([ADA, { primary_email_address: 'bo@example.com' }])
    expect(reading.records[1]?.data).not.toHaveProperty('password_digest')
    expect(sums(reading)).toEqual([['users', 2, 2, 0]])
  },
)

test(
  tried(
    'Clerk',
    'users as JSON (support, Backend API, migration tool)',
    'gzip, with memberships, a user without an ID',
  ),
  async () => {
    const folder = folderWith({ 'memberships.csv': 'clerk_user_id,org_external_id\nuser_1,acme\nuser_9,acme\n' })
    writeFileSync(
      join(folder, 'users.json.gz'),
      gzipSync(JSON.stringify([...SUPPORT, { email_addresses: 'x@example.com' }])),
    )
    const reading = await readAll({ type: 'clerk', users: 'users.json.gz', memberships: 'memberships.csv' }, folder)
    expect(reading.records[0]?.data).toMatchObject({ memberships: [{ org_external_id: 'acme' }] })
    expect(reading.rejected.map(({ problem }) => problem.code)).toEqual(['missing_key', 'no_such_user'])
    expect(sums(reading)).toEqual([
      ['users', 3, 2, 1],
      ['memberships', 2, 1, 1],
    ])
  },
)

test.each<[string, object, object]>([
  [
    'the API, which states whether addresses are verified',
    {
      id: 'user_1',
      primary_email_address_id: 'idn_2',
      email_addresses: [
        { id: 'idn_1', email_address: 'old@example.com', verification: { status: 'unverified' } },
        { id: 'idn_2', email_address: 'ada@example.com', verification: { status: 'verified' } },
      ],
    },
    {
      primary_email_address: 'ada@example.com',
      verified_email_addresses: 'ada@example.com',
      unverified_email_addresses: 'old@example.com',
    },
  ],
  [
    'the migration tool',
    {
      userId: 'user_1',
      email: ['ada@example.com', 'ada@work.example'],
      firstName: 'Ada',
      password: HASH,
      passwordHasher: 'bcrypt',
      totpSecret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      publicMetadata: { plan: 'pro' },
      phoneNumbers: ['+15550100001'],
    },
    {
      id: 'user_1',
      primary_email_address: 'ada@example.com',
      unverified_email_addresses: 'ada@work.example',
      first_name: 'Ada',
      password_digest: HASH,
      password_hasher: 'bcrypt',
      totp_secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      public_metadata: { plan: 'pro' },
      primary_phone_number: '+15550100001',
    },
  ],
  [
    'a list of addresses with a primary one',
    { id: 'user_1', primary_email_address: 'ada@example.com', email_addresses: ['x@example.com', 'ada@example.com'] },
    { primary_email_address: 'ada@example.com', email_addresses: 'x@example.com|ada@example.com' },
  ],
])(
  tried(
    'Clerk',
    'users as JSON (support, Backend API, migration tool)',
    'the names and lists of addresses of each: %s',
  ),
  (_what, data, expected) => {
    expect(exportedUser(data as Parameters<typeof exportedUser>[0])).toMatchObject(expected)
  },
)

test('validate checks the beginning of a JSON file', async () => {
  const clerk = await sourceDefinitions.get('clerk')?.()
  const folder = folderWith({ 'good.json': JSON.stringify(SUPPORT), 'bad.json': '[{"id": "user_1",}]' })
  expect(await clerk?.check({ users: 'good.json' }, folder)).toEqual([])
  expect(await clerk?.check({ users: 'bad.json' }, folder)).toMatchObject([{ code: 'bad_json' }])
  expect(await clerk?.check({ users: 'none.json' }, folder)).toHaveLength(1)
})
