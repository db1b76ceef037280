import { describe, expect, test } from 'vitest'
import { isObject } from '../../src/json.ts'
import { answering } from './answers.ts'
import type { Project } from './cli.ts'
import { member, peopleManifest, peopleProject, person } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const USERS = '/user_management/users'
const MEMBERSHIPS = '/user_management/organization_memberships'

const DOMAINS = { organization: { domains: "$split(org_domains, ',')" } }

const apply = (project: Project, ...options: string[]) => project.run(['apply', '--yes', ...options], { env })

async function causes(project: Project) {
  return JSON.parse((await project.run(['errors', '--json'], { env })).stdout).causes
}

describe('a server that returns one role for two', () => {
  /** While it is `on`, it assigns `member` to every user who gets several roles. */
  async function world() {
    const habit = { on: true }
    const given = { roles: [{ slug: 'member' }], role: { slug: 'member' } }
    const lessen = async (body: Record<string, unknown>) => {
      if (!habit.on || (body.roles as unknown[]).length < 2) return body
      await workos.call('PUT', `${MEMBERSHIPS}/${body.id}`, { role_slug: 'member' })
      return { ...body, ...given }
    }
    const [created, updated] = [answering('POST', MEMBERSHIPS, lessen), answering('PUT', `${MEMBERSHIPS}/:id`, lessen)]
    const workos: Workos = await startWorkos({
      interceptor: {
        after: async (exchange, reply) =>
          (await created.after?.(exchange, reply)) || (await updated.after?.(exchange, reply)) || false,
      },
    })
    const roles = { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } }
    const manifest = { roles }
    const rows = [member('ada', 'acme', { role_slugs: 'admin,member' }), member('bea', 'acme', { role_slugs: 'admin' })]
    const project = peopleProject(workos, rows, manifest)
    return { workos, project, habit, rows, roles }
  }

  test('is not a success: the difference is listed, with exit code 7', async () => {
    const { project } = await world()
    const applied = await apply(project)
    expect(applied.exit, applied.stdout).toBe(7)
    expect(applied.stdout).toContain('roles: sent admin, member; returned member')
    expect(applied.stdout).not.toContain('everything in the source is in WorkOS')
    expect(applied.stdout).toContain('WorkOS returned other values than were sent for 1 resource')
    expect(await causes(project)).toMatchObject([{ outcome: 'reduced', code: 'answered_otherwise', count: 1 }])
  })

  test('gets no further write, and every later plan, apply and verify lists it', async () => {
    const { workos, project } = await world()
    await apply(project)
    workos.takeLog()
    const planned = await project.run(['plan'], { env })
    expect(planned.stdout).toContain('1 membership: WorkOS returned other values than were sent (roles)')
    for (const options of [[], ['--refresh']]) {
      const again = await apply(project, ...options)
      expect(again.exit, again.stdout).toBe(7)
      expect(again.stdout).toContain('WorkOS returned other values than were sent for 1 resource')
      expect(again.stdout).toContain('roles: sent admin, member; returned member')
    }
    expect(writes(workos.takeLog())).toEqual([])
    const refreshed = JSON.parse((await project.run(['plan', '--refresh', '--json'], { env })).stdout)
    expect(refreshed.drift).toMatchObject([{ key: 'id-ada@acme', field: 'roles', reason: 'answered otherwise' }])
    const verified = JSON.parse((await project.run(['verify', '--json'], { env })).stdout)
    expect(verified.findings).toMatchObject([{ key: 'id-ada@acme', field: 'roles', changed: 'answered' }])
    expect((await project.run(['verify', '--strict'], { env })).exit).toBe(7)
  })

  test('is forgotten without a write once WorkOS has what was sent', async () => {
    const { workos, project } = await world()
    await apply(project)
    const { membershipIds } = await workos.snapshot()
    const id = membershipIds.get('ada@example.com@@acme')
    await workos.call('PUT', `${MEMBERSHIPS}/${id}`, { role_slugs: ['admin', 'member'] })
    workos.takeLog()
    const refreshed = await apply(project, '--refresh')
    expect(refreshed.exit, refreshed.stdout).toBe(0)
    expect(writes(workos.takeLog())).toEqual([])
    const after = await apply(project)
    expect(after.exit, after.stdout).toBe(0)
    expect(after.stdout).toContain('everything in the source is in WorkOS')
  })

  test('did not change anything: a change of the source is sent', async () => {
    const { workos, project, habit, rows, roles } = await world()
    await apply(project)
    habit.on = false
    project.csv('users.csv', [{ ...rows[0], role_slugs: 'admin,billing' }, rows[1] ?? {}])
    const applied = await apply(project)
    expect(applied.exit, applied.stdout).toBe(0)
    expect((await workos.snapshot()).memberships[0]).toEqual(['ada@example.com@@acme', ['admin', 'billing']])
    project.manifest(peopleManifest(workos, { roles, onDrift: 'fail' }))
    expect((await apply(project, '--refresh')).exit).toBe(0)
  })

  test('does not make onDrift: fail stop the plan, and destroy does not spare it', async () => {
    const { workos, project, roles } = await world()
    await apply(project)
    project.manifest(peopleManifest(workos, { roles, onDrift: 'fail' }))
    expect((await project.run(['plan', '--refresh'], { env })).exit).not.toBe(5)
    const destroyed = await project.run(['destroy', '--confirm', 'people'], { env })
    expect(destroyed.exit, destroyed.stdout).toBe(0)
    expect((await workos.snapshot()).memberships).toEqual([])
  })

  test('gets it again with overwrite', async () => {
    const { workos, project, habit, roles } = await world()
    await apply(project)
    habit.on = false
    project.manifest(peopleManifest(workos, { roles, onDrift: { membership: 'overwrite' } }))
    const applied = await apply(project, '--refresh')
    expect(applied.exit, applied.stdout).toBe(0)
    expect((await workos.snapshot()).memberships[0]).toEqual(['ada@example.com@@acme', ['admin', 'member']])
    expect((await apply(project)).exit).toBe(0)
  })
})

