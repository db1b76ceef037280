import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSource } from '../../../src/sources/registry.ts'
import { tried } from '../../tried.ts'
import { folderWith, readAll, sums } from '../reading.ts'

const header =
  'id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,' +
  'unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher'

function user(id: string): string {
  return `${id},Ada,,ada,${id}@example.com,,${id}@example.com,,,,,,`
}

function read(files: Record<string, string>, chunkSize?: number) {
  const named = Object.keys(files).map((name) => [name.replace('.csv', ''), name])
  return readAll({ type: 'clerk', ...Object.fromEntries(named) }, folderWith(files), chunkSize)
}

test('the rows of both files are joined to their user, in the order of the file, with their line', async () => {
  const reading = await read({
    'users.csv': [header, user('u1'), user('u2')].join('\n'),
    'memberships.csv': 'clerk_user_id,org_external_id,org_name\nu2,b,Beta\nu1,a,Alpha\nu2,a,Alpha\n',
    'roles.csv': 'clerk_user_id,role_slug,org_external_id\nu2,org:admin,b\nu2,org:member,\n',
  })
  expect(reading.records[0]?.data).toMatchObject({
    id: 'u1',
    memberships: [{ clerk_user_id: 'u1', org_external_id: 'a', org_name: 'Alpha', _line: 3 }],
    roles: [],
  })
  expect(reading.records[1]?.data).toMatchObject({
    memberships: [
      { org_external_id: 'b', _line: 2 },
      { org_external_id: 'a', _line: 4 },
    ],
    roles: [
      { role_slug: 'org:admin', org_external_id: 'b' },
      { role_slug: 'org:member', _line: 3 },
    ],
  })
  expect(sums(reading)).toEqual([
    ['users', 2, 2, 0],
    ['memberships', 3, 3, 0],
    ['roles', 2, 2, 0],
  ])
})

test('without the optional files, every user has empty lists', async () => {
  const reading = await read({ 'users.csv': `# exported 2026\n${header}\n${user('u1')}` })
  expect(reading.records).toMatchObject([{ origin: { line: 3 }, data: { memberships: [], roles: [] } }])
  expect(sums(reading)).toEqual([['users', 1, 1, 0]])
})

test(tried('Clerk', 'files of memberships and roles', 'rows of unknown users'), async () => {
  const reading = await read({
    'users.csv': [header, user('u1'), 'u2,ragged'].join('\n'),
    'memberships.csv': 'clerk_user_id,org_name\nu9,Alpha\nu1,Alpha\nu2,Beta\n',
    'roles.csv': 'clerk_user_id,role_slug\nU1,admin\n',
  })
  expect(reading.rejected).toMatchObject([
    { stream: 'users', origin: { file: 'users.csv', line: 3 }, problem: { code: 'ragged_row' } },
    { stream: 'memberships', origin: { file: 'memberships.csv', line: 2 }, problem: { code: 'no_such_user' } },
    { stream: 'memberships', origin: { line: 4 }, problem: { message: 'there is no user "u2" in the users file' } },
    { stream: 'roles', origin: { file: 'roles.csv', line: 2 }, problem: { code: 'no_such_user' } },
  ])
  expect(sums(reading)).toEqual([
    ['users', 2, 1, 1],
    ['memberships', 3, 1, 2],
    ['roles', 1, 0, 1],
  ])
})

test(tried('Clerk', 'files of memberships and roles', 'rows that break their format'), async () => {
  const reading = await read({
    'users.csv': [header, user('u1'), `,${user('').slice(1)}`].join('\n'),
    'memberships.csv': 'clerk_user_id,org_id,org_external_id,org_name\nu1,,,\nu1,org_1,a,\n,,a,\nu1,,a,Alpha\nu1,a\n',
    'roles.csv': 'clerk_user_id,role_slug,org_id,org_external_id\nu1,,,\n,admin,,\nu1,admin,org_1,a\nu1,admin,,a\n',
  })
  const codes = reading.rejected.map(({ stream, origin, problem }) => [stream, origin.line, problem.code])
  expect(codes).toEqual([
    ['memberships', 2, 'missing_organization'],
    ['memberships', 4, 'missing_key'],
    ['memberships', 6, 'ragged_row'],
    ['roles', 2, 'missing_role'],
    ['roles', 3, 'missing_key'],
    ['users', 3, 'missing_key'],
  ])
  expect(reading.records[0]?.data).toMatchObject({
    memberships: [{ _line: 3 }, { _line: 5 }],
    roles: [{ _line: 4 }, { _line: 5 }],
  })
  expect(sums(reading)).toEqual([
    ['users', 2, 1, 1],
    ['memberships', 5, 2, 3],
    ['roles', 4, 2, 2],
  ])
})

