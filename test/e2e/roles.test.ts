import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { createProject } from './cli.ts'
import { member, peopleManifest, peopleProject } from './people.ts'
import { FAST, KEY, openWorkos, startWorkos, type Workos } from './workos.ts'

const env = { KEY }

async function rolesOf(workos: Workos, organization?: string) {
  const path =
    organization === undefined ? '/authorization/roles' : `/authorization/organizations/${organization}/roles`
  const { data } = await workos.call('GET', path)
  const roles = Array.isArray(data) ? data : []
  const own = organization === undefined ? roles : roles.filter(({ type }) => type === 'OrganizationRole')
  return Object.fromEntries(own.map(({ slug, name, permissions }) => [slug, [name, permissions]]))
}

async function permissionsOf(workos: Workos) {
  const { data } = await workos.call('GET', '/authorization/permissions?limit=100')
  return Object.fromEntries((Array.isArray(data) ? data : []).map(({ slug, name }) => [slug, name]))
}

describe('three files about roles', () => {
  async function project(workos: Workos, order: (rows: Record<string, string>[]) => Record<string, string>[]) {
    const made = createProject()
    made.csv(
      'users.csv',
      order([
        member('ada', 'acme', { role_slugs: 'admin' }),
        member('ada', 'borealis'),
        member('bob', 'acme', { role_slugs: '["auditor"]' }),
        member('cy', 'cobalt', { role_slugs: 'auditor,admin' }),
      ]),
    )
    made.csv(
      'user-roles.csv',
      order([
        { external_id: 'id-ada', role_slug: 'billing', org_external_id: '' },
        { external_id: 'id-ada', role_slug: 'admin', org_external_id: 'acme' },
        { external_id: 'id-bob', role_slug: 'auditor', org_external_id: '' },
        { external_id: 'id-bob', role_slug: 'keeper', org_external_id: 'acme' },
      ]),
    )
    made.csv(
      'roles.csv',
      order([
        {
          role_slug: 'admin',
          role_name: 'Admin',
          role_type: 'environment',
          permissions: 'users:read,users:write',
          org_external_id: '',
        },
        {
          role_slug: 'billing',
          role_name: 'Billing',
          role_type: '',
          permissions: '["invoices:pay"]',
          org_external_id: '',
        },
        {
          role_slug: 'auditor',
          role_name: 'Auditor',
          role_type: 'organization',
          permissions: 'logs:read',
          org_external_id: '',
        },
        {
          role_slug: 'org-keeper',
          role_name: 'Keeper',
          role_type: 'organization',
          permissions: '',
          org_external_id: 'acme',
        },
      ]),
    )
    made.manifest({
      ...peopleManifest(workos),
      source: { type: 'csv', path: './users.csv', roleDefinitions: './roles.csv', userRoles: './user-roles.csv' },
      roles: { define: { admin: { name: 'Administrator' } } },
      permissions: { define: { 'logs:read': { name: 'Read logs' } } },
    })
    return made
  }

  test.each([
    ['as they come', (rows: Record<string, string>[]) => rows],
    ['reversed', (rows: Record<string, string>[]) => rows.toReversed()],
  ])('become roles, permissions and organization roles, combined on memberships, rows %s', async (_, order) => {
    const workos = await startWorkos()
    const made = await project(workos, order)
    const applied = await made.run(['apply', '--yes'], { env })
    expect(applied, applied.stdout + applied.stderr).toMatchObject({ exit: 0 })

    const live = await workos.snapshot()
    expect(live.memberships).toEqual([
      ['ada@example.com@@acme', ['admin', 'billing']],
      ['ada@example.com@@borealis', ['billing']],
      ['bob@example.com@@acme', ['org-auditor', 'org-keeper']],
      ['cy@example.com@@cobalt', ['admin', 'org-auditor']],
    ])
    expect(await rolesOf(workos)).toEqual({
      admin: ['Administrator', ['users:read', 'users:write']],
      billing: ['Billing', ['invoices:pay']],
      member: ['Member', []],
    })
    expect(await permissionsOf(workos)).toEqual({
      'invoices:pay': 'invoices:pay',
      'logs:read': 'Read logs',
      'users:read': 'users:read',
      'users:write': 'users:write',
    })
    const idOf = (name: string) => String(live.organizations.find(({ external_id }) => external_id === name)?.id)
    expect(await rolesOf(workos, idOf('acme'))).toEqual({
      'org-auditor': ['Auditor', ['logs:read']],
      'org-keeper': ['Keeper', []],
    })
    expect(await rolesOf(workos, idOf('borealis'))).toEqual({})
    expect(await rolesOf(workos, idOf('cobalt'))).toEqual({ 'org-auditor': ['Auditor', ['logs:read']] })

    workos.takeLog()
    const again = await made.run(['apply', '--yes'], { env })
    expect(again.exit, again.stdout).toBe(0)
    expect(workos.takeLog().filter(({ method }) => method !== 'GET')).toEqual([])
    const verified = await made.run(['verify', '--strict'], { env })
    expect(verified.exit, verified.stdout).toBe(0)
  })

  test('are undone, except environment roles', async () => {
    const workos = await startWorkos()
    const made = await project(workos, (rows) => rows)
    await made.run(['apply', '--yes'], { env })
    const destroyed = await made.run(['destroy', '--confirm', 'people'], { env })
    expect(destroyed.exit, destroyed.stdout + destroyed.stderr).toBe(0)
    expect(destroyed.stdout).toMatch(/role:billing .*WorkOS cannot delete environment roles/)
    expect(Object.keys(await rolesOf(workos))).toEqual(['member', 'admin', 'billing'])
    expect(await permissionsOf(workos)).toEqual({})
    expect(await workos.snapshot()).toMatchObject({ users: [], organizations: [], memberships: [] })
  })
})

