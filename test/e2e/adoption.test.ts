import { expect, test } from 'vitest'
import { byKind } from './kinds.ts'
import { member, peopleProject } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const USERS = '/user_management/users'
const MEMBERSHIPS = '/user_management/organization_memberships'

async function given(workos: Workos): Promise<{ ada: string; acme: string }> {
  await workos.call('POST', '/authorization/roles', { slug: 'admin', name: 'Chief', description: 'made by hand' })
  const { id: ada } = await workos.call('POST', USERS, {
    email: 'ada@example.com',
    email_verified: true,
    last_name: 'By Hand',
  })
  const { id: acme } = await workos.call('POST', '/organizations', { name: 'Acme by hand', external_id: 'acme' })
  await workos.call('POST', MEMBERSHIPS, { user_id: ada, organization_id: acme, role_slug: 'member' })
  return { ada, acme }
}

test('resources created by other means are adopted: empty fields are filled, nothing is overwritten', async () => {
  const workos = await startWorkos()
  const { ada, acme } = await given(workos)
  const rows = [
    member('ada', 'acme', { last_name: 'From Source', metadata: '{"plan":"pro"}', role_slugs: 'admin' }),
    member('bea', 'acme'),
  ]
  const project = peopleProject(workos, rows)
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(byKind(JSON.parse(applied.stdout).kinds)).toMatchObject({
    role: { adopted: 1, created: 0 },
    organization: { adopted: 1, created: 0 },
    user: { adopted: 1, created: 1, failed: 0 },
    membership: { adopted: 1, created: 1, failed: 0 },
  })
  const sent = writes(workos.takeLog())
  expect(sent.filter(({ method }) => method !== 'POST').map(({ path, body }) => [path, body])).toEqual([
    [`${USERS}/${ada}`, { external_id: 'id-ada', first_name: 'ada', metadata: { plan: 'pro' } }],
  ])
  const live = await workos.snapshot()
  expect(live.users).toMatchObject([{ id: ada, last_name: 'By Hand', external_id: 'id-ada' }, { first_name: 'bea' }])
  expect(live.organizations).toMatchObject([{ id: acme, name: 'Acme by hand' }])
  expect(live.memberships).toEqual([
    ['ada@example.com@@acme', ['member']],
    ['bea@example.com@@acme', ['member']],
  ])
  expect(await workos.call('GET', '/authorization/roles/admin')).toMatchObject({ description: 'made by hand' })
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })

  const kept = await project.run(['plan', '--refresh', '--json'], { env })
  expect(JSON.parse(kept.stdout).drift).toMatchObject([
    { kind: 'role', field: 'name', live: 'Chief', desired: 'Admin' },
    { kind: 'organization', field: 'name', live: 'Acme by hand', desired: 'ACME' },
    { kind: 'user', field: 'lastName', live: 'By Hand', desired: 'From Source' },
    { kind: 'membership', field: 'roles', live: ['member'], desired: ['admin'] },
  ])
})

test('the plan lists users whose password is not sent because they are already in WorkOS', async () => {
  const workos = await startWorkos()
  await workos.call('POST', USERS, { email: 'ada@example.com', email_verified: true })
  const password = { password_hash: BCRYPT, password_hash_type: 'bcrypt' }
  const project = peopleProject(workos, [member('ada', 'acme', password), member('bea', 'acme', password)])
  const told = '1 kept; 1 not sent: in WorkOS before, unchanged there'
  const planned = await project.run(['plan'], { env })
  expect(planned.stdout).toContain(told)
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  const bodies = writes(workos.takeLog()).map(({ body }) => JSON.stringify(body))
  expect(bodies.filter((body) => body.includes(BCRYPT))).toEqual([expect.stringContaining('bea@example.com')])
  expect((await project.run(['plan'], { env })).stdout).toContain(told)
})

test('a user whose address exists under another external ID is adopted, and keeps that external ID', async () => {
  const workos = await startWorkos()
  const before = await workos.call('POST', USERS, {
    email: 'ada@example.com',
    email_verified: true,
    external_id: 'other-system-1',
  })
  const project = peopleProject(workos, [member('ada', 'acme')])
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  const live = await workos.snapshot()
  expect(live.users).toMatchObject([{ id: before.id, external_id: 'other-system-1', first_name: 'ada' }])
  expect(live.memberships).toHaveLength(1)
  expect(applied.stdout).toContain('other-system-1')
  const again = await project.run(['apply', '--yes'], { env })
  expect(again.exit, again.stdout).toBe(0)
  expect((await workos.snapshot()).users).toEqual(live.users)
})

test('an external ID of someone with another address is blocked and listed, and nobody gets the memberships', async () => {
  const workos = await startWorkos()
  const somebody = await workos.call('POST', USERS, { email: 'somebody@example.com', external_id: 'id-ada' })
  const project = peopleProject(workos, [member('ada', 'acme'), member('bea', 'acme')], { safety: { maxRejects: 2 } })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(applied.stdout).toMatch(/! user:id-ada.*\n.*somebody@example\.com.*someone else/)
  expect(applied.stdout).toContain('! membership:id-ada@acme')
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(plan.actions).toMatchObject([
    { kind: 'user', key: 'id-ada', type: 'blocked', code: 'external_id_clash' },
    { kind: 'membership', key: 'id-ada@acme', type: 'blocked', code: 'dependency_blocked' },
  ])
  const live = await workos.snapshot()
  expect(live.users).toMatchObject([{ id: somebody.id, first_name: null }, { email: 'bea@example.com' }])
  expect(live.memberships.map(([name]) => name)).toEqual(['bea@example.com@@acme'])
})

test('with adopt.mode never, existing resources are blocked and unchanged', async () => {
  const workos = await startWorkos()
  await given(workos)
  const before = await workos.snapshot()
  const project = peopleProject(workos, [member('ada', 'acme'), member('bea', 'bolt')], {
    adopt: { mode: 'never' },
    roles: {},
    safety: { maxRejects: '100%' },
  })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout).toBe(0)
  expect(applied.stdout).toContain('adopt.mode is never')
  const live = await workos.snapshot()
  expect(live.users).toEqual([...before.users, expect.objectContaining({ email: 'bea@example.com' })])
  expect(live.memberships).toEqual([...before.memberships, ['bea@example.com@@bolt', ['member']]])
})

test('resources that appear between plan and write are adopted, and never fail', async () => {
  let made = false
  const workos: Workos = await startWorkos({
    interceptor: {
      async before({ request }) {
        if (request.method !== 'POST' || made) return false
        made = true
        await given(workos)
        return false
      },
    },
  })
  const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'admin' })])
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit, applied.stdout).toBe(0)
  const adopted = { created: 0, adopted: 1, failed: 0 }
  expect(byKind(JSON.parse(applied.stdout).kinds)).toMatchObject({
    role: adopted,
    organization: adopted,
    user: adopted,
    membership: adopted,
  })
  const live = await workos.snapshot()
  expect(live.users).toMatchObject([{ first_name: 'ada', last_name: 'By Hand', external_id: 'id-ada' }])
  expect(live.memberships).toEqual([['ada@example.com@@acme', ['member']]])
})

test('adopt.fill lists the fields that can be filled in', async () => {
  const workos = await startWorkos()
  await given(workos)
  const rows = [member('ada', 'acme', { metadata: '{"plan":"pro"}' })]
  const project = peopleProject(workos, rows, { adopt: { fill: ['metadata'] } })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const live = await workos.snapshot()
  expect(live.users).toMatchObject([{ first_name: null, external_id: null, metadata: { plan: 'pro' } }])
})
