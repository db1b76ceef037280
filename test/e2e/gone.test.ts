import { describe, expect, test } from 'vitest'
import type { Project } from './cli.ts'
import { member, peopleManifest, peopleProject, person } from './people.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const USERS = '/user_management/users'
const MEMBERSHIPS = '/user_management/organization_memberships'

const apply = (project: Project, ...options: string[]) => project.run(['apply', '--yes', ...options], { env })

const plan = async (project: Project) => JSON.parse((await project.run(['plan', '--json'], { env })).stdout)

const names = ({ memberships }: { memberships: [string, string[]][] }) => memberships.map(([name]) => name)

async function userOf(workos: Workos, name: string): Promise<string | undefined> {
  return (await workos.snapshot()).users.find(({ email }) => email === `${name}@example.com`)?.id
}

/**
 * A sandbox in which someone deletes a user or an organization at the first write of a membership.
 */
async function deleting(kind: 'users' | 'organizations', of: (workos: Workos) => Promise<string | undefined>) {
  let armed = true
  const workos: Workos = await startWorkos({
    interceptor: {
      async before({ request, route }) {
        if (!armed || request.method !== 'POST' || route !== MEMBERSHIPS) return false
        armed = false
        const id = await of(workos)
        await workos.call('DELETE', kind === 'users' ? `${USERS}/${id}` : `/organizations/${id}`)
        return false
      },
    },
  })
  return workos
}

const ROWS = [member('ada', 'acme'), member('ada', 'bolt'), member('bea', 'acme'), person('cleo')]
/** No request is in flight when someone deletes something. */
const ONE_BY_ONE = { ...FAST, concurrency: 1 }
const ALL = ['ada@example.com@@acme', 'ada@example.com@@bolt', 'bea@example.com@@acme']

