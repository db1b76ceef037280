import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { openWorkos } from '../../e2e/workos.ts'
import { command, folderOf } from '../harness.ts'

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url))

/** A folder with the files of an example, without a manifest. */
function folderLike(example: string): string {
  const folder = folderOf({})
  cpSync(join(examples, example), folder, { recursive: true })
  rmSync(join(folder, 'migrate.config.yaml'), { force: true })
  return folder
}

const text = (cwd: string, name = 'migrate.config.yaml') => readFileSync(join(cwd, name), 'utf8')
const manifestIn = (cwd: string) => parse(text(cwd))

/** The signer key of the sample's hashes. */
const SIGNER = 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='

/** Each example with its users file, and the users that the plan creates. */
const SAMPLES: [example: string, file: string, users: number][] = [
  ['clerk-demo', 'users.csv', 218],
  ['csv-minimal', 'users.csv', 3],
  ['firebase', 'users.json', 4],
  ['cognito', 'users.json', 5],
  ['okta', 'users.json', 5],
  ['supabase', 'users.csv', 5],
  ['keycloak', 'anvils-realm.json', 5],
  ['stytch', 'members.json', 4],
  ['better-auth', 'user.csv', 4],
  ['authjs', 'users.csv', 4],
  ['descope', 'users.json', 4],
]

test.each(SAMPLES)('a manifest for the sample of %s passes validate and plans', async (example, file, users) => {
  const cwd = folderLike(example)
  const env = { FIREBASE_SIGNER_KEY: SIGNER }
  const init = await command(['init', '--users', file, '--yes'], { cwd, env })
  expect(init.stderr).toContain('Wrote migrate.config.yaml and .gitignore.')
  expect(init.stdout).toContain('migrate.config.yaml is valid')
  expect(init.code).toBe(0)
  const validated = await command(['validate'], { cwd, env })
  expect(validated.stderr.replaceAll(/.*unknown_column.*\n( {2}hint.*\n)?/g, '')).not.toContain('warning')
  const plan = await command(['plan', '--json'], { cwd, env })
  const shown = JSON.parse(plan.stdout)
  const kinds: { kind: string; create: number; blocked: number }[] = shown.summary.kinds
  expect(kinds.find(({ kind }) => kind === 'user')?.create).toBe(users)
  expect(kinds.every(({ blocked }) => blocked === 0)).toBe(true)
  // If something is rejected, the manifest has a comment about it.
  expect(plan.code).toBe(shown.rejects.length === 0 ? 0 : 5)
  expect(manifestIn(cwd).safety !== undefined).toBe(shown.rejects.length > 0)
})

test('recognized files are used with --yes, and only named files without it', async () => {
  const cwd = folderLike('clerk-demo')
  await command(['init', '--users', 'users.csv', '--target', 'sandbox'], { cwd })
  expect(manifestIn(cwd).source).toEqual({ type: 'clerk', users: './users.csv' })
  const named = ['--memberships', 'memberships.csv']
  await command(['init', '--source', 'clerk', '--users', 'users.csv', ...named, '--target', 'sandbox', '--force'], {
    cwd,
  })
  expect(manifestIn(cwd).source).toEqual({ type: 'clerk', users: './users.csv', memberships: './memberships.csv' })
  await command(['init', '--yes', '--force'], { cwd })
  expect(manifestIn(cwd).source).toMatchObject({ users: './users.csv', roles: './roles.csv' })
})

test('found roles are proposed as slugs, except those of the recipe', async () => {
  const cwd = folderLike('clerk-demo')
  await command(['init', '--yes'], { cwd })
  expect(manifestIn(cwd).roles).toEqual({
    define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } },
  })
})

test('without a terminal, missing answers are named by their options', async () => {
  const cwd = folderLike('clerk-demo')
  const nothing = await command(['init'], { cwd })
  expect(nothing.code).toBe(3)
  expect(nothing.stderr).toContain('--users: the users file')
  expect(nothing.stderr).toContain("users.csv (Clerk's dashboard export)")
  expect(nothing.stderr).toContain('--target: sandbox or workos')
  const half = await command(['init', '--users', 'users.csv'], { cwd })
  expect(half.code).toBe(3)
  expect(half.stderr).toContain('--target')
  const tenant = await command(['init', '--source', 'auth0', '--live', '--yes'], { cwd })
  expect(tenant.code).toBe(3)
  expect(tenant.stderr).toContain('--domain')
  expect(existsSync(join(cwd, 'migrate.config.yaml'))).toBe(false)
})

