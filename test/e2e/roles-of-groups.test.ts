import { expect, test } from 'vitest'
import type { Project } from './cli.ts'
import { byKind } from './kinds.ts'
import { member, peopleManifest, peopleProject, type Row } from './people.ts'
import { type Body, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const ASSIGNMENTS = '/authorization/groups/:group_id/role_assignments'
const map = {
  group: {
    each: "$split(groups, ',')",
    name: '$',
    roles: "$ = 'Leads' ? ['admin', 'billing'] : $ = 'Finance' ? 'billing'",
  },
  groupMember: { each: "$split(groups, ',')", group: '$' },
}
const roles = { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' }, viewer: { name: 'Viewer' } } }
const ROWS = [
  member('ada', 'acme', { groups: 'Leads,Finance' }),
  member('bea', 'acme', { groups: 'Finance,Staff' }),
  member('cleo', 'beta', { groups: 'Leads' }),
]

function projectOf(workos: Workos, rows: readonly Row[] = ROWS, more: object = {}): Project {
  return peopleProject(workos, rows, { map, roles, ...more })
}

/** `organization/group` → slugs of the roles that the group assigns in WorkOS. */
async function rolesOfGroups(workos: Workos): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  const list = async (path: string) => (await workos.call('GET', `${path}?limit=100&order=asc`)).data as Body[]
  for (const { id, external_id } of await list('/organizations')) {
    for (const group of await list(`/organizations/${id}/groups`)) {
      const given = await list(`/authorization/groups/${group.id}/role_assignments`)
      found[`${external_id}/${group.name}`] = given.map(({ role }) => (role as { slug: string }).slug).sort()
    }
  }
  return found
}

/** The IDs of a group's organization and of the group itself. */
async function groupId(project: Project, key: string): Promise<string[]> {
  const { stdout } = await project.run(['state', 'list', '--kind', 'group'], { env })
  return (new RegExp(`group:${key} +(\\S+)`).exec(stdout)?.[1] ?? '').split('/')
}

async function apply(project: Project, ...args: string[]) {
  const applied = await project.run(['apply', '--yes', ...args], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  return applied
}

async function expectRest(project: Project, ...args: string[]) {
  const plan = await project.run(['plan', '--detailed-exitcode', ...args], { env })
  expect(plan.exit, plan.stdout + plan.stderr).toBe(0)
}

const planned = async (project: Project, ...args: string[]) =>
  JSON.parse((await project.run(['plan', '--json', ...args], { env })).stdout)

const EVERYTHING = {
  'acme/Finance': ['billing'],
  'acme/Leads': ['admin', 'billing'],
  'acme/Staff': [],
  'beta/Leads': ['admin', 'billing'],
}

for (const multipleRoles of [true, false]) {
  test(`groups get their roles once, if a membership has ${multipleRoles ? 'several roles' : 'one role'}`, async () => {
    const workos = await startWorkos({ multipleRoles })
    const rows = ROWS.map((row) => ({ ...row, role_slugs: 'viewer' }))
    const project = projectOf(workos, rows)
    const plan = await project.run(['plan'], { env })
    expect(plan.stdout).toContain('group-role:admin@Leads@acme')
    await apply(project)
    expect(await rolesOfGroups(workos)).toEqual(EVERYTHING)
    const sent = writes(workos.takeLog()).map(({ route }) => route)
    const isMember = (route = '') => route.endsWith('/organization-memberships')
    // A member added after the roles has them in the response.
    expect(sent.lastIndexOf(ASSIGNMENTS)).toBeLessThan(sent.findIndex(isMember))

    await apply(project)
    expect(writes(workos.takeLog())).toEqual([])
    await expectRest(project)
    await expectRest(project, '--refresh')
    const verified = await project.run(['verify', '--json'], { env })
    expect(verified.exit, verified.stdout).toBe(0)
    const counts = byKind(JSON.parse(verified.stdout).kinds)
    expect(counts['group-role']).toMatchObject({ desired: 5, verified: 5, missing: 0, different: 0 })
    expect(counts.membership).toMatchObject({ desired: 3, verified: 3, different: 0 })
  })
}

test('a role that the source adds is assigned, and one that it removes is removed if prune allows it', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  workos.takeLog()
  const other = { ...map, group: { ...map.group, roles: "$ = 'Leads' ? 'admin' : $ = 'Staff' ? 'viewer'" } }
  const manifest = (more: object) => project.manifest(peopleManifest(workos, { map: other, roles, ...more }))
  manifest({})
  expect(byKind((await planned(project)).summary.kinds)['group-role']).toMatchObject({ create: 1, orphaned: 3 })
  await apply(project)
  expect(await rolesOfGroups(workos)).toEqual({ ...EVERYTHING, 'acme/Staff': ['viewer'] })

  workos.takeLog()
  manifest({ prune: ['group-role'], safety: { maxDeletes: 10 } })
  await apply(project)
  const sent = writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)
  expect(sent).toEqual(Array(3).fill(`DELETE ${ASSIGNMENTS}/:id`))
  const expected = { 'acme/Finance': [], 'acme/Leads': ['admin'], 'acme/Staff': ['viewer'], 'beta/Leads': ['admin'] }
  expect(await rolesOfGroups(workos)).toEqual(expected)
  await expectRest(project, '--refresh')
})

