import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { expect, onTestFinished, test } from 'vitest'
import { type CognitoSettings, type FakeCognito, startFakeCognito } from '../fakes/cognito/fake-cognito.ts'
import {
  type CognitoUser,
  cognitoGroup,
  cognitoUser,
  oidcProvider,
  samlProvider,
  subOf,
} from '../fakes/cognito/objects.ts'
import { tried } from '../tried.ts'
import { createProject, type Project } from './cli.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const [EUROPE, AMERICA] = ['eu-west-1_Example01', 'us-east-1_Example02']

interface Scene {
  fake: FakeCognito
  workos: Workos
  project: Project
  env: Record<string, string>
}

/** All users of both pools become members of one organization, with the groups as roles. */
function manifest({ fake, workos, project }: Scene, more: { source?: object; map?: object; vars?: object } = {}): void {
  project.manifest({
    version: 1,
    extends: ['cognito', 'one-organization'],
    source: {
      ...fake.source,
      accessKeyId: '${ID}',
      secretAccessKey: '${SECRET}',
      rate: '100000/1s',
      ...more.source,
    },
    vars: { organization: { externalId: 'acme', name: 'Acme Anvils' }, ...more.vars },
    map: {
      user: { metadata: { pool: 'pool' } },
      roleAssignment: {
        when: '$not($record.Enabled = false)',
        each: 'groups[$not($contains(group, /^[a-z]+-[a-z-]+-[0-9]_[0-9A-Za-z]+_/))]',
        role: 'group',
      },
      ...more.map,
    },
    roles: {
      define: { admin: { name: 'Admin' }, support: { name: 'Support' } },
      map: { admins: 'admin', tier_2_support: 'support' },
    },
    target: workos.target,
    run: { ...FAST, workers: 1 },
    // A user without an address: the user, the membership and its role.
    safety: { maxRejects: 3 },
  })
}

/**
 * Includes a user with the same address in both pools, a disabled user, and a user without an
 * address.
 */
async function open(settings: CognitoSettings = {}): Promise<Scene> {
  const europe = Array.from({ length: 90 }, (_, index) => cognitoUser(index + 1))
  const america = Array.from({ length: 40 }, (_, index) => cognitoUser(index + 1, { pool: 2 }))
  const phone = { Name: 'phone_number', Value: '+15550100001' }
  europe.push(cognitoUser(101, { Enabled: false }))
  europe.push({ ...cognitoUser(102), Attributes: [phone, { Name: 'sub', Value: subOf(102) }] })
  america.push(cognitoUser(103, { pool: 2, email: 'cognito-1-3@example.com' }))
  const names = (users: CognitoUser[]) => users.map(({ Username }) => Username)
  const fake = await startFakeCognito(
    [
      {
        id: EUROPE,
        users: europe,
        groups: [cognitoGroup('admins'), cognitoGroup('tier_2_support'), cognitoGroup(`${EUROPE}_Acme`)],
        members: {
          admins: names(europe).slice(0, 5),
          tier_2_support: names(europe).slice(3),
          [`${EUROPE}_Acme`]: ['user-1'],
        },
        providers: [samlProvider('Acme'), oidcProvider('Bolt')],
      },
      {
        id: AMERICA,
        users: america,
        groups: [cognitoGroup('admins')],
        members: { admins: ['user-1', 'user-103'] },
      },
    ],
    settings,
  )
  onTestFinished(() => fake.close())
  const scene = {
    fake,
    workos: await startWorkos(),
    project: createProject(),
    env: { KEY, ID: fake.source.accessKeyId, SECRET: fake.source.secretAccessKey },
  }
  manifest(scene)
  return scene
}

