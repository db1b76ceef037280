import { describe, expect, test } from 'vitest'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { Project } from '../e2e/cli.ts'
import { member, peopleProject, person, type Row } from '../e2e/people.ts'
import { KEY, startWorkos, type Workos, writes } from '../e2e/workos.ts'

const env = { KEY }
const HASH = `$2b$10$${'h'.repeat(53)}`

const ROWS: Row[] = [
  member('ada', 'acme', { role_slugs: 'admin', metadata: '{"plan":"pro"}' }),
  member('ada', 'bolt'),
  member('bea', 'acme'),
  person('cleo', { password_hash: HASH, password_hash_type: 'bcrypt' }),
  person('dora'),
]

interface Report {
  outcome: string
  kinds: Record<string, number | string>[]
  counts: Record<string, number>
  findings: Record<string, unknown>[]
  accounting: { kinds: { kind: string; yielded: number; distinct: number; merged: number; rejected: number }[] }
  secrets: Record<string, number>
  rejected: number
  openWrites: number
}

/** A project whose rows have been applied. */
async function applied(workos: Workos, rows: readonly Row[] = ROWS, manifest: object = {}): Promise<Project> {
  const project = peopleProject(workos, rows, manifest)
  const { exit, stderr } = await project.run(['apply', '--yes'], { env })
  expect([0, 7], stderr).toContain(exit)
  workos.takeLog()
  return project
}

async function verified(project: Project, ...options: string[]): Promise<Report & { exit: number }> {
  const { exit, stdout, stderr } = await project.run(['verify', '--json', ...options], { env })
  if (stdout === '') throw new Error(stderr)
  const report: Report = JSON.parse(stdout)
  for (const { desired, verified, different, missing, notApplied, deleted, clashes } of report.kinds) {
    expect(desired).toBe(Number(verified) + Number(different) + Number(missing))
    expect(missing).toBe(Number(notApplied) + Number(deleted) + Number(clashes))
  }
  return { exit, ...report }
}

const kindOf = (report: Report, kind: string) => report.kinds.find((one) => one.kind === kind)
const idOf = async (workos: Workos, name: string) =>
  (await workos.snapshot()).users.find(({ email }) => email === `${name}@example.com`)?.id ?? ''

describe('after an apply', () => {
  test('everything is verified, the numbers match those of the source, and nothing is written', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const state = await project.run(['state', 'show', '--json'], { env })
    const report = await verified(project, '--strict')
    expect(report).toMatchObject({ exit: 0, outcome: 'verified', findings: [], rejected: 0 })
    expect(kindOf(report, 'user')).toMatchObject({ desired: 4, verified: 4, others: 0 })
    expect(kindOf(report, 'membership')).toMatchObject({ desired: 3, verified: 3 })
    for (const { kind, yielded, distinct, merged, rejected } of report.accounting.kinds) {
      expect(yielded).toBe(distinct + merged + rejected)
      const desired = kindOf(report, kind)?.desired
      if (desired !== undefined) expect(distinct).toBe(desired)
    }
    expect(writes(workos.takeLog())).toEqual([])
    expect((await project.run(['state', 'show', '--json'], { env })).stdout).toBe(state.stdout)
  })

  test('WorkOS is read in pages, never one by one', async () => {
    const workos = await startWorkos()
    const project = await applied(
      workos,
      Array.from({ length: 250 }, (_, n) => member(`p${n}`, `org${n % 2}`)),
    )
    expect((await verified(project)).exit).toBe(0)
    const routes = Object.groupBy(workos.takeLog(), ({ method, route }) => `${method} ${route}`)
    const counts = Object.entries(routes).map(([route, entries]) => [route, entries?.length])
    expect(Object.fromEntries(counts)).toEqual({
      'GET /authorization/roles': 1,
      'GET /organizations': 1,
      'GET /user_management/users': 3,
      'GET /user_management/organization_memberships': 4,
    })
  })

  test('passwords are counted and marked as unreadable; no hash is shown', async () => {
    const workos = await startWorkos()
    await workos.call('POST', '/user_management/users', { email: 'eve@example.com', external_id: 'id-eve' })
    const hash = { password_hash: HASH, password_hash_type: 'bcrypt' }
    const project = await applied(workos, [...ROWS, person('eve', hash)])
    expect((await verified(project)).secrets).toEqual({ inSource: 2, sent: 1, leftAlone: 1 })
    const { stdout } = await project.run(['verify', '--full'], { env })
    expect(stdout).toContain('WorkOS does not return passwords: 2 in the source, 1 sent')
    expect(stdout).not.toContain('hhh')
  })
})