test('a role that someone assigned to a group stays, and is not adopted', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  const [, id] = await groupId(project, 'Finance@acme')
  await workos.call('POST', `/authorization/groups/${id}/role_assignments`, { role_slug: 'viewer' })
  project.manifest(peopleManifest(workos, { map, roles, prune: ['group-role'], safety: { maxDeletes: 10 } }))
  await expectRest(project, '--refresh')
  await apply(project)
  expect((await rolesOfGroups(workos))['acme/Finance']).toEqual(['billing', 'viewer'])
  project.remove('.workos-migrate')
  await apply(project)
  const { stdout } = await project.run(['state', 'list', '--kind', 'group-role'], { env })
  expect(stdout.match(/adopted/g)).toHaveLength(5)
})

test('a role removed in WorkOS is reported, and assigned again if the manifest allows it', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  const [, id] = await groupId(project, 'Finance@acme')
  const path = `/authorization/groups/${id}/role_assignments`
  const [assignment] = (await workos.call('GET', path)).data as Body[]
  await workos.call('DELETE', `${path}/${assignment?.id}`)
  const verified = await project.run(['verify', '--json'], { env })
  expect(verified.exit).toBe(7)
  expect(byKind(JSON.parse(verified.stdout).kinds)['group-role']).toMatchObject({ desired: 5, verified: 4, missing: 1 })
  expect(byKind((await planned(project, '--refresh')).summary.kinds)['group-role']).toMatchObject({ gone: 1 })
  const onDeleted = { 'group-role': 'recreate' }
  project.manifest(peopleManifest(workos, { map, roles, onDeleted }))
  await apply(project, '--refresh')
  expect(await rolesOfGroups(workos)).toEqual(EVERYTHING)
})

test('roles.map translates names, and an unknown name rejects the group with its members', async () => {
  const workos = await startWorkos()
  const group = {
    each: "$split(groups, ',')",
    name: '$',
    roles: "$ = 'Staff' ? 'Reader' : $ = 'Leads' ? ['Boss', 'Owner']",
  }
  const define = { define: roles.define, map: { Boss: 'admin', Owner: 'admin' } }
  const project = projectOf(workos, ROWS, { map: { ...map, group }, roles: define, safety: { maxRejects: 5 } })
  const { summary, accounting, unmappedRoles } = await planned(project)
  expect(byKind(summary.kinds)['group-role']).toMatchObject({ desired: 2, create: 2 })
  expect(byKind(accounting.kinds).group).toMatchObject({ yielded: 5, distinct: 3, merged: 1, rejected: 1 })
  expect(byKind(accounting.kinds)['group-membership']).toMatchObject({ yielded: 5, distinct: 4, rejected: 1 })
  expect(unmappedRoles).toEqual([{ kind: 'group', role: 'Reader', count: 1 }])
  const dropped = { ...define, unmapped: 'drop' }
  project.manifest(peopleManifest(workos, { map: { ...map, group }, roles: dropped }))
  await apply(project)
  expect(await rolesOfGroups(workos)).toMatchObject({ 'acme/Staff': [], 'acme/Leads': ['admin'] })
})

