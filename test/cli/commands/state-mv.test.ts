import { describe, expect, onTestFinished, test } from 'vitest'
import { acquireLock } from '../../../src/state/sqlite/lock.ts'
import { openStateFile } from '../../../src/state/sqlite/open.ts'
import type { Project } from '../../e2e/cli.ts'
import { member, peopleProject, person, type Row } from '../../e2e/people.ts'
import { KEY, startWorkos, type Workos, writes } from '../../e2e/workos.ts'

const env = { KEY }
const STATE = '.workos-migrate/state.sqlite'
const ORG_KEY = 'org_key ? org_key : org_external_id'

/** Keys are in separate columns, so that they change without a change in WorkOS. */
const MANIFEST = {
  source: { type: 'csv', path: './users.csv', roleDefinitions: './roles.csv' },
  map: {
    user: { key: 'uid' },
    organization: { key: ORG_KEY },
    membership: { organization: ORG_KEY },
    group: { each: "$split(groups, ',')", name: '$' },
    groupMember: { each: "$split(groups, ',')", group: '$' },
    role: { organization: 'org_external_id' },
  },
}

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const row = (name: string, organization: string, more: Row = {}) =>
  member(name, organization, { uid: name, org_key: organization, groups: 'Engineering', ...more })
const ROWS = [
  row('ada', 'acme', { totp_secret: SECRET, role_slugs: 'admin' }),
  row('ada', 'beta'),
  row('bea', 'acme'),
  { ...person('cleo'), uid: 'cleo' },
]
const ROLES = (organization: string) => [
  { role_slug: 'org-lead', role_name: 'Lead', role_type: 'organization', org_external_id: organization },
]

async function applied(workos: Workos): Promise<Project> {
  const project = peopleProject(workos, ROWS, MANIFEST)
  project.csv('roles.csv', ROLES('acme'))
  const { exit, stderr, stdout } = await project.run(['apply', '--yes'], { env })
  expect(exit, stderr + stdout).toBe(0)
  workos.takeLog()
  return project
}

async function keys(project: Project): Promise<string[]> {
  const { stdout } = await project.run(['state', 'list', '--json'])
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines
    .map((line) => JSON.parse(line))
    .map(({ kind, key, ownership }) => `${kind}:${key} ${ownership}`)
    .sort()
}

/** Plans, applies and verifies, and expects nothing to do. */
async function expectRest(project: Project, workos: Workos): Promise<void> {
  for (const refresh of [[], ['--refresh']]) {
    const plan = await project.run(['plan', '--detailed-exitcode', ...refresh], { env })
    expect(plan.exit, plan.stdout + plan.stderr).toBe(0)
    expect(plan.stdout).not.toContain('no longer in the source')
  }
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toEqual([])
  const verified = await project.run(['verify', '--strict'], { env })
  expect(verified.exit, verified.stdout).toBe(0)
}

test('a user with a changed key keeps the same account and everything that belongs to it', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const before = await workos.snapshot()
  const had = await keys(project)
  const moved = await project.run(['state', 'mv', 'user:ada', 'user:u@1', '--yes'])
  expect(moved.exit, moved.stderr).toBe(0)
  expect(moved.stderr).toContain('Moved 6 resources')
  expect(workos.takeLog()).toEqual([])
  const renamed = [
    'user:ada',
    'totp-factor:ada',
    'membership:ada@acme',
    'membership:ada@beta',
    'group-membership:ada@Engineering@acme',
    'group-membership:ada@Engineering@beta',
  ]
  expect(await keys(project)).toEqual(
    had.map((line) => (renamed.some((one) => line.startsWith(`${one} `)) ? line.replace(':ada', ':u@1') : line)).sort(),
  )
  project.csv(
    'users.csv',
    ROWS.map((one) => (one.uid === 'ada' ? { ...one, uid: 'u@1' } : one)),
  )
  await expectRest(project, workos)
  expect(await workos.snapshot()).toEqual(before)
})