test.each([
  [['--users', 'users.csv', '--groups', 'users.csv', '--yes'], 'Clerk does not support a file of groups'],
  [['--users', 'nothing.csv', '--yes'], 'there is no file nothing.csv'],
  [['--source', 'stytch', '--live', '--yes'], 'Stytch over its API'],
  [['--source', 'nowhere', '--yes'], 'Allowed choices are clerk, auth0'],
  [['--users', 'users.csv', '--env', 'a b', '--yes'], 'Environment names'],
  [['--users', 'users.csv', '--target', 'workos', '--base-url', 'nowhere'], 'is not an http(s) URL: nowhere'],
  [['--users', 'users.csv', '--domain', 'acme.example', '--yes'], '--domain is for Auth0 and Okta'],
  [['--source', 'clerk', '--domain', 'acme.example', '--yes'], '--domain is for Auth0 and Okta'],
  [['--source', 'auth0', '--users', 'users.csv', '--domain', 'acme.example', '--yes'], 'name two different sources'],
  [
    ['--live', 'https://api.example', '--domain', 'acme.example', '--yes'],
    '--live with a URL is for Clerk and Firebase',
  ],
  [['--source', 'stytch', '--users', 'users.csv', '--live', '--yes'], 'only Clerk supports --users with --live'],
  [['--source', 'firebase', '--users', 'users.csv', '--yes'], 'users.csv is not from Firebase: it looks like Clerk'],
  [['--users', 'users.csv', '--organize', 'one', '--yes'], '--organization-name: the name of the organization'],
  [
    ['--users', 'users.csv', '--organize', 'per-domain', '--organization-name', 'Acme', '--yes'],
    '--organization-name is for a single organization',
  ],
  [['--users', 'users.csv', '--out', 'no/such/folder.yaml', '--yes'], 'cannot be written (ENOENT)'],
])('invalid options are rejected before anything is written: %j', async (args, message) => {
  const cwd = folderLike('clerk-demo')
  const before = readdirSync(cwd)
  const { code, stderr } = await command(['init', ...args], { cwd })
  expect(code).toBe(3)
  expect(stderr).toContain(message)
  expect(readdirSync(cwd)).toEqual(before)
})

test('an existing manifest is not overwritten without --force', async () => {
  const cwd = folderLike('csv-minimal')
  writeFileSync(join(cwd, 'migrate.config.yaml'), 'mine\n')
  const refused = await command(['init', '--yes'], { cwd })
  expect(refused.code).toBe(3)
  expect(refused.stderr).toContain('[manifest_exists]')
  expect(text(cwd)).toBe('mine\n')
  expect((await command(['init', '--yes', '--force'], { cwd })).code).toBe(0)
})

test('the state, .env and data files are added to an existing .gitignore', async () => {
  const cwd = folderLike('csv-minimal')
  writeFileSync(join(cwd, '.gitignore'), 'node_modules/\n.env')
  await command(['init', '--yes'], { cwd })
  const lines = text(cwd, '.gitignore').split('\n')
  expect(lines).toEqual([
    'node_modules/',
    '.env',
    '',
    '# workos-migrate: state, snapshots, keys, and exports with personal data and password hashes',
    '.workos-migrate/',
    '/users.csv',
    '',
  ])
  await command(['init', '--yes', '--force'], { cwd })
  expect(text(cwd, '.gitignore').split('\n')).toEqual(lines)
})

test('the manifest is private, refers to keys, and has environments with separate states', async () => {
  const cwd = folderLike('csv-minimal')
  const args = ['init', '--users', 'users.csv', '--target', 'workos', '--env', 'staging,production', '--name', 'acme']
  const { code, stderr } = await command(args, { cwd })
  expect(code).toBe(0)
  expect(stderr).toContain('export WORKOS_API_KEY=…')
  expect(manifestIn(cwd)).toMatchObject({
    name: 'acme',
    target: { type: 'workos', apiKey: '${WORKOS_API_KEY}' },
    environments: {
      staging: {
        target: { type: 'workos', apiKey: '${WORKOS_STAGING_API_KEY}' },
        state: { path: '.workos-migrate/staging.sqlite' },
      },
      production: { safety: { confirm: 'production' } },
    },
  })
  expect(statSync(join(cwd, 'migrate.config.yaml')).mode & 0o777).toBe(0o600)
  const staging = await command(['validate', '-e', 'staging', '--offline'], { cwd })
  expect(staging.code).toBe(0)
})

