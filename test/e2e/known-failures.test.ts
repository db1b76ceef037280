/**
 * Known failures of migrations to WorkOS, one test each. Most have more thorough tests elsewhere;
 * these show in one place that the failure does not happen here.
 */
import { statSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { isObject } from '../../src/json.ts'
import type { Interceptor } from '../../src/sandbox/server.ts'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant } from '../fakes/auth0/generate.ts'
import { WHOLE } from '../whole.ts'
import { createProject } from './cli.ts'
import { byKind } from './kinds.ts'
import { member, peopleManifest, peopleProject, person } from './people.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const BCRYPT = `$2b$10$${'k'.repeat(53)}`
const ARGON2 = '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b4dWRWJTmaaJObGRdescudvJCs'
/**
 * A published example of Firebase's scrypt: hash, salt, signer key, separator, rounds, memory cost.
 */
const FIREBASE =
  'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$' +
  'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$8$14'

interface ClerkFiles {
  users: string[]
  memberships: string[]
  roles?: string[]
}

const CLERK_COLUMNS =
  'id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,' +
  'unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher'

/** A Clerk export; users as `id,email,verified emails,totp,digest,hasher`. */
function clerkProject(workos: Workos, { users, memberships, roles }: ClerkFiles) {
  const project = createProject()
  const rows = users.map((line) => {
    const [id, email, verified, totp, digest, hasher] = line.split('|')
    return [id, '', '', '', email, '', verified, '', '', '', totp, digest, hasher].map((cell) => `"${cell}"`).join(',')
  })
  project.write('users.csv', [CLERK_COLUMNS, ...rows, ''].join('\n'))
  project.write('memberships.csv', ['clerk_user_id,org_external_id,org_name', ...memberships, ''].join('\n'))
  if (roles) project.write('roles.csv', ['clerk_user_id,role_slug,org_external_id', ...roles, ''].join('\n'))
  project.manifest({
    version: 1,
    name: 'clerk',
    source: {
      type: 'clerk',
      users: 'users.csv',
      memberships: 'memberships.csv',
      ...(roles ? { roles: 'roles.csv' } : {}),
    },
    roles: { define: { admin: { name: 'Admin' } } },
    target: workos.target,
    run: FAST,
  })
  return project
}

test('1: a user of several organizations keeps every membership', async () => {
  const workos = await startWorkos()
  const names = ['a', 'b', 'c', 'd', 'e']
  const project = peopleProject(
    workos,
    names.map((name) => member('ada', name)),
  )
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).memberships.map(([name]) => name)).toEqual(
    names.map((name) => `ada@example.com@@${name}`),
  )
})

test('2: killed in the middle and applied again, nobody lacks the membership', async () => {
  let kill = () => {}
  let seen = 0
  const workos = await startWorkos({
    interceptor: {
      after: ({ request }) => {
        if (request.method === 'POST' && ++seen === 60) kill()
        return false
      },
    },
  })
  const rows = Array.from({ length: 60 }, (_, index) => member(`u${index}`, `org-${index % 3}`))
  const project = peopleProject(workos, rows)
  const child = project.spawn(['apply', '--yes'], env)
  kill = () => child.process.kill('SIGKILL')
  expect((await child.result).signal).toBe('SIGKILL')
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const { users, memberships } = await workos.snapshot()
  expect([users.length, memberships.length]).toEqual([60, 60])
  expect((await project.run(['verify'], { env })).exit).toBe(0)
})

test('3: existing users are adopted, filled in where empty, and get their memberships', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/user_management/users', { email: 'ada@example.com', email_verified: true })
  const project = peopleProject(workos, [member('ada', 'acme')])
  const done = await project.run(['apply', '--yes', '--json'], { env })
  expect(done.exit).toBe(0)
  expect(byKind(JSON.parse(done.stdout).kinds)).toMatchObject({ user: { adopted: 1, created: 0, failed: 0 } })
  const live = await workos.snapshot()
  expect(live.users).toMatchObject([{ first_name: 'ada', external_id: 'id-ada' }])
  expect(live.memberships).toHaveLength(1)
})

test('4: Retry-After pauses everything, and failed requests are retried once each', async () => {
  const refusals = { at: 0, during: 0 }
  const troubled = new Set<string>()
  const before: Interceptor['before'] = ({ request, response, route }) => {
    const name = `${request.method} ${route}`
    if (refusals.at > 0 && performance.now() - refusals.at < 900) refusals.during += 1
    if (request.method === 'POST' && refusals.at === 0) {
      refusals.at = performance.now()
      response.writeHead(429, { 'retry-after': '1' }).end('{"code":"rate_limit_exceeded"}')
      return true
    }
    if (request.method !== 'POST' || troubled.has(name)) return false
    troubled.add(name)
    response.writeHead(500).end('{}')
    return true
  }
  const workos = await startWorkos({ interceptor: { before } })
  const project = peopleProject(workos, [member('ada', 'acme')], { run: { ...FAST, concurrency: 1 } })
  const done = await project.run(['apply', '--yes', '--json'], { env, clock: systemClock })
  expect(done.exit, done.stderr).toBe(0)
  expect(refusals.during).toBe(0)
  expect(JSON.parse(done.stdout).requests.refused).toBe(1)
  expect(await workos.snapshot()).toMatchObject({ users: [{}], organizations: [{}], memberships: [{}] })
})

