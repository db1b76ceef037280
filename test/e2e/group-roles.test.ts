import { describe, expect, test } from 'vitest'
import type { SandboxOptions } from '../../src/sandbox/server.ts'
import type { Project } from './cli.ts'
import { member, peopleManifest, peopleProject, type Row } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const MEMBERSHIPS = '/user_management/organization_memberships'
const DEFINE = { admin: { name: 'Admin' }, billing: { name: 'Billing' }, viewer: { name: 'Viewer' } }
/** WorkOS ranks roles by their creation: after `member`, from admin down to viewer. */
const ROLES = { define: DEFINE, priority: ['admin', 'billing', 'viewer'] }

const ROWS = [
  member('ada', 'acme', { role_slugs: 'viewer' }),
  member('bea', 'acme', { role_slugs: 'billing' }),
  member('cy', 'beta', { role_slugs: 'viewer' }),
]

/** The users above in WorkOS, and manual changes there. */
async function setUp(options: Partial<SandboxOptions> = {}, rows: readonly Row[] = ROWS, more: object = {}) {
  const workos = await startWorkos(options)
  const project = peopleProject(workos, rows, { roles: ROLES, ...more })
  await apply(project)
  const { organizations, membershipIds } = await workos.snapshot()
  const acme = String(organizations.find(({ external_id }) => external_id === 'acme')?.id)
  /** Adds users to a group of acme with these roles. */
  const group = async (name: string, roles: readonly string[], people: readonly string[]) => {
    const { id } = await workos.call('POST', `/organizations/${acme}/groups`, { name })
    const assignments = `/authorization/groups/${id}/role_assignments`
    for (const role_slug of roles) await workos.call('POST', assignments, { role_slug })
    for (const person of people) {
      const organization_membership_id = membershipIds.get(`${person}@example.com@@acme`)
      await workos.call('POST', `/organizations/${acme}/groups/${id}/organization-memberships`, {
        organization_membership_id,
      })
    }
    return id
  }
  const idOf = (person: string) => membershipIds.get(`${person}@example.com@@acme`) ?? ''
  const manifest = (changes: object) => project.manifest(peopleManifest(workos, { roles: ROLES, ...more, ...changes }))
  workos.takeLog()
  return { workos, project, acme, group, idOf, manifest }
}

