import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { WHOLE } from '../../whole.ts'
import { command, folderOf } from '../harness.ts'
import { announced, planned } from './announced.ts'
import { converse, KEY, type Step } from './terminal.ts'

const init = (cwd: string, ...args: string[]) => command(['init', '--yes', '--env', 'none', ...args], { cwd })
const manifestIn = (cwd: string) => parse(readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8'))

const csv = (...rows: string[]) => `${rows.join('\n')}\n`

const INACTIVE = 'id,email,is_active\n1,cara@example.com,1\n2,dot@example.com,0\n'

test('inactive users are included with --keep-inactive', async () => {
  const cwd = folderOf({ 'users.csv': INACTIVE })
  const kept = await init(cwd, '--keep-inactive')
  expect(kept.stderr).toContain('Included, and able to sign in: records where is_active is false.')
  expect((await planned(cwd)).users).toBe(2)
  const left = await init(cwd, '--force')
  expect(left.stderr).toContain('Left out (map.user.when): 1 record where is_active is false.')
  expect(await planned(cwd)).toMatchObject({ users: 1, leftOut: 1 })
})

const answers = (leaveOut: string): Step[] => [
  [/Where are the users\?/, KEY.enter],
  [/Which organizations/, KEY.enter],
  [/Where do you want to migrate to\?/, KEY.enter],
  [/Skip users who cannot sign in \(is_active is false\)\?/, leaveOut],
  [/Write migrate\.config\.yaml/, KEY.enter],
]

test('on a terminal there is a question about them, and a list of unused files', async () => {
  const cwd = folderOf({ 'users.csv': INACTIVE, 'odd.csv': 'a,b\n1,2\n' })
  const left = await converse(['init'], cwd, answers(KEY.enter))
  expect(left.code).toBe(0)
  expect(left.screen).toContain('not used: odd.csv')
  expect(manifestIn(cwd).map.user.when).toBe('$not($tryBool($record.is_active) = false)')
  const cwd2 = folderOf({ 'users.csv': INACTIVE })
  await converse(['init'], cwd2, answers(`${KEY.left}${KEY.enter}`))
  expect(manifestIn(cwd2).map.user).not.toHaveProperty('when')
})

test.each([
  ['no address is one', 'id,email\n1,nope\n2,\n', '1 user (email_missing), 1 user (invalid_email)'],
  ['all are inactive', 'id,email,disabled\n1,cara@example.com,1\n', '1 left out by map.user.when'],
  ['nothing tells an address', 'id,phone\n1,+15550100\n', 'no column was found for email'],
])('a manifest that migrates no user is not written: %s', async (_why, users, said) => {
  const cwd = folderOf({ 'users.csv': users })
  const { code, stderr } = await init(cwd, '--users', 'users.csv')
  expect(code).toBe(3)
  expect(stderr).toContain('[nobody_fits]')
  expect(stderr).toContain(said)
  expect(readdirSync(cwd)).toEqual(['users.csv'])
})

test('if the recipe of an origin does not fit, the mapping uses column names', async () => {
  // Like Auth0's export, except for the name of the email column.
  const users = csv('user_id,last_login,contact', '1,2024-01-02,cara@example.com', '2,2024-01-02,dot@example.com')
  const cwd = folderOf({ 'users.csv': users })
  const { stderr } = await init(cwd)
  expect(stderr).toContain('The Auth0 recipe does not fit this file')
  expect(announced(stderr)).toBe(0)
  expect((await planned(cwd)).users).toBe(2)
})

test('files that can contain secrets are in .gitignore, used or not', async () => {
  const cwd = folderOf({
    'users.csv': 'id,email\n1,cara@example.com\n',
    'old-users.csv': 'id,email,first_name\n1,cara@example.com,Cara\n',
    'dump.sql': 'INSERT INTO users',
    'weather.csv': 'day,rain\n1,2\n',
    'notes.md': 'nothing',
  })
  const { stderr } = await init(cwd, '--users', 'users.csv')
  const ignored = readFileSync(join(cwd, '.gitignore'), 'utf8').split('\n')
  expect(ignored).toEqual(expect.arrayContaining(['/users.csv', '/old-users.csv', '/dump.sql']))
  expect(ignored).not.toContain('/weather.csv')
  expect(ignored).not.toContain('/notes.md')
  for (const name of ['old-users.csv', 'dump.sql', 'weather.csv']) expect(stderr).toContain(`\n  ${name}: `)
  expect(stderr).not.toContain('notes.md')
})

test('a script that names its files gets a list of the unread ones', async () => {
  const cwd = folderOf({
    'users.csv': 'id,email\n1,cara@example.com\n',
    'members.csv': 'user_id,org_id\n1,acme\n',
  })
  const args = ['init', '--users', 'users.csv', '--target', 'sandbox', '--env', 'none']
  const { stderr } = await command(args, { cwd })
  expect(stderr).toContain('members.csv: it was not named')
  expect(manifestIn(cwd).source.streams).not.toHaveProperty('memberships')
  const named = await command([...args, '--memberships', 'members.csv', '--force'], { cwd })
  expect(named.stderr).not.toContain('Not used')
  expect((await planned(cwd)).created).toMatchObject({ organization: 1, membership: 1 })
})

test('all pages of a list are read, or only the named one', async () => {
  const page = (id: number) =>
    JSON.stringify({
      Users: [
        {
          Username: `u${id}`,
          Attributes: [
            { Name: 'sub', Value: `s${id}` },
            { Name: 'email', Value: `u${id}@example.com` },
          ],
        },
      ],
    })
  const cwd = folderOf({ 'users-1.json': page(1), 'users-2.json': page(2) })
  await init(cwd)
  expect((await planned(cwd)).users).toBe(2)
  expect(readFileSync(join(cwd, '.gitignore'), 'utf8')).toContain('/users-2.json\n')
  const { stderr } = await init(cwd, '--users', 'users-2.json', '--force')
  expect(stderr).toContain('users-1.json: it also contains users')
  expect((await planned(cwd)).users).toBe(1)
})

test('a named file that does not belong to the users is rejected', async () => {
  const cwd = folderOf({ 'users.csv': 'id,email\n1,cara@example.com\n', 'odd.csv': 'a,b\n1,2\n' })
  const { code, stderr } = await init(cwd, '--users', 'users.csv', '--memberships', 'odd.csv')
  expect(code).toBe(3)
  expect(stderr).toContain('odd.csv cannot be used as the file of memberships: it has no column for a user')
})

test('an unset variable does not prevent the forecast', async () => {
  const [passwordHash, salt] = [Buffer.alloc(64, 7).toString('base64'), Buffer.alloc(10, 7).toString('base64')]
  const user = { localId: 'f1', email: 'cara@example.com', passwordHash, salt, disabled: false }
  const cwd = folderOf({ 'users.json': JSON.stringify({ users: [user, { localId: 'f2', phoneNumber: '+15550100' }] }) })
  const { stderr } = await init(cwd)
  expect(announced(stderr)).toBe(1)
  expect(stderr).toContain('export FIREBASE_SIGNER_KEY=…')
})

test.runIf(WHOLE)(
  'a column that is empty in the first 10,000 records still leaves out whom it locks out later',
  async () => {
    const rows = Array.from({ length: 10_002 }, (_, id) => `${id},u${id}@example.com,${id > 10_000 ? 'yes' : ''}`)
    const cwd = folderOf({ 'users.csv': csv('id,email,suspended', ...rows) })
    expect((await init(cwd)).stderr).toContain('Left out (map.user.when): 1 record where suspended means yes')
    expect(await planned(cwd)).toMatchObject({ users: 10_001, leftOut: 1 })
  },
)

test.runIf(WHOLE)('only the first 20,000 records of a large file are planned, and init reports this', async () => {
  const rows = Array.from({ length: 20_005 }, (_, id) => `${id},${id < 20_000 ? `u${id}@example.com` : ''}`)
  const cwd = folderOf({ 'users.csv': `id,email\n${rows.join('\n')}\n` })
  const { stderr } = await init(cwd)
  expect(stderr).toContain('Of the first 20,000 records: nothing is rejected.')
  expect(readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')).toContain('Plan of the first 20,000 records:')
})
