import { expect, onTestFinished, test } from 'vitest'
import { dashboardCsv } from '../fakes/clerk/dashboard-csv.ts'
import { type ClerkSettings, type FakeClerk, startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { clerkRole, clerkUser, generateInstance } from '../fakes/clerk/generate.ts'
import { createProject, type Project } from './cli.ts'
import { expectDelta, FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

interface Scene {
  fake: FakeClerk
  workos: Workos
  project: Project
  env: Record<string, string>
}

async function open(users: number, settings: ClerkSettings = {}): Promise<Scene> {
  const fake = await startFakeClerk(
    generateInstance({ users, organizations: 5, membershipsEach: 2, withoutOrganization: Math.floor(users / 6) }),
    settings,
  )
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  project.write('dashboard.csv', dashboardCsv(fake.instance))
  project.manifest({
    version: 1,
    source: { ...fake.source, secretKey: '${SECRET}', pageSize: 50, rate: '100000/10s', users: './dashboard.csv' },
    roles: { define: { admin: { name: 'Admin' } } },
    target: workos.target,
    run: { ...FAST, workers: 1 },
    prune: ['user', 'membership'],
    safety: { maxDeletes: 10 },
  })
  return { fake, workos, project, env: { KEY, SECRET: fake.source.secretKey } }
}

/** Compares everything in WorkOS with the current instance, without banned users. */
async function expectSame({ fake, workos }: Scene): Promise<void> {
  const { organizations, memberships } = fake.instance
  const users = new Map([...fake.instance.users].filter(([, { banned }]) => !banned))
  const live = await workos.snapshot()
  const primary = (id: string) => {
    const user = users.get(id)
    return user?.email_addresses.find((address) => address.id === user.primary_email_address_id)
  }
  expect(
    live.users
      .map(({ email, email_verified, external_id, first_name, last_name }) => [
        email,
        email_verified,
        external_id,
        first_name ?? null,
        last_name ?? null,
      ])
      .sort(),
  ).toEqual(
    [...users.values()]
      .map(({ id, external_id, first_name, last_name }) => {
        const address = primary(id)
        const verified = address?.verification?.status === 'verified'
        return [address?.email_address, verified, external_id ?? id, first_name, last_name]
      })
      .sort(),
  )
  expect(live.organizations.map(({ name }) => name).sort()).toEqual(
    [...organizations.values()].map(({ name }) => name).sort(),
  )
  const nameOf = new Map(live.organizations.map(({ external_id, name }) => [name, external_id ?? name]))
  expect(live.memberships).toEqual(
    [...memberships.values()]
      .filter(({ user }) => users.has(user))
      .map(({ organization, user, role }): [string, string[]] => [
        `${primary(user)?.email_address}@@${nameOf.get(organizations.get(organization)?.name)}`,
        [role.replace('org:', '')],
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

test('an instance and its dashboard export make one migration, with digests from one and organizations from the other', async () => {
  const scene = await open(350, {
    rate: { burst: 10, perSecond: 50 },
    networkErrors: { serverErrors: 0.1, dropped: 0.05, cutOff: 0.1, seed: 5 },
  })
  const { fake, workos, project, env } = scene
  const exported = await project.run(['export'], { env })
  expect(exported.exit, exported.stderr).toBe(0)
  expect(fake.log.some(({ networkError }) => networkError !== undefined)).toBe(true)
  fake.log.length = 0
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(fake.log).toEqual([])
  await expectSame(scene)
  const hashes = workos.log.filter(({ body }) => JSON.stringify(body ?? {}).includes('password_hash_type'))
  expect(hashes).toHaveLength(
    [...fake.instance.users.values()].filter((user) => user.password_enabled && !user.banned).length,
  )
  const texts = workos.log.map(({ body }) => JSON.stringify(body ?? {}))
  // Metadata that users can write assigns no role.
  expect(texts.filter((text) => text.includes('"role":"org:admin"'))).toEqual([])
})

test('users created and deleted while pages are read shift others between pages, and nobody is lost or read twice', async () => {
  const scene = await open(350)
  const { fake, project, env } = scene
  const { instance } = fake
  const add = (n: number) => instance.addUser({ ...clerkUser(n), created_at: Date.now(), updated_at: Date.now() })
  let changes = 0
  const change = (act: () => void) => () => {
    changes += 1
    act()
  }
  // The first request counts, four read pages in parallel. The sixth is sent when the first page
  // has arrived: a user on it has been read and is deleted, and later ones move up. If it happened
  // earlier, the export would have rows of users who were never read.
  fake.after(
    6,
    change(() => [1, 2, 3].forEach((n) => void instance.deleteUser(clerkUser(n).id))),
  )
  fake.after(
    7,
    change(() => add(5001)),
  )
  fake.after(
    8,
    change(() => add(5002)),
  )
  const exported = await project.run(['export'], { env })
  expect(exported.exit, exported.stderr).toBe(0)
  expect(changes).toBe(3)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  // What came too late for this reading comes with the next.
  project.write('dashboard.csv', dashboardCsv(instance))
  const again = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(again.exit, again.stderr).toBe(0)
  await expectSame(scene)
})

test('only what changed in the instance since is sent', async () => {
  const scene = await open(60)
  const { fake, workos, project, env } = scene
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  await expectSame(scene)
  workos.takeLog()

  const { instance } = fake
  const [first = '', second = ''] = instance.organizations.keys()
  instance.addUser(clerkUser(1000))
  instance.setMembership(first, clerkUser(1000).id, 'org:member')
  instance.updateUser(clerkUser(55).id, { first_name: 'Renamed' })
  instance.updateUser(clerkUser(56).id, { last_sign_in_at: Date.now(), last_active_at: Date.now() })
  instance.setMembership(second, clerkUser(57).id, 'org:admin')
  instance.removeMembership(first, clerkUser(0).id)
  instance.deleteUser(clerkUser(58).id)
  // The dashboard is exported again, as before a cut-over.
  project.write('dashboard.csv', dashboardCsv(instance))

  const applied = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expectDelta(workos.takeLog())
  await expectSame(scene)
})

test('roles have descriptions and permissions, even unassigned ones, and roles found only in memberships are included', async () => {
  const scene = await open(20)
  const { fake, workos, project, env } = scene
  const { instance } = fake
  instance.setRole(
    clerkRole('org:auditor', {
      name: 'Auditor',
      description: 'Reads the logs',
      permissions: ['org:logs:read', 'org:sys_profile:read'],
    }),
  )
  instance.roles.delete('org:member')
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  const { data: roles } = await workos.call('GET', '/authorization/roles')
  expect(roles).toContainEqual(
    expect.objectContaining({
      slug: 'auditor',
      name: 'Auditor',
      description: 'Reads the logs',
      permissions: ['org:logs:read'],
    }),
  )
  const { data: permissions } = await workos.call('GET', '/authorization/permissions')
  expect(permissions).toMatchObject([{ slug: 'org:logs:read', name: 'read', description: 'May org:logs:read' }])
  await expectSame(scene)
  workos.takeLog()
  const again = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(again.exit, again.stderr).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])
})