describe('missing resources are a loss', () => {
  test('a user deleted in WorkOS, and their memberships', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const id = await idOf(workos, 'ada')
    await workos.call('DELETE', `/user_management/users/${id}`)
    const report = await verified(project)
    expect(report).toMatchObject({ exit: 7, outcome: 'lost', counts: { deleted: 3, not_applied: 0 } })
    expect(report.findings[0]).toEqual({ type: 'deleted', kind: 'user', key: 'id-ada', id, origin: './users.csv:2' })
    const { stdout } = await project.run(['verify'], { env })
    expect(stdout).toMatch(/deleted in WorkOS \(3\)\n {2}✗ user:id-ada \(\.\/users\.csv:2\) was user_/)
    expect(stdout).toContain('Not verified: 3 missing. To see what apply would do, run plan --refresh.')
  })

  test('a record that came after the apply', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    project.csv('users.csv', [...ROWS, member('fay', 'newco')])
    const report = await verified(project)
    expect(report).toMatchObject({ exit: 7, outcome: 'lost', counts: { deleted: 0, not_applied: 3 } })
    expect(report.findings.map(({ kind, key }) => `${kind}:${key}`)).toEqual([
      'organization:newco',
      'user:id-fay',
      'membership:id-fay@newco',
    ])
  })

  test('everything, before the first apply', async () => {
    const workos = await startWorkos()
    const report = await verified(peopleProject(workos, ROWS))
    expect(report.exit).toBe(7)
    expect(report.counts).toMatchObject({ not_applied: 1 + 2 + 4 + 3 })
  })

  test('someone else with the external ID', async () => {
    const workos = await startWorkos()
    await workos.call('POST', '/user_management/users', { email: 'other@example.com', external_id: 'id-ada' })
    const project = await applied(workos, ROWS, { safety: { maxRejects: 3 } })
    const report = await verified(project)
    expect(report).toMatchObject({ exit: 7, counts: { clash: 1, not_applied: 2 } })
    expect(report.findings.at(-1)).toMatchObject({ type: 'clash', message: expect.stringContaining('someone else') })
  })

  test('a user whom someone recreated has another ID, and lacks their memberships', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const id = await idOf(workos, 'ada')
    await workos.call('DELETE', `/user_management/users/${id}`)
    const again = await workos.call('POST', '/user_management/users', { email: 'ada@example.com' })
    const report = await verified(project)
    expect(report).toMatchObject({ exit: 7, counts: { other_id: 1, deleted: 2 } })
    expect(report.findings).toContainEqual(
      expect.objectContaining({ type: 'other_id', key: 'id-ada', id, liveId: again.id }),
    )
    expect(kindOf(report, 'user')).toMatchObject({ different: 1, otherId: 1, missing: 0, others: 0 })
  })
})