test('a set key is tried with a read, and a rejected key stops init before any write', async () => {
  const workos = await openWorkos({
    interceptor: {
      before({ request, response }) {
        if (!request.headers.authorization?.includes('Wrong')) return false
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Unauthorized"}')
        return true
      },
    },
  })
  try {
    const cwd = folderLike('csv-minimal')
    const args = ['init', '--users', 'users.csv', '--target', 'workos', '--base-url', workos.url]
    const refused = await command(args, { cwd, env: { WORKOS_API_KEY: 'sk_test_WrongCanary' } })
    expect(refused.code).toBe(4)
    expect(refused.stderr).toContain('WorkOS rejected the key in WORKOS_API_KEY')
    expect(refused.stderr).not.toContain('Canary')
    expect(existsSync(join(cwd, 'migrate.config.yaml'))).toBe(false)
    const taken = await command(args, { cwd, env: { WORKOS_API_KEY: 'sk_test_RightCanary' } })
    expect(taken.code).toBe(0)
    expect(taken.stderr).toContain('WorkOS accepts the key in WORKOS_API_KEY.')
    expect(taken.stderr).not.toContain('export WORKOS_API_KEY')
    expect(text(cwd)).not.toContain('Canary')
    expect(workos.log.every(({ method }) => method === 'GET')).toBe(true)
  } finally {
    await workos.close()
  }
})

test('unusual file names are escaped in the manifest', async () => {
  const name = "it's: a #1 [new] ${HOME} {x}*.csv"
  const cwd = folderOf({ [name]: 'Kundennummer,E-Mail,Vorname\n7,ada@example.com,Ada\n' })
  const { code } = await command(['init', '--users', name, '--yes'], { cwd })
  expect(code).toBe(0)
  const plan = await command(['plan', '--json'], { cwd })
  expect(plan.code).toBe(0)
  expect(text(cwd, '.gitignore')).toContain("/it's: a \\#1 \\[new\\] ${HOME} {x}\\*.csv\n")
})

test('a file of unknown origin is mapped by columns, with a comment on unmapped ones', async () => {
  const rows = [
    'customer id,E-Mail Address,given name,Family Name,is verified,Password,Company,role,shoe size',
    'c-1,Ada@example.com,Ada,Ampersand,yes,$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde,Acme Anvils,admin,42',
    'c-2,bjorn@example.com,Björn,,no,,,,',
  ]
  const cwd = folderOf({ 'kunden.csv': `${rows.join('\n')}\n` })
  const { code } = await command(['init', '--users', 'kunden.csv', '--yes', '--env', 'none'], { cwd })
  expect(code).toBe(0)
  expect(manifestIn(cwd).map).toEqual({
    user: {
      key: '`customer id`',
      externalId: '`customer id`',
      email: '`E-Mail Address`',
      emailVerified: '`is verified`',
      firstName: '`given name`',
      lastName: '`Family Name`',
      passwordHash: '$passwordHash(Password)',
    },
    organization: { when: '$exists(Company)', key: "'name:' & Company", name: 'Company' },
    membership: { when: '$exists(Company)', organization: "'name:' & Company", roles: 'role' },
  })
  expect(text(cwd)).toContain('# Not mapped: shoe size')
  const plan = await command(['plan', '--json'], { cwd })
  expect(plan.code).toBe(0)
  const kinds: { kind: string; create: number }[] = JSON.parse(plan.stdout).summary.kinds
  const created = Object.fromEntries(kinds.map(({ kind, create }) => [kind, create]))
  expect(created).toMatchObject({ user: 2, organization: 1, membership: 1, role: 1 })
})

test('an email column known only by its values is mapped, without false rejects', async () => {
  const cwd = folderOf({ 'people.csv': 'Nr,Kontakt\n1,ada@example.com\n2,bjorn@example.com\n' })
  const { code, stderr, stdout } = await command(['init', '--users', 'people.csv', '--yes'], { cwd })
  expect(code).toBe(0)
  expect(stdout).toMatch(/is valid: source file, \d+ expressions?\n/)
  expect(stderr).not.toContain('cannot be migrated')
  expect(text(cwd)).toContain('no column name suggests email addresses')
  expect(text(cwd)).not.toContain('without a usable address')
  expect(manifestIn(cwd)).toMatchObject({ map: { user: { email: 'Kontakt' } } })
  expect(manifestIn(cwd).safety).toBeUndefined()
  expect((await command(['plan'], { cwd })).code).toBe(0)
})

test('for an unrecognized file nothing is written, and missing columns are listed', async () => {
  const cwd = folderOf({ 'x.csv': 'a,b\n1,2\n' })
  const { code, stderr } = await command(['init', '--users', 'x.csv', '--yes'], { cwd })
  expect(stderr).toContain('nothing was written: 1 record in x.csv, but no user to migrate')
  expect(stderr).toContain('no column was found for key and email; the file has the columns a, b.')
  expect(code).toBe(3)
  expect(readdirSync(cwd)).toEqual(['x.csv'])
})

