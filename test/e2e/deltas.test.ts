import { expect, onTestFinished, test } from 'vitest'
import { startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { clerkUser, generateInstance } from '../fakes/clerk/generate.ts'
import { WHOLE } from '../whole.ts'
import { createProject, type Project } from './cli.ts'
import { byKind } from './kinds.ts'

/** A cut-over by deltas: everything once, then what changed, with as many writes as changes. The whole form is the walk of docs/how-to/cut-over-night.md. */
const USERS = WHOLE ? 100_000 : 400
const ORGANIZATIONS = WHOLE ? 1_000 : 20
/** One in a hundred, in four ways. */
const EACH = Math.ceil(USERS / 100 / 4)
/** Of the whole form, which nobody waits for. */
const TIME = WHOLE ? 1_800_000 : 60_000

const START = Date.parse('2026-01-10T20:00:00.000Z')
const SINCE = '2026-01-10T12:00:00.000Z'
const SECRET = 'sk_test_fakeClerkSecretKey0123456789'

interface Scene {
  project: Project
  instance: Awaited<ReturnType<typeof startFakeClerk>>['instance']
  /** The requests that the source has answered since the last call. */
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
  'writes as much as has changed, however much there is',
  async () => {
    const { instance, run, requests } = await open()
    const first = await run(undefined, 'apply', '--yes')
    const whole = requests()

    // Whom the recipe leaves out changes nothing.
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
    // Three users in four are one write each, and a new one is two: the user and the membership.
    expect(delta.writes).toBe(5 * EACH)
    const part = requests()
    expect(part).toBeLessThan(whole)

    const again = await run(SINCE, 'apply', '--yes', '--fresh')
    expect(again.writes).toBe(0)
    // The last reading is whole: it says that nothing is missing.
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