test('habits of servers are not differences, and cause no further write', async () => {
  const lists = ['roles', 'domains'] as const
  const changed = (body: Record<string, unknown>): Record<string, unknown> => {
    const texts = Object.entries(body).map(([name, value]) => {
      if (name === 'email') return [name, String(value).toUpperCase()]
      if (name === 'first_name') return [name, ` ${value} `]
      if (name === 'last_name' && value === null) return [name, '']
      if (lists.some((list) => list === name) && Array.isArray(value)) return [name, value.toReversed()]
      return [name, value]
    })
    return Object.fromEntries(texts)
  }
  const habits = [USERS, '/organizations', MEMBERSHIPS].map((route) => answering('POST', route, changed))
  const workos = await startWorkos({
    interceptor: {
      async after(exchange, reply) {
        for (const habit of habits) if (await habit.after?.(exchange, reply)) return true
        return false
      },
    },
  })
  const row = member('ada', 'acme', {
    role_slugs: 'admin,member',
    org_domains: 'acme.example,acme.test',
    last_name: '',
  })
  const project = peopleProject(workos, [row], { map: DOMAINS })
  const applied = await apply(project)
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  workos.takeLog()
  expect((await apply(project)).exit).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])
})

describe('a server that trims values', () => {
  const trimmed = (value: unknown): unknown => {
    if (typeof value === 'string') return value.normalize('NFC').trim()
    if (Array.isArray(value)) return value.map(trimmed)
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, trimmed(member)]))
  }

  test.each(['keep', 'overwrite', 'fail'])('changed nothing: onDrift: %s finds nothing to do', async (onDrift) => {
    const workos = await startWorkos({
      interceptor: {
        after({ response }, reply) {
          response.writeHead(reply.status, { 'content-type': 'application/json' })
          response.end(JSON.stringify(trimmed(reply.body)))
          return true
        },
      },
    })
    const row = member('ada', 'acme', { metadata: '{"plan": " pro ", "seat": "e\u0301"}', role_slugs: 'admin,member' })
    const project = peopleProject(workos, [row], { onDrift, metadata: { ascii: false } })
    expect((await apply(project)).exit).toBe(0)
    workos.takeLog()
    const again = await apply(project, '--refresh')
    expect(again.exit, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).not.toContain('Different in WorkOS')
    expect(writes(workos.takeLog())).toEqual([])
    const verified = await project.run(['verify'], { env })
    expect(verified.exit, verified.stdout).toBe(0)
  })
})