describe('a role that already exists in WorkOS', () => {
  async function existing(onConflict: string) {
    const workos = await startWorkos()
    await workos.call('POST', '/authorization/permissions', { slug: 'users:read', name: 'Read' })
    await workos.call('POST', '/authorization/roles', { slug: 'admin', name: 'Boss' })
    const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'admin' })], {
      roles: { define: { admin: { name: 'Admin', permissions: ['users:read', 'users:write'] } }, onConflict },
    })
    return { workos, project }
  }

  test('is left as it is, and its difference is shown each time', async () => {
    const { workos, project } = await existing('keep')
    const planned = await project.run(['plan'], { env })
    expect(planned.stdout).toMatch(/role:admin +permissions.*\["users:read","users:write"\]/)
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    expect(await rolesOf(workos)).toMatchObject({ admin: ['Boss', []] })
    workos.takeLog()
    const again = await project.run(['apply', '--yes'], { env })
    expect(again.exit, again.stdout).toBe(0)
    expect(again.stdout).toMatch(/role:admin +permissions.*\["users:read","users:write"\]/)
    expect(workos.takeLog().filter(({ method }) => method !== 'GET')).toEqual([])
  })

  test('follows a changed setting after it was adopted', async () => {
    const { workos, project } = await existing('keep')
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    const roles = (onConflict: string) => ({
      define: { admin: { name: 'Admin', permissions: ['users:read', 'users:write'] } },
      onConflict,
    })
    project.manifest(peopleManifest(workos, { roles: roles('fail') }))
    const refused = await project.run(['plan'], { env })
    expect(refused.exit, refused.stdout).toBe(5)
    project.manifest(peopleManifest(workos, { roles: roles('update') }))
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect(await rolesOf(workos)).toMatchObject({ admin: ['Admin', ['users:read', 'users:write']] })
    const again = await project.run(['plan', '--detailed-exitcode'], { env })
    expect(again.exit, again.stdout).toBe(0)
  })

  test('is changed to its definition if the manifest allows it, once', async () => {
    const { workos, project } = await existing('update')
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect(await rolesOf(workos)).toMatchObject({ admin: ['Admin', ['users:read', 'users:write']] })
    const again = await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })
    expect(again.exit, again.stdout).toBe(0)
  })

  test('stops the plan if the manifest requires it', async () => {
    const { workos, project } = await existing('fail')
    const planned = await project.run(['plan'], { env })
    expect(planned.exit, planned.stdout).toBe(5)
    expect(planned.stdout).toMatch(/^Refused: 2 values .* roles\.onConflict is fail$/m)
    expect(planned.stdout).not.toContain('onDrift')
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(5)
    expect(applied.stderr).toMatch(/^\S+:\d+:\d+ error: 2 values .*\[guard_onConflict\]\n {2}at roles\.onConflict$/m)
    expect(workos.takeLog().filter(({ method }) => method !== 'GET')).toEqual([])
  })
})

test('a changed definition changes the role it created', async () => {
  const workos = await startWorkos()
  const roles = (permissions: string[]) => ({ define: { admin: { name: 'Admin', permissions } } })
  const rows = [member('ada', 'acme', { role_slugs: 'admin' })]
  const project = peopleProject(workos, rows, { roles: roles(['users:read']) })
  await project.run(['apply', '--yes'], { env })
  project.manifest(peopleManifest(workos, { roles: roles(['users:write']) }))
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout).toBe(0)
  expect(await rolesOf(workos)).toMatchObject({ admin: ['Admin', ['users:write']] })
})

