import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { sourceSchema, sourceTypes } from '../../src/config/schema.ts'
import { isObject } from '../../src/json.ts'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant, person, ROLES } from '../fakes/auth0/generate.ts'
import { startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { clerkUser, generateInstance } from '../fakes/clerk/generate.ts'
import { WHOLE } from '../whole.ts'
import { createProject, type Project } from './cli.ts'
import { byKind } from './kinds.ts'
import { FAST, KEY, startWorkos, writes } from './workos.ts'

/**
 * A cut-over by deltas: everything once, then the changes, with as many writes as changes. The
 * whole form is the measurement in docs/how-to/cut-over-night.md.
 */
const USERS = WHOLE ? 100_000 : 400
const ORGANIZATIONS = WHOLE ? 1_000 : 20
/** One user in a hundred, in four ways. */
const EACH = Math.ceil(USERS / 100 / 4)
/** For the whole form, which runs unattended. */
const TIME = WHOLE ? 1_800_000 : 60_000

const START = Date.parse('2026-01-10T20:00:00.000Z')
const SINCE = '2026-01-10T12:00:00.000Z'
const SECRET = 'sk_test_fakeClerkSecretKey0123456789'

interface Scene {
  project: Project
  instance: Awaited<ReturnType<typeof startFakeClerk>>['instance']
  /** Responses of the source since the last call. */
  requests(): number
  run(since: string | undefined, ...args: string[]): Promise<Applied>
}

interface Applied {
  writes: number
  kinds: ReturnType<typeof byKind>
  seconds: number
}

async function open(): Promise<Scene> {
  const fake = await startFakeClerk(generateInstance({ users: USERS, organizations: ORGANIZATIONS }), {
    now: () => START,
  })
  onTestFinished(() => fake.close())
  const project = createProject()
  const manifest = (updatedSince: string | undefined) => ({
    version: 1,
    name: 'deltas',
    source: { ...fake.source, secretKey: '${SECRET}', rate: '100000/10s', ...(updatedSince && { updatedSince }) },
    roles: { define: { admin: { name: 'Admin' }, member: { name: 'Member' } } },
    target: { type: 'sandbox' },
  })
  return {
    project,
    instance: fake.instance,
    requests: () => fake.log.splice(0).length,
    async run(since, ...args) {
      project.manifest(manifest(since))
      const begun = performance.now()
      const { exit, stdout, stderr } = await project.run([...args, '--json'], { env: { SECRET } })
      expect(exit, stderr).toBe(0)
      const { requests, kinds } = JSON.parse(stdout)
      const seconds = (performance.now() - begun) / 1000
      return { writes: requests?.writes ?? 0, kinds: byKind(kinds), seconds }
    },
  }
}

test(
  'writes only what has changed, however much there is',
  async () => {
    const { instance, run, requests } = await open()
    const first = await run(undefined, 'apply', '--yes')
    const whole = requests()

    // Users that the recipe skips change nothing.
    const here = [...instance.users.values()].filter(({ banned }) => !banned)
    const each = (place: number) => here.slice(place * EACH, (place + 1) * EACH)
    for (const { id } of each(0)) instance.updateUser(id, { last_name: 'Renamed' })
    for (const { id } of each(1)) instance.updateUser(id, { public_metadata: { plan: 'enterprise' } })
    const memberships = new Map([...instance.memberships.values()].map((one) => [one.user, one]))
    for (const { id } of each(2)) {
      const { organization = '', role } = memberships.get(id) ?? {}
      instance.setMembership(organization, id, role === 'org:admin' ? 'org:member' : 'org:admin')
    }
    const [organization = ''] = instance.organizations.keys()
    for (let n = 0; n < EACH; n += 1) {
      const user = {
        ...clerkUser(USERS + 1000 + n),
        banned: false,
        totp_enabled: false,
        created_at: START,
        updated_at: START,
      }
      instance.addUser(user)
      instance.setMembership(organization, user.id, 'org:member')
    }

    const delta = await run(SINCE, 'apply', '--yes')
    expect(delta.kinds.user).toMatchObject({ created: EACH, updated: 2 * EACH })
    expect(delta.kinds.membership).toMatchObject({ created: EACH, updated: EACH })
    // Three users in four are one write each; a new one is two: the user and the membership.
    expect(delta.writes).toBe(5 * EACH)
    const part = requests()
    expect(part).toBeLessThan(whole)

    const again = await run(SINCE, 'apply', '--yes', '--fresh')
    expect(again.writes).toBe(0)
    // The last reading is complete and shows that nothing is missing.
    const last = await run(undefined, 'apply', '--yes', '--fresh')
    expect(last.writes).toBe(0)
    const verified = await run(undefined, 'verify')
    expect(verified.kinds.user).toMatchObject({ missing: 0, different: 0 })
    const steps = Object.entries({ first, delta, again, last, verified })
    const figures = steps.map(([step, { writes, seconds }]) => `${step}: ${writes} writes, ${Math.round(seconds)} s`)
    if (WHOLE) console.log(`${figures.join('\n')}\nrequests to the source: ${whole}, then ${part}`)
  },
  TIME,
)

test('only the changes of an Auth0 tenant are read and written', async () => {
  const fake = await startFakeAuth0(generateTenant({ users: 40, organizations: 3 }), { now: () => START })
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  const env = { KEY, SECRET: fake.source.clientSecret }
  const run = async (updatedSince: string | undefined) => {
    const source = { ...fake.source, clientSecret: '${SECRET}', ...(updatedSince && { updatedSince }) }
    const roles = { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } }
    project.manifest({ version: 1, name: 'deltas', source, roles, target: workos.target, run: { ...FAST, workers: 1 } })
    workos.takeLog()
    const { exit, stderr } = await project.run(['apply', '--yes', '--fresh'], { env })
    expect(exit, stderr).toBe(0)
    return writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)
  }
  await run(undefined)
  const { tenant } = fake
  const [organization] = tenant.organizations.all()
  tenant.updateUser(person(12).user_id, { given_name: 'Renamed' })
  tenant.updateUser(person(13).user_id, { last_login: new Date(START).toISOString(), logins_count: 99 })
  const newcomer = {
    ...person(1000),
    created_at: new Date(START).toISOString(),
    updated_at: new Date(START).toISOString(),
  }
  tenant.addUser(newcomer)
  tenant.setMember(organization?.id ?? '', newcomer.user_id, [ROLES[1]?.id ?? ''])
  expect((await run(SINCE)).sort()).toEqual([
    'POST /user_management/organization_memberships',
    'POST /user_management/users',
    'PUT /user_management/users/:id',
  ])
  expect(await run(SINCE)).toEqual([])
  expect(await run(undefined)).toEqual([])
})

test('the guide shows for every live source whether it can read only changes', () => {
  const page = readFileSync(new URL('../../docs/how-to/cut-over-night.md', import.meta.url), 'utf8')
  const said = [...page.matchAll(/^\| `(\w+)` \| (yes|no) \|/gm)].map(([, type, can]) => [type, can])
  const options = (type: string) => {
    const { properties } = sourceSchema(type)
    return isObject(properties) ? properties : {}
  }
  const live = sourceTypes().filter((type) => 'snapshot' in options(type))
  const expected = live.map((type) => [type, 'updatedSince' in options(type) ? 'yes' : 'no'])
  expect(said.toSorted()).toEqual(expected.toSorted())
})