test('a domain that WorkOS omits is listed until the source omits it too', async () => {
  const workos = await startWorkos({
    interceptor: answering('POST', '/organizations', (body) => ({
      ...body,
      domains: (body.domains as []).slice(0, 1),
    })),
  })
  const row = (org_domains: string) => member('ada', 'acme', { org_domains })
  const project = peopleProject(workos, [row('acme.example,acme.test')], { map: DOMAINS })
  for (let time = 0; time < 2; time += 1) {
    const applied = await apply(project)
    expect(applied.exit, applied.stdout).toBe(7)
    expect(applied.stdout).toContain('domains: sent acme.example, acme.test; returned acme.example')
  }
  project.csv('users.csv', [row('acme.example')])
  const applied = await apply(project)
  expect(applied.exit, applied.stdout).toBe(0)
  expect(applied.stdout).toContain('everything in the source is in WorkOS')
})

test('a role from a group is not a difference of an updated membership', async () => {
  const workos = await startWorkos()
  const roles = { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' }, viewer: { name: 'Viewer' } } }
  const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'viewer' })], { roles })
  expect((await apply(project)).exit).toBe(0)
  const { organizations, membershipIds } = await workos.snapshot()
  const path = `/organizations/${organizations[0]?.id}/groups`
  const { id } = await workos.call('POST', path, { name: 'Engineering' })
  await workos.call('POST', `/authorization/groups/${id}/role_assignments`, { role_slug: 'admin' })
  const organization_membership_id = membershipIds.get('ada@example.com@@acme')
  await workos.call('POST', `${path}/${id}/organization-memberships`, { organization_membership_id })
  project.csv('users.csv', [member('ada', 'acme', { role_slugs: 'billing' })])
  const applied = await apply(project)
  expect(applied.exit, applied.stdout).toBe(0)
  expect((await workos.snapshot()).memberships).toEqual([['ada@example.com@@acme', ['admin', 'billing']]])
})