test('5: a plan is a diff and writes nothing, not even roles', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'admin' })])
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(plan.actions.map(({ type, kind, key }: Record<string, string>) => `${type} ${kind}:${key}`)).toEqual([
    'create role:admin',
    'create organization:acme',
    'create user:id-ada',
    'create membership:id-ada@acme',
  ])
  expect(writes(workos.takeLog())).toEqual([])
  expect((await workos.snapshot()).roles).toEqual(['member'])
})

test('6: with failures the exit code shows it, and they are retried', async () => {
  let refusing = true
  const workos = await startWorkos({
    interceptor: {
      before: ({ response, text }) => {
        if (!refusing || !text.includes('bea@example.com')) return false
        response.writeHead(422).end('{"code":"invalid_request_parameters","message":"No."}')
        return true
      },
    },
  })
  const project = peopleProject(workos, [member('ada', 'acme'), member('bea', 'acme')])
  const failed = await project.run(['apply', '--yes'], { env })
  expect(failed.exit).toBe(7)
  expect(failed.stdout).toContain('user:id-bea')
  refusing = false
  workos.takeLog()
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(writes(workos.takeLog())).toHaveLength(2)
  expect((await workos.snapshot()).memberships).toHaveLength(2)
})

test('7: users without an organization are kept, undeclared gzip is read, and a short page is not the end', async () => {
  // WorkOS can return fewer objects than requested: only the cursor shows the end.
  const workos = await startWorkos({
    interceptor: {
      after: (_exchange, { body }) => {
        if (!isObject(body) || !Array.isArray(body.data) || body.data.length <= 7) return false
        body.data = body.data.slice(0, 7)
        const last = body.data.at(-1)
        body.list_metadata = { before: null, after: isObject(last) ? (last.id ?? null) : null }
        return false
      },
    },
  })
  const rows = Array.from({ length: 250 }, (_, n) => (n % 2 === 0 ? person(`u${n}`) : member(`u${n}`, 'acme')))
  const project = peopleProject(workos, rows)
  const plain = [Object.keys(rows[1] ?? {}), ...rows.map((row) => Object.keys(rows[1] ?? {}).map((name) => row[name]))]
  writeFileSync(project.path('users.csv'), gzipSync(plain.map((line) => line.join(',')).join('\n')))
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  project.remove('.workos-migrate')
  workos.takeLog()
  const again = await project.run(['apply', '--yes', '--json'], { env })
  const pages = workos.takeLog().filter(({ route }) => route === '/user_management/users')
  expect(pages).toHaveLength(Math.ceil(250 / 7))
  expect(byKind(JSON.parse(again.stdout).kinds)).toMatchObject({
    organization: { adopted: 1, created: 0 },
    user: { adopted: 250, created: 0 },
    membership: { adopted: 125, created: 0 },
  })
})

test('7: Auth0: nobody is left out, reading does not end at 1,000 or at a short page, roles and social accounts are kept', async () => {
  const data = generateTenant({
    users: 1100,
    organizations: 2,
    largest: 1030,
    withoutOrganization: 40,
    secondAccounts: 10,
  })
  const users = data.users.map(({ blocked: _blocked, ...user }) => user)
  const fake = await startFakeAuth0({ ...data, users }, { pageCap: 50, shortPages: 0.5 })
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  project.manifest({
    source: { ...fake.source, clientSecret: '${SECRET}' },
    roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } },
    target: workos.target,
    run: FAST,
  })
  const done = await project.run(['apply', '--yes'], { env: { KEY, SECRET: fake.source.clientSecret } })
  expect(done.exit, done.stderr).toBe(0)
  const live = await workos.snapshot()
  // Ten users have a second account through Google, with the same address: they are one user each.
  expect(live.users).toHaveLength(1090)
  expect(live.users.filter(({ metadata }) => isObject(metadata) && 'idp_google-oauth2' in metadata)).toHaveLength(10)
  expect(live.users.filter(({ metadata }) => isObject(metadata) && 'idp_acme-saml' in metadata)).toHaveLength(218)
  expect(
    live.memberships.map(([, roles]) => roles.toSorted().join()).filter((roles) => roles === 'admin,billing').length,
  ).toBe(fake.tenant.members().filter(({ roles }) => roles.length === 2).length)
  expect(live.memberships).toHaveLength(fake.tenant.members().length)
  expect(done.stdout + done.stderr).not.toContain(fake.source.clientSecret)
})