test('a role whose permissions got no response gets them with the next apply', async () => {
  const workos = await startWorkos({
    interceptor: {
      before({ request, response }) {
        if (request.method !== 'PUT' || !request.url?.endsWith('/permissions') || !failing) return false
        response.writeHead(400, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ message: 'no', code: 'bad_request' }))
        return true
      },
    },
  })
  let failing = true
  const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'admin' })], {
    roles: { define: { admin: { name: 'Admin', permissions: ['users:read'] } } },
  })
  const first = await project.run(['apply', '--yes'], { env })
  expect(first.exit, first.stdout).toBe(7)
  failing = false
  const second = await project.run(['apply', '--yes'], { env })
  expect(second.exit, second.stdout).toBe(0)
  expect(await rolesOf(workos)).toMatchObject({ admin: ['Admin', ['users:read']] })
})

describe('an environment with one role per membership', () => {
  const rows = [
    member('ada', 'acme', { role_slugs: 'admin,billing' }),
    member('bob', 'acme', { role_slugs: 'billing' }),
    member('cy', 'acme', { role_slugs: 'auditor,billing' }),
  ]
  const define = { admin: { name: 'Admin' }, billing: { name: 'Billing' }, auditor: { name: 'Auditor' } }

  test('keeps the first by priority, and the run lists who lost which role', async () => {
    const workos = await startWorkos({ multipleRoles: false })
    const roles = { define, notEnabled: 'first', priority: ['admin', 'auditor', 'billing'] }
    const project = peopleProject(workos, rows, { roles, run: { ...FAST, concurrency: 1 } })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect(applied.stdout).toContain('membership:id-ada@acme')
    expect(applied.stdout).toContain('keeps admin, loses billing')
    expect(applied.stdout).toContain('2 memberships without all roles')
    expect((await workos.snapshot()).memberships).toEqual([
      ['ada@example.com@@acme', ['admin']],
      ['bob@example.com@@acme', ['billing']],
      ['cy@example.com@@acme', ['auditor']],
    ])
    const refused = workos.takeLog().filter(({ status }) => status === 422)
    expect(refused).toHaveLength(1)
    const errors = await project.run(['errors', '--json'], { env })
    expect(JSON.parse(errors.stdout)).toMatchObject({ causes: [{ outcome: 'reduced', code: 'role_lost', count: 2 }] })
    expect(applied.stdout).toContain('everything in the source is in WorkOS, except for roles of 2 memberships')
    const again = await project.run(['plan', '--detailed-exitcode'], { env })
    expect(again.exit, again.stdout).toBe(0)
    expect(again.stdout).toContain('2 memberships with one of several roles in WorkOS: the environment')
    const second = await project.run(['apply', '--yes'], { env })
    expect(second.stdout).toContain('everything in the source is in WorkOS, except for roles of 2 memberships')
    const verified = await project.run(['verify', '--json'], { env })
    expect(JSON.parse(verified.stdout).findings).toMatchObject([
      { key: 'id-ada@acme', field: 'roles', changed: 'reduced' },
      { key: 'id-cy@acme', field: 'roles', changed: 'reduced' },
    ])
  })

  test('reports it even if the response was lost', async () => {
    let lost = 0
    const workos = await startWorkos({
      multipleRoles: false,
      interceptor: {
        after({ request }, { status }) {
          if (request.method !== 'POST' || !request.url?.endsWith('/organization_memberships') || status !== 201)
            return false
          lost += 1
          request.socket.destroy()
          return true
        },
      },
    })
    const roles = { define, notEnabled: 'first', priority: ['admin', 'auditor', 'billing'] }
    const project = peopleProject(workos, rows.slice(0, 1), { roles })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect(lost).toBe(1)
    expect(applied.stdout).toContain('keeps admin, loses billing')
    expect((await project.run(['plan'], { env })).stdout).toContain('1 membership with one of several roles in WorkOS')
  })

  test.each(['keep', 'fail'])('does not count as a change by someone: onDrift: %s', async (onDrift) => {
    const workos = await startWorkos({ multipleRoles: false })
    const roles = { define, notEnabled: 'first', priority: ['admin', 'auditor', 'billing'] }
    const project = peopleProject(workos, rows, { roles, onDrift })
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    const planned = await project.run(['plan', '--refresh', '--json'], { env })
    expect(planned.exit, planned.stdout).toBe(0)
    expect(JSON.parse(planned.stdout).drift).toMatchObject([
      { key: 'id-ada@acme', reason: 'answered otherwise' },
      { key: 'id-cy@acme', reason: 'answered otherwise' },
    ])
    const demoted = member('ada', 'acme', { role_slugs: 'billing' })
    project.csv('users.csv', [demoted, ...rows.slice(1)])
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect((await workos.snapshot()).memberships[0]).toEqual(['ada@example.com@@acme', ['billing']])
  })

  test('keeps what someone actually changed there', async () => {
    const workos = await startWorkos({ multipleRoles: false })
    const roles = { define, notEnabled: 'first', priority: ['admin', 'auditor', 'billing'] }
    const project = peopleProject(workos, rows, { roles })
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    const id = (await workos.snapshot()).membershipIds.get('ada@example.com@@acme')
    await workos.call('PUT', `/user_management/organization_memberships/${id}`, { role_slug: 'auditor' })
    project.csv('users.csv', [member('ada', 'acme', { role_slugs: 'billing' }), ...rows.slice(1)])
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect(applied.stdout).toContain('changed in WorkOS')
    expect((await workos.snapshot()).memberships[0]).toEqual(['ada@example.com@@acme', ['auditor']])
  })

  test('gets them back once it accepts several', async () => {
    const data = join(temporaryFolder(), 'sandbox.sqlite')
    const one = await openWorkos({ data, multipleRoles: false })
    const roles = { define, notEnabled: 'first', priority: ['admin', 'auditor', 'billing'] }
    const project = peopleProject(one, rows, { roles, onDrift: { membership: 'overwrite' } })
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    await one.close()
    const several = await startWorkos({ data, port: Number(new URL(one.url).port) })
    const applied = await project.run(['apply', '--refresh', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect((await several.snapshot()).memberships).toMatchObject([
      ['ada@example.com@@acme', ['admin', 'billing']],
      ['bob@example.com@@acme', ['billing']],
      ['cy@example.com@@acme', ['auditor', 'billing']],
    ])
    const again = await project.run(['apply', '--yes'], { env })
    expect(again.stdout).toContain('Done: everything in the source is in WorkOS.')
  })

  test('fails the membership if the manifest does not choose', async () => {
    const workos = await startWorkos({ multipleRoles: false })
    const project = peopleProject(workos, rows, { roles: { define } })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(7)
    expect(applied.stdout).toContain('multiple_roles_not_enabled')
  })
})

test.each([
  [{ role_slug: 'Über' }, 'invalid_role_slug'],
  [{ role_slug: 'x', role_type: 'tenant' }, 'invalid_role_type'],
  [{ role_slug: 'x', role_type: 'environment', org_external_id: 'acme' }, 'environment_role_in_organization'],
  [{ role_slug: 'org-x', role_type: 'environment' }, 'environment_role_with_prefix'],
  [{ role_slug: 'x', permissions: 'Read all' }, 'invalid_permission_slug'],
  [{ role_slug: 'x', org_external_id: 'nowhere' }, 'organization_missing'],
  [{ role_slug: '', permissions: 'x' }, 'missing_role'],
])('the definition %j is rejected: %s', async (row, code) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme')], {
    source: { type: 'csv', path: './users.csv', roleDefinitions: './roles.csv' },
  })
  project.csv('roles.csv', [{ role_type: '', permissions: '', org_external_id: '', ...row }])
  const planned = await project.run(['plan', '--json'], { env })
  expect(planned.exit, planned.stdout).toBe(5)
  const { rejects } = JSON.parse(planned.stdout)
  expect(rejects).toMatchObject([{ code, origin: './roles.csv:2' }])
})

