import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command, folderOf } from '../harness.ts'

const CLERK = `id,first_name,primary_email_address,verified_email_addresses,totp_secret,password_digest,password_hasher
u1,Ada,ada@example.com,ada@example.com,,$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde,bcrypt
u2,Björn,ADA@example.com,,JBSWY3DPEHPK3PXP,,
`
const MEMBERS = 'clerk_user_id,org_external_id,org_name\nu1,acme,Acme\n'
const MANIFEST = `version: 1
source: { type: clerk, users: users.csv, memberships: members.csv }
target: { type: workos, apiKey: "\${WORKOS_API_KEY}" }
`

test('a data file is recognized, counted and summarized', async () => {
  const cwd = folderOf({ 'users.csv': CLERK })
  const { code, stdout, stderr } = await command(['inspect', 'users.csv'], { cwd })
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain("users.csv, Clerk's dashboard export (clerk): 2 records, all of them")
  expect(stdout).toMatch(/password_hasher\s+50 %\s+text\s+bcrypt 1/)
  expect(stdout).toContain('1 address in several records: 1 record would be merged')
  expect(stdout).toContain('all but 1 address')
  expect(stdout).toMatch(/1 {2}bcrypt {2}WorkOS accepts it/)
  expect(stdout).not.toMatch(/ada@|JBSWY|abcdefgh|Björn/i)
  expect(existsSync(join(cwd, '.workos-migrate'))).toBe(false)
})

test('a data file that needs settings is read with them, and they are shown', async () => {
  const rows = 'id\temail\tname\n1\tada@example.com\tAda\\tB\n2\tbo@example.com\t\\N\n'
  const manifest = `source: { type: file, streams: { users: { path: users.tsv } } }
map: { user: { key: id, email: email, name: name } }
target: { type: sandbox }
`
  const cwd = folderOf({ 'users.tsv': rows, 'migrate.config.yaml': manifest, 'said.csv': `Users of today\n${CLERK}` })
  const file = await command(['inspect', 'users.tsv'], { cwd })
  expect(file.stderr).toContain('this file was read with quote: none, escape: backslash')
  expect(file.stderr).not.toContain('unread_escapes')
  expect(file.stdout).toMatch(/name\s+50 %/)
  expect((await command(['inspect', 'said.csv'], { cwd })).stderr).toContain('this file was read with skipLines: 1')
  const source = await command(['inspect'], { cwd })
  expect(source.stderr).toMatch(/migrate\.config\.yaml:1:\d+ warning: .*\[unread_escapes\]/)
  expect(source.stderr).toContain('set quote: none and escape: backslash')
  expect((await command(['plan'], { cwd })).stderr).toContain('unread_escapes')
})

test('the source of a manifest is inspected with its joins, without a WorkOS key', async () => {
  const cwd = folderOf({ 'users.csv': CLERK, 'members.csv': MEMBERS, 'migrate.config.yaml': MANIFEST })
  for (const args of [['inspect'], ['inspect', 'migrate.config.yaml'], ['inspect', '-c', 'migrate.config.yaml']]) {
    const { code, stdout } = await command(args, { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain('migrate.config.yaml, source clerk: 2 records, all of them')
    expect(stdout).toContain('memberships (members.csv): 1 joined record')
    expect(stdout).toContain('1 different, 1 membership, 0 users in none')
  }
})

test('--json prints the same for programs, and --limit stops early', async () => {
  const cwd = folderOf({ 'users.csv': CLERK })
  const { stdout } = await command(['inspect', '--file', 'users.csv', '--json', '--limit', '1'], { cwd })
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    file: 'users.csv',
    recognised: { origin: 'clerk', part: 'users' },
    complete: false,
    records: 1,
    people: { email: { with: 1 } },
  })
})

test('an unset reference of the source is an error, with its place', async () => {
  const manifest = MANIFEST.replace('users.csv', '"${USERS}"')
  const cwd = folderOf({ 'users.csv': CLERK, 'members.csv': MEMBERS, 'migrate.config.yaml': manifest })
  const { code, stderr } = await command(['inspect'], { cwd })
  expect(code).toBe(3)
  expect(stderr).toContain('migrate.config.yaml:2')
  expect(stderr).toContain('the environment variable USERS is not set')
})

test('a missing file is named', async () => {
  const { code, stderr } = await command(['inspect', 'nothing.csv'], { cwd: folderOf({}) })
  expect(code).toBe(3)
  expect(stderr).toContain('there is no file nothing.csv')
})

test.each([
  [['inspect', 'users.csv', '-c', 'migrate.config.yaml'], 'two_subjects'],
  [['inspect', 'users.csv', '--file', 'users.csv'], 'two_subjects'],
  [['inspect', 'users.csv', '--all', '--limit', '5'], 'contradicting_options'],
])('contradicting options are rejected: %j', async (args, problem) => {
  const { code, stderr } = await command(args, { cwd: folderOf({ 'users.csv': CLERK }) })
  expect(code).toBe(3)
  expect(stderr).toContain(`[${problem}]`)
})

test('a limit that is not a number is a usage error', async () => {
  const { code, stderr } = await command(['inspect', '--limit', 'many'], { cwd: folderOf({}) })
  expect(code).toBe(3)
  expect(stderr).toContain('whole number, 1 or more')
})
