import { expect, test } from 'vitest'
import { member, peopleProject, person, type Row } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }

type Project = ReturnType<typeof peopleProject>

async function ran(project: Project, ...args: string[]) {
  const result = await project.run(args, { env })
  expect(result.exit, result.stdout + result.stderr).toBe(0)
  return result
}

/** `kind:key type` of every action, without environment roles. */
async function actions(project: Project, ...args: string[]): Promise<string[]> {
  const { stdout, stderr } = await project.run(['plan', '--json', ...args], { env })
  expect(stdout, stderr).not.toBe('')
  const plan: { actions: { kind: string; key: string; type: string }[] } = JSON.parse(stdout)
  return plan.actions.filter(({ kind }) => kind !== 'role').map(({ kind, key, type }) => `${kind}:${key} ${type}`)
}

const PRUNE = { prune: ['user', 'membership', 'organization'], safety: { maxDeletes: '100%' } }

test('a user who had a selected address before and has another now is out of scope, with all memberships', async () => {
  const workos = await startWorkos()
  const old = [member('ada', 'acme'), member('ada', 'beta'), member('bea', 'acme')]
  const project = peopleProject(workos, old, PRUNE)
  await ran(project, 'apply', '--yes')
  // Bea got the address that ada had; ada has another one, and has left beta.
  project.csv('users.csv', [
    member('ada', 'acme', { email: 'ada@new.example' }),
    member('bea', 'acme', { email: 'ada@example.com' }),
  ])
  const planned = await actions(project, '--only', 'email:ada@example.com')
  expect(planned.filter((action) => action.includes('id-ada'))).toEqual([])
})

test('a membership with a rejected record goes with its user, and the plan of the pilot reports it', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [], {
    ...PRUNE,
    source: {
      type: 'file',
      streams: {
        users: { path: 'users.csv', format: 'csv' },
        members: { path: 'members.csv', format: 'csv' },
        organizations: { path: 'organizations.csv', format: 'csv' },
      },
    },
    map: {
      user: { key: 'id', email: 'email', externalId: 'id' },
      membership: { from: 'members', user: 'user', organization: 'org' },
      organization: { from: 'organizations', key: 'id', name: 'name', externalId: 'id' },
    },
    safety: { maxDeletes: '100%', maxRejects: 10 },
  })
  const put = (name: string, ...rows: string[]) => project.write(name, `${rows.join('\n')}\n`)
  put('users.csv', 'id,email', 'ada,ada@example.com', 'bea,bea@example.com')
  put('members.csv', 'user,org', 'ada,acme', 'bea,acme')
  put('organizations.csv', 'id,name', 'acme,Acme')
  await ran(project, 'apply', '--yes')
  put('users.csv', 'id,email', 'bea,bea@example.com')
  const pilot = ['--only', 'user:*']
  expect(await actions(project, ...pilot)).toEqual(['user:ada delete', 'membership:ada@acme delete'])
  await ran(project, 'apply', '--yes', ...pilot)
  expect((await workos.snapshot()).memberships).toHaveLength(1)
  const { stdout } = await project.run(['state', 'export', '--format', 'ndjson'], { env })
  expect(stdout).not.toContain('ada')
})

test('a role of an organization stays as long as a membership out of scope has it', async () => {
  const workos = await startWorkos()
  const bea = member('bea', 'acme', { role_slugs: '' })
  const project = peopleProject(workos, [bea, member('ada', 'acme', { role_slugs: 'org-lead' })], {
    prune: ['membership', 'organization-role'],
    safety: PRUNE.safety,
    roles: { define: { 'org-lead': { name: 'Lead' } } },
  })
  await ran(project, 'apply', '--yes')
  project.csv('users.csv', [bea])
  // The limit counts users of the source: ada, who has left it, is not among them.
  const pilot = ['--only', 'organization:acme', '--limit', '1']
  expect(await actions(project, ...pilot)).toEqual([])
  const { stdout } = await project.run(['plan', ...pilot], { env })
  expect(stdout).toContain('organization-role:org-lead@acme  membership:id-ada@acme uses it and stays')
  expect(await actions(project)).toEqual(['membership:id-ada@acme delete', 'organization-role:org-lead@acme delete'])
})

test('a user whose key changed in the source is not deleted by a pilot of only the former key', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme'), member('bea', 'acme'), member('abe', 'beta')], PRUNE)
  await ran(project, 'apply', '--yes')
  project.csv('users.csv', [
    member('ada', 'acme', { external_id: 'new-ada' }),
    member('bea', 'acme'),
    member('abe', 'beta'),
  ])
  expect(await actions(project, '--only', 'user:id-a*')).toEqual([])
  expect(await actions(project)).toEqual(['user:new-ada adopt', 'membership:new-ada@acme adopt'])
})

