import { expect, test } from 'vitest'
import { byKind } from './kinds.ts'
import { member, peopleManifest, peopleProject, person } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const ROWS = [member('ada', 'acme'), member('ada', 'beta'), member('bea', 'acme'), member('cleo', 'gone')]

async function applied(workos: Workos) {
  const project = peopleProject(workos, ROWS)
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  workos.takeLog()
  return project
}

test('what left the source is orphaned, and stays', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  project.csv('users.csv', ROWS.slice(0, 1))
  const plan = await project.run(['apply', '--yes', '--json'], { env })
  expect(plan.exit).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])
  const shown = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(byKind(shown.summary.kinds)).toMatchObject({
    role: { orphaned: 0 },
    organization: { orphaned: 2 },
    user: { orphaned: 2 },
    membership: { orphaned: 3 },
  })
})

test('prune deletes only the listed kinds, within safety.maxDeletes', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  project.csv('users.csv', [member('ada', 'acme'), person('bea'), member('cleo', 'gone')])
  project.manifest(peopleManifest(workos, { prune: ['membership'] }))
  const refused = await project.run(['apply', '--yes'], { env })
  expect(refused.exit).toBe(5)
  expect(refused.stderr).toMatch(/2 of \d+ resources of the state would be deleted, but safety.maxDeletes allows 0/)
  expect(writes(workos.takeLog())).toEqual([])

  project.manifest(peopleManifest(workos, { prune: ['membership'], safety: { maxDeletes: 2 } }))
  const pruned = await project.run(['apply', '--yes', '--json'], { env })
  expect(pruned.exit, pruned.stderr).toBe(0)
  expect(byKind(JSON.parse(pruned.stdout).kinds)).toMatchObject({
    user: { deleted: 0 },
    membership: { toDelete: 2, deleted: 2 },
  })
  expect(writes(workos.takeLog()).map(({ method }) => method)).toEqual(['DELETE', 'DELETE'])
  const live = await workos.snapshot()
  expect(live.memberships.map(([name]) => name)).toEqual(['ada@example.com@@acme', 'cleo@example.com@@gone'])
  expect(live.users).toHaveLength(3)
  expect((await project.run(['plan', '--detailed-exitcode'], { env })).exit).toBe(0)
})

test('a user takes their memberships with them; an organization is deleted if nobody else is in it', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const { organizations } = await workos.snapshot()
  const beta = organizations.find(({ external_id }) => external_id === 'beta')
  const { id: guest } = await workos.call('POST', '/user_management/users', { email: 'guest@example.com' })
  await workos.call('POST', '/user_management/organization_memberships', { user_id: guest, organization_id: beta?.id })
  project.csv('users.csv', [member('bea', 'acme')])
  project.manifest(peopleManifest(workos, { prune: ['user', 'organization'], safety: { maxDeletes: 10 } }))
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(plan.spared).toMatchObject([{ kind: 'organization', key: 'beta', code: 'has_others' }])
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)).toEqual([
    'DELETE /user_management/users/:id',
    'DELETE /user_management/users/:id',
    'DELETE /organizations/:id',
  ])
  const live = await workos.snapshot()
  expect(live.memberships.map(([name]) => name)).toEqual(['bea@example.com@@acme', 'guest@example.com@@beta'])
  expect((await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })).exit).toBe(0)
})

test('adopted resources and kinds in safety.protect are never pruned', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/user_management/users', { email: 'ada@example.com', email_verified: true })
  const project = await applied(workos)
  project.csv('users.csv', [member('bea', 'acme')])
  const safety = { maxDeletes: 10, protect: ['organization'] }
  project.manifest(peopleManifest(workos, { prune: ['user', 'organization'], safety }))
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(plan.spared.map(({ kind, key, code }: Record<string, string>) => [kind, key, code])).toEqual(
    expect.arrayContaining([
      ['user', 'id-ada', 'adopted'],
      ['organization', 'gone', 'protected'],
    ]),
  )
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const live = await workos.snapshot()
  expect(live.users.map(({ email }) => email).sort()).toEqual(['ada@example.com', 'bea@example.com'])
  expect(live.organizations).toHaveLength(3)
})

test('a rejected record has not left the source, and one without a known owner prevents deletions', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const allowed = { prune: ['user', 'membership'], safety: { maxDeletes: 10, maxRejects: 10 } }
  project.manifest(peopleManifest(workos, allowed))
  project.csv('users.csv', [member('ada', 'acme', { email: 'no address' }), member('bea', 'acme')])
  const planned = await project.run(['plan', '--json'], { env })
  expect(planned.exit, planned.stdout).toBe(0)
  const { spared, actions } = JSON.parse(planned.stdout)
  expect(spared).toContainEqual(expect.objectContaining({ kind: 'user', key: 'id-ada', code: 'rejected' }))
  expect(spared).toContainEqual(expect.objectContaining({ kind: 'membership', key: 'id-ada@acme' }))
  expect(actions).not.toContainEqual(expect.objectContaining({ type: 'delete', key: 'id-ada' }))

  project.write('users.csv', 'email,external_id\nbea@example.com,id-bea\nada@example.com\n')
  const unknown = await project.run(['plan'], { env })
  expect(unknown.exit, unknown.stdout).toBe(5)
  expect(unknown.stdout).toContain('1 record was rejected before its owner was known')
})
