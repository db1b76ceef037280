import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { expect, onTestFinished, test } from 'vitest'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant, invitation, ROLES } from '../fakes/auth0/generate.ts'
import type { Auth0Invitation } from '../fakes/auth0/objects.ts'
import { createProject } from './cli.ts'
import { type Body, FAST, KEY, startWorkos, writes } from './workos.ts'

const BILLING = ROLES[2]?.id ?? ''
const UNTIL = '2099-03-31T08:00:00.000Z'

/** Two valid ones, and an expired one. */
const INVITATIONS = [
  invitation(0),
  invitation(1, { roles: [BILLING] }),
  invitation(2, { organization_id: invitation(0).organization_id, expires_at: '2024-03-08T08:00:00.000Z' }),
]

async function open(invitations: Auth0Invitation[] = INVITATIONS, more: object = {}) {
  const fake = await startFakeAuth0({ ...generateTenant({ users: 4, organizations: 2 }), invitations })
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  const manifest = (own: object) =>
    project.manifest({
      version: 1,
      name: 'invitations',
      source: { ...fake.source, clientSecret: '${SECRET}', invitations: true },
      roles: { map: { billing: 'finance' }, define: { finance: { name: 'Finance' } } },
      target: workos.target,
      run: { ...FAST, workers: 1 },
      ...own,
    })
  manifest(more)
  const env = { KEY, SECRET: fake.source.clientSecret }
  const run = (...args: string[]) => project.run(args, { env })
  const sent = () =>
    writes(workos.takeLog())
      .filter(({ method, route }) => `${method} ${route}` === 'POST /user_management/invitations')
      .map(({ body }) => body as Body)
  return { project, workos, run, sent }
}

const SEND = { invitations: { send: true } }

test("Auth0's invitations are handed over in a file, and an expired one is left out by name", async () => {
  const { project, run, sent } = await open()
  const plan = await run('plan')
  expect(plan.exit, plan.stderr).toBe(0)
  expect(plan.stdout).toContain('2 invitations: not sent, workos-migrate handoff writes a file')
  expect(plan.stdout).toContain('invitations: 1 left out by map.invitation.when')
  expect(plan.stdout).toContain(`invitation:invited-2@example.com@${invitation(0).organization_id}`)
  expect((await run('apply', '--yes')).exit).toBe(0)
  expect(sent()).toEqual([])
  const handoff = await run('handoff', '--out', 'handoff')
  expect(handoff.exit, handoff.stdout + handoff.stderr).toBe(0)
  const text = readFileSync(project.path('handoff/invitations.csv'), 'utf8')
  const rows: Record<string, string>[] = parse(text, { columns: true })
  expect(
    rows.map(({ email, organizationName, organizationExternalId, role, expiresAt }) => {
      return [email, organizationName, organizationExternalId, role, expiresAt]
    }),
  ).toEqual([
    ['invited-0@example.com', 'Customer 0 Größe', 'org_0000000000000001', 'member', UNTIL],
    ['invited-1@example.com', 'Customer 1 Größe', 'org_0000000000000002', 'finance', UNTIL],
  ])
  expect(text).not.toContain('ticketDoNotShow')
})

test('each is sent once with its role, verified, and not again', async () => {
  const { run, sent } = await open(INVITATIONS, SEND)
  const plan = JSON.parse((await run('plan', '--json')).stdout)
  expect(plan.summary.kinds.find(({ kind }: { kind: string }) => kind === 'invitation')).toMatchObject({ create: 2 })
  const applied = await run('apply', '--yes')
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const organization_id = expect.stringMatching(/^org_/)
  expect(sent()).toEqual([
    { email: 'invited-0@example.com', organization_id, role_slug: 'member' },
    { email: 'invited-1@example.com', organization_id, role_slug: 'finance' },
  ])
  const verified = await run('verify')
  expect(verified.exit, verified.stdout + verified.stderr).toBe(0)
  const again = await run('apply', '--yes', '--fresh')
  expect(again.exit, again.stdout + again.stderr).toBe(0)
  expect(sent()).toEqual([])
})

test('a second apply writes nothing', async () => {
  const { workos, run } = await open(INVITATIONS, SEND)
  expect((await run('apply', '--yes')).exit).toBe(0)
  workos.takeLog()
  expect((await run('apply', '--yes', '--fresh', '--refresh')).exit).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])
})

test('a pilot sends none unless it selects them', async () => {
  const { run, sent } = await open(INVITATIONS, SEND)
  const pilot = await run('apply', '--yes', '--only', `organization:${invitation(0).organization_id}`)
  expect(pilot.exit, pilot.stdout + pilot.stderr).toBe(0)
  expect(sent()).toEqual([])
  const named = await run('apply', '--yes', '--only', 'invitation:invited-1@*')
  expect(named.exit, named.stdout + named.stderr).toBe(0)
  expect(sent().map(({ email }) => email)).toEqual(['invited-1@example.com'])
})

test('an invitation of an existing member is left out by name, and is not rejected', async () => {
  const tenant = generateTenant({ users: 4, organizations: 2 })
  // The first is blocked, and therefore left out.
  const [, member] = tenant.members.filter(({ user }) => user !== tenant.users[0]?.user_id)
  const address = tenant.users.find(({ user_id }) => user_id === member?.user)?.email ?? ''
  const place = member?.organization ?? ''
  const needless = invitation(7, { organization_id: place, invitee: { email: address.toUpperCase() } })
  const { run, sent } = await open([...INVITATIONS, needless], { ...SEND, safety: { maxRejects: 0 } })
  const plan = await run('plan')
  expect(plan.exit, plan.stdout + plan.stderr).toBe(0)
  expect(plan.stdout).toContain(
    `invitation:${address}@${place}  map.membership already makes its recipient a member of the organization`,
  )
  const applied = await run('apply', '--yes')
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  expect(sent().map(({ email }) => email)).toEqual(['invited-0@example.com', 'invited-1@example.com'])
})