test('a row of assigned roles is rejected if its external ID and its address belong to two users', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme'), member('bob', 'acme')], {
    source: { type: 'csv', path: './users.csv', userRoles: './user-roles.csv' },
    roles: { define: { admin: { name: 'Administrator' } } },
  })
  project.csv('user-roles.csv', [
    { external_id: 'id-ada', email: ' Ada@Example.com', role_slug: 'admin' },
    { external_id: 'id-ada', email: 'BOB@example.com', role_slug: 'admin' },
    { external_id: 'id-bob', email: 'bob(at)example.com', role_slug: 'admin' },
  ])
  const planned = await project.run(['plan', '--json'], { env })
  expect(planned.exit, planned.stdout).toBe(5)
  expect(JSON.parse(planned.stdout).rejects).toMatchObject([
    {
      code: 'role_for_two_users',
      message:
        'the role admin is assigned to id-ada, but the address bob@example.com in the same record belongs to id-bob',
      origin: './user-roles.csv:3',
    },
    { code: 'invalid_email', origin: './user-roles.csv:4' },
  ])
})

test('an undefined organization role is blocked before anything is written', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'org-ghost' })])
  const planned = await project.run(['plan', '--json'], { env })
  expect(JSON.parse(planned.stdout).blocked).toMatchObject([
    { kind: 'membership', code: 'unknown_organization_role', count: 1 },
  ])
})
