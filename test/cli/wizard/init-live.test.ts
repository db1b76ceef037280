import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parse } from 'yaml'
import { CLIENT_ID, CLIENT_SECRET, startFakeAuth0 } from '../../fakes/auth0/fake-auth0.ts'
import { generateTenant } from '../../fakes/auth0/generate.ts'
import type { Auth0Settings } from '../../fakes/auth0/settings.ts'
import { dashboardCsv } from '../../fakes/clerk/dashboard-csv.ts'
import { SECRET_KEY, startFakeClerk } from '../../fakes/clerk/fake-clerk.ts'
import { generateInstance } from '../../fakes/clerk/generate.ts'
import { startFakeCognito } from '../../fakes/cognito/fake-cognito.ts'
import { cognitoGroup, cognitoUser } from '../../fakes/cognito/objects.ts'
import { PROJECT, startFakeFirebase } from '../../fakes/firebase/fake-firebase.ts'
import { generateProject } from '../../fakes/firebase/generate.ts'
import { API_TOKEN, startFakeOkta } from '../../fakes/okta/fake-okta.ts'
import { generateOrg } from '../../fakes/okta/generate.ts'
import { command, folderOf } from '../harness.ts'
import { converse, KEY } from './terminal.ts'

async function openClerk() {
  const fake = await startFakeClerk(
    generateInstance({ users: 40, organizations: 4, membershipsEach: 2, withoutOrganization: 6 }),
  )
  onTestFinished(() => fake.close())
  return fake
}

async function openAuth0(settings: Auth0Settings = {}) {
  const fake = await startFakeAuth0(
    generateTenant({ users: 30, organizations: 3, withoutOrganization: 5, largest: 10 }),
    settings,
  )
  onTestFinished(() => fake.close())
  return fake
}

