import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect, onTestFinished, test } from 'vitest'
import { type FakeFirebase, type FirebaseSettings, startFakeFirebase } from '../fakes/firebase/fake-firebase.ts'
import { account, generateProject, hashed } from '../fakes/firebase/generate.ts'
import type { Account, ProjectData } from '../fakes/firebase/objects.ts'
import { CERTIFICATE } from '../kinds/certificates.ts'
import { verifiesFirebase } from '../kinds/passwords/firebase.ts'
import { tried } from '../tried.ts'
import { createProject, type Project } from './cli.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

interface Scene {
  fake: FakeFirebase
  workos: Workos
  project: Project
  env: Record<string, string>
}

async function open(data: ProjectData, settings: FirebaseSettings = {}, more: object = {}): Promise<Scene> {
  const fake = await startFakeFirebase(data, settings)
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  project.manifest({
    version: 1,
    source: { ...fake.source, serviceAccount: '${ACCOUNT}', pageSize: 20, connections: true },
    target: workos.target,
    run: { ...FAST, workers: 1 },
    ...more,
  })
  return { fake, workos, project, env: { KEY, ACCOUNT: fake.source.serviceAccount } }
}

/** A project with two tenants, and one user with an account in both. */
function twoTenants(): ProjectData {
  const data = generateProject({ users: 30, tenants: [25, 12] })
  const [first, second] = data.tenants ?? []
  if (first?.hashConfig === undefined || second === undefined) throw new Error('there are two tenants')
  const ada: Account = {
    ...account(100, 'ada'),
    email: 'ada@acme.example',
    ...hashed('a pass phrase', Buffer.from('0123456789'), first.hashConfig),
  }
  first.users.push(ada)
  second.users.push({ ...account(101, 'ada'), email: 'Ada@acme.example', passwordHash: undefined, salt: undefined })
  return data
}

/** The hash of a user as sent to WorkOS. */
function hashSent(workos: Workos, email: string): unknown {
  const found = workos.log.find(({ method, body }) => method === 'POST' && Object(body).email === email)
  return Object(found?.body).password_hash
}

const TWO_TENANTS = tried(
  'Firebase',
  'a project, through its API',
  'tenants as organizations, hashes with the parameters of each tenant, every membership',
)

test(TWO_TENANTS, async () => {
  const { fake, workos, project, env } = await open(twoTenants(), {
    tokenUses: 10,
    networkErrors: { serverErrors: 0.05, dropped: 0.05, cutOff: 0.05, seed: 7 },
  })
  const planned = await project.run(['plan', '--json'], { env })
  expect(planned.exit, planned.stderr).toBe(0)
  const asked = fake.log.length
  const { summary, accounting } = JSON.parse(planned.stdout)
  expect(accounting.streams).toMatchObject([
    { stream: 'users', read: 69, passed: 69, rejected: 0 },
    { stream: 'tenants', read: 2, passed: 2, rejected: 0 },
    { stream: 'connections', read: 0 },
  ])
  const creates = Object.fromEntries(
    summary.kinds.map(({ kind, create }: { kind: string; create: number }) => [kind, create]),
  )
  expect(creates).toMatchObject({ user: 68, organization: 2, membership: 39 })

  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(fake.log.length).toBe(asked)
  const live = await workos.snapshot()
  expect(live.users).toHaveLength(68)
  expect(live.organizations.map(({ name, external_id }) => [name, external_id]).sort()).toEqual([
    ['Tenant 1', 'tenant-1'],
    ['Tenant 2', 'tenant-2'],
  ])
  const expected = (fake.data.tenants ?? []).flatMap(({ id, users }) =>
    users.map(({ email }) => `${email?.toLowerCase()}@@${id}`),
  )
  expect(live.memberships.map(([name]) => name)).toEqual(expected.sort())
  // Two thirds have a password; Ada has one in the first tenant.
  const sent = workos.log.filter(({ body }) => JSON.stringify(body ?? {}).includes('"firebase-scrypt"'))
  const own = [fake.data, ...(fake.data.tenants ?? [])].flatMap(({ users }) => users)
  expect(sent).toHaveLength(own.filter(({ passwordHash }) => passwordHash !== undefined).length)
  const hash = String(hashSent(workos, 'ada@acme.example'))
  expect(verifiesFirebase('a pass phrase', hash)).toBe(true)
  expect(verifiesFirebase('another', hash)).toBe(false)

  const verified = await project.run(['verify'], { env })
  expect(verified.exit, verified.stderr + verified.stdout).toBe(0)
  workos.takeLog()
  const again = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(again.exit, again.stderr).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])

  // Only what changed since is sent.
  fake.data.users.push(account(500))
  fake.data.users = fake.data.users.map((user, n) => (n === 3 ? { ...user, displayName: 'Renamed Person' } : user))
  const changed = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(changed.exit, changed.stderr).toBe(0)
  expect(writes(workos.takeLog())).toHaveLength(2)
})

