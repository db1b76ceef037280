import { readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { expect, onTestFinished, test } from 'vitest'
import { startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { clerkInvitation, clerkOrganization, clerkUser, generateInstance } from '../fakes/clerk/generate.ts'
import type { ClerkInvitation } from '../fakes/clerk/objects.ts'
import { createProject, type Project } from './cli.ts'
import { type Body, FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const SENT = 'POST /user_management/invitations'

const INVITATIONS = [
  clerkInvitation(0),
  clerkInvitation(1, { role: 'org:admin' }),
  clerkInvitation(2, { organization_id: undefined }),
]

interface Scene {
  workos: Workos
  project: Project
  env: Record<string, string>
  /** Writes the manifest again. */
  manifest(more: object): void
}

async function open(invitations: ClerkInvitation[] = INVITATIONS): Promise<Scene> {
  const fake = await startFakeClerk({ ...generateInstance({ users: 4, organizations: 2 }), invitations })
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  const manifest = (more: object) =>
    project.manifest({
      version: 1,
      name: 'invitations',
      source: { ...fake.source, secretKey: '${SECRET}', rate: '100000/10s', invitations: true },
      roles: { define: { admin: { name: 'Admin' } } },
      target: workos.target,
      run: { ...FAST, workers: 1 },
      ...more,
    })
  manifest({})
  return { workos, project, env: { KEY, SECRET: fake.source.secretKey }, manifest }
}

const sentIn = (workos: Workos) =>
  writes(workos.takeLog())
    .filter(({ method, route }) => `${method} ${route}` === SENT)
    .map(({ body }) => body as Body)

async function invitationsIn(workos: Workos): Promise<Body[]> {
  return (await workos.call('GET', '/user_management/invitations?limit=100&order=asc')).data as Body[]
}

test('invitations are handed over in a file, and apply skips them', async () => {
  const { workos, project, env } = await open()
  const plan = await project.run(['plan'], { env })
  expect(plan.exit, plan.stderr).toBe(0)
  expect(plan.stdout).toContain('3 invitations: not sent, workos-migrate handoff writes a file')
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(sentIn(workos)).toEqual([])
  const result = await project.run(['handoff', '--out', 'handoff'], { env })
  expect(result.exit, result.stdout + result.stderr).toBe(0)
  expect(result.stdout).toContain('Invitations handed over')
  const path = project.path('handoff/invitations.csv')
  const rows: Record<string, string>[] = parse(readFileSync(path), { columns: true })
  expect(
    rows.map(({ email, organizationName, role, expiresAt }) => [email, organizationName, role, expiresAt]),
  ).toEqual([
    ['invited-2@example.com', '', '', '2024-03-31T08:00:00.000Z'],
    ['invited-0@example.com', clerkOrganization(0).name, 'member', '2024-03-31T08:00:00.000Z'],
    ['invited-1@example.com', clerkOrganization(1).name, 'admin', '2024-03-31T08:00:00.000Z'],
  ])
  expect(rows.map(({ organizationId }) => organizationId?.slice(0, 4))).toEqual(['', 'org_', 'org_'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const json = JSON.parse((await project.run(['handoff', '--out', 'handoff', '--json'], { env })).stdout)
  expect(json.invitations).toEqual({ file: 'invitations.csv', invitations: 3 })
})

test('they are sent if the manifest allows it, once, and verified', async () => {
  const { workos, project, env, manifest } = await open()
  manifest({
    invitations: { send: true },
    map: { invitation: { expiresInDays: '14' } },
  })
  const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(plan.summary.kinds.find(({ kind }: { kind: string }) => kind === 'invitation')).toMatchObject({ create: 3 })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const sent = sentIn(workos)
  expect(sent).toHaveLength(3)
  expect(sent).toContainEqual({ email: 'invited-2@example.com', expires_in_days: 14 })
  expect(sent).toContainEqual({
    email: 'invited-1@example.com',
    organization_id: expect.stringMatching(/^org_/),
    role_slug: 'admin',
    expires_in_days: 14,
  })
  const verified = await project.run(['verify'], { env })
  expect(verified.exit, verified.stdout + verified.stderr).toBe(0)
  const again = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(again.exit, again.stdout + again.stderr).toBe(0)
  expect(sentIn(workos)).toEqual([])
})

test('an invitation revoked in WorkOS is not sent again', async () => {
  const { workos, project, env, manifest } = await open()
  manifest({ invitations: { send: true } })
  await project.run(['apply', '--yes'], { env })
  const [first] = await invitationsIn(workos)
  await workos.call('POST', `/user_management/invitations/${first?.id}/revoke`)
  workos.takeLog()
  expect((await project.run(['apply', '--yes', '--refresh'], { env })).exit).toBe(0)
  expect(sentIn(workos)).toEqual([])
})

test('an open invitation is unchanged, even without the state', async () => {
  const { workos, project, env, manifest } = await open()
  manifest({ invitations: { send: true } })
  await project.run(['apply', '--yes'], { env })
  project.remove('.workos-migrate')
  workos.takeLog()
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  expect(sentIn(workos)).toEqual([])
  expect(await invitationsIn(workos)).toHaveLength(3)
})

test('a pilot sends only the selected ones, with their organization', async () => {
  const { workos, project, env, manifest } = await open()
  manifest({ invitations: { send: true } })
  const organization = `organization:${clerkOrganization(0).id}`
  expect((await project.run(['apply', '--yes', '--only', organization], { env })).exit).toBe(0)
  expect(sentIn(workos)).toEqual([])
  const named = await project.run(['apply', '--yes', '--only', 'invitation:invited-1@*'], { env })
  expect(named.exit, named.stdout + named.stderr).toBe(0)
  expect(sentIn(workos).map(({ email }) => email)).toEqual(['invited-1@example.com'])
  const all = await project.run(['apply', '--yes'], { env })
  expect(all.exit, all.stdout + all.stderr).toBe(0)
  expect(sentIn(workos)).toHaveLength(2)
})

test('an existing member is left out by name, and a second invitation to the same place is merged', async () => {
  const member = clerkInvitation(0, { email_address: 'clerk-0@example.com' })
  const user = clerkInvitation(3, { email_address: 'Clerk-1@example.com', organization_id: undefined })
  // A member of another organization is not a member of this one.
  const elsewhere = clerkInvitation(1, { id: 'orginv_2elsewhere', email_address: 'clerk-0@example.com' })
  const twice = clerkInvitation(1, { id: 'orginv_2other', email_address: 'Invited-1@example.com' })
  const { workos, project, env, manifest } = await open([member, user, elsewhere, clerkInvitation(1), twice])
  expect(clerkUser(0).email_addresses.some(({ email_address }) => email_address === member.email_address)).toBe(true)
  manifest({ invitations: { send: true }, safety: { maxRejects: 0 } })
  const [key, userKey] = [`clerk-0@example.com@${member.organization_id}`, 'clerk-1@example.com@']
  const plan = await project.run(['plan', '--full'], { env })
  expect(plan.exit, plan.stdout + plan.stderr).toBe(0)
  expect(plan.stdout).toContain('Left out because the recipient is already there (2)')
  expect(plan.stdout).toContain(
    `invitation:${key}  map.membership already makes its recipient a member of the organization`,
  )
  expect(plan.stdout).toContain(`invitation:${userKey}  map.user already makes its recipient a user`)
  const json = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(json.leftOutWith.map(({ key: of, path }: { key: string; path: string }) => [of, path]).toSorted()).toEqual([
    [key, 'map.membership'],
    [userKey, 'map.user'],
  ])
  expect(json.summary.kinds.find(({ kind }: { kind: string }) => kind === 'invitation')).toMatchObject({
    create: 2,
    blocked: 0,
  })
  const explained = await project.run(['explain', `invitation:${key}`], { env })
  expect(explained.stdout).toContain('left out: map.membership already makes its recipient a member of the')
  const named = await project.run(['apply', '--yes', '--only', `invitation:${member.email_address}`], { env })
  expect(named.exit, named.stdout + named.stderr).toBe(0)
  expect(sentIn(workos).map(({ email }) => email)).toEqual(['clerk-0@example.com'])
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  expect(sentIn(workos).map(({ email }) => email)).toEqual(['invited-1@example.com'])
  const handoff = await project.run(['handoff', '--out', 'handoff'], { env })
  expect(handoff.exit, handoff.stdout + handoff.stderr).toBe(0)
})

test('a sent invitation whose recipient is a member by now stays, and is reported', async () => {
  const { workos, project, env, manifest } = await open([clerkInvitation(0, { email_address: 'clerk-0@example.com' })])
  const members = { map: { membership: { when: 'false' } } }
  manifest({ invitations: { send: true }, ...members })
  const first = await project.run(['apply', '--yes'], { env })
  expect(first.exit, first.stdout + first.stderr).toBe(0)
  expect(sentIn(workos)).toHaveLength(1)
  manifest({ invitations: { send: true } })
  const second = await project.run(['apply', '--yes'], { env })
  expect(second.exit, second.stdout + second.stderr).toBe(0)
  expect(writes(workos.takeLog()).filter(({ route }) => route?.includes('invitations'))).toEqual([])
  const plan = await project.run(['plan', '--full'], { env })
  expect(plan.stdout).toContain('No longer in the source; kept in WorkOS (1)')
})

test('destroy revokes those that were sent', async () => {
  const { workos, project, env, manifest } = await open()
  manifest({ invitations: { send: true } })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const destroyed = await project.run(['destroy', '--confirm', 'invitations'], { env })
  expect(destroyed.exit, destroyed.stdout + destroyed.stderr).toBe(0)
  // Those to organizations are deleted with them.
  expect((await invitationsIn(workos)).map(({ state }) => state)).toEqual(['revoked'])
})
