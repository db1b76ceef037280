import { expect, test } from 'vitest'
import { createProject, type Project } from './cli.ts'
import { byKind } from './kinds.ts'
import { member, peopleProject, type Row } from './people.ts'
import { FAST, KEY, startWorkos, type Workos } from './workos.ts'

const env = { KEY }

const USERS: Row[] = [
  { id: 'ada', mail: 'ada@example.com', active: 'yes' },
  { id: 'bob', mail: 'bob@example.com', active: 'no' },
  { id: 'cleo', mail: 'cleo@example.com', active: 'yes' },
]
const ORGANIZATIONS: Row[] = [
  { id: 'acme', name: 'Acme', plan: 'paid' },
  { id: 'beta', name: 'Beta', plan: 'trial' },
]
const MEMBERS: Row[] = [
  { user: 'ada', org: 'acme' },
  { user: 'bob', org: 'acme' },
  { user: 'cleo', org: 'beta' },
  { user: 'bob', org: 'beta' },
]

const MAP = {
  user: { key: 'id', email: 'mail', when: "active = 'yes'" },
  organization: { from: 'organizations', key: 'id', name: 'name' },
  membership: { from: 'members', user: 'user', organization: 'org' },
}

interface Files {
  users?: Row[]
  organizations?: Row[]
  members?: Row[]
  extra?: Record<string, Row[]>
}

/** Users, organizations and memberships in separate files. */
function threeFiles(
  workos: Workos,
  map: object,
  { users = USERS, organizations = ORGANIZATIONS, members = MEMBERS, extra = {} }: Files = {},
): Project {
  const project = createProject()
  const files = { users, organizations, members, ...extra }
  for (const [name, rows] of Object.entries(files)) project.csv(`${name}.csv`, rows)
  writeManifest(project, workos, map, Object.keys(files))
  return project
}

function writeManifest(
  project: Project,
  { target }: Workos,
  map: object,
  names = ['users', 'organizations', 'members'],
  more: object = {},
): void {
  const streams = Object.fromEntries(names.map((name) => [name, { path: `./${name}.csv`, format: 'csv' }]))
  project.manifest({ version: 1, name: 'three', source: { type: 'file', streams }, map, target, run: FAST, ...more })
}

async function planned(project: Project) {
  const { exit, stdout, stderr } = await project.run(['plan', '--json'], { env })
  expect(stdout, stderr).not.toBe('')
  const plan = JSON.parse(stdout)
  return { ...plan, exit, count: byKind(plan.accounting.kinds) }
}

const named = (list: Row[]) => list.map(({ kind, key, path, origin }) => `${kind}:${key} ${path} ${origin}`)

test('memberships of left-out users are left out with them, listed and counted', async () => {
  const project = threeFiles(await startWorkos(), MAP)
  const plan = await planned(project)
  expect(plan.rejects).toEqual([])
  expect(plan.exit).toBe(0)
  expect(plan.count.membership).toMatchObject({ yielded: 4, distinct: 2, merged: 0, rejected: 0, leftOut: 2 })
  expect(named(plan.leftOutWith)).toEqual([
    'membership:bob@acme map.user.when ./members.csv:3',
    'membership:bob@beta map.user.when ./members.csv:5',
  ])
  const { stdout } = await project.run(['plan'], { env })
  expect(stdout).toMatch(/memberships\s+4\s+= 2 distinct\s+\+ 2 left out/)
  expect(stdout).toContain('membership:bob@acme  by map.user.when')
  const markdown = await project.run(['plan', '--format', 'markdown'], { env })
  expect(markdown.stdout).toContain('membership: 2 left out with what they belong to, by map.user.when')
})