describe('the response is read for every kind', () => {
  const cases: [string, string, string, (body: Record<string, unknown>) => unknown, string][] = [
    [
      'a user',
      'POST',
      USERS,
      (body) => ({ ...body, first_name: 'Adelaide' }),
      'firstName: sent ada; returned Adelaide',
    ],
    [
      'a user whose address is not verified',
      'POST',
      USERS,
      (body) => ({ ...body, email_verified: false }),
      'emailVerified: sent true; returned false',
    ],
    [
      'a user without an external id',
      'POST',
      USERS,
      (body) => ({ ...body, external_id: null }),
      'externalId: sent id-ada; returned nothing',
    ],
    [
      'an organization',
      'POST',
      '/organizations',
      (body) => ({ ...body, name: 'Acme Inc.' }),
      'name: sent ACME; returned Acme Inc.',
    ],
    [
      'a role',
      'POST',
      '/authorization/roles',
      (body) => ({ ...body, name: 'Root' }),
      'name: sent Admin; returned Root',
    ],
    [
      "a role's permissions",
      'PUT',
      '/authorization/roles/:slug/permissions',
      (body) => ({ ...body, permissions: ['docs:read'] }),
      'permissions: sent docs:read, docs:write; returned docs:read',
    ],
    [
      'a permission',
      'POST',
      '/authorization/permissions',
      (body) => ({ ...body, name: 'Other' }),
      'name: sent Read; returned Other',
    ],
    [
      'a membership that is not active',
      'POST',
      MEMBERSHIPS,
      (body) => ({ ...body, status: 'pending' }),
      'status: sent active; returned pending',
    ],
  ]

  test.each(cases)('%s', async (_name, method, route, change, words) => {
    const workos = await startWorkos({ interceptor: answering(method, route, change) })
    const roles = { define: { admin: { name: 'Admin', permissions: ['docs:read', 'docs:write'] } } }
    const permissions = { define: { 'docs:read': { name: 'Read' }, 'docs:write': { name: 'Write' } } }
    const row = member('ada', 'acme', { role_slugs: 'admin', email_verified: 'true' })
    const project = peopleProject(workos, [row], { roles, permissions })
    const applied = await apply(project)
    expect(applied.exit, applied.stdout + applied.stderr).toBe(7)
    expect(applied.stdout).toContain(words)
    workos.takeLog()
    expect((await apply(project)).exit).toBe(7)
    expect(writes(workos.takeLog())).toEqual([])
  })

  const GROUPS = '/organizations/:id/groups'
  const groups = { group: { name: 'team' }, groupMember: { group: 'team' } }

  test('a group that WorkOS renames is not created again', async () => {
    const workos = await startWorkos({
      interceptor: answering('POST', GROUPS, (body) => ({ ...body, name: 'Sales team' })),
    })
    const project = peopleProject(workos, [member('ada', 'acme', { team: 'Sales' })], { map: groups })
    const applied = await apply(project)
    expect(applied.exit, applied.stdout + applied.stderr).toBe(7)
    expect(applied.stdout).toContain('name: sent Sales; returned Sales team')
    workos.takeLog()
    expect((await apply(project)).exit).toBe(7)
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('a member of a group fails if the response has another group', async () => {
    const workos = await startWorkos({
      interceptor: answering('POST', `${GROUPS}/:group_id/organization-memberships`, (body) => ({
        ...body,
        id: 'group_other',
      })),
    })
    const project = peopleProject(workos, [member('ada', 'acme', { team: 'Sales' })], { map: groups })
    const applied = await apply(project)
    expect(applied.exit, applied.stdout + applied.stderr).toBe(7)
    expect(applied.stdout).toContain('answer_of_another')
  })

  test('for an update too: the metadata member that differs', async () => {
    const workos = await startWorkos({
      interceptor: answering('PUT', `${USERS}/:id`, (body) => ({ ...body, metadata: { plan: 'free', team: 'a' } })),
    })
    const map = { user: { metadata: { plan: 'plan', team: 'team' } } }
    const row = person('ada', { plan: 'basic', team: 'a' })
    const project = peopleProject(workos, [row], { map })
    const first = await apply(project)
    expect(first.exit, first.stdout + first.stderr).toBe(0)
    project.csv('users.csv', [{ ...row, plan: 'pro' }])
    const applied = await apply(project)
    expect(applied.exit, applied.stdout).toBe(7)
    expect(applied.stdout).toContain('metadata.plan: sent pro; returned free')
    expect(applied.stdout).not.toContain('metadata.team:')
  })

  test('an update of one field keeps an earlier difference of another', async () => {
    let habit = true
    const workos = await startWorkos({
      interceptor: {
        async after(exchange, reply) {
          const route = exchange.request.method === 'POST' ? USERS : `${USERS}/:id`
          const change = (body: Record<string, unknown>) => (habit ? { ...body, last_name: 'Other' } : body)
          return (await answering(exchange.request.method ?? '', route, change).after?.(exchange, reply)) ?? false
        },
      },
    })
    const row = person('ada', { last_name: 'One' })
    const project = peopleProject(workos, [row])
    expect((await apply(project)).exit).toBe(7)
    project.csv('users.csv', [{ ...row, first_name: 'Ada' }])
    const kept = await apply(project)
    expect(kept.exit, kept.stdout).toBe(7)
    expect(kept.stdout).toContain('lastName: sent One; returned Other')
    habit = false
    project.csv('users.csv', [{ ...row, first_name: 'Adelaide' }])
    const agreed = await apply(project)
    expect(agreed.exit, agreed.stdout).toBe(0)
  })
})

describe('a response about something else', () => {
  test('is not recorded as ours, and the next run finds what was created', async () => {
    let habit = true
    const workos = await startWorkos({
      interceptor: answering('POST', USERS, (body) => (habit ? { ...body, email: 'eve@example.com' } : body)),
    })
    const project = peopleProject(workos, [member('ada', 'acme')])
    const applied = await apply(project)
    expect(applied.exit, applied.stdout).toBe(7)
    expect(applied.stdout).toContain('answer_of_another')
    expect(applied.stdout).toContain('(eve@example.com), which is not recorded')
    const shown = await project.run(['state', 'list', '--json'], { env })
    expect(shown.stdout).not.toContain('user:')
    habit = false
    // It was created nevertheless: the next run finds it.
    const again = await apply(project)
    expect(again.exit, again.stdout).toBe(0)
    expect((await workos.snapshot()).memberships.map(([name]) => name)).toEqual(['ada@example.com@@acme'])
  })

  test.each([
    USERS,
    '/organizations',
    MEMBERSHIPS,
  ])('an empty ID from %s is not an ID, and the created resource is found', async (route) => {
    let strange = true
    const workos = await startWorkos({
      interceptor: answering('POST', route, (body) => (strange ? { ...body, id: '' } : body)),
    })
    const project = peopleProject(workos, [member('ada', 'acme')])
    const applied = await apply(project)
    expect(applied.exit).toBe(1)
    expect(applied.stderr).toContain('an object without id')
    strange = false
    const again = await apply(project)
    expect(again.exit, again.stdout + again.stderr).toBe(0)
    expect((await workos.snapshot()).memberships).toEqual([['ada@example.com@@acme', ['member']]])
  })
})
