import { expect, test } from 'vitest'
import type { Project } from './cli.ts'
import { member, peopleManifest, peopleProject, type Row } from './people.ts'
import { type Body, FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
/** Writes of groups and their members until the run is killed: among the members. */
const KILLED_AT = 40
const map = {
  group: { each: "$split(groups, ',')", name: '$' },
  groupMember: { each: "$split(groups, ',')", group: '$' },
}
const ROWS = [
  member('ada', 'acme', { groups: 'Engineering,Finance' }),
  member('bea', 'acme', { groups: 'Engineering' }),
  member('cleo', 'beta', { groups: 'Engineering' }),
]

function projectOf(workos: Workos, rows: readonly Row[] = ROWS, more: object = {}): Project {
  return peopleProject(workos, rows, { map, ...more })
}

/**
 * `organization/group` → sorted email addresses of its members. Groups with one name are separate
 * entries.
 */
async function groupsOf(workos: Workos): Promise<[string, string[]][]> {
  const { users, organizations } = await workos.snapshot()
  const found: [string, string[]][] = []
  const list = async (path: string) => (await workos.call('GET', `${path}?limit=100&order=asc`)).data as Body[]
  for (const organization of organizations) {
    const path = `/organizations/${organization.id}/groups`
    for (const group of await list(path)) {
      const members = await list(`${path}/${group.id}/organization-memberships`)
      const emails = members.map(({ user_id }) => String(users.find(({ id }) => id === user_id)?.email))
      found.push([`${organization.external_id}/${group.name}`, emails.sort()])
    }
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1))
}

async function apply(project: Project) {
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  return applied
}

async function expectRest(project: Project, ...args: string[]) {
  const plan = await project.run(['plan', '--detailed-exitcode', ...args], { env })
  expect(plan.exit, plan.stdout + plan.stderr).toBe(0)
}

test('groups and their members are created once, and a second apply writes nothing', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  expect(await groupsOf(workos)).toEqual([
    ['acme/Engineering', ['ada@example.com', 'bea@example.com']],
    ['acme/Finance', ['ada@example.com']],
    ['beta/Engineering', ['cleo@example.com']],
  ])
  workos.takeLog()
  await apply(project)
  expect(writes(workos.takeLog())).toEqual([])
  await expectRest(project)
  await expectRest(project, '--refresh')
  const verified = await project.run(['verify'], { env })
  expect(verified.exit, verified.stdout).toBe(0)
})

test('only a member who comes later is added', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  workos.takeLog()
  project.csv('users.csv', [
    ...ROWS.slice(0, 1),
    member('bea', 'acme', { groups: 'Engineering,Finance' }),
    ...ROWS.slice(2),
  ])
  await apply(project)
  expect(writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)).toEqual([
    'POST /organizations/:id/groups/:group_id/organization-memberships',
  ])
  expect((await groupsOf(workos))[1]).toEqual(['acme/Finance', ['ada@example.com', 'bea@example.com']])
  await expectRest(project)
})

test('without a state, groups and members are matched and adopted', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  workos.takeLog()
  project.remove('.workos-migrate')
  await apply(project)
  expect(writes(workos.takeLog())).toEqual([])
  const listed = await project.run(['state', 'list'], { env })
  expect(listed.stdout).toMatch(/group:Engineering@acme +org_\w+\/group_\w+ .*adopted/)
  expect(listed.stdout).toMatch(/group-membership:id-ada@Engineering@acme +org_\w+\/group_\w+\/om_\w+ .*adopted/)
  await expectRest(project)
})