const manifestIn = (cwd: string) => parse(readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8'))
const AUTH0 = { AUTH0_CLIENT_ID: CLIENT_ID, AUTH0_CLIENT_SECRET: CLIENT_SECRET }

test('a Clerk instance is tried, read once, inspected, and planned from the snapshot', async () => {
  const fake = await openClerk()
  const cwd = folderOf({ 'users.csv': dashboardCsv(fake.instance) })
  const env = { CLERK_SECRET_KEY: SECRET_KEY }
  const args = ['init', '--live', fake.url, '--source', 'clerk', '--users', 'users.csv', '--target', 'sandbox']
  const init = await command(args, { cwd, env })
  expect(init.stderr).toContain('CLERK_SECRET_KEY: accepted.')
  expect(init.code).toBe(0)
  expect(manifestIn(cwd).source).toEqual({
    type: 'clerk',
    secretKey: '${CLERK_SECRET_KEY}',
    baseUrl: fake.url,
    users: './users.csv',
  })
  const text = readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')
  expect(text).toContain('4 organizations')
  expect(text + init.stdout + init.stderr).not.toContain(SECRET_KEY)
  const asked = fake.log.length
  const plan = await command(['plan', '--json'], { cwd, env })
  expect(fake.log.length).toBe(asked)
  const kinds: { kind: string; create: number }[] = JSON.parse(plan.stdout).summary.kinds
  expect(kinds.find(({ kind }) => kind === 'organization')?.create).toBe(4)
})

test('an Auth0 tenant is named by its domain, and inspect uses the snapshot of init', async () => {
  const fake = await openAuth0()
  const cwd = folderOf({})
  const init = await command(['init', '--domain', fake.url, '--target', 'sandbox'], { cwd, env: AUTH0 })
  expect(init.stderr).toContain('AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET: accepted.')
  expect(init.code).toBe(0)
  expect(manifestIn(cwd).source).toMatchObject({ domain: fake.url, clientSecret: '${AUTH0_CLIENT_SECRET}' })
  const asked = fake.log.length
  const inspected = await command(['inspect', '--json'], { cwd })
  expect(inspected.code).toBe(0)
  expect(fake.log.length).toBe(asked)
  expect(JSON.parse(inspected.stdout)).toMatchObject({ type: 'auth0', complete: true, people: { records: 30 } })
  expect(JSON.parse(inspected.stdout).people.organizations).toMatchObject({ distinct: 3, usersWithout: 5 })
})

test('credentials without scopes stop it before any read or write', async () => {
  const fake = await openAuth0({ scopes: ['read:users'] })
  const cwd = folderOf({})
  const { code, stderr } = await command(['init', '--domain', fake.url, '--target', 'sandbox'], { cwd, env: AUTH0 })
  expect(code).toBe(4)
  expect(stderr).toContain('read:organizations')
  expect(existsSync(join(cwd, 'migrate.config.yaml'))).toBe(false)
  expect(existsSync(join(cwd, '.workos-migrate'))).toBe(false)
})

test('without credentials, or with --no-inspect, the manifest contains only the recipe', async () => {
  const fake = await openAuth0()
  const cwd = folderOf({})
  const bare = await command(['init', '--domain', fake.url, '--target', 'sandbox'], { cwd })
  expect(bare.code).toBe(0)
  expect(bare.stderr).toContain('export AUTH0_CLIENT_SECRET=…')
  expect(fake.log).toHaveLength(0)
  const args = ['init', '--domain', fake.url, '--target', 'sandbox', '--no-inspect', '--force']
  const tried = await command(args, { cwd, env: AUTH0 })
  expect(tried.code).toBe(0)
  expect(tried.stderr).toContain('accepted')
  expect(existsSync(join(cwd, '.workos-migrate/snapshots'))).toBe(false)
})

test('on a terminal, the tenant and its credentials are asked for, again after a rejection', async () => {
  const fake = await openAuth0()
  const cwd = folderOf({})
  writeFileSync(join(cwd, 'notes.txt'), 'no data')
  const { code, screen } = await converse(['init'], cwd, [
    [/Where are the users\?/, `${KEY.down}${KEY.enter}`],
    [/What is the domain of the tenant\?/, `${fake.url}${KEY.enter}`],
    [/Which organizations/, KEY.enter],
    [/Where do you want to migrate to\?/, KEY.enter],
    [/AUTH0_CLIENT_ID\?/, `${CLIENT_ID}${KEY.enter}`],
    [/AUTH0_CLIENT_SECRET\?/, `wrongCanary${KEY.enter}`],
    [/AUTH0_CLIENT_ID\?/, `${CLIENT_ID}${KEY.enter}`],
    [/AUTH0_CLIENT_SECRET\?/, `${CLIENT_SECRET}${KEY.enter}`],
    [/Read the source now\?/, KEY.enter],
    [/Write migrate\.config\.yaml/, KEY.enter],
  ])
  expect(code).toBe(0)
  expect(screen).toContain('3 organizations')
  expect(screen).not.toContain(CLIENT_SECRET)
  expect(screen).not.toContain('wrongCanary')
  expect(manifestIn(cwd).source.domain).toBe(fake.url)
})

async function openFirebase() {
  const fake = await startFakeFirebase(generateProject({ users: 12, tenants: [5] }))
  onTestFinished(() => fake.close())
  const cwd = folderOf({ 'keys/account.json': fake.source.serviceAccount })
  return { fake, cwd, named: ['--project', PROJECT, '--live', fake.url, '--credentials', 'keys/account.json'] }
}

test('a Firebase project is tried with its key file, read once, and planned by the recipe', async () => {
  const { fake, cwd, named } = await openFirebase()
  const init = await command(['init', ...named, '--target', 'sandbox'], { cwd })
  expect(init.stderr).toContain('The source accepts the credentials.')
  expect(init.code, init.stderr).toBe(0)
  const { source, extends: recipe, secrets } = manifestIn(cwd)
  expect({ source, recipe, secrets }).toEqual({
    source: { type: 'firebase', project: PROJECT, credentials: './keys/account.json', baseUrl: fake.url },
    recipe: 'firebase',
    secrets: undefined,
  })
  const asked = fake.log.length
  const plan = await command(['plan', '--json'], { cwd })
  expect(plan.code, plan.stderr).toBe(0)
  expect(fake.log.length).toBe(asked)
  const kinds: { kind: string; create: number }[] = JSON.parse(plan.stdout).summary.kinds
  expect(Object.fromEntries(kinds.map(({ kind, create }) => [kind, create]))).toMatchObject({
    user: 17,
    organization: 1,
    membership: 5,
  })
})

test('on a terminal, the project and its key file are asked for', async () => {
  const { fake, cwd } = await openFirebase()
  const { code, screen } = await converse(['init', '--live', fake.url, '--source', 'firebase'], cwd, [
    [/What is the project ID\?/, `${PROJECT}${KEY.enter}`],
    [/Which service account key file\?/, `keys/account.json${KEY.enter}`],
    [/Which organizations/, KEY.enter],
    [/Where do you want to migrate to\?/, KEY.enter],
    [/Read the source now\?/, KEY.enter],
    [/Write migrate\.config\.yaml/, KEY.enter],
  ])
  expect(code, screen).toBe(0)
  expect(manifestIn(cwd).source.credentials).toBe('./keys/account.json')
})

test.each([
  [['--project', PROJECT, '--source', 'clerk'], '--project is for Firebase, but the users come from Clerk'],
  [['--project', PROJECT, '--users', 'users.json'], '--users and --project name two different sources'],
  [['--credentials', 'key.json', '--live'], '--credentials is for a Firebase project'],
  [['--live', '--source', 'firebase'], '--project: the ID of the Firebase project'],
])('contradicting options are rejected: %j', async (args, message) => {
  const cwd = folderOf({ 'users.json': '{"users":[{"localId":"u1","email":"a@example.com","createdAt":"1"}]}' })
  const { code, stderr } = await command(['init', ...args, '--target', 'sandbox'], { cwd })
  expect(code).toBe(3)
  expect(stderr).toContain(message)
})

/** User pools. The AWS SDK finds the credentials in the environment of this process. */
async function openCognito() {
  const users = Array.from({ length: 12 }, (_, index) => cognitoUser(index + 1))
  const pool = 'eu-west-1_Example01'
  const groups = [cognitoGroup('admins'), cognitoGroup('Support Team'), cognitoGroup(`${pool}_Google`)]
  const members = { admins: ['user-1', 'user-2'], 'Support Team': ['user-3'], [`${pool}_Google`]: ['user-4'] }
  const fake = await startFakeCognito([{ id: pool, users, groups, members }])
  vi.stubEnv('AWS_ACCESS_KEY_ID', fake.source.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', fake.source.secretAccessKey)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await fake.close()
  })
  return { fake, pool }
}

