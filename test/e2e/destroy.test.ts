import { expect, test } from 'vitest'
import { isObject } from '../../src/json.ts'
import type { Interceptor } from '../../src/sandbox/server.ts'
import { byKind } from './kinds.ts'
import { member, peopleManifest, peopleProject, person } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const ROWS = [member('ada', 'acme'), member('ada', 'beta'), member('bea', 'acme'), person('cleo')]

/** Makes WorkOS report that a user has signed in, which the sandbox does not support. */
function signedIn(email: string): Interceptor {
  const mark = (user: unknown) => {
    if (isObject(user) && user.email === email) user.last_sign_in_at = '2026-01-02T03:04:05.000Z'
  }
  return {
    after: (_exchange, { body }) => {
      mark(body)
      if (isObject(body) && Array.isArray(body.data)) body.data.forEach(mark)
      return false
    },
  }
}

async function applied(workos: Workos, rows = ROWS) {
  const project = peopleProject(workos, rows)
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  workos.takeLog()
  return project
}

test('destroy deletes what the state created, and then nothing is left to destroy', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const done = await project.run(['destroy', '--confirm', 'people', '--json'], { env })
  expect(done.exit, done.stderr).toBe(0)
  expect(byKind(JSON.parse(done.stdout).kinds)).toMatchObject({
    role: { deleted: 0 },
    organization: { toDelete: 2, deleted: 2 },
    user: { toDelete: 3, deleted: 3 },
    membership: { toDelete: 3, deleted: 3, failed: 0, pending: 0 },
  })
  expect(await workos.snapshot()).toMatchObject({ users: [], organizations: [], memberships: [] })
  // Users take their memberships with them.
  expect(writes(workos.takeLog()).map(({ route }) => route)).toEqual([
    ...Array(3).fill('/user_management/users/:id'),
    ...Array(2).fill('/organizations/:id'),
  ])
  const again = await project.run(['destroy', '--confirm', 'people'], { env })
  expect(again.exit).toBe(0)
  expect(again.stdout).toContain('WorkOS cannot delete environment roles')
  expect(writes(workos.takeLog())).toEqual([])
})

test('adopted resources stay, and so does an organization with members of others', async () => {
  const workos = await startWorkos()
  const { id: ada } = await workos.call('POST', '/user_management/users', {
    email: 'ada@example.com',
    email_verified: true,
  })
  const project = await applied(workos)
  const { organizations } = await workos.snapshot()
  const acme = organizations.find(({ external_id }) => external_id === 'acme')
  const { id: guest } = await workos.call('POST', '/user_management/users', { email: 'guest@example.com' })
  await workos.call('POST', '/user_management/organization_memberships', { user_id: guest, organization_id: acme?.id })
  expect((await project.run(['destroy', '--confirm', 'people'], { env })).exit).toBe(0)
  const live = await workos.snapshot()
  expect(live.users.map(({ id }) => id).sort()).toEqual([ada, guest].sort())
  expect(live.memberships.map(([name]) => name)).toContain('guest@example.com@@acme')
})

test('users who have signed in stay with memberships and organizations, unless an option deletes them', async () => {
  const workos = await startWorkos({ interceptor: signedIn('ada@example.com') })
  const project = await applied(workos)
  const plan = JSON.parse((await project.run(['destroy', '--plan-only', '--json'], { env })).stdout)
  expect(plan.spared.map(({ kind, key, code }: Record<string, string>) => `${kind}:${key} ${code}`).sort()).toEqual([
    'membership:id-ada@acme depends',
    'membership:id-ada@beta depends',
    'organization:acme has_others',
    'organization:beta has_others',
    'role:admin no_deletion',
    'user:id-ada signed_in',
  ])
  expect(writes(workos.takeLog())).toEqual([])
  expect((await project.run(['destroy', '--confirm', 'people'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).users.map(({ email }) => email)).toEqual(['ada@example.com'])
  expect((await project.run(['destroy', '--confirm', 'people', '--include-active'], { env })).exit).toBe(0)
  expect(await workos.snapshot()).toMatchObject({ users: [], organizations: [] })
})

test('resources changed in WorkOS since stay, unless an option deletes them', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const { users } = await workos.snapshot()
  const bea = users.find(({ email }) => email === 'bea@example.com')
  await workos.call('PUT', `/user_management/users/${bea?.id}`, { first_name: 'Beatrice' })
  expect((await project.run(['destroy', '--confirm', 'people'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).users.map(({ email }) => email)).toEqual(['bea@example.com'])
  expect((await project.run(['destroy', '--confirm', 'people', '--include-changed'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).users).toEqual([])
})

test('it is confirmed by the name: not by --yes, not by another word', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  expect((await project.run(['destroy'], { env })).exit).toBe(5)
  expect((await project.run(['destroy', '--confirm', 'acme'], { env })).exit).toBe(5)
  expect((await project.run(['destroy'], { env, typed: 'yes\n' })).stderr).toContain('Nothing was deleted')
  expect(writes(workos.takeLog())).toEqual([])
  expect((await project.run(['destroy'], { env, typed: 'people\n' })).exit).toBe(0)
  expect((await workos.snapshot()).users).toEqual([])
})

test('safety.protect keeps whole kinds; missing resources count as deleted', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const { users } = await workos.snapshot()
  await workos.call('DELETE', `/user_management/users/${users[0]?.id}`)
  project.manifest(peopleManifest(workos, { safety: { protect: ['organization'] } }))
  const done = await project.run(['destroy', '--confirm', 'people', '--json'], { env })
  expect(done.exit, done.stderr).toBe(0)
  expect(await workos.snapshot()).toMatchObject({ users: [], organizations: [{}, {}] })
})

test('after an interruption, destroy continues where it stopped', async () => {
  const stop = new AbortController()
  let deletions = 0
  const workos = await startWorkos({
    interceptor: {
      before: ({ request }) => {
        if (request.method === 'DELETE' && ++deletions === 2) stop.abort(new Error('interrupted'))
        return false
      },
    },
  })
  const rows = Array.from({ length: 30 }, (_, index) => member(`u${index}`, 'acme'))
  const project = await applied(workos, rows)
  project.manifest(peopleManifest(workos, { run: { concurrency: 1 } }))
  const cut = await project.run(['destroy', '--confirm', 'people'], { env, interrupted: stop.signal })
  expect(cut.exit).toBe(130)
  expect((await workos.snapshot()).users.length).toBeGreaterThan(20)
  expect((await project.run(['destroy', '--confirm', 'people'], { env })).exit).toBe(0)
  expect(await workos.snapshot()).toMatchObject({ users: [], organizations: [] })
})