test('an organization with a changed key keeps memberships, groups, members and roles', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const before = await workos.snapshot()
  const had = await keys(project)
  const moved = await project.run(['state', 'mv', 'organization:acme', 'organization:o:1', '--yes'])
  expect(moved.exit, moved.stderr).toBe(0)
  const now = await keys(project)
  expect(now).toEqual(had.map((line) => line.replace(/([:@])acme /, '$1o:1 ')).sort())
  expect(now).toContain('organization-role:org-lead@o:1 created')
  expect(now).toContain('group-membership:bea@Engineering@o:1 created')
  project.csv(
    'users.csv',
    ROWS.map((one) => (one.org_key === 'acme' ? { ...one, org_key: 'o:1' } : one)),
  )
  project.csv('roles.csv', ROLES('o:1'))
  await expectRest(project, workos)
  expect(await workos.snapshot()).toEqual(before)
})

test('if key and email changed, the account gets the new email and no user is created', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const { users } = await workos.snapshot()
  const cleo = users.find(({ email }) => email === 'cleo@example.com')
  const changed = { ...person('cleo'), external_id: '', email: 'cleopatra@example.com', uid: '17' }
  project.csv('users.csv', [...ROWS.slice(0, 3), changed])
  const before = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(before.actions).toMatchObject([{ kind: 'user', key: '17', type: 'create' }])

  expect(await project.run(['state', 'mv', 'user:cleo', 'user:17', '--yes'])).toMatchObject({ exit: 0 })
  const after = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(after.actions).toMatchObject([{ kind: 'user', key: '17', type: 'update', id: cleo?.id }])
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const now = await workos.snapshot()
  expect(now.users).toHaveLength(users.length)
  expect(now.users.find(({ id }) => id === cleo?.id)).toMatchObject({ email: 'cleopatra@example.com' })
})

test('a group is moved within its organization, with its members', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const args = ['state', 'mv', 'group:Engineering@acme', 'group:Eng@acme', '--yes']
  expect(await project.run(args)).toMatchObject({ exit: 0 })
  const now = await keys(project)
  for (const address of ['group:Eng@acme', 'group-membership:ada@Eng@acme', 'group-membership:bea@Eng@acme']) {
    expect(now).toContain(`${address} created`)
  }
  expect(now).toContain('group:Engineering@beta created')
  expect(now.join()).not.toContain('Engineering@acme')
})

test('an adopted user stays adopted, and its recorded responses stay', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/user_management/users', { email: 'cleo@example.com', email_verified: true })
  const project = await applied(workos)
  const read = async () => {
    const state = openStateFile(project.path(STATE))
    const found = { old: await state.get('user', 'cleo'), new: await state.get('user', '17') }
    await state.close()
    return found
  }
  const { old } = await read()
  expect(old?.ownership).toBe('adopted')
  const state = openStateFile(project.path(STATE))
  if (old === undefined) throw new Error('cleo is missing')
  const more = { reduced: 'one_role', answered: { firstName: 'C' }, gone: 1 }
  await state.commit({ intents: [], outcomes: [{ type: 'saved', resource: { ...old, ...more } }] })
  await state.close()
  expect(await project.run(['state', 'mv', 'user:cleo', 'user:17', '--yes'])).toMatchObject({ exit: 0 })
  const found = await read()
  expect(found).toEqual({ old: undefined, new: { ...old, ...more, key: '17', run: 2 } })
})

test('it is in the list of runs, and asks first', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const args = ['state', 'mv', 'user:ada', 'user:17']
  const unasked = await project.run(args)
  expect([unasked.exit, unasked.stderr]).toEqual([3, expect.stringContaining('--yes')])
  const no = await project.run(args, { typed: 'no\n' })
  expect(no.exit).toBe(0)
  for (const says of [
    'user:ada  → user:17\n',
    'membership:ada@acme  → membership:17@acme\n',
    'totp-factor:ada  → totp-factor:17\n',
    'WorkOS does not change',
    'Nothing was moved.',
  ]) {
    expect(no.stderr).toContain(says)
  }
  expect((await keys(project)).join()).toContain('user:ada')
  expect((await project.run(['state', 'show'])).stdout).not.toContain('state mv')
  expect(await project.run(args, { typed: 'yes\n' })).toMatchObject({ exit: 0 })
  expect((await keys(project)).join()).not.toContain('ada')
  expect((await project.run(['state', 'show'])).stdout).toMatch(/state mv {2}completed {2}6 moved\n/)
})