test('two groups with one name in WorkOS block the group, and both are named', async () => {
  const workos = await startWorkos()
  const acme = await workos.call('POST', '/organizations', { name: 'ACME', external_id: 'acme' })
  const groups = `/organizations/${acme.id}/groups`
  const one = await workos.call('POST', groups, { name: 'Engineering' })
  const other = await workos.call('POST', groups, { name: 'Engineering' })
  const project = projectOf(workos, ROWS, { safety: { maxRejects: 3 } })
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  const blocked = plan.actions.filter(({ type }: { type: string }) => type === 'blocked')
  expect(blocked).toMatchObject([
    { kind: 'group', key: 'Engineering@acme', code: 'ambiguous_identity' },
    { kind: 'group-membership', key: 'id-ada@Engineering@acme', code: 'dependency_blocked' },
    { kind: 'group-membership', key: 'id-bea@Engineering@acme', code: 'dependency_blocked' },
  ])
  expect(blocked[0].message).toContain(`${acme.id}/${one.id}, ${acme.id}/${other.id}`)
  await apply(project)
  await workos.call('DELETE', `${groups}/${one.id}`)
  await apply(project)
  expect(await groupsOf(workos)).toContainEqual(['acme/Engineering', ['ada@example.com', 'bea@example.com']])
})

test('a group and a member of it are imported by hand, with and without the source', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  const listed = await project.run(['state', 'list'], { env })
  const idOf = (address: string) => listed.stdout.match(new RegExp(`^${address} +(\\S+)`, 'm'))?.[1] ?? ''
  const member = 'id-ada@Engineering@acme'
  const both = ['group:Engineering@acme', `group-membership:${member}`]
  const bea = 'group-membership:id-bea@Engineering@acme'
  expect((await project.run(['state', 'rm', bea, '--yes'], { env })).exit).toBe(0)
  const importBoth = async (...more: string[]) => {
    expect((await project.run(['state', 'rm', ...both, '--yes'], { env })).exit).toBe(0)
    for (const address of both) {
      const imported = await project.run(['state', 'import', address, idOf(address), ...more], { env })
      expect(imported.exit, imported.stdout + imported.stderr).toBe(0)
    }
    const another = await project.run(['state', 'import', bea, idOf('group-membership:id-ada@Finance@acme')], {
      env,
    })
    expect(another.exit, another.stderr).toBe(5)
  }
  await importBoth()
  project.remove('users.csv')
  await importBoth('--force')
})

test('a group with its own key is renamed, and keeps its members', async () => {
  const workos = await startWorkos()
  const keyed = {
    ...map,
    group: { ...map.group, key: "'7'", description: 'about' },
    groupMember: { ...map.groupMember, group: "'7'" },
  }
  const row = (name: string, about: string) => [member('ada', 'acme', { groups: name, about })]
  const rowed = (project: Project, name: string, about: string) => project.csv('users.csv', row(name, about))
  const project = projectOf(workos, row('Engineering', 'Builds'), {
    map: { ...keyed, group: { ...keyed.group, description: '$record.about' } },
  })
  await apply(project)
  workos.takeLog()
  rowed(project, 'Research', 'Builds')
  await apply(project)
  expect(writes(workos.takeLog()).map(({ method, body }) => [method, body])).toEqual([['PATCH', { name: 'Research' }]])
  expect(await groupsOf(workos)).toEqual([['acme/Research', ['ada@example.com']]])
  await expectRest(project, '--refresh')
})

test("a name that one group gives up can be another's in the same apply", async () => {
  const workos = await startWorkos()
  const keyed = {
    group: { when: 'gid', key: 'gid', name: 'groups' },
    groupMember: { when: 'gid', group: 'gid' },
  }
  const project = projectOf(workos, [member('ada', 'acme', { gid: '7', groups: 'Engineering' })], { map: keyed })
  await apply(project)
  project.csv('users.csv', [
    member('ada', 'acme', { gid: '7', groups: 'Research' }),
    member('bea', 'acme', { gid: '8', groups: 'Engineering' }),
  ])
  await apply(project)
  expect(await groupsOf(workos)).toEqual([
    ['acme/Engineering', ['bea@example.com']],
    ['acme/Research', ['ada@example.com']],
  ])
  await expectRest(project, '--refresh')
})