test('Cognito user pools are named by their IDs, with the credentials that the SDK finds', async () => {
  const { fake, pool } = await openCognito()
  const cwd = folderOf({})
  const args = ['init', '--user-pools', pool, '--live', fake.url, '--organization-name', 'Acme', '--target', 'sandbox']
  const init = await command(args, { cwd })
  expect(init.stderr).toContain('The source accepts the credentials.')
  expect(init.code, init.stderr).toBe(0)
  expect(manifestIn(cwd)).toMatchObject({
    extends: ['cognito', 'one-organization'],
    source: { type: 'cognito', userPools: pool, endpoint: fake.url },
    map: { roleAssignment: { each: 'groups', role: 'group' } },
    roles: {
      define: { admins: { name: 'Admins' }, 'support-team': {} },
      map: { 'Support Team': 'support-team' },
      unmapped: 'drop',
    },
  })
  expect(Object.keys(manifestIn(cwd).roles.define)).toEqual(['admins', 'support-team'])
  const asked = fake.log.length
  const planned = await command(['plan', '--json'], { cwd })
  expect(planned.code, planned.stderr).toBe(0)
  expect(fake.log.length).toBe(asked)
  const kinds: { kind: string; create: number }[] = JSON.parse(planned.stdout).summary.kinds
  expect(kinds.find(({ kind }) => kind === 'user')?.create).toBe(12)
})

test('on a terminal, the user pools are asked for', async () => {
  const { fake, pool } = await openCognito()
  const cwd = folderOf({})
  const { code, screen } = await converse(['init', '--source', 'cognito', '--live', fake.url], cwd, [
    [/What are the IDs of the user pools\?/, `not a pool${KEY.enter}`],
    [/like eu-west-1_Example01/, `${KEY.backspace.repeat(10)}${pool}${KEY.enter}`],
    [/Which organizations/, KEY.enter],
    [/Where do you want to migrate to\?/, KEY.enter],
    [/Read the source now\?/, KEY.enter],
    [/Write migrate\.config\.yaml/, KEY.enter],
  ])
  expect(code, screen).toBe(0)
  expect(screen).toContain('none for now')
  expect(manifestIn(cwd).source).toEqual({ type: 'cognito', userPools: pool, endpoint: fake.url })
})