async function apply(project: Project, ...args: string[]) {
  const applied = await project.run(['apply', '--yes', ...args], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  return applied.stdout
}

async function plan(project: Project, ...args: string[]) {
  const planned = await project.run(['plan', '--json', ...args], { env })
  return JSON.parse(planned.stdout)
}

async function verification(project: Project, ...args: string[]) {
  const verified = await project.run(['verify', '--json', ...args], { env })
  return { exit: verified.exit, ...JSON.parse(verified.stdout) }
}

const rolesOf = async (workos: Workos) => Object.fromEntries((await workos.snapshot()).memberships)
const OVERWRITE = { onDrift: { membership: 'overwrite' } }

describe('a role from a group in addition to those of the source', () => {
  test('is listed by the plan, is not a difference, and stays, whatever onDrift is', async () => {
    const { workos, project, group, manifest } = await setUp()
    const id = await group('Engineering', ['admin'], ['ada', 'bea'])
    for (const onDrift of ['keep', 'overwrite', 'fail']) {
      manifest({ onDrift })
      const { drift, actions, summary } = await plan(project, '--refresh')
      expect({ drift, actions, refusals: summary.refusals }).toEqual({ drift: [], actions: [], refusals: [] })
      expect(summary.notes).toMatchObject([
        { kind: 'membership', code: 'role_of_group', count: 2, detail: expect.stringContaining(`/${id})`) },
      ])
    }
    const text = await project.run(['plan', '--refresh'], { env })
    expect(text.stdout).toMatch(
      /2 memberships with the role admin from the group "Engineering" \(org_\w+\/group_\w+\): the group assigns it, and the plan does not change it/,
    )
    manifest(OVERWRITE)
    await apply(project, '--refresh')
    expect(writes(workos.takeLog())).toEqual([])
    expect(await rolesOf(workos)).toMatchObject({ 'ada@example.com@@acme': ['admin', 'viewer'] })
  })

  test('is listed by verify, which finds everything as desired', async () => {
    const { project, group } = await setUp()
    const id = await group('Engineering', ['admin', 'viewer'], ['ada', 'bea'])
    const report = await verification(project, '--strict')
    expect(report).toMatchObject({ exit: 0, outcome: 'verified', counts: { different: 0, role_of_group: 3 } })
    const named = report.findings.map(({ key, role, group }: Record<string, string>) => [key, role, group])
    // ada has viewer herself.
    expect(named).toEqual([
      ['id-ada@acme', 'admin', 'Engineering'],
      ['id-bea@acme', 'admin', 'Engineering'],
      ['id-bea@acme', 'viewer', 'Engineering'],
    ])
    const text = await project.run(['verify', '--strict'], { env })
    expect(text.stdout).toMatch(
      new RegExp(`membership:id-bea@acme has the role viewer from the group "Engineering" \\(org_\\w+/${id}\\)`),
    )
    expect(text.stdout).toContain('Verified: WorkOS has all ')
  })

  test('does not hide that someone changed the roles of the membership itself', async () => {
    const { workos, project, group, idOf, manifest } = await setUp()
    await group('Engineering', ['admin'], ['ada', 'bea'])
    await workos.call('PUT', `${MEMBERSHIPS}/${idOf('ada')}`, { role_slugs: ['member', 'viewer'] })
    await workos.call('PUT', `${MEMBERSHIPS}/${idOf('bea')}`, { role_slug: 'member' })
    const { drift } = await plan(project, '--refresh')
    expect(drift).toMatchObject([
      { key: 'id-ada@acme', field: 'roles', live: ['member', 'viewer'], desired: ['viewer'] },
      { key: 'id-bea@acme', field: 'roles', live: ['member'], desired: ['billing'] },
    ])
    expect(await verification(project)).toMatchObject({ counts: { different: 2, role_of_group: 2 } })
    manifest(OVERWRITE)
    workos.takeLog()
    await apply(project, '--refresh')
    const sent = writes(workos.takeLog()).map(({ path, body }) => [path, body])
    expect(sent.toSorted()).toEqual(
      [
        [`${MEMBERSHIPS}/${idOf('ada')}`, { role_slug: 'viewer' }],
        [`${MEMBERSHIPS}/${idOf('bea')}`, { role_slug: 'billing' }],
      ].toSorted(),
    )
    expect(await rolesOf(workos)).toMatchObject({
      'ada@example.com@@acme': ['admin', 'viewer'],
      'bea@example.com@@acme': ['admin', 'billing'],
    })
    await apply(project, '--refresh')
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('does not hide a change of the source; the same role is assigned to the membership itself', async () => {
    const { workos, project, group, acme } = await setUp()
    const id = await group('Engineering', ['admin'], ['ada', 'bea'])
    project.csv('users.csv', [
      member('ada', 'acme', { role_slugs: 'billing' }),
      member('bea', 'acme', { role_slugs: 'billing,admin' }),
      ROWS[2] ?? {},
    ])
    await apply(project)
    const sent = writes(workos.takeLog()).map(({ method, body }) => [method, body])
    expect(sent.toSorted()).toEqual([
      ['PUT', { role_slug: 'billing' }],
      ['PUT', { role_slugs: ['admin', 'billing'] }],
    ])
    expect((await plan(project, '--refresh')).actions).toEqual([])
    expect(await verification(project, '--strict')).toMatchObject({ exit: 0 })
    await workos.call('DELETE', `/organizations/${acme}/groups/${id}`)
    expect(await rolesOf(workos)).toMatchObject({
      'ada@example.com@@acme': ['billing'],
      'bea@example.com@@acme': ['admin', 'billing'],
    })
    // A role removed in the source is removed from the membership, even while a group assigns it.
    await group('Again', ['admin'], ['bea'])
    project.csv('users.csv', ROWS)
    await apply(project)
    expect((await plan(project, '--refresh')).actions).toEqual([])
    expect(await rolesOf(workos)).toMatchObject({ 'bea@example.com@@acme': ['admin', 'billing'] })
    expect(await verification(project, '--strict')).toMatchObject({ exit: 0, counts: { role_of_group: 1 } })
  })

  test('is not a difference when the membership is adopted, and hides none', async () => {
    const { workos, project, group } = await setUp()
    await group('Engineering', ['admin'], ['ada', 'bea'])
    project.remove('.workos-migrate')
    project.csv('users.csv', [ROWS[0] ?? {}, member('bea', 'acme', { role_slugs: 'viewer' }), ROWS[2] ?? {}])
    const { drift, summary } = await plan(project)
    expect(drift).toMatchObject([{ key: 'id-bea@acme', live: ['billing'], desired: ['viewer'] }])
    expect(summary.notes).toMatchObject([{ code: 'role_of_group', count: 2 }])
    expect(await verification(project)).toMatchObject({ exit: 0, counts: { different: 1, role_of_group: 2 } })
    workos.takeLog()
    await apply(project)
    expect(writes(workos.takeLog())).toEqual([])
    expect((await plan(project, '--refresh')).actions).toEqual([])
  })
})

describe('if a membership has one role', () => {
  const one = { multipleRoles: false }

  test("a group's higher role instead is listed and stays, and changes of the source are still sent", async () => {
    const { workos, project, group, manifest } = await setUp(one)
    const id = await group('Engineering', ['admin'], ['ada', 'bea'])
    expect(await rolesOf(workos)).toMatchObject({ 'ada@example.com@@acme': ['admin'] })
    manifest(OVERWRITE)
    const { drift, actions, summary } = await plan(project, '--refresh')
    expect({ drift, actions }).toEqual({ drift: [], actions: [] })
    expect(summary.notes).toMatchObject([{ code: 'role_of_group', count: 2 }])
    expect(await verification(project, '--strict')).toMatchObject({ exit: 0, counts: { role_of_group: 2 } })
    project.csv('users.csv', [member('ada', 'acme', { role_slugs: 'billing' }), ...ROWS.slice(1)])
    await apply(project)
    expect(writes(workos.takeLog()).map(({ body }) => body)).toEqual([{ role_slug: 'billing' }])
    expect((await plan(project, '--refresh')).actions).toEqual([])
    await workos.call('DELETE', `/authorization/groups/${id}/role_assignments`, { role_slug: 'admin' })
    expect(await rolesOf(workos)).toMatchObject({ 'ada@example.com@@acme': ['billing'] })
  })

  test("a group's lower role does not hide the loss of a higher one", async () => {
    const { workos, project, group, idOf, manifest } = await setUp(one)
    await group('Readers', ['viewer'], ['bea'])
    await workos.call('PUT', `${MEMBERSHIPS}/${idOf('bea')}`, { role_slug: 'viewer' })
    const { drift } = await plan(project, '--refresh')
    expect(drift).toMatchObject([{ key: 'id-bea@acme', desired: ['billing'] }])
    expect(await verification(project)).toMatchObject({ counts: { different: 1, role_of_group: 1 } })
    manifest(OVERWRITE)
    await apply(project, '--refresh')
    expect(await rolesOf(workos)).toMatchObject({ 'bea@example.com@@acme': ['billing'] })
    expect((await plan(project, '--refresh')).actions).toEqual([])
  })

  test("a group's lower role changes nothing", async () => {
    const { project, group } = await setUp(one)
    await group('Readers', ['viewer'], ['bea'])
    const { drift, summary } = await plan(project, '--refresh')
    expect({ drift, notes: summary.notes }).toEqual({ drift: [], notes: [] })
  })
})

describe('requests for the roles of groups', () => {
  const ofGroups = (workos: Workos) => workos.takeLog().filter(({ path }) => path.includes('/groups'))

  test('are sent only for organizations where a membership has a role it was not assigned', async () => {
    const { workos, project, group } = await setUp()
    await group('Plain', [], ['ada'])
    for (const command of [['plan', '--refresh'], ['verify']]) {
      expect((await project.run(command, { env })).exit).toBe(0)
      expect(ofGroups(workos)).toEqual([])
    }
    await group('Engineering', ['admin'], ['bea'])
    await project.run(['plan', '--refresh'], { env })
    expect(ofGroups(workos).map(({ route }) => route)).toEqual([
      '/organizations/:id/groups',
      '/authorization/groups/:group_id/role_assignments',
      '/authorization/groups/:group_id/role_assignments',
      '/organizations/:id/groups/:group_id/organization-memberships',
    ])
  })

  test('that WorkOS rejects because groups are not enabled mean that there are none', async () => {
    const { workos, project, idOf } = await setUp({
      faults: { faults: [{ kind: 'answered', status: 403, when: 'before', route: '/organizations/:id/groups' }] },
    })
    await workos.call('PUT', `${MEMBERSHIPS}/${idOf('ada')}`, { role_slugs: ['admin', 'viewer'] })
    const { drift } = await plan(project, '--refresh')
    expect(drift).toMatchObject([{ key: 'id-ada@acme', live: ['admin', 'viewer'] }])
    expect(await verification(project)).toMatchObject({ exit: 0, counts: { different: 1 } })
  })
})

test('a plan that adds users to a group with roles shows which roles they get', async () => {
  const map = {
    group: { each: "groups ? $split(groups, ',') : []", name: '$' },
    groupMember: { each: "groups ? $split(groups, ',') : []", group: '$' },
  }
  const rows = ROWS.map((row): Row => ({ ...row, groups: '' }))
  const { workos, project, group } = await setUp({}, rows, { map })
  await group('Engineering', ['admin'], [])
  const joining = rows.map((row) => ({ ...row, groups: row.org_external_id === 'acme' ? 'Engineering,New' : '' }))
  project.csv('users.csv', joining)
  const planned = await project.run(['plan'], { env })
  expect(planned.stdout).toMatch(
    /2 group memberships to be added, whose users get the role admin from the group "Engineering"/,
  )
  await apply(project)
  expect(await rolesOf(workos)).toMatchObject({ 'ada@example.com@@acme': ['admin', 'viewer'] })
  expect((await plan(project, '--refresh')).actions).toEqual([])
  expect(await verification(project, '--strict')).toMatchObject({ exit: 0, counts: { role_of_group: 2 } })
})
