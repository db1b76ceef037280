import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { createProject, type Project } from './cli.ts'
import { FAST, KEY, startWorkos } from './workos.ts'

const env = { KEY }
const HASH = '$2b$10$OcWSUGdAB2tvimbEXaJTk.HxIMmfS0ka8grON5JEOFEvH097HyKi2'

async function project(manifest: object, files: Record<string, string>) {
  const workos = await startWorkos()
  const made: Project = createProject()
  for (const [name, text] of Object.entries(files)) made.write(name, text)
  made.manifest({ version: 1, name: 'composed', target: workos.target, run: FAST, ...manifest })
  return { workos, made }
}

const PEOPLE = 'email,external_id,org_external_id,org_name,role_slugs\nada@example.com,1,acme,Acme,\n'

test.each([
  ['users', 'users'],
  ['of another name', 'people'],
])(
  tried(
    'Tools for migrating to WorkOS',
    'users and passwords in separate files',
    'joined by a key, with any name of the main stream (%s)',
  ),
  async (_called, main) => {
    const { workos, made } = await project(
      {
        extends: 'csv',
        source: {
          type: 'file',
          streams: {
            [main]: { path: './users.csv' },
            passwords: { path: './passwords.csv', join: { key: 'email', to: 'email', as: 'one' } },
          },
        },
        map: { user: { passwordHash: '$passwordHash(passwords.hash)', passwordHashType: null } },
      },
      { 'users.csv': PEOPLE, 'passwords.csv': `email,hash\nada@example.com,${HASH}\n` },
    )
    const validated = await made.run(['validate'], { env })
    expect(validated.stderr).toBe('')
    const applied = await made.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
    const { users, organizations, memberships } = await workos.snapshot()
    expect(users).toMatchObject([{ email: 'ada@example.com', external_id: '1' }])
    expect(organizations).toMatchObject([{ name: 'Acme' }])
    expect(memberships).toEqual([['ada@example.com@@acme', ['member']]])
  },
)

test('roles of rows without an organization are reported, whatever the main stream is called', async () => {
  const { made } = await project(
    { extends: 'csv', source: { type: 'file', streams: { people: { path: './people.csv' } } } },
    { 'people.csv': 'email,org_external_id,org_name,role_slugs\nbo@example.com,,,admin\n' },
  )
  const { exit, stdout } = await made.run(['plan'], { env })
  expect(exit).toBe(5)
  expect(stdout).toMatch(/people\.csv:2 .*roleAssignment:bo@example\.com/)
})

test('a rule for users that makes nothing because a stream is missing is a warning', async () => {
  const { made } = await project(
    {
      extends: 'keycloak',
      source: { type: 'file', streams: { users: { path: './realm.json' }, organizations: null } },
    },
    { 'realm.json': JSON.stringify({ users: [{ username: 'ada', id: '1', email: 'ada@example.com' }] }) },
  )
  const { exit, stdout, stderr } = await made.run(['plan'], { env })
  expect(exit, stderr).toBe(0)
  expect(stdout).toContain('map.membership of the recipe keycloak has no effect')
  expect(stdout).toContain('[recipe_without_stream]')
})

test('one organization can exist in WorkOS: everyone is its member, and nothing is created', async () => {
  const { workos, made } = await project(
    {
      extends: 'one-organization',
      source: { type: 'csv', path: './users.csv' },
      vars: { organization: { id: '${ORG_ID}' } },
    },
    { 'users.csv': 'email,first_name\nada@example.com,Ada\n' },
  )
  const { id } = await workos.call('POST', '/organizations', { name: 'Acme' })
  const applied = await made.run(['apply', '--yes'], { env: { ...env, ORG_ID: id } })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const { organizations, memberships } = await workos.snapshot()
  expect(organizations).toHaveLength(1)
  expect(memberships).toEqual([['ada@example.com@@Acme', ['member']]])
})

test('one organization keeps all roles, whichever organization a row has', async () => {
  const { workos, made } = await project(
    {
      extends: 'one-organization',
      source: { type: 'csv', path: './users.csv', userRoles: './roles.csv' },
      vars: { organization: { externalId: 'acme', name: 'Acme' } },
      roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } },
    },
    {
      'users.csv':
        'email,external_id,org_external_id,org_name,role_slugs\nada@example.com,u1,z,Z,admin\nbo@example.com,u2,,,admin\ncy@example.com,u3,z,Z,\n',
      'roles.csv': 'external_id,role_slug,org_external_id\nu3,billing,z\n',
    },
  )
  const applied = await made.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const { organizations, memberships } = await workos.snapshot()
  expect(organizations).toMatchObject([{ external_id: 'acme' }])
  expect(memberships).toEqual([
    ['ada@example.com@@acme', ['admin']],
    ['bo@example.com@@acme', ['admin']],
    ['cy@example.com@@acme', ['billing']],
  ])
})

test.each([
  ['rejected unless the manifest says otherwise', {}, 5, 3],
  [
    'left out where it says so; a role of an unknown user is rejected all the same',
    { withoutOrganization: 'drop' },
    5,
    1,
  ],
])('roles of users without an organization are %s', async (_what, rules, exit, rejected) => {
  const { workos, made } = await project(
    {
      source: { type: 'csv', path: './users.csv', userRoles: './roles.csv' },
      roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } }, ...rules },
    },
    {
      'users.csv':
        'email,external_id,org_external_id,org_name,role_slugs\nada@example.com,u1,acme,Acme,admin\nbo@example.com,u2,,,admin\ncy@example.com,u3,,,\n',
      'roles.csv': 'external_id,role_slug\nu3,billing\nnobody,billing\nu1,billing\n',
    },
  )
  const plan = await made.run(['plan', '--json'], { env })
  expect(plan.exit, plan.stderr).toBe(exit)
  const { rejects, leftOutWith } = JSON.parse(plan.stdout)
  expect(rejects.map(({ code }: { code: string }) => code)).toEqual(Array(rejected).fill('role_without_membership'))
  expect(leftOutWith.map(({ path }: { path: string }) => path)).toEqual(
    Array(3 - rejected).fill('roles.withoutOrganization'),
  )
  await made.run(['apply', '--yes'], { env })
  expect((await workos.snapshot()).users).toHaveLength(0)
})

test("a single saved connection of Auth0 is handed over by Auth0's recipe", async () => {
  const { made } = await project(
    {
      extends: 'auth0',
      source: {
        type: 'file',
        streams: {
          users: { path: './users.ndjson' },
          organizations: { path: './organizations.json' },
          connections: { path: './connection.json', records: '$' },
        },
      },
      vars: { connectionOrganizations: { acme: 'org_1' } },
    },
    {
      'users.ndjson': '{"user_id":"auth0|1","email":"ada@example.com","email_verified":true}',
      'organizations.json': '[{"id":"org_1","name":"acme","display_name":"Acme"}]',
      'connection.json': JSON.stringify({
        id: 'con_1',
        name: 'acme',
        strategy: 'samlp',
        options: { metadataUrl: 'https://idp.example.com/metadata', fieldsMap: { department: 'dept' } },
      }),
    },
  )
  const applied = await made.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const handed = await made.run(['handoff', '--out', 'sso'])
  expect(handed.exit, handed.stderr).toBe(0)
  expect(handed.stdout).toContain('saml_connections.csv   1 connection   of 1 organization')
  expect(readFileSync(made.path('sso/handoff_notes.md'), 'utf8')).toContain(
    'set up these attributes in WorkOS: department',
  )
})