test('an organization whose key changed in the source is not deleted by a pilot of only the former key', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme'), member('bea', 'acme-eu')], {
    ...PRUNE,
    map: {
      organization: { key: 'org_key', externalId: 'org_external_id', name: 'org_name' },
      membership: { organization: 'org_key' },
    },
  })
  const rows = [member('ada', 'acme', { org_key: 'k-acme' }), member('bea', 'acme-eu', { org_key: 'k-acme-eu' })]
  project.csv('users.csv', rows)
  await ran(project, 'apply', '--yes')
  project.csv('users.csv', [{ ...rows[0], org_key: 'moved' } as Row, rows[1] ?? {}])
  expect(await actions(project)).toEqual(['organization:moved adopt', 'membership:id-ada@moved adopt'])
  expect(await actions(project, '--only', 'organization:k-*')).toEqual([])
})

test('an organization that shares its name with one out of scope is not adopted by its name', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/organizations', { name: 'Same' })
  const rows = [member('ada', 'one', { org_name: 'Same' }), member('bea', 'two', { org_name: 'Same' })]
  const project = peopleProject(workos, rows, { organizations: { matchByName: true } })
  const all = await actions(project)
  expect(all).toContain('organization:one blocked')
  expect(await actions(project, '--only', 'organization:one')).toContain('organization:one blocked')
})

test('an organization with a WorkOS ID out of scope is not adopted by another one with its external ID', async () => {
  const workos = await startWorkos()
  const { id } = await workos.call('POST', '/organizations', { name: 'There', external_id: 'two' })
  const rows = [member('ada', 'one', { workos: id, ext: '' }), member('bea', 'two', { workos: '', ext: 'two' })]
  const project = peopleProject(workos, rows, {
    map: { organization: { id: 'workos', externalId: 'ext' } },
  })
  const all = await actions(project)
  expect(all).toEqual(expect.arrayContaining(['organization:one adopt', 'organization:two blocked']))
  expect(await actions(project, '--only', 'organization:two')).toContain('organization:two blocked')
})

test('with a limit no organization is deleted', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme'), member('bea', 'alpha')], PRUNE)
  await ran(project, 'apply', '--yes')
  project.csv('users.csv', [member('ada', 'acme'), person('bea')])
  expect(await actions(project, '--only', 'organization:a*')).toContain('organization:alpha delete')
  expect(await actions(project, '--only', 'organization:a*', '--limit', '1')).toEqual([])
})

test.each([
  ['exchange addresses', { bea: 'ada@example.com' }],
  ['pass an address on', { bea: 'new@example.com' }],
])('of two who %s across the border of a pilot, the plan shows who has the address', async (_what, { bea }) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [person('ada'), person('bea')])
  await ran(project, 'apply', '--yes')
  project.csv('users.csv', [person('ada', { email: 'bea@example.com' }), person('bea', { email: bea })])
  workos.takeLog()
  const { stdout } = await project.run(['plan', '--only', 'user:id-ada'], { env })
  expect(stdout).toContain('user:id-bea, out of scope, has the new email address of this user')
  await project.run(['apply', '--yes', '--only', 'user:id-ada'], { env })
  expect(writes(workos.takeLog())).toEqual([])
})

test.each([1, 3, 5])('a pilot killed after %i writes, then everyone, has the same result', async (after) => {
  const kill = new AbortController()
  let sent = 0
  const workos = await startWorkos({
    onRequest({ method }) {
      if (method !== 'GET') sent += 1
      if (sent === after) kill.abort()
    },
  })
  const rows = [member('ada', 'acme'), member('ada', 'beta'), member('bea', 'acme'), member('cleo', 'beta')]
  const project = peopleProject(workos, rows)
  const cut = await project.run(['apply', '--yes', '--only', 'organization:acme'], {
    env,
    interrupted: kill.signal,
    killed: kill.signal,
  })
  expect(cut.exit).not.toBe(0)
  await ran(project, 'apply', '--yes')
  const { users, memberships } = await workos.snapshot()
  expect(users.map(({ external_id }) => external_id).sort()).toEqual(['id-ada', 'id-bea', 'id-cleo'])
  expect(memberships.map(([name]) => name)).toEqual([
    'ada@example.com@@acme',
    'ada@example.com@@beta',
    'bea@example.com@@acme',
    'cleo@example.com@@beta',
  ])
  await ran(project, 'verify', '--strict')
})

test('a saved plan of a pilot is rejected once the source has grown, and never covers more', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme')])
  await ran(project, 'plan', '--only', 'organization:acme', '--out', 'plan.ndjson')
  project.csv('users.csv', [member('ada', 'acme'), member('bea', 'acme'), member('cleo', 'beta')])
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({
    exit: 8,
    stderr: expect.stringContaining('--only organization:acme --out plan.ndjson'),
  })
  expect(writes(workos.takeLog())).toEqual([])
})