/** The users who must be in WorkOS: address, roles, and the `sub` as external ID. */
function expectedOf({ fake }: Scene): [email: string, externalId: string, roles: string[]][] {
  const roles: Record<string, string> = { admins: 'admin', tier_2_support: 'support' }
  const people = new Map<string, { sub: string; created: number; roles: Set<string> }>()
  for (const pool of fake.pools.values()) {
    for (const user of pool.users.values()) {
      const attribute = (name: string) => user.Attributes.find(({ Name }) => Name === name)?.Value
      const email = attribute('email')
      if (!user.Enabled || email === undefined) continue
      const own = { sub: attribute('sub') ?? '', created: user.UserCreateDate, roles: new Set<string>() }
      const known = people.get(email)
      const person = known === undefined || own.created < known.created ? own : known
      for (const role of known?.roles ?? []) person.roles.add(role)
      for (const [group, names] of pool.members) {
        const role = roles[group]
        if (role !== undefined && names.has(user.Username)) person.roles.add(role)
      }
      people.set(email, person)
    }
  }
  return [...people]
    .map(([email, { sub, roles: own }]): [string, string, string[]] => [
      email,
      sub,
      own.size === 0 ? ['member'] : [...own].sort(),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

async function expectSame(scene: Scene): Promise<void> {
  const expected = expectedOf(scene)
  const live = await scene.workos.snapshot()
  expect(live.organizations.map(({ external_id }) => external_id)).toEqual(['acme'])
  expect(live.users.map(({ email, external_id }) => [email, external_id]).sort()).toEqual(
    expected.map(([email, sub]) => [email, sub]),
  )
  expect(live.memberships).toEqual(expected.map(([email, , roles]) => [`${email}@@acme`, roles]))
}

test(
  tried(
    'Cognito',
    'user pools, through the API',
    'two pools with one user in both; throttling, faults and a killed reading; a disabled user and one without an address',
  ),
  async () => {
    let time = Date.now()
    const scene = await open({
      now: () => time,
      rate: { burst: 3, perSecond: 100 },
      networkErrors: { serverErrors: 0.05, dropped: 0.04, cutOff: 0.04, seed: 3 },
      onRequest: () => {
        time += 8
      },
    })
    const { fake, project, env, workos } = scene
    const stop = new AbortController()
    fake.after(9, () => stop.abort())
    const cut = await project.run(['plan', '--json'], { env, interrupted: stop.signal })
    expect(cut.exit, cut.stderr).toBe(130)
    const planned = await project.run(['plan', '--json'], { env })
    expect(planned.exit, planned.stderr).toBe(0)
    const asked = fake.asked()
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stderr).toBe(0)
    expect(fake.asked()).toEqual(asked)
    await expectSame(scene)
    expect(expectedOf(scene)).toHaveLength(130)
    // Nobody gets a password.
    const bodies = JSON.stringify(workos.log.map(({ body }) => body))
    expect(bodies).not.toContain('password_hash')
    const verified = await project.run(['verify'], { env })
    expect(verified.exit, verified.stdout + verified.stderr).toBe(0)
    workos.takeLog()
    const again = await project.run(['apply', '--yes', '--fresh'], { env })
    expect(again.exit, again.stderr).toBe(0)
    expect(writes(workos.takeLog())).toEqual([])
    for (const secret of [env.ID, env.SECRET]) {
      for (const { stdout, stderr } of [cut, planned, applied, verified, again])
        expect(stdout + stderr).not.toContain(secret)
    }
  },
)

test('a second run with updatedSince writes what changed since, and treats nothing as gone', async () => {
  const scene = await open()
  const { fake, project, env, workos } = scene
  const first = await project.run(['apply', '--yes'], { env })
  expect(first.exit, first.stderr).toBe(0)
  const now = Date.parse('2026-06-02T00:00:00Z') / 1000
  const renamed = fake.pool(EUROPE).users.get('user-7')
  const name = renamed?.Attributes.find(({ Name }) => Name === 'given_name')
  if (renamed === undefined || name === undefined) throw new Error('the user has a name')
  name.Value = 'Renamed'
  renamed.UserLastModifiedDate = now
  fake.pool(AMERICA).addUser(cognitoUser(500, { pool: 2, UserCreateDate: now, UserLastModifiedDate: now }), 'admins')
  workos.takeLog()
  manifest(scene, { source: { updatedSince: '2026-06-01' } })
  const second = await project.run(['apply', '--yes'], { env })
  expect(second.exit, second.stderr).toBe(0)
  expect(second.stderr + second.stdout).toContain('to users who have not changed since')
  expect(
    writes(workos.takeLog())
      .map(({ method, route }) => `${method} ${route}`)
      .sort(),
  ).toEqual([
    'POST /user_management/organization_memberships',
    'POST /user_management/users',
    'PUT /user_management/users/:id',
  ])
  await expectSame(scene)
})

test(tried('Cognito', 'user pools, through the API', 'SAML and OpenID Connect identity providers'), async () => {
  const scene = await open()
  const { project, env } = scene
  manifest(scene, {
    source: { connections: true },
    vars: { connectionOrganizations: { Acme: 'acme', Bolt: 'acme' } },
  })
  const handed = await project.run(['handoff', '--out', 'sso'], { env })
  expect(handed.exit, handed.stderr).toBe(0)
  const rows = (name: string): Record<string, string>[] =>
    parse(readFileSync(project.path(`sso/${name}`)), { columns: true })
  expect(rows('saml_connections.csv')).toMatchObject([
    {
      name: 'Acme',
      organizationExternalId: 'acme',
      domains: 'acme.example',
      idpMetadataUrl: 'https://idp.acme.example/metadata',
      idpUrl: 'https://idp.acme.example/sso',
      emailAttribute: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
      firstNameAttribute: 'first',
      externalId: `${EUROPE}/Acme`,
    },
  ])
  expect(rows('oidc_connections.csv')).toMatchObject([
    {
      name: 'Bolt',
      clientId: 'client-of-Bolt',
      clientSecret: '',
      discoveryEndpoint: 'https://login.bolt.example/.well-known/openid-configuration',
    },
  ])
  const notes = readFileSync(project.path('sso/handoff_notes.md'), 'utf8')
  expect(notes).toContain('urn:amazon:cognito:sp:eu-west-1')
  expect(notes).toContain('custom:department')
  expect(handed.stdout + handed.stderr + notes).not.toContain('made-up-secret')
})

test('an identity provider without an organization is rejected, and affects nobody else', async () => {
  const scene = await open()
  const { project, env } = scene
  manifest(scene, { source: { connections: true }, vars: { connectionOrganizations: { Acme: 'acme' } } })
  const handed = await project.run(['handoff', '--out', 'sso'], { env })
  expect(handed.exit).toBe(7)
  expect(handed.stdout + handed.stderr).toContain('Bolt')
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  await expectSame(scene)
})

test('users with an authenticator app are listed, to enroll again', async () => {
  const scene = await open()
  const { fake, project, env } = scene
  const user = fake.pool(EUROPE).users.get('user-5')
  if (user === undefined) throw new Error('the user is there')
  user.UserMFASettingList = ['SOFTWARE_TOKEN_MFA']
  manifest(scene, { source: { mfa: true } })
  const planned = await project.run(['plan', '--full'], { env })
  expect(planned.exit, planned.stderr).toBe(0)
  expect(planned.stdout).toMatch(/authenticator app/i)
  expect(planned.stdout).toContain('Cognito does not return the secret')
  expect(fake.asked().AdminGetUser).toBe(133)
})

test('doctor tests the credentials, and names the missing permission', async () => {
  const good = await open()
  const well = await good.project.run(['doctor'], { env: good.env })
  expect(well.stdout).toContain('cognito accepts the credentials')
  const denied = await open({ denied: ['ListGroups'] })
  const ill = await denied.project.run(['doctor', '--json'], { env: denied.env })
  expect(ill.exit).toBe(4)
  expect(ill.stdout).toContain('missing_permission')
  expect(ill.stdout).toContain('cognito-idp:ListGroups')
})

test('inspect shows what the pools contain', async () => {
  const { project, env } = await open()
  const { exit, stdout, stderr } = await project.run(['inspect', '--json'], { env })
  expect(exit, stderr).toBe(0)
  expect(stdout).toContain('UserStatus')
})