test('a missing role blocks only its assignment', async () => {
  const workos = await startWorkos()
  const group = { each: "$split(groups, ',')", name: '$', roles: "$ = 'Leads' ? 'nowhere'" }
  const project = projectOf(workos, ROWS.slice(0, 1), { map: { ...map, group }, safety: { maxRejects: 1 } })
  const { actions } = await planned(project)
  const blocked = actions.filter(({ type }: { type: string }) => type === 'blocked')
  expect(blocked).toMatchObject([{ kind: 'group-role', key: 'nowhere@Leads@acme' }])
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit).toBe(0)
  expect(await rolesOfGroups(workos)).toEqual({ 'acme/Leads': [], 'acme/Finance': [] })
})

test('an organization’s own role is created even if only a group assigns it', async () => {
  const workos = await startWorkos()
  const group = { each: "$split(groups, ',')", name: '$', roles: "$ = 'Leads' ? 'auditor'" }
  const define = { define: { 'org-auditor': { name: 'Auditor', type: 'organization', permissions: ['books:read'] } } }
  const project = projectOf(workos, ROWS, { map: { ...map, group }, roles: define })
  await apply(project)
  expect(await rolesOfGroups(workos)).toMatchObject({ 'acme/Leads': ['org-auditor'], 'beta/Leads': ['org-auditor'] })
  await expectRest(project, '--refresh')
})

test('a pilot brings the roles of its groups', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  const { summary } = await planned(project, '--only', 'user:id-bea')
  expect(byKind(summary.kinds).group).toMatchObject({ desired: 2 })
  expect(byKind(summary.kinds)['group-role']).toMatchObject({ desired: 1, create: 1 })
  await apply(project, '--only', 'user:id-bea')
  expect(await rolesOfGroups(workos)).toEqual({ 'acme/Finance': ['billing'], 'acme/Staff': [] })
  await apply(project)
  expect(await rolesOfGroups(workos)).toEqual(EVERYTHING)
})

test('destroy removes the roles with their groups, and alone if the groups stay', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos, ROWS, { safety: { protect: ['group', 'organization'] } })
  await apply(project)
  workos.takeLog()
  expect(await project.run(['destroy', '--confirm', 'people'], { env })).toMatchObject({ exit: 0 })
  const sent = writes(workos.takeLog()).filter(({ route = '' }) => route.startsWith(ASSIGNMENTS))
  expect(sent).toHaveLength(5)
  expect(Object.values(await rolesOfGroups(workos)).flat()).toEqual([])
})

test('a renamed group or organization keeps its roles', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos, ROWS.slice(0, 1))
  await apply(project)
  const move = async (from: string, to: string) => {
    const moved = await project.run(['state', 'mv', from, to, '--yes'], { env })
    expect(moved.exit, moved.stderr).toBe(0)
    const { stdout } = await project.run(['state', 'list', '--kind', 'group-role'], { env })
    return [...stdout.matchAll(/group-role:(\S+)/g)].map(([, key]) => key)
  }
  const first = await move('group:Finance@acme', 'group:Money@acme')
  expect(first).toEqual(['admin@Leads@acme', 'billing@Leads@acme', 'billing@Money@acme'])
  const second = await move('organization:acme', 'organization:acme-2')
  expect(second).toEqual(['admin@Leads@acme-2', 'billing@Leads@acme-2', 'billing@Money@acme-2'])
})

test('one is imported into the state by its ID, and only by its own', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  const { stdout } = await project.run(['state', 'list', '--kind', 'group-role'], { env })
  const idOf = (key: string) => new RegExp(`group-role:${key} +(\\S+)`).exec(stdout)?.[1] ?? ''
  const address = 'group-role:admin@Leads@acme'
  expect(await project.run(['state', 'rm', address, '--yes'], { env })).toMatchObject({ exit: 0 })
  const other = await project.run(['state', 'import', address, idOf('admin@Leads@beta')], { env })
  expect(other.exit).toBe(5)
  const own = await project.run(['state', 'import', address, idOf('admin@Leads@acme')], { env })
  expect(own.exit, own.stderr).toBe(0)
  await expectRest(project)
})