test('merged accounts are one member; a user who is not a member of the organization is rejected', async () => {
  const workos = await startWorkos()
  const rows = [
    member('ada', 'acme', { groups: 'Engineering' }),
    member('ada', 'acme', { external_id: 'second', groups: 'Engineering,Finance' }),
    member('bea', 'beta', { groups: 'Engineering', of: 'acme' }),
  ]
  const project = projectOf(workos, rows, {
    map: {
      ...map,
      groupMember: { ...map.groupMember, organization: '$record.of ? $record.of : $record.org_external_id' },
    },
    safety: { maxRejects: 1 },
  })
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(plan.rejects).toMatchObject([
    { kind: 'group-membership', key: 'id-bea@Engineering@acme', code: 'group_member_without_membership' },
  ])
  await apply(project)
  expect(await groupsOf(workos)).toEqual([
    ['acme/Engineering', ['ada@example.com']],
    ['acme/Finance', ['ada@example.com']],
    ['beta/Engineering', []],
  ])
  await expectRest(project)
})

test('members of a group with a rejected name are reported', async () => {
  const long = 'x'.repeat(257)
  const project = projectOf(await startWorkos(), [member('ada', 'acme', { groups: `Finance,${long}` })])
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(plan.rejects).toMatchObject([
    { kind: 'group', key: `${long}@acme`, code: 'group_text_too_long' },
    {
      kind: 'group-membership',
      code: 'group_rejected',
      message: expect.stringMatching(/^its group x+@acme was rejected: the group's name "x+… has 257 characters$/),
    },
  ])
})

test('prune removes a member who leaves; a group, a membership and an organization take theirs with them', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  const pruning = (...prune: string[]) =>
    project.manifest(peopleManifest(workos, { map, prune, safety: { maxDeletes: 9 } }))
  const sent = () => writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)
  await apply(project)

  project.csv('users.csv', [member('ada', 'acme', { groups: 'Finance' }), ...ROWS.slice(1)])
  const plan = await project.run(['plan'], { env })
  expect(plan.stdout).toMatch(/unchanged +orphaned\n.*group memberships +3 +1/s)
  pruning('group-membership')
  workos.takeLog()
  await apply(project)
  expect(sent()).toEqual(['DELETE /organizations/:id/groups/:group_id/organization-memberships/:membership_id'])
  expect(await groupsOf(workos)).toEqual([
    ['acme/Engineering', ['bea@example.com']],
    ['acme/Finance', ['ada@example.com']],
    ['beta/Engineering', ['cleo@example.com']],
  ])

  project.csv('users.csv', [member('ada', 'acme', { groups: '' }), ...ROWS.slice(1)])
  pruning('group')
  await apply(project)
  expect(sent()).toEqual(['DELETE /organizations/:id/groups/:group_id'])

  project.csv('users.csv', [member('ada', 'acme', { groups: '' })])
  pruning('organization', 'user')
  await apply(project)
  expect(sent().toSorted()).toEqual([
    'DELETE /organizations/:id',
    'DELETE /user_management/users/:id',
    'DELETE /user_management/users/:id',
  ])
  const listed = await project.run(['state', 'list'], { env })
  expect(listed.stdout).not.toContain('cleo')
  expect(listed.stdout).not.toContain('group-membership:')
  // Nothing of the group was requested to be removed in the organization that stays.
  expect(await groupsOf(workos)).toEqual([['acme/Engineering', []]])
})

test('a group with a member that this state did not add is not pruned', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos, [...ROWS, member('dora', 'acme', { groups: '' })])
  await apply(project)
  const { organizations, membershipIds } = await workos.snapshot()
  const groups = `/organizations/${organizations.find(({ external_id }) => external_id === 'acme')?.id}/groups`
  const finance = ((await workos.call('GET', groups)).data as Body[]).find(({ name }) => name === 'Finance')
  await workos.call('POST', `${groups}/${finance?.id}/organization-memberships`, {
    organization_membership_id: membershipIds.get('dora@example.com@@acme'),
  })
  project.csv('users.csv', [member('ada', 'acme', { groups: 'Engineering' }), ...ROWS.slice(1)])
  project.manifest(peopleManifest(workos, { map, prune: ['group', 'group-membership'], safety: { maxDeletes: 9 } }))
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(plan.spared).toMatchObject([{ kind: 'group', key: 'Finance@acme', code: 'has_others' }])
  await apply(project)
  expect(await groupsOf(workos)).toContainEqual(['acme/Finance', ['dora@example.com']])
})