describe('it refuses', () => {
  test.each([
    ['an address that the state lacks', 'user:adah', 'user:17', 3, 'did you mean user:ada?'],
    ['an address that nothing is like', 'user:zzzzzzzzzz', 'user:17', 3, 'workos-migrate state list'],
    ['a new key that another has', 'user:ada', 'user:bea', 5, 'user:bea (user_'],
    ['another kind', 'user:ada', 'organization:17', 3, 'different kinds, user and organization'],
    ['the same address', 'user:ada', 'user:ada', 3, 'both addresses are'],
    ['no address', 'ada', 'user:17', 3, 'is not an address'],
    ['a membership', 'membership:ada@acme', 'membership:bea@beta', 3, 'state mv user:ada user:NEW'],
    ['a second factor', 'totp-factor:ada', 'totp-factor:17', 3, 'state mv user:ada user:NEW'],
    ['a role', 'role:admin', 'role:boss', 3, 'roles.map'],
    ['a role of an organization', 'organization-role:org-lead@acme', 'organization-role:org-x@acme', 3, 'roles.map'],
    [
      'a group into another organization',
      'group:Engineering@acme',
      'group:Engineering@beta',
      3,
      'end the new key with @acme',
    ],
  ])('%s, and moves nothing', async (_what, from, to, exit, says) => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const before = await keys(project)
    const refused = await project.run(['state', 'mv', from, to, '--yes'])
    expect([refused.exit, refused.stderr]).toEqual([exit, expect.stringContaining(says)])
    expect(await keys(project)).toEqual(before)
    expect((await project.run(['state', 'show'])).stdout).not.toContain('state mv')
  })

  test('a new key that conflicts with a dependent, and names the dependent', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const state = openStateFile(project.path(STATE))
    const membership = await state.get('membership', 'bea@acme')
    if (membership === undefined) throw new Error('bea is missing')
    const resource = { ...membership, key: 'dee@acme', id: 'om_other', refs: { user: 'dee', organization: 'acme' } }
    await state.commit({ intents: [], outcomes: [{ type: 'saved', resource }] })
    await state.close()
    const before = await keys(project)
    const refused = await project.run(['state', 'mv', 'user:ada', 'user:dee', '--yes'])
    expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('membership:dee@acme (om_other)')])
    expect(await keys(project)).toEqual(before)
  })

  test.each([
    ['it', { kind: 'user', key: 'ada', refs: {} }],
    ['the new address', { kind: 'user', key: '17', refs: {} }],
    ['what belongs to it', { kind: 'membership', key: 'ada@gamma', refs: { user: 'ada', organization: 'gamma' } }],
  ])('while there is an unfinished write to %s', async (_what, address) => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const state = openStateFile(project.path(STATE))
    const intent = {
      ...address,
      action: 'create' as const,
      startedAt: '2026-01-01T00:00:00Z',
      attributes: {},
      digests: {},
    }
    await state.commit({ intents: [intent], outcomes: [] })
    await state.close()
    const refused = await project.run(['state', 'mv', 'user:ada', 'user:17', '--yes'])
    expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('write_open')])
    expect(await project.run(['state', 'mv', 'user:cleo', 'user:18', '--yes'])).toMatchObject({ exit: 0 })
  })

  test('during another command', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    onTestFinished(acquireLock(project.path(STATE), 'apply', new Date()))
    expect(await project.run(['state', 'mv', 'user:ada', 'user:17', '--yes'])).toMatchObject({ exit: 6 })
  })
})

test.each(['rm', 'show'])('state %s suggests similar addresses', async (name) => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const refused = await project.run(['state', name, 'membership:ada@acne'])
  expect([refused.exit, refused.stderr]).toEqual([3, expect.stringContaining('did you mean membership:ada@acme')])
})