test('the manifest goes to --out, with paths relative to it', async () => {
  const cwd = folderLike('csv-minimal')
  const outside = folderOf({ 'migration/.keep': '' })
  const out = join(outside, 'migration/acme.yaml')
  const { code, stderr } = await command(['init', '--users', 'users.csv', '--yes', '--out', out], { cwd })
  expect(code).toBe(0)
  expect(stderr).toContain('workos-migrate plan ')
  expect((await command(['plan', out], { cwd })).code).toBe(0)
})

const AUTH0_USERS = [
  {
    user_id: 'auth0|60425dc43519d90068f82973',
    email: 'ada@example.com',
    email_verified: false,
    identities: [{ connection: 'Username-Password-Authentication', provider: 'auth0', isSocial: false }],
    app_metadata: { org_id: 'acme', org_name: 'Acme Anvils', roles: ['admin'] },
  },
  {
    user_id: 'google-oauth2|1000',
    email: 'bjorn@example.com',
    email_verified: true,
    identities: [{ connection: 'google-oauth2', provider: 'google-oauth2', user_id: 1000, isSocial: true }],
    app_metadata: {},
  },
]
const AUTH0_HASH = {
  _id: { $oid: '60425dc43519d90068f82973' },
  email: 'ada@example.com',
  passwordHash: '$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde',
  connection: 'Username-Password-Authentication',
}
const lines = (records: object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')

test('an Auth0 export is combined with its hashes and organizations from metadata', async () => {
  const cwd = folderOf({ 'export.ndjson': lines(AUTH0_USERS), 'hashes.ndjson': lines([AUTH0_HASH]) })
  const { code } = await command(['init', '--yes', '--organize', 'from-metadata'], { cwd })
  expect(code).toBe(0)
  expect(manifestIn(cwd).source).toEqual({
    type: 'auth0',
    organizationFrom: 'metadata',
    users: './export.ndjson',
    passwords: './hashes.ndjson',
  })
  expect(text(cwd)).toContain('passwords, bcrypt: 1 kept')
  const plan = await command(['plan', '--json'], { cwd })
  const kinds: { kind: string; create: number }[] = JSON.parse(plan.stdout).summary.kinds
  const created = Object.fromEntries(kinds.map(({ kind, create }) => [kind, create]))
  expect(created).toMatchObject({ user: 2, organization: 1, membership: 1, role: 1 })
  expect(plan.code).toBe(0)
})

test('the Firebase CSV without a header gets column names', async () => {
  const [key, salt] = [
    'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
    '42xEC+ixf3L2lw==',
  ]
  const row = [
    'uid1',
    'ada@example.com',
    'true',
    key,
    salt,
    'Ada Ampersand',
    '',
    ...Array(16).fill(''),
    '1700000000000',
    '',
    '',
  ]
  const cwd = folderOf({ 'accounts.csv': `${row.join(',')}\n` })
  const env = { FIREBASE_SIGNER_KEY: SIGNER }
  const init = await command(['init', '--yes'], { cwd, env })
  expect(init.code).toBe(0)
  expect(manifestIn(cwd).source.streams.users.columns.slice(0, 5)).toEqual([
    'localId',
    'email',
    'emailVerified',
    'passwordHash',
    'salt',
  ])
  const plan = await command(['plan'], { cwd, env })
  expect(plan.stdout).toContain('user:uid1  ada@example.com')
  expect(plan.code).toBe(0)
})

test('an interruption during the read leaves nothing behind and ends with 130', async () => {
  const cwd = folderLike('clerk-demo')
  const before = readdirSync(cwd)
  const { code } = await command(['init', '--yes'], { cwd, context: { interrupted: AbortSignal.abort() } })
  expect(code).toBe(130)
  expect(readdirSync(cwd)).toEqual(before)
})

test('a file in an old encoding is read', async () => {
  const csv = Buffer.from('Kundennummer;Mailadresse;Vorname\n7;jurgen@example.com;Jürgen\n', 'latin1')
  const cwd = folderOf({ 'alt.csv': csv })
  expect((await command(['init', '--users', 'alt.csv', '--yes'], { cwd })).code).toBe(0)
  expect(manifestIn(cwd).source.streams.users).toEqual({ path: './alt.csv', encoding: 'latin1' })
  const applied = await command(['apply', '--yes'], { cwd })
  expect(applied.code).toBe(0)
})