test('memberships of left-out organizations are left out with them', async () => {
  const project = threeFiles(await startWorkos(), {
    ...MAP,
    organization: { ...MAP.organization, when: "plan = 'paid'" },
  })
  const plan = await planned(project)
  expect(plan).toMatchObject({ exit: 0, rejects: [] })
  expect(named(plan.leftOutWith)).toEqual([
    'membership:bob@acme map.user.when ./members.csv:3',
    'membership:cleo@beta map.organization.when ./members.csv:4',
    expect.stringMatching(/^membership:bob@beta map\.(user|organization)\.when \.\/members\.csv:5$/),
  ])
})

test('a user in the source is not left out, and one who is not in it is rejected as before', async () => {
  const members = [...MEMBERS, { user: 'nobody', org: 'acme' }]
  const plan = await planned(threeFiles(await startWorkos(), MAP, { members }))
  expect(plan.exit).toBe(5)
  expect(plan.rejects).toMatchObject([{ kind: 'membership', key: 'nobody@acme', code: 'user_missing' }])
  expect(plan.leftOutWith).toHaveLength(2)
})

test('a user with one record left out and another kept keeps the memberships', async () => {
  const users = [...USERS, { id: 'bob', mail: 'bob@example.com', active: 'yes' }]
  const plan = await planned(threeFiles(await startWorkos(), MAP, { users }))
  expect(plan).toMatchObject({ exit: 0, rejects: [], leftOutWith: [] })
  expect(plan.count.membership).toMatchObject({ distinct: 4, leftOut: 0 })
})

test('a user with one record left out and another rejected is rejected', async () => {
  const users = [...USERS, { id: 'bob', mail: 'no address', active: 'yes' }]
  const plan = await planned(threeFiles(await startWorkos(), MAP, { users }))
  expect(plan.leftOutWith).toEqual([])
  expect(plan.rejects.map(({ kind, key }: Row) => `${kind}:${key}`)).toEqual([
    'user:bob',
    'membership:bob@acme',
    'membership:bob@beta',
  ])
})

test('without a key nothing is known: the memberships are rejected as before', async () => {
  const map = { ...MAP, user: { ...MAP.user, key: "active = 'yes' ? id : $number(mail)" } }
  const plan = await planned(threeFiles(await startWorkos(), map))
  expect(plan.leftOutWith).toEqual([])
  expect(plan.rejects.map(({ code }: Row) => code)).toEqual(['user_missing', 'user_missing'])
})

test('everything that depends on them is left out too: roles, groups, group members, definitions of roles', async () => {
  const extra = {
    roles: [
      { user: 'bob', org: 'gone', role: 'admin' },
      { user: 'ada', org: 'beta', role: 'admin' },
      { user: 'ada', org: 'acme', role: 'admin' },
    ],
    everywhere: [{ user: 'dan', role: 'admin' }],
    groups: [
      { id: 'staff', org: 'acme' },
      { id: 'staff', org: 'beta' },
    ],
    joins: [
      { user: 'ada', org: 'acme', group: 'staff' },
      { user: 'bob', org: 'acme', group: 'staff' },
      { user: 'cleo', org: 'beta', group: 'staff' },
    ],
    definitions: [{ name: 'Lead', org: 'beta' }],
  }
  const map = {
    ...MAP,
    organization: { ...MAP.organization, when: "plan = 'paid'" },
    roleAssignment: { from: ['roles', 'everywhere'], user: 'user', organization: 'org', role: 'role' },
    group: { from: 'groups', key: 'id', name: 'id', organization: 'org' },
    groupMember: { from: 'joins', user: 'user', organization: 'org', group: 'group' },
    role: { from: 'definitions', key: "'lead'", name: 'name', organization: 'org' },
  }
  const users = [...USERS, { id: 'dan', mail: 'dan@example.com', active: 'no' }]
  const project = threeFiles(await startWorkos(), map, { extra, users })
  const plan = await planned(project)
  expect(plan.rejects).toEqual([])
  const left = new Set(named(plan.leftOutWith).map((line) => line.split(' ').slice(0, 2).join(' ')))
  expect(left).toEqual(
    new Set([
      'membership:bob@acme map.user.when',
      'membership:cleo@beta map.organization.when',
      expect.stringMatching(/^membership:bob@beta /),
      'roleAssignment:bob map.user.when',
      'roleAssignment:ada map.organization.when',
      'roleAssignment:dan map.user.when',
      'group:staff@beta map.organization.when',
      'group-membership:bob@staff@acme map.user.when',
      'group-membership:cleo@staff@beta map.organization.when',
      expect.stringMatching(/^role-definition:.*lead@beta map\.organization\.when$/),
    ]),
  )
  const kinds = plan.accounting.kinds as Record<string, number>[]
  for (const { yielded, distinct, merged, rejected, leftOut } of kinds) {
    expect(yielded).toBe(Number(distinct) + Number(merged) + Number(rejected) + Number(leftOut))
  }
})