test('user pools and another source are a contradiction', async () => {
  const cwd = folderOf({ 'users.csv': 'id,email\n1,ada@example.com\n' })
  for (const more of [
    ['--source', 'clerk'],
    ['--users', 'users.csv'],
  ]) {
    const { code, stderr } = await command(['init', '--user-pools', 'eu-west-1_Example01', ...more], { cwd })
    expect(code).toBe(3)
    expect(stderr).toContain('--user-pools')
  }
})

async function openOkta() {
  const fake = await startFakeOkta(generateOrg({ users: 30, groups: 3 }))
  onTestFinished(() => fake.close())
  return fake
}

test('an Okta org is tried, read once, inspected, and planned with groups as roles', async () => {
  const fake = await openOkta()
  const cwd = folderOf({})
  const env = { OKTA_API_TOKEN: API_TOKEN }
  const named = ['--source', 'okta', '--domain', fake.url]
  const one = ['--organization-name', 'Acme', '--target', 'sandbox']
  const init = await command(['init', ...named, ...one], { cwd, env })
  expect(init.stderr).toContain('OKTA_API_TOKEN: accepted.')
  expect(init.code, init.stderr).toBe(0)
  const manifest = manifestIn(cwd)
  expect(manifest).toMatchObject({
    extends: ['okta', 'one-organization'],
    source: { type: 'okta', domain: fake.url, token: '${OKTA_API_TOKEN}' },
    map: { roleAssignment: { each: 'groups', role: 'groupName' } },
    roles: { map: { Admins: 'admins', 'Team 1': 'team-1' }, unmapped: 'drop' },
  })
  const text = readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')
  expect(text + init.stdout + init.stderr).not.toContain(API_TOKEN)
  const asked = fake.log.length
  const plan = await command(['plan', '--json'], { cwd })
  expect(plan.code, plan.stderr).toBe(0)
  expect(fake.log.length).toBe(asked)
  const kinds: { kind: string; create: number }[] = JSON.parse(plan.stdout).summary.kinds
  expect(kinds.find(({ kind }) => kind === 'user')?.create).toBe(24)
  const inspected = await command(['inspect', '--json'], { cwd })
  expect(JSON.parse(inspected.stdout)).toMatchObject({ type: 'okta', complete: true, people: { records: 27 } })
})

test('doctor tries the token of an Okta org, and reports missing permissions', async () => {
  const fake = await startFakeOkta(generateOrg({ users: 3, groups: 1 }), { denied: ['groups'] })
  onTestFinished(() => fake.close())
  const source = `source: { type: okta, domain: "${fake.url}", token: "\${OKTA_API_TOKEN}" }\ntarget: { type: sandbox }\n`
  const cwd = folderOf({ 'migrate.config.yaml': source })
  const checked = await command(['doctor'], { cwd, env: { OKTA_API_TOKEN: API_TOKEN } })
  expect(checked.code).toBe(4)
  expect(checked.stdout).toContain('cannot view groups')
  expect(checked.stdout + checked.stderr).not.toContain(API_TOKEN)
})

test('on a terminal, the org and its token are asked for', async () => {
  const fake = await openOkta()
  const cwd = folderOf({})
  const { code, screen } = await converse(['init', '--source', 'okta'], cwd, [
    [/Where are the users\?/, `${KEY.down}${KEY.enter}`],
    [/What is the domain of the org\?/, `${fake.url}${KEY.enter}`],
    [/Which organizations/, KEY.enter],
    [/Where do you want to migrate to\?/, KEY.enter],
    [/OKTA_API_TOKEN\?/, `${API_TOKEN}${KEY.enter}`],
    [/Read the source now\?/, KEY.enter],
    [/Write migrate\.config\.yaml/, KEY.enter],
  ])
  expect(code, screen).toBe(0)
  expect(screen).not.toContain(API_TOKEN)
  expect(manifestIn(cwd).source).toEqual({ type: 'okta', domain: fake.url, token: '${OKTA_API_TOKEN}' })
})