describe('differences are shown, and fail only with --strict', () => {
  test('fields, by who changed them', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const change = async (name: string, body: object) =>
      workos.call('PUT', `/user_management/users/${await idOf(workos, name)}`, body)
    await change('ada', { first_name: 'Adah', metadata: { plan: 'free', theirs: 'x' } })
    await change('dora', { first_name: 'Dorothea' })
    project.csv('users.csv', [
      ...ROWS.slice(0, 2),
      { ...ROWS[2], first_name: 'Beatrice' },
      ROWS[3] ?? {},
      { ...ROWS[4], first_name: 'Dori' },
    ])
    const report = await verified(project)
    expect(report).toMatchObject({ exit: 0, outcome: 'different', counts: { different: 4 } })
    const fields = report.findings.map(({ key, field, live, desired, changed }) => [key, field, live, desired, changed])
    expect(fields).toEqual([
      ['id-ada', 'firstName', 'Adah', 'ada', 'WorkOS'],
      ['id-ada', 'metadata.plan', 'free', 'pro', 'WorkOS'],
      ['id-bea', 'firstName', 'bea', 'Beatrice', 'source'],
      ['id-dora', 'firstName', 'Dorothea', 'Dori', 'both'],
    ])
    expect(kindOf(report, 'user')).toMatchObject({ desired: 4, verified: 1, different: 3 })
    expect((await verified(project, '--strict')).exit).toBe(7)
    const { stdout } = await project.run(['verify'], { env })
    expect(stdout).toContain('≠ user:id-ada  firstName: "Adah" in WorkOS, "ada" in the source')
  })

  test('a metadata member that has left the source and is still in WorkOS', async () => {
    const workos = await startWorkos()
    const project = await applied(workos, [member('ada', 'acme', { metadata: '{"plan":"pro","old":"1"}' })])
    project.csv('users.csv', [member('ada', 'acme', { metadata: '{"plan":"pro"}' })])
    expect((await verified(project)).findings).toMatchObject([
      { field: 'metadata.old', live: '1', desired: null, changed: 'source' },
    ])
  })

  test('the roles of a membership, and one that is no longer active', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const { membershipIds } = await workos.snapshot()
    const path = (title: string) => `/user_management/organization_memberships/${membershipIds.get(title)}`
    await workos.call('PUT', path('ada@example.com@@acme'), { role_slug: 'member' })
    await workos.call('PUT', `${path('bea@example.com@@acme')}/deactivate`)
    const report = await verified(project)
    expect(report).toMatchObject({ exit: 0, outcome: 'different' })
    expect(report.findings).toMatchObject([
      { key: 'id-ada@acme', field: 'roles', live: ['member'], desired: ['admin'], changed: 'WorkOS' },
      { key: 'id-bea@acme', field: 'status', live: 'inactive', desired: 'active', changed: 'WorkOS' },
    ])
    expect((await verified(project, '--strict')).exit).toBe(7)
  })

  test('resources that this state created and the source no longer has; those of others are only counted', async () => {
    const workos = await startWorkos()
    await workos.call('POST', '/user_management/users', { email: 'stranger@example.com' })
    const project = await applied(workos)
    project.csv('users.csv', ROWS.slice(0, 4))
    const report = await verified(project)
    expect(report).toMatchObject({ exit: 0, counts: { extra: 1 } })
    expect(report.findings).toMatchObject([{ type: 'extra', kind: 'user', key: 'id-dora', origin: null }])
    expect(kindOf(report, 'user')).toMatchObject({ desired: 3, verified: 3, extra: 1, others: 1 })
    expect((await verified(project, '--strict')).exit).toBe(7)
  })

  test('resources in WorkOS and in no state: a lost state loses nobody', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    project.remove('.workos-migrate')
    const report = await verified(project, '--full')
    expect(report).toMatchObject({ exit: 0, outcome: 'different', counts: { not_in_state: 10, not_applied: 0 } })
    expect(project.list('.workos-migrate').filter((name) => name.startsWith('state'))).toEqual([])
  })

  test('rejected records are counted, and fail with --strict', async () => {
    const workos = await startWorkos()
    const safety = { safety: { maxRejects: 1 } }
    const project = await applied(workos, [...ROWS, person('gus', { email: 'nonsense' })], safety)
    const report = await verified(project)
    expect(report).toMatchObject({ exit: 0, outcome: 'different', rejected: 1, findings: [] })
    expect((await verified(project, '--strict')).exit).toBe(7)
  })
})

test('an error of the source ends what is read from WorkOS meanwhile', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  project.remove('users.csv')
  const { exit, stderr } = await project.run(['verify'], { env })
  expect(exit).toBe(3)
  expect(stderr).toContain('users.csv')
  expect(writes(workos.takeLog())).toEqual([])
})

test('samples are limited, and --full shows all', async () => {
  const workos = await startWorkos()
  const project = peopleProject(
    workos,
    Array.from({ length: 30 }, (_, n) => person(`p${n}`)),
  )
  expect((await verified(project)).findings).toHaveLength(5)
  expect((await verified(project, '--full')).findings).toHaveLength(31)
  const text = await project.run(['verify'], { env })
  expect(text.stdout).toContain('… 26 more (--full shows all)')
  expect((await project.run(['verify', '--full'], { env })).stdout.match(/✗/g)).toHaveLength(31)
})

test('names from others cannot control the terminal', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const id = await idOf(workos, 'ada')
  await workos.call('PUT', `/user_management/users/${id}`, { first_name: '\u001b[2Jx\u202e' })
  const { stdout } = await project.run(['verify', '--full'], { env })
  expect(stdout).toContain('firstName')
  expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
})

test('an open write of an interrupted run is reported, and left to the next apply', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const path = project.path('.workos-migrate/state.sqlite')
  const state = openStateFile(path)
  const startedAt = new Date().toISOString()
  const attributes = { email: 'hal@example.com', externalId: 'id-hal' }
  const intent = {
    kind: 'user',
    key: 'id-hal',
    action: 'create' as const,
    startedAt,
    attributes,
    digests: {},
    refs: {},
  }
  await state.commit({ intents: [intent], outcomes: [] })
  await state.close()
  await workos.call('POST', '/user_management/users', { email: 'hal@example.com', external_id: 'id-hal' })
  project.csv('users.csv', [...ROWS, person('hal', { first_name: '' })])
  const report = await verified(project)
  expect(report).toMatchObject({ exit: 0, openWrites: 1, counts: { not_in_state: 1 } })
  const after = openStateFile(path)
  expect(await after.intents()).toEqual([intent])
  await after.close()
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(await verified(project)).toMatchObject({ exit: 0, outcome: 'verified', openWrites: 0 })
})

test("an environment other than the state's is rejected", async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const { exit, stderr } = await project.run(['verify'], { env: { KEY: 'sk_test_other' } })
  expect(exit, stderr).toBe(5)
  expect(stderr).toContain('environment_mismatch')
})
