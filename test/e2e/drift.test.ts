import { expect, test } from 'vitest'
import { member, peopleManifest, peopleProject } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const USERS = '/user_management/users'

const ROWS = [
  member('ada', 'acme', { last_name: 'One', metadata: '{"plan":"pro","team":"red"}' }),
  member('bea', 'acme', { last_name: 'Two' }),
]

/** Two users are applied, then Ada is changed in WorkOS. */
async function drifted(manifest: object) {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, manifest)
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const ada = await userOf(workos, 'ada')
  await workos.call('PUT', `${USERS}/${ada}`, { last_name: 'Married', metadata: { plan: 'free', own: 'theirs' } })
  workos.takeLog()
  return { workos, project, ada }
}

async function userOf(workos: Workos, name: string): Promise<string> {
  return (await workos.call('GET', `${USERS}/external_id/id-${name}`)).id
}

test('changes in WorkOS are kept and shown', async () => {
  const { workos, project } = await drifted({})
  const plan = await project.run(['plan', '--refresh', '--json', '--detailed-exitcode'], { env })
  expect(plan.exit).toBe(0)
  const report = JSON.parse(plan.stdout)
  expect(report.actions).toEqual([])
  expect(report.drift).toMatchObject([
    { key: 'id-ada', field: 'lastName', live: 'Married', desired: 'One', reason: 'changed in WorkOS' },
    { key: 'id-ada', field: 'metadata', reason: 'changed in WorkOS' },
  ])
  expect(writes(workos.takeLog())).toEqual([])
})

test("onDrift: overwrite restores only the source's values", async () => {
  const { workos, project, ada } = await drifted({
    onDrift: { user: { lastName: 'overwrite', metadata: 'overwrite' } },
  })
  expect((await project.run(['apply', '--refresh', '--yes'], { env })).exit).toBe(0)
  expect(writes(workos.takeLog()).map(({ path, body }) => [path, body])).toEqual([
    [`${USERS}/${ada}`, { last_name: 'One', metadata: { plan: 'pro' } }],
  ])
  expect(await workos.call('GET', `${USERS}/${ada}`)).toMatchObject({
    metadata: { plan: 'pro', team: 'red', own: 'theirs' },
  })
  expect((await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })).exit).toBe(0)
})

test('onDrift: fail stops the plan and names the key', async () => {
  const { workos, project } = await drifted({ onDrift: { default: 'keep', user: 'fail' } })
  const refused = await project.run(['apply', '--refresh', '--yes'], { env })
  expect(refused.exit).toBe(5)
  expect(refused.stderr).toContain('guard_onDrift')
  expect(writes(workos.takeLog())).toEqual([])
})

test('if both sides changed, the value in WorkOS stays, even without --refresh', async () => {
  const { workos, project } = await drifted({})
  project.csv('users.csv', [{ ...ROWS[0], last_name: 'Three', first_name: 'Ada' }, ROWS[1] ?? {}])
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(writes(workos.takeLog()).map(({ body }) => body)).toEqual([{ first_name: 'Ada' }])
})

test('a resource deleted in WorkOS is shown, and created again only under the policy', async () => {
  const { workos, project, ada } = await drifted({})
  await workos.call('DELETE', `${USERS}/${ada}`)
  const shown = await project.run(['plan', '--refresh', '--json'], { env })
  expect(JSON.parse(shown.stdout).drift).toMatchObject([
    { kind: 'user', key: 'id-ada', field: '*', reason: 'deleted in WorkOS' },
    { kind: 'membership', key: 'id-ada@acme', field: '*', reason: 'deleted in WorkOS' },
  ])
  project.manifest(peopleManifest(workos, { onDeleted: 'recreate' }))
  expect((await project.run(['apply', '--refresh', '--yes'], { env })).exit).toBe(0)
  const live = await workos.snapshot()
  expect(live.users.map(({ email }) => email).sort()).toEqual(['ada@example.com', 'bea@example.com'])
  expect(live.memberships.map(([name]) => name)).toEqual(['ada@example.com@@acme', 'bea@example.com@@acme'])
  expect(await userOf(workos, 'ada')).not.toBe(ada)
  expect((await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })).exit).toBe(0)
})

test('onDeleted: fail stops the plan', async () => {
  const { workos, project, ada } = await drifted({ onDeleted: 'fail' })
  await workos.call('DELETE', `${USERS}/${ada}`)
  expect((await project.run(['plan', '--refresh'], { env })).exit).toBe(5)
})

test("a role that the source gets later replaces WorkOS's default role", async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme')])
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).memberships).toEqual([['ada@example.com@@acme', ['member']]])
  project.csv('users.csv', [member('ada', 'acme', { role_slugs: 'admin' })])
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).memberships).toEqual([['ada@example.com@@acme', ['admin']]])
})

test('a resource kept deleted does not count as done', async () => {
  const { workos, project, ada } = await drifted({})
  await workos.call('DELETE', `${USERS}/${ada}`)
  const applied = await project.run(['apply', '--refresh', '--yes'], { env })
  expect(applied.exit).toBe(7)
  expect(applied.stdout).toContain('Done, except for the 2 resources deleted in WorkOS (see the plan).')
  const planned = await project.run(['plan', '--refresh'], { env })
  expect(planned.stdout).toContain('Nothing to apply. Not in WorkOS: 2 resources deleted there.')
})

test('addresses that move along a chain of users arrive in one apply', async () => {
  const workos = await startWorkos()
  const rows = Array.from({ length: 12 }, (_, n) => member(`u${n}`, 'acme'))
  const project = peopleProject(workos, rows)
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const moved = rows.map((row, n) => ({ ...row, email: `u${n + 1}@example.com` }))
  project.csv('users.csv', [...moved, { ...member('new', 'acme'), email: 'u0@example.com' }])
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout).toBe(0)
  const byId = new Map((await workos.snapshot()).users.map(({ external_id, email }) => [external_id, email]))
  expect(byId.get('id-u3')).toBe('u4@example.com')
  expect(byId.get('id-new')).toBe('u0@example.com')
})