test('8: Clerk: only verified addresses are verified, memberships are many, hashes are kept, no TOTP is in metadata', async () => {
  const workos = await startWorkos()
  const project = clerkProject(workos, {
    users: [
      `u1|ada@example.com|ada@example.com|JBSWY3DPEHPK3PXP|${ARGON2}|argon2id`,
      `u2|bea@example.com|other@example.com||${FIREBASE}|scrypt_firebase`,
    ],
    memberships: ['u1,acme,Acme', 'u1,beta,Beta', 'u2,acme,Acme'],
  })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const sent = writes(workos.takeLog()).filter(({ path }) => path === '/user_management/users')
  expect(sent.map(({ body }) => body)).toMatchObject([
    { email_verified: true, password_hash: ARGON2, password_hash_type: 'argon2' },
    { email_verified: false, password_hash_type: 'firebase-scrypt' },
  ])
  expect(JSON.stringify(sent)).not.toContain('JBSWY3DPEHPK3PXP')
  expect((await workos.snapshot()).memberships).toHaveLength(3)
})

test('9: duplicates keep all organizations, and a hash its own type', async () => {
  const workos = await startWorkos()
  const project = clerkProject(workos, {
    users: ['u1|ada@example.com|ada@example.com|||', `u2|Ada@Example.com|ada@example.com||${ARGON2}|argon2id`],
    memberships: ['u1,acme,Acme', 'u2,beta,Beta'],
  })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const [user] = writes(workos.takeLog()).filter(({ path }) => path === '/user_management/users')
  expect(user?.body).toMatchObject({ password_hash: ARGON2, password_hash_type: 'argon2', external_id: 'u1' })
  expect((await workos.snapshot()).memberships.map(([name]) => name)).toEqual([
    'ada@example.com@@acme',
    'ada@example.com@@beta',
  ])
})

test("10: roles exist before they are assigned, and memberships use WorkOS's IDs", async () => {
  const workos = await startWorkos()
  const project = clerkProject(workos, {
    users: ['u1|ada@example.com||||'],
    memberships: ['u1,acme,Acme'],
    roles: ['u1,org:admin,acme'],
  })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const sent = writes(workos.takeLog())
  expect(sent.map(({ path }) => path)).toEqual([
    '/authorization/roles',
    '/organizations',
    '/user_management/users',
    '/user_management/organization_memberships',
  ])
  expect(sent.at(-1)?.body).toMatchObject({
    user_id: expect.stringMatching(/^user_01/),
    organization_id: expect.stringMatching(/^org_01/),
    role_slug: 'admin',
  })
})

test('11: no secret on the command line, in plans or in files that others can read', async () => {
  const workos = await startWorkos()
  const project = clerkProject(workos, {
    users: [`u1|ada@example.com||JBSWY3DPEHPK3PXP|${BCRYPT}|bcrypt`, 'u2|not an address||||'],
    memberships: [],
  })
  const shown: string[] = []
  for (const args of [['plan', '--full', '--out', 'plan.ndjson'], ['plan', '--json'], ['config'], ['validate']]) {
    const { stdout, stderr } = await project.run(args, { env })
    shown.push(stdout, stderr)
  }
  for (const secret of [BCRYPT, 'JBSWY3DPEHPK3PXP', KEY]) expect(shown.join('')).not.toContain(secret)
  expect(statSync(project.path('plan.ndjson')).mode & 0o777).toBe(0o600)
  expect((await project.run(['apply', '--api-key', KEY], { env })).exit).toBe(3)
})

test.runIf(WHOLE)('12: a file much larger than memory is read once, as a stream', async () => {
  const project = createProject()
  const padding = 'x'.repeat(20_000)
  const lines = Array.from({ length: 9_000 }, (_, n) => `u${n}@example.com,id-${n},${padding}`)
  project.write('users.csv', ['email,external_id,first_name', ...lines, ''].join('\n'))
  project.manifest({
    version: 1,
    name: 'large',
    source: { type: 'csv', path: 'users.csv' },
    target: { type: 'sandbox' },
    run: { workers: 1, chunkSize: 100 },
  })
  // 180 MB of records in heaps of 112 MiB, for the mapping worker and for everything else.
  const child = project.spawn(['plan', '--json'], { NODE_OPTIONS: '--max-old-space-size=112' })
  const { exit, stdout, stderr } = await child.result
  expect(exit, stderr).toBe(0)
  expect(stdout).toContain('"create":9000')
})

test('13: the plan is what is sent', async () => {
  const workos = await startWorkos()
  const rows = [member('ada', 'acme', { role_slugs: 'admin' }), member('bea', 'beta'), person('cleo')]
  const project = peopleProject(workos, rows)
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  workos.takeLog()
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(writes(workos.takeLog())).toHaveLength(plan.summary.estimate.writes)
  project.csv('users.csv', [{ ...rows[0], last_name: 'New' }, ...rows.slice(1)])
  project.manifest(peopleManifest(workos))
  const next = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(next.actions).toMatchObject([
    { type: 'update', key: 'id-ada', changes: [{ field: 'lastName', after: 'New' }] },
  ])
  workos.takeLog()
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(writes(workos.takeLog()).map(({ body }) => body)).toEqual([{ last_name: 'New' }])
})
