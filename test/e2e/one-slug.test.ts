import { expect, onTestFinished, test } from 'vitest'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { DATABASE } from '../fakes/auth0/generate.ts'
import type { Auth0Role } from '../fakes/auth0/objects.ts'
import { createProject, type Project } from './cli.ts'
import { peopleProject, type Row } from './people.ts'
import { FAST, KEY, startWorkos, type Workos } from './workos.ts'

const ENV = { KEY }

interface Rejected {
  kind: string
  key: string
  code: string
  message: string
  hint: string
}

const role = (id: string, name: string, ...permissions: string[]): Auth0Role => ({
  id,
  name,
  permissions: permissions.map((permission_name) => ({
    permission_name,
    resource_server_name: 'API',
    resource_server_identifier: 'https://api.example.com',
  })),
})

/** A tenant with one organization in which ada has the first of these roles and bob the second. */
async function tenant(workos: Workos, roles: [Auth0Role, Auth0Role], more: object = {}): Promise<Project> {
  const user = (name: string) => ({
    user_id: `auth0|${name}`,
    email: `${name}@example.com`,
    email_verified: true,
    identities: [{ connection: DATABASE, provider: 'auth0', user_id: name, isSocial: false }],
    created_at: '2024-03-01T08:00:00.000Z',
    updated_at: '2024-03-01T08:00:00.000Z',
  })
  const fake = await startFakeAuth0({
    users: [user('ada'), user('bob')],
    roles,
    organizations: [{ id: 'org_acme0000000000', name: 'acme', display_name: 'Acme' }],
    members: ['ada', 'bob'].map((name, at) => ({
      organization: 'org_acme0000000000',
      user: `auth0|${name}`,
      roles: [roles[at]?.id ?? ''],
    })),
  })
  onTestFinished(() => fake.close())
  ENV_OF.set(workos, { KEY, SECRET: fake.source.clientSecret })
  const project = createProject()
  project.manifest({
    version: 1,
    source: { ...fake.source, clientSecret: '${SECRET}' },
    target: workos.target,
    run: { ...FAST, workers: 1 },
    ...more,
  })
  return project
}

const ENV_OF = new WeakMap<Workos, Record<string, string>>()

async function planned(
  project: Project,
  env: Record<string, string> = ENV,
): Promise<{ exit: number; rejects: Rejected[] }> {
  const { exit, stdout } = await project.run(['plan', '--json'], { env })
  return { exit, rejects: JSON.parse(stdout).rejects }
}

const ADMINS: [Auth0Role, Auth0Role] = [role('rol_1', 'Admin', 'delete:all'), role('rol_2', 'Admin!', 'read:own')]

test('two roles of a tenant whose names make one slug are rejected, and nobody gets the permissions of the other', async () => {
  const workos = await startWorkos()
  const project = await tenant(workos, ADMINS)
  const env = ENV_OF.get(workos)
  const { exit, rejects } = await planned(project, env)
  expect(exit).not.toBe(0)
  expect(rejects.map(({ kind, key, code }) => [kind, key, code]).sort()).toEqual([
    ['membership', 'auth0|ada@org_acme0000000000', 'role_slug_collision'],
    ['membership', 'auth0|bob@org_acme0000000000', 'role_slug_collision'],
    ['role-definition', 'admin', 'role_slug_collision'],
    ['role-definition', 'admin', 'role_slug_collision'],
  ])
  expect(rejects[0]?.message).toMatch(/the roles "Admin" \(.+\) and "Admin!" \(.+\) result in the same slug, admin/)
  expect(rejects[0]?.hint).toContain('roles: { map: { "Admin": admin, "Admin!": admin-2 } }')
  expect((await project.run(['apply', '--yes'], { env })).exit).not.toBe(0)
  expect((await workos.snapshot()).roles).not.toContain('admin')
})

test.each([
  ['Admin!', { 'Admin!': 'admin-2' }, 'admin', 'admin-2'],
  ['both', { Admin: 'root', 'Admin!': 'reader' }, 'root', 'reader'],
])('they are accepted once roles.map has a line for %s', async (_, map, ada, bob) => {
  const workos = await startWorkos()
  const project = await tenant(workos, ADMINS, { roles: { map } })
  const env = ENV_OF.get(workos)
  const { exit, stdout, stderr } = await project.run(['apply', '--yes'], { env })
  expect(exit, stdout + stderr).toBe(0)
  expect((await workos.snapshot()).memberships).toEqual([
    ['ada@example.com@@org_acme0000000000', [ada]],
    ['bob@example.com@@org_acme0000000000', [bob]],
  ])
  const held = await workos.call('GET', `/authorization/roles/${bob}`)
  expect(held.permissions).toEqual(['read:own'])
})

