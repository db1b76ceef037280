import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { recognise } from '../../src/inspecting/recognise.ts'
import { type Head, sniff } from '../../src/inspecting/sniff.ts'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))

/** The data files of the examples by folder, with their kinds. */
const FILES: Record<string, Record<string, string>> = {
  authjs: { 'accounts.csv': 'authjs accounts', 'users.csv': 'authjs users' },
  'better-auth': {
    'account.csv': 'better-auth accounts',
    'member.csv': 'better-auth memberships',
    'organization.csv': 'better-auth organizations',
    'user.csv': 'better-auth users',
  },
  'clerk-demo': { 'memberships.csv': 'clerk memberships', 'roles.csv': 'clerk roles', 'users.csv': 'clerk users' },
  cognito: { 'groups.ndjson': 'cognito groups', 'users.json': 'cognito users' },
  'csv-minimal': { 'users.csv': 'csv users' },
  descope: { 'users.json': 'descope users' },
  firebase: { 'users.json': 'firebase users' },
  keycloak: { 'anvils-realm.json': 'keycloak users' },
  okta: { 'groups.ndjson': 'okta groups', 'users.json': 'okta users' },
  stytch: {
    'hashes.csv': 'stytch passwords',
    'members.json': 'stytch users',
    'organizations.json': 'stytch organizations',
  },
  supabase: { 'users.csv': 'supabase users' },
}

const cases = Object.entries(FILES).flatMap(([folder, files]) =>
  Object.entries(files).map(([file, known]) => [`${folder}/${file}`, known] as const),
)

test.each(cases)('%s is recognized as %s', async (path, known) => {
  const found = recognise(await sniff({ name: path, path: join(examples, path) }))
  expect(`${found?.origin} ${found?.part}`).toBe(known)
})

const head = (format: Head['format'], paths: string[]): Head => ({ format, paths })

test.each([
  [head('ndjson', ['user_id', 'email', 'identities[].connection', 'identities[].user_id']), 'auth0 users'],
  [head('json', ['Id', 'Email', 'Email Verified', 'Given Name', 'Family Name']), 'auth0 dashboard'],
  [head('ndjson', ['_id.$oid', 'email', 'email_verified', 'passwordHash', 'connection']), 'auth0 passwords'],
  [head('csv', ['cognito:username', 'email', 'cognito:mfa_enabled']), 'file users'],
])('the columns that vendors document are recognized: %#', (shown, known) => {
  const found = recognise(shown)
  expect(`${found?.origin} ${found?.part}`).toBe(known)
})

test('a Firebase CSV, which has no header, is recognized by its row; other files without a header are not', () => {
  const row = ['uid1', 'ada@example.com', 'true', ...Array.from({ length: 23 }, () => '')]
  expect(recognise({ format: 'csv', paths: [], firstRow: row })).toMatchObject({ origin: 'firebase', part: 'users' })
  expect(recognise({ format: 'csv', paths: [], firstRow: row.slice(0, 5) })).toBeUndefined()
})

test('a file with other columns has no known origin', () => {
  expect(recognise(head('csv', ['Kundennummer', 'Vorname', 'Mailadresse']))).toBeUndefined()
  expect(recognise(head('json', ['a', 'b.c']))).toBeUndefined()
})
