import { expect, onTestFinished, test } from 'vitest'
import { type FakeAuth0, startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant, person, ROLES } from '../fakes/auth0/generate.ts'
import type { Auth0Settings } from '../fakes/auth0/settings.ts'
import { compare, readBack } from '../faults/read-back.ts'
import { createProject, type Project } from './cli.ts'
import { truthOf } from './tenant/expected.ts'
import { expectDelta, FAST, KEY, startWorkos, type Workos } from './workos.ts'

interface Scene {
  fake: FakeAuth0
  workos: Workos
  project: Project
  env: Record<string, string>
}

async function open(
  size: Parameters<typeof generateTenant>[0],
  settings: Auth0Settings = {},
  more = {},
): Promise<Scene> {
  const fake = await startFakeAuth0(generateTenant(size), settings)
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  project.manifest({
    version: 1,
    source: { ...fake.source, clientSecret: '${SECRET}' },
    roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } },
    target: workos.target,
    run: { ...FAST, workers: 1 },
    ...more,
  })
  return { fake, workos, project, env: { KEY, SECRET: fake.source.clientSecret } }
}

/** Compares everything in WorkOS with the current tenant. */
async function expectSame({ fake, workos }: Scene): Promise<void> {
  const { expected } = truthOf(fake.tenant)
  const live = await readBack(workos.url, KEY)
  const users = live.users.map((user) => ({ ...user, first_name: user.first_name ?? '', metadata: {} }))
  const { users: persons, organizations, memberships, roles } = expected
  expect(compare(expected, { ...live, users })).toEqual({
    survived: persons.size + organizations.size + memberships.size + roles.length,
    lost: [],
    duplicated: [],
  })
}

test('a tenant is read exactly despite every kind of network error, and not read again to plan and apply', async () => {
  const scene = await open(
    { users: 1300, organizations: 12, withoutOrganization: 150, largest: 1020, secondAccounts: 20 },
    {
      pageCap: 50,
      shortPages: 0.4,
      tokenUses: 25,
      rate: { burst: 10, perSecond: 100 },
      networkErrors: { serverErrors: 0.05, dropped: 0.04, cutOff: 0.04, refusals: 0.03, seed: 11 },
      export: { staleLinks: 1, truncatedDownloads: 1 },
    },
  )
  const { fake, project, env } = scene
  const exported = await project.run(['export'], { env })
  expect(exported.exit, exported.stderr).toBe(0)
  const kinds = new Set(fake.log.map(({ networkError }) => networkError))
  expect(kinds).toEqual(new Set([undefined, 'server error', 'dropped', 'cut off', 'refusal']))
  expect(
    fake.log.filter(({ status, networkError }) => status === 401 && networkError === undefined).length,
  ).toBeGreaterThan(0)
  fake.log.length = 0
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(fake.log).toEqual([])
  await expectSame(scene)
})

test('only what changed in the tenant since is sent', async () => {
  const scene = await open(
    { users: 60, organizations: 4, withoutOrganization: 10 },
    {},
    { prune: ['user', 'membership'], safety: { maxDeletes: 10 } },
  )
  const { fake, workos, project, env } = scene
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  await expectSame(scene)
  workos.takeLog()

  const { tenant } = fake
  const [, second, third] = tenant.organizations.all().map(({ id }) => id)
  const [member, admin] = [ROLES[1]?.id ?? '', ROLES[0]?.id ?? '']
  const id = (n: number) => person(n).user_id
  const membershipsOf = (user: string) => tenant.members().filter((membership) => membership.user === user)
  const newcomer = person(1000)
  tenant.addUser(newcomer)
  tenant.setMember(second ?? '', newcomer.user_id, [member])
  tenant.updateUser(id(52), { given_name: 'Renamed' })
  // A login changes updated_at, and nothing that is migrated.
  tenant.updateUser(id(56), { last_login: new Date().toISOString(), logins_count: 99 })
  tenant.setMember(third ?? '', id(57), [admin])
  const [left] = membershipsOf(id(3))
  tenant.removeMember(left?.organization ?? '', id(3))
  expect(membershipsOf(id(5))).toHaveLength(1)
  tenant.deleteUser(id(5))

  // Without --fresh the snapshot is used.
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  const applied = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expectDelta(workos.takeLog())
  await expectSame(scene)
  expect(await project.run(['plan', '--fresh', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
})