test('roles that differ only in case are two names', async () => {
  const workos = await startWorkos()
  const project = await tenant(workos, [role('rol_1', 'admin'), role('rol_2', 'Admin')])
  const { rejects } = await planned(project, ENV_OF.get(workos))
  expect(new Set(rejects.map(({ code }) => code))).toEqual(new Set(['role_slug_collision']))
})

test('a line under roles.map for the slug does not distinguish two names', async () => {
  const workos = await startWorkos()
  const project = await tenant(workos, ADMINS, { roles: { map: { admin: 'owner' } } })
  const { rejects } = await planned(project, ENV_OF.get(workos))
  expect(rejects.map(({ kind, code }) => `${kind} ${code}`).sort()).toEqual([
    'membership role_slug_collision',
    'membership role_slug_collision',
    'role-definition role_slug_collision',
    'role-definition role_slug_collision',
  ])
})

test('two permissions whose names make one slug are rejected with the roles that have them', async () => {
  const workos = await startWorkos()
  const project = await tenant(workos, [role('rol_1', 'Boss', 'delete/all'), role('rol_2', 'Clerk', 'Delete All')])
  const { rejects } = await planned(project, ENV_OF.get(workos))
  expect(
    rejects
      .filter(({ code }) => code === 'permission_slug_collision')
      .map(({ kind, key }) => `${kind} ${key}`)
      .sort(),
  ).toEqual(['permission delete-all', 'permission delete-all', 'role-definition boss', 'role-definition clerk'])
  expect(rejects[0]?.message).toContain('"delete/all"')
})

const ROWS: Row[] = [
  { email: 'ada@example.com', org_name: 'Acme' },
  { email: 'bob@example.com', org_name: 'Acme!' },
  { email: 'eve@example.com', org_name: 'Bolt' },
]
const SLUGS = { organization: { key: '$slug(org_name)' }, membership: { organization: '$slug(org_name)' } }

test('two organizations whose names make one key are rejected with their members, and the message names the expression', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { map: SLUGS, run: { ...FAST, chunkSize: 1 }, safety: { maxRejects: 4 } })
  const { rejects } = await planned(project)
  expect(rejects).toMatchObject([
    {
      kind: 'organization',
      key: 'acme',
      code: 'organization_key_collision',
      message: expect.stringContaining('"Acme" (./users.csv:2) and "Acme!" (./users.csv:3)'),
      hint: expect.stringContaining('map.organization.key'),
    },
    { kind: 'membership', code: 'organization_rejected' },
    { kind: 'organization', key: 'acme', code: 'organization_key_collision' },
    { kind: 'membership', code: 'organization_rejected' },
  ])
  expect((await project.run(['apply', '--yes'], { env: ENV })).exit).toBe(0)
  expect((await workos.snapshot()).memberships).toMatchObject([[expect.stringContaining('eve@example.com'), {}]])
})

test('names that the manifest makes equal before they become a key are one', async () => {
  const workos = await startWorkos()
  const key = '$slug($lowercase(org_name))'
  const rows = [...ROWS.slice(0, 1), { email: 'bob@example.com', org_name: 'ACME' }]
  const project = peopleProject(workos, rows, { map: { organization: { key }, membership: { organization: key } } })
  expect(await planned(project)).toEqual({ exit: 0, rejects: [] })
})

test('two groups whose names make one key are rejected in one organization, and are two in two organizations', async () => {
  const workos = await startWorkos()
  const acme = { org_external_id: 'acme', org_name: 'Acme' }
  const rows: Row[] = [
    { email: 'ada@example.com', ...acme, team: 'Ops' },
    { email: 'bob@example.com', ...acme, team: 'Ops!' },
    { email: 'eve@example.com', org_external_id: 'bolt', org_name: 'Bolt', team: 'OPS' },
  ]
  const project = peopleProject(workos, rows, {
    map: { group: { key: '$slug(team)', name: 'team' }, groupMember: { group: '$slug(team)' } },
    safety: { maxRejects: 4 },
  })
  const { rejects } = await planned(project)
  expect(rejects.map(({ kind, key, code }) => `${kind} ${key} ${code}`).sort()).toEqual([
    'group ops@acme group_key_collision',
    'group ops@acme group_key_collision',
    expect.stringContaining('group_rejected'),
    expect.stringContaining('group_rejected'),
  ])
  expect(rejects.find(({ kind }) => kind === 'group')?.hint).toContain('map.group.key')
})