test('safety.protect keeps groups; destroy deletes what this state created, and nothing older', async () => {
  const workos = await startWorkos()
  const acme = await workos.call('POST', '/organizations', { name: 'ACME', external_id: 'acme' })
  await workos.call('POST', `/organizations/${acme.id}/groups`, { name: 'Finance' })
  const project = projectOf(workos)
  await apply(project)
  const protecting = (...protect: string[]) => project.manifest(peopleManifest(workos, { map, safety: { protect } }))
  protecting('group')
  const shown = JSON.parse((await project.run(['destroy', '--plan-only', '--json'], { env })).stdout)
  const spared = shown.spared.filter(({ kind }: { kind: string }) => kind === 'group')
  expect(spared).toMatchObject([
    { key: 'Engineering@acme', code: 'protected' },
    { key: 'Finance@acme', code: 'adopted' },
  ])
  protecting()
  const destroyed = await project.run(['destroy', '--confirm', 'people'], { env })
  expect(destroyed.exit, destroyed.stdout + destroyed.stderr).toBe(0)
  expect(await groupsOf(workos)).toEqual([['acme/Finance', []]])
})

test('a run killed in the middle of its groups continues, and creates none twice', async () => {
  let kill: (() => void) | undefined
  let written = 0
  const workos = await startWorkos({
    interceptor: {
      after: async ({ request }) => {
        if (kill === undefined || request.method === 'GET' || !request.url?.includes('/groups')) return false
        written += 1
        if (written === KILLED_AT) kill()
        return written >= KILLED_AT
      },
    },
  })
  const rows = Array.from({ length: 30 }, (_, n) => member(`user${n}`, `org${n % 3}`, { groups: `All,Team ${n % 5}` }))
  const project = projectOf(workos, rows, { run: { ...FAST, concurrency: 4 } })
  const child = project.spawn(['apply', '--yes'], env)
  kill = () => child.process.kill('SIGKILL')
  expect((await child.result).signal).toBe('SIGKILL')
  kill = undefined
  await apply(project)
  const groups = await groupsOf(workos)
  expect(groups.map(([name]) => name)).toEqual([...new Set(groups.map(([name]) => name))])
  expect(groups.flatMap(([, members]) => members)).toHaveLength(60)
  const listed = await project.run(['state', 'list', '--json'], { env })
  expect(listed.stdout).not.toContain('"adopted"')
  await expectRest(project, '--refresh')
  expect((await project.run(['verify'], { env })).exit).toBe(0)
})

test('verify reports a member missing in WorkOS, and one who is not in the source', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos)
  await apply(project)
  const { organizations } = await workos.snapshot()
  const beta = organizations.find(({ external_id }) => external_id === 'beta')
  const [group] = (await workos.call('GET', `/organizations/${beta?.id}/groups`)).data as Body[]
  const members = `/organizations/${beta?.id}/groups/${group?.id}/organization-memberships`
  const [cleo] = (await workos.call('GET', members)).data as Body[]
  await workos.call('DELETE', `${members}/${cleo?.id}`)
  project.csv('users.csv', [member('ada', 'acme', { groups: 'Engineering' }), ...ROWS.slice(1)])
  const verified = JSON.parse((await project.run(['verify', '--json'], { env })).stdout)
  const found = verified.findings.map(({ type, kind, key }: Record<string, string>) => `${type} ${kind}:${key}`)
  expect(found.toSorted()).toEqual([
    'deleted group-membership:id-cleo@Engineering@beta',
    'extra group-membership:id-ada@Finance@acme',
    'extra group:Finance@acme',
  ])
})