test('no output and no file but the snapshot contains a key of the project, of the account, or a hash', async () => {
  const { fake, project, env } = await open(twoTenants())
  const outputs: string[] = []
  const commands = [
    ['validate'],
    ['doctor'],
    ['inspect', '--json'],
    ['config'],
    ['plan', '--out', 'plan.ndjson', '--html', 'plan.html'],
    ['apply', 'plan.ndjson', '--yes'],
    ['explain', `user:${fake.data.users[0]?.localId}`, '--json'],
    ['verify', '--json'],
  ]
  for (const command of commands) {
    const { exit, stdout, stderr } = await project.run(command, { env })
    expect(exit, `${command.join(' ')}: ${stderr}`).toBe(0)
    outputs.push(stdout, stderr)
  }
  const { private_key, private_key_id } = JSON.parse(env.ACCOUNT ?? '')
  const directories = [fake.data, ...(fake.data.tenants ?? [])]
  const secrets: string[] = [
    private_key.split('\n')[1],
    private_key_id,
    ...directories.map(({ hashConfig }) => hashConfig?.signerKey ?? '').map((key) => key.slice(0, 40)),
    ...directories.flatMap(({ users }) => users.flatMap(({ passwordHash = [] }) => passwordHash)),
  ]
  const files = readdirSync(project.folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ndjson|html|json|log|db)$/.test(name) && !name.includes('snapshots'))
    .map((name) => readFileSync(join(project.folder, name), 'latin1'))
  expect(files.length).toBeGreaterThan(1)
  expect(existsSync(project.path('plan.html'))).toBe(true)
  for (const text of [...outputs, ...files]) {
    for (const secret of secrets) expect(text.includes(secret), text.slice(0, 200)).toBe(false)
  }
})

test('one ID in two tenants is two users: the second is rejected, and gets nothing of the first', async () => {
  const data = generateProject({ tenants: [1, 1] })
  const [first, second] = data.tenants ?? []
  const [twin] = first?.users ?? []
  if (second === undefined || twin === undefined) throw new Error('there are two tenants with users')
  second.users = [{ ...twin, email: 'somebody.else@example.com' }]
  const { workos, project, env } = await open(data, {}, { safety: { maxRejects: 5 } })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.stderr + applied.stdout).toContain('somebody.else@example.com')
  const { users, memberships } = await workos.snapshot()
  expect(users.map(({ email }) => email)).toEqual([twin.email])
  expect(memberships.map(([name]) => name)).toEqual([`${twin.email}@@tenant-1`])
})

test('providers of tenants are handed over with their organizations, those of the project only if mapped to one', async () => {
  const data = generateProject({ users: 1, tenants: [1, 1] })
  const [first, second] = data.tenants ?? []
  if (first === undefined || second === undefined) throw new Error('there are two tenants')
  const idpConfig = {
    idpEntityId: 'https://idp.acme.example',
    ssoUrl: 'https://idp.acme.example/sso',
    idpCertificates: [{ x509Certificate: CERTIFICATE }],
    signRequest: true,
  }
  const spConfig = { spEntityId: 'my-app', callbackUri: 'https://my-project.example/handler' }
  const saml = { id: 'saml.acme', displayName: 'Acme SSO', enabled: true, idpConfig, spConfig }
  const oidc = {
    id: 'oidc.bolt',
    displayName: 'Bolt SSO',
    enabled: true,
    clientId: 'bolt',
    issuer: 'https://login.bolt.example',
    clientSecret: 'canary-of-the-client',
  }
  first.saml.push(saml)
  second.oidc.push(oidc, { ...oidc, id: 'oidc.off', enabled: false })
  data.saml.push({ ...saml, id: 'saml.ours' })
  const { project, env } = await open(data)
  const rows = (name: string) => parse(readFileSync(project.path(`sso/${name}`)), { columns: true })
  const handed = await project.run(['handoff', '--out', 'sso'], { env })
  expect(handed.exit, handed.stderr).toBe(7)
  expect(handed.stdout + handed.stderr).toContain('firebase:saml.ours')
  expect(rows('saml_connections.csv')).toMatchObject([
    {
      name: 'Acme SSO',
      organizationName: 'Tenant 1',
      organizationExternalId: 'tenant-1',
      idpEntityId: 'https://idp.acme.example',
      idpUrl: 'https://idp.acme.example/sso',
      externalId: 'firebase:tenant-1:saml.acme',
    },
  ])
  expect(rows('oidc_connections.csv')).toMatchObject([
    {
      name: 'Bolt SSO',
      organizationExternalId: 'tenant-2',
      clientId: 'bolt',
      clientSecret: '',
      discoveryEndpoint: 'https://login.bolt.example/.well-known/openid-configuration',
      externalId: 'firebase:tenant-2:oidc.bolt',
    },
  ])
  const notes = readFileSync(project.path('sso/handoff_notes.md'), 'utf8')
  expect(notes).toContain('the identity provider knows Firebase as my-app')
  expect(notes).toContain('Firebase signs its requests to the identity provider')

  const text = JSON.parse(readFileSync(project.path('migrate.config.yaml'), 'utf8'))
  project.manifest({
    ...text,
    vars: { organizationOf: { 'saml.ours': 'tenant-2' } },
    map: { connection: { organization: 'tenantId ? tenantId : $lookup($vars.organizationOf, id)' } },
  })
  const again = await project.run(['handoff', '--out', 'sso'], { env })
  expect(again.exit, again.stderr).toBe(0)
  expect(rows('saml_connections.csv')).toHaveLength(2)
})

test('updatedSince is rejected with the reason', async () => {
  const { project, env } = await open(generateProject(), {}, {})
  project.manifest({
    source: { type: 'firebase', project: 'my-project', updatedSince: '2026-03-01' },
    target: { type: 'sandbox' },
  })
  const { exit, stderr } = await project.run(['validate'], { env })
  expect(exit).toBe(3)
  expect(stderr).toContain('"updatedSince" does not apply to source of this type')
  expect(stderr).toContain('the API does not report when an account changed')
})