test('in one record, what the rules make of a left-out user is left out with the user', async () => {
  const rows = [
    member('ada', 'acme', { state: 'on' }),
    member('bob', 'acme', { state: 'off', role_slug: 'admin' }),
    member('bob', 'beta', { state: 'off' }),
  ]
  const project = peopleProject(await startWorkos(), rows, { map: { user: { when: "state = 'on'" } } })
  const plan = await planned(project)
  expect(plan).toMatchObject({ exit: 0, rejects: [] })
  expect(plan.count.membership).toMatchObject({ yielded: 3, distinct: 1, rejected: 0, leftOut: 2 })
  expect(named(plan.leftOutWith)).toEqual([
    'membership:id-bob@acme map.user.when ./users.csv:3',
    'membership:id-bob@beta map.user.when ./users.csv:4',
  ])
  expect(plan.actions.filter(({ kind }: Row) => kind === 'membership').map(({ key }: Row) => key)).toEqual([
    'id-ada@acme',
  ])
})

test('a selector of a left-out user reports it', async () => {
  const project = threeFiles(await startWorkos(), MAP)
  const result = await project.run(['plan', '--only', 'user:bob'], { env })
  expect(result).toMatchObject({ exit: 3, stderr: expect.stringContaining('map.user.when leaves out user:bob') })
})

test('a pilot reports only its own', async () => {
  const project = threeFiles(await startWorkos(), MAP)
  const { stdout } = await project.run(['plan', '--json', '--only', 'organization:acme'], { env })
  const { leftOut, leftOutWith } = JSON.parse(stdout)
  expect(named(leftOutWith)).toEqual(['membership:bob@acme map.user.when ./members.csv:3'])
  expect(named(leftOut)).toEqual(['user:bob map.user.when ./users.csv:3'])
  const other = await project.run(['plan', '--json', '--only', 'user:ada'], { env })
  expect(JSON.parse(other.stdout)).toMatchObject({ leftOut: [], leftOutWith: [] })
})

test('a resource applied before its user is left out is orphaned, not rejected, and stays', async () => {
  const workos = await startWorkos()
  const project = threeFiles(workos, { ...MAP, user: { key: 'id', email: 'mail' } })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  writeManifest(project, workos, MAP)
  const plan = await planned(project)
  expect(plan).toMatchObject({ exit: 0, rejects: [], actions: [] })
  expect(byKind(plan.summary.kinds)).toMatchObject({ user: { orphaned: 1 }, membership: { orphaned: 2 } })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).memberships).toHaveLength(4)
})

test("explain shows the reason, and also explains users outside the manifest's pilot", async () => {
  const workos = await startWorkos()
  const project = threeFiles(workos, MAP)
  const explained = async (what: string) => (await project.run(['explain', what], { env })).stdout
  expect(await explained('membership:bob@acme')).toContain('left out: map.user.when leaves out what it belongs to')
  writeManifest(project, workos, MAP, undefined, { pilot: { only: ['user:ada'] } })
  expect(await explained('user:cleo')).toContain('create')
  expect(await explained('user:cleo')).toContain('email: mail')
})