test('a role can refer to its user by external ID: the column, or the Clerk ID of users without one', async () => {
  const reading = await read({
    'users.csv': 'id,external_id,primary_email_address\nu1,77,a@example.com\nu2,,b@example.com\n',
    'roles.csv': 'clerk_user_id,external_id,role_slug\n,77,editor\nu1,,admin\n,u2,viewer\n,u1,nobody\n',
  })
  const roles = reading.records.map((record) => record.data.roles)
  expect(roles).toMatchObject([[{ role_slug: 'editor' }, { role_slug: 'admin' }], [{ role_slug: 'viewer' }]])
  expect(reading.rejected).toMatchObject([{ origin: { line: 5 }, problem: { code: 'no_such_user' } }])
})

test('every row finds its user, in any chunks', async () => {
  const count = 5000
  const ids = Array.from({ length: count }, (_, index) => `u${index}`)
  const rows = ids.flatMap((_, index) => [0, 1, 2].map((turn) => `u${(index * 7919) % count},org${turn}`))
  const files = {
    'users.csv': [header, ...ids.map(user)].join('\n'),
    'memberships.csv': ['clerk_user_id,org_external_id', ...rows.reverse()].join('\n'),
  }
  const reading = await read(files, 7)
  expect(reading.records.map(({ data }) => data.id)).toEqual(ids)
  for (const { data } of reading.records) {
    expect(data.memberships).toMatchObject(
      [2, 1, 0].map((turn) => ({ clerk_user_id: data.id, org_external_id: `org${turn}` })),
    )
  }
  expect(sums(reading)).toEqual([
    ['users', count, count, 0],
    ['memberships', 3 * count, 3 * count, 0],
  ])
})

test(tried('Clerk', 'dashboard export (CSV, 13 columns)', 'a user that is in the file twice'), async () => {
  const reading = await read({
    'users.csv': [header, user('u1'), user('u1')].join('\n'),
    'memberships.csv': 'clerk_user_id,org_name\nu1,Alpha\n',
  })
  expect(reading.records.map(({ data }) => data.memberships)).toMatchObject([[{ _line: 2 }], [{ _line: 2 }]])
  expect(sums(reading)[1]).toEqual(['memberships', 1, 1, 0])
})

test('the digest covers every file', async () => {
  const users = [header, user('u1')].join('\n')
  const one = await read({ 'users.csv': users, 'memberships.csv': 'clerk_user_id,org_name\nu1,A\n' })
  const two = await read({ 'users.csv': users, 'memberships.csv': 'clerk_user_id,org_name\nu1,B\n' })
  const alone = await read({ 'users.csv': users })
  expect(new Set([one.digest, two.digest, alone.digest]).size).toBe(3)
})

test('few rows to join are in memory, and only the owner can read the file of more', async () => {
  const name = 'A'.repeat(900_000)
  for (const [rows, isOnDisk] of [
    [['u1,A'], false],
    [Array.from({ length: 27 }, (_, index) => `u1,${index}${name}`), true],
  ] as const) {
    const folder = folderWith({
      'users.csv': [header, user('u1')].join('\n'),
      'memberships.csv': ['clerk_user_id,org_name', ...rows].join('\n'),
    })
    const source = await openSource(
      { type: 'clerk', users: 'users.csv', memberships: 'memberships.csv' },
      { directory: folder, scratch: join(folder, 'scratch'), reject() {}, warn() {} },
    )
    const file = join(folder, 'scratch', 'memberships.sqlite')
    for await (const _chunk of source.read(1)) {
      expect(existsSync(file)).toBe(isOnDisk)
      if (isOnDisk) expect(statSync(file).mode & 0o777).toBe(0o600)
    }
  }
})