describe('a user deleted in WorkOS during a run', () => {
  test('blocks what depends on it, by name', async () => {
    const workos = await deleting('users', (open) => userOf(open, 'ada'))
    const project = peopleProject(workos, ROWS, { run: ONE_BY_ONE })
    const applied = await apply(project)
    expect(applied.exit, applied.stdout).toBe(7)
    expect(applied.stdout).toContain('blocked: reference_gone (2)')
    for (const organization of ['acme', 'bolt']) {
      expect(applied.stdout).toMatch(
        new RegExp(`membership:id-ada@${organization} .*its user user:id-ada is no longer in WorkOS`),
      )
    }
    expect(applied.stdout).toContain('onDeleted: recreate')
    expect(names(await workos.snapshot())).toEqual(['bea@example.com@@acme'])
  })

  test('is checked by the next plan without --refresh, and listed with what depends on it', async () => {
    const workos = await deleting('users', (open) => userOf(open, 'ada'))
    const project = peopleProject(workos, ROWS, { run: ONE_BY_ONE })
    await apply(project)
    workos.takeLog()
    for (let time = 0; time < 2; time += 1) {
      const planned = await plan(project)
      expect(planned.drift).toMatchObject([{ key: 'id-ada', field: '*', reason: 'deleted in WorkOS' }])
      expect(planned.actions).toMatchObject([
        { type: 'blocked', key: 'id-ada@acme', code: 'reference_gone' },
        { type: 'blocked', key: 'id-ada@bolt', code: 'reference_gone' },
      ])
      const asked = workos.takeLog().filter(({ route }) => route === `${USERS}/:id`)
      expect(asked).toHaveLength(1)
    }
    const again = await apply(project)
    expect(again.exit).toBe(7)
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('is recreated with its memberships after the remedy', async () => {
    const workos = await deleting('users', (open) => userOf(open, 'ada'))
    const project = peopleProject(workos, ROWS)
    await apply(project)
    project.manifest(peopleManifest(workos, { onDeleted: { user: 'recreate' } }))
    const applied = await apply(project)
    expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
    const live = await workos.snapshot()
    expect(live.users.map(({ email }) => email).sort()).toEqual([
      'ada@example.com',
      'bea@example.com',
      'cleo@example.com',
    ])
    expect(names(live)).toEqual(ALL)
    workos.takeLog()
    const after = await apply(project)
    expect(after.exit, after.stdout).toBe(0)
    expect(workos.takeLog()).toEqual([])
  })

  test('whose records leave the source is forgotten: nothing is blocked any more', async () => {
    const workos = await deleting('users', (open) => userOf(open, 'ada'))
    const project = peopleProject(workos, ROWS)
    await apply(project)
    project.csv('users.csv', ROWS.slice(2))
    const applied = await apply(project)
    expect(applied.exit, applied.stdout).toBe(0)
  })

  test('gets back memberships that an earlier run created', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, { onDeleted: { user: 'recreate' } })
    expect((await apply(project)).exit).toBe(0)
    await workos.call('DELETE', `${USERS}/${await userOf(workos, 'ada')}`)
    // The source changes the user, whom the run then finds gone.
    project.csv('users.csv', [...ROWS.map((row) => ({ ...row })), member('ada', 'corp')])
    const first = await apply(project)
    expect(first.exit, first.stdout).toBe(7)
    const second = await apply(project)
    expect(second.exit, second.stdout + second.stderr).toBe(0)
    expect(names(await workos.snapshot())).toEqual([...ALL.slice(0, 2), 'ada@example.com@@corp', ...ALL.slice(2)])
  })

  test('an update finds it gone too, and the next apply follows onDeleted', async () => {
    let armed = false
    const workos: Workos = await startWorkos({
      interceptor: {
        async before({ request, route }) {
          if (!armed || request.method !== 'PUT' || route !== `${USERS}/:id`) return false
          armed = false
          await workos.call('DELETE', `${USERS}/${await userOf(workos, 'ada')}`)
          return false
        },
      },
    })
    const project = peopleProject(workos, ROWS, { onDeleted: { user: 'recreate' } })
    expect((await apply(project)).exit).toBe(0)
    armed = true
    project.csv(
      'users.csv',
      ROWS.map((row) => (row.first_name === 'ada' ? { ...row, first_name: 'Ada' } : row)),
    )
    const applied = await apply(project)
    expect(applied.exit).toBe(7)
    expect(applied.stdout).toContain('failed: gone_in_workos (1)')
    const second = await apply(project)
    expect(second.exit, second.stdout + second.stderr).toBe(0)
    expect(names(await workos.snapshot())).toEqual(ALL)
  })

  test('a second factor is blocked by its user too, and enrolled for the recreated user', async () => {
    let armed = true
    const workos: Workos = await startWorkos({
      interceptor: {
        async before({ request, route }) {
          if (!armed || request.method !== 'POST' || route !== `${USERS}/:id/auth_factors`) return false
          armed = false
          await workos.call('DELETE', `${USERS}/${await userOf(workos, 'ada')}`)
          return false
        },
      },
    })
    const row = member('ada', 'acme', { totp_secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' })
    const project = peopleProject(workos, [row], { onDeleted: { user: 'recreate' } })
    const applied = await apply(project)
    expect(applied.exit).toBe(7)
    expect(applied.stdout).toContain('blocked: reference_gone (2)')
    expect(applied.stdout).toMatch(/totp-factor:id-ada .*its user user:id-ada is no longer in WorkOS/)
    const second = await apply(project)
    expect(second.exit, second.stdout + second.stderr).toBe(0)
    const id = await userOf(workos, 'ada')
    expect((await workos.call('GET', `${USERS}/${id}/auth_factors`)).data).toHaveLength(1)
    expect(names(await workos.snapshot())).toEqual(['ada@example.com@@acme'])
  })

  test('a wrong mark is removed: the user still exists', async () => {
    let lie = true
    const workos = await startWorkos({
      interceptor: {
        before({ request, response, route, text }) {
          const asked = request.method === 'GET' && route === `${USERS}/:id`
          const written = request.method === 'POST' && route === MEMBERSHIPS && text.includes('user_')
          if (!lie || !(asked || written)) return false
          response.writeHead(404, { 'content-type': 'application/json' })
          response.end(JSON.stringify({ code: 'entity_not_found', message: 'User not found.' }))
          return true
        },
      },
    })
    const project = peopleProject(workos, ROWS)
    expect((await apply(project)).exit).toBe(7)
    lie = false
    const second = await apply(project)
    expect(second.exit, second.stdout).toBe(0)
    expect(names(await workos.snapshot())).toEqual(ALL)
    workos.takeLog()
    expect((await apply(project)).exit).toBe(0)
    expect(workos.takeLog()).toEqual([])
  })
})

test('an organization deleted during a run is recreated with all its memberships', async () => {
  const workos = await deleting('organizations', async (open) => {
    const { organizations } = await open.snapshot()
    return organizations.find(({ external_id }) => external_id === 'acme')?.id
  })
  const project = peopleProject(workos, ROWS)
  const applied = await apply(project)
  expect(applied.exit, applied.stdout).toBe(7)
  expect(applied.stdout).toContain('its organization organization:acme is no longer in WorkOS')
  project.manifest(peopleManifest(workos, { onDeleted: { organization: 'recreate' } }))
  const second = await apply(project)
  expect(second.exit, second.stdout + second.stderr).toBe(0)
  expect(names(await workos.snapshot())).toEqual(ALL)
  expect((await apply(project, '--refresh')).exit).toBe(0)
})

test('a missing organization is named by everything in it, including groups and their members, and stops nothing else', async () => {
  const workos = await deleting('organizations', async (open) => {
    const { organizations } = await open.snapshot()
    return organizations.find(({ external_id }) => external_id === 'acme')?.id
  })
  const rows = [member('ada', 'acme', { groups: 'Design' }), member('bea', 'bolt', { groups: '' })]
  const map = {
    group: { each: "$split(groups, ',')[$ != '']", name: '$' },
    groupMember: { each: "$split(groups, ',')[$ != '']", group: '$' },
  }
  const project = peopleProject(workos, rows, { map, run: ONE_BY_ONE })
  const applied = await apply(project)
  expect(applied.exit, applied.stdout).toBe(7)
  expect(applied.stdout).toContain('blocked: reference_gone (3)')
  project.csv('users.csv', [...rows, member('cleo', 'bolt', { groups: '' })])
  const second = await apply(project)
  expect(second.exit, second.stdout + second.stderr).toBe(7)
  expect(second.stdout).toContain('blocked: reference_gone (3)')
  expect(second.stdout).not.toContain('dependency_blocked')
  expect(names(await workos.snapshot())).toEqual(['bea@example.com@@bolt', 'cleo@example.com@@bolt'])
})

test('a 403 for one DELETE fails that deletion, and the others continue', async () => {
  let kept: string | undefined
  const workos = await startWorkos({
    interceptor: {
      before({ request, response }) {
        if (request.method !== 'DELETE' || kept === undefined || !request.url?.endsWith(kept)) return false
        response.writeHead(403, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ code: 'organization_protected', message: 'This organization is protected.' }))
        return true
      },
    },
  })
  const project = peopleProject(
    workos,
    ['acme', 'bolt', 'corp'].map((organization) => member('ada', organization)),
  )
  expect((await apply(project)).exit).toBe(0)
  const { organizations } = await workos.snapshot()
  kept = organizations.find(({ external_id }) => external_id === 'bolt')?.id
  const destroyed = await project.run(['destroy', '--confirm', 'people'], { env })
  expect(destroyed.exit, destroyed.stdout + destroyed.stderr).toBe(7)
  expect(destroyed.stdout).toContain('organization:bolt')
  expect(destroyed.stdout).toContain('This organization is protected.')
  const left = (await workos.snapshot()).organizations.map(({ external_id }) => external_id)
  expect(left).toEqual(['bolt'])
})
