import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventsOf } from '../cli/event-lines.ts'
import { byKind } from './kinds.ts'
import { member, peopleManifest, peopleProject, person, type Row } from './people.ts'
import { KEY, type Snapshot, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }

/** Ada is in two organizations, cleo in one unrelated to acme, dan in none. */
const ROWS = [
  member('ada', 'acme', { role_slug: 'admin' }),
  member('ada', 'beta'),
  member('bea', 'acme', { email: 'bea@acme.com' }),
  member('cleo', 'beta'),
  member('cleo', 'gamma'),
  person('dan'),
]

const ALL = { prune: ['user', 'membership', 'organization'] }

async function ran(project: ReturnType<typeof peopleProject>, ...args: string[]) {
  const result = await project.run(args, { env })
  expect(result.exit, result.stdout + result.stderr).toBe(0)
  return result
}

async function planned(project: ReturnType<typeof peopleProject>, ...args: string[]) {
  return JSON.parse((await project.run(['plan', '--json', ...args], { env })).stdout)
}

/** `kind:key type` of every action, without environment roles. */
function actionsIn(plan: { actions: { kind: string; key: string; type: string }[] }): string[] {
  return plan.actions.filter(({ kind }) => kind !== 'role').map(({ kind, key, type }) => `${kind}:${key} ${type}`)
}

/** What is in WorkOS, without what differs between runs. */
function contents({ users, organizations, memberships, roles }: Snapshot) {
  const plain = (bodies: Snapshot['users']) =>
    bodies
      .map(({ id: _id, created_at: _created, updated_at: _updated, ...body }) =>
        JSON.stringify(body).replace(/"(id|created_at|updated_at|organization_id)":"[^"]*"/g, '"$1":""'),
      )
      .sort()
  return { users: plain(users), organizations: plain(organizations), memberships, roles }
}

async function appliedAtOnce(rows: readonly Row[], manifest: object): Promise<ReturnType<typeof contents>> {
  const workos = await startWorkos()
  await ran(peopleProject(workos, rows, manifest), 'apply', '--yes')
  return contents(await workos.snapshot())
}

test('an organization brings only its own memberships and their users', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  expect(actionsIn(await planned(project, '--only', 'organization:acme'))).toEqual([
    'organization:acme create',
    'user:id-ada create',
    'user:id-bea create',
    'membership:id-ada@acme create',
    'membership:id-bea@acme create',
  ])
})

test.each([
  ['user:id-ada', ['id-ada'], ['acme', 'beta']],
  ['user:id-?ea', ['id-bea'], ['acme']],
  ['email:ADA@example.com', ['id-ada'], ['acme', 'beta']],
  ['email:*@example.com', ['id-ada', 'id-cleo', 'id-dan'], ['acme', 'beta', 'gamma']],
  ['domain:acme.com', ['id-bea'], ['acme']],
])('%s brings all memberships of its users, with their organizations', async (selector, users, organizations) => {
  const project = peopleProject(await startWorkos(), ROWS)
  const plan = await planned(project, '--only', selector)
  const keys = (kind: string) =>
    plan.actions.filter((action: Row) => action.kind === kind).map(({ key }: { key: string }) => key)
  expect(keys('user')).toEqual(users)
  expect(keys('organization')).toEqual(organizations)
  expect(keys('membership').map((key: string) => key.split('@')[0])).toEqual(
    ROWS.filter(
      ({ external_id, org_external_id }) => users.includes(external_id ?? '') && org_external_id !== undefined,
    ).map(({ external_id }) => external_id),
  )
})

test('several selectors are combined, in one option or repeated', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  const once = await planned(project, '--only', 'organization:gamma', 'user:id-dan')
  const repeated = await planned(project, '--only', 'organization:gamma', '--only', 'user:id-dan')
  expect(actionsIn(once)).toEqual([
    'organization:gamma create',
    'user:id-cleo create',
    'user:id-dan create',
    'membership:id-cleo@gamma create',
  ])
  expect(actionsIn(repeated)).toEqual(actionsIn(once))
})

test('a limit is the first users by key, applied or not: the same again, and more when raised', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes', '--limit', '2')
  expect((await workos.snapshot()).users.map(({ external_id }) => external_id)).toEqual(['id-ada', 'id-bea'])
  expect(writes(workos.takeLog()).length).toBeGreaterThan(0)
  await ran(project, 'apply', '--yes', '--limit', '2')
  expect(writes(workos.takeLog())).toEqual([])
  expect(actionsIn(await planned(project, '--limit', '3'))).toEqual([
    'organization:gamma create',
    'user:id-cleo create',
    'membership:id-cleo@beta create',
    'membership:id-cleo@gamma create',
  ])
})

test('a limit with selectors counts the selected users', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  const plan = await planned(project, '--only', 'organization:beta', '--limit', '1')
  expect(actionsIn(plan)).toEqual(['organization:beta create', 'user:id-ada create', 'membership:id-ada@beta create'])
})

const STEPS: [string, string[][]][] = [
  ['an organization', [['--only', 'organization:acme']]],
  ['a user', [['--only', 'user:id-ada']]],
  [
    'ten users, then an organization',
    [
      ['--limit', '2'],
      ['--only', 'organization:gamma'],
    ],
  ],
  [
    'a limit that is raised',
    [
      ['--limit', '1'],
      ['--limit', '2'],
      ['--limit', '4'],
    ],
  ],
  ['a domain and an address', [['--only', 'domain:acme.com', 'email:dan@*']]],
]

/**
 * Roles that WorkOS ranks by their creation: one of an organization, and one that only a few have.
 */
const ROLES = {
  roles: {
    define: {
      admin: { name: 'Admin', permissions: ['all'] },
      billing: { name: 'Billing' },
      'org-lead': { name: 'Lead', organizations: ['acme', 'beta'] },
    },
    priority: ['admin', 'billing'],
  },
}

test.each(STEPS)('a pilot of %s, then everyone, has the same result as everyone at once', async (_what, steps) => {
  const rows = [
    ...ROWS,
    member('eve', 'acme', { role_slug: 'org-lead' }),
    member('fay', 'beta', { role_slug: 'billing' }),
  ]
  const workos = await startWorkos()
  const project = peopleProject(workos, rows, { ...ROLES, ...ALL })
  for (const scope of steps) {
    await ran(project, 'apply', '--yes', ...scope)
    workos.takeLog()
    const again = await ran(project, 'apply', '--yes', ...scope)
    expect(writes(workos.takeLog()), again.stdout).toEqual([])
  }
  await ran(project, 'apply', '--yes')
  expect(contents(await workos.snapshot())).toEqual(await appliedAtOnce(rows, { ...ROLES, ...ALL }))
  workos.takeLog()
  await ran(project, 'apply', '--yes')
  expect(writes(workos.takeLog())).toEqual([])
})

test('once everyone is applied, a pilot shows no orphans, deletes nobody and changes nothing', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, ALL)
  await ran(project, 'apply', '--yes')
  for (const scope of [
    ['--only', 'organization:acme'],
    ['--only', 'user:id-ada'],
    ['--limit', '1'],
  ]) {
    for (const refresh of [[], ['--refresh']]) {
      const plan = await planned(project, ...scope, ...refresh)
      expect(plan.actions, scope.join(' ')).toEqual([])
      expect(plan.summary.kinds.every((kind: Record<string, number>) => kind.orphaned === 0 && kind.delete === 0)).toBe(
        true,
      )
      expect(plan.summary.refusals).toEqual([])
    }
  }
})

test('prune deletes only selected resources that left the source', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { ...ALL, safety: { maxDeletes: '100%' } })
  await ran(project, 'apply', '--yes')
  // Bea leaves completely; ada leaves beta, cleo leaves gamma, which nobody else is in.
  project.csv('users.csv', [ROWS[0] ?? {}, ROWS[3] ?? {}, ROWS[5] ?? {}])
  expect(actionsIn(await planned(project, '--only', 'organization:acme'))).toEqual(['membership:id-bea@acme delete'])
  expect(actionsIn(await planned(project, '--only', 'user:id-ada'))).toEqual(['membership:id-ada@beta delete'])
  expect(actionsIn(await planned(project, '--limit', '1'))).toEqual(['membership:id-ada@beta delete'])
  await ran(project, 'apply', '--yes', '--only', 'organization:acme')
  await ran(project, 'apply', '--yes')
  const live = await workos.snapshot()
  expect(live.users.map(({ external_id }) => external_id)).toEqual(['id-ada', 'id-cleo', 'id-dan'])
  expect(live.memberships.map(([name]) => name)).toEqual(['ada@example.com@@acme', 'cleo@example.com@@beta'])
})

test('what is out of scope is counted, and adds up with what is in scope', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  const plan = await planned(project, '--only', 'organization:acme')
  const whole = await planned(project)
  expect(plan.scope).toEqual({
    only: ['organization:acme'],
    limit: null,
    outOfScope: [
      { kind: 'organization', plural: 'organizations', count: 2 },
      { kind: 'user', plural: 'users', count: 2 },
      { kind: 'membership', plural: 'memberships', count: 3 },
    ],
    rejected: 0,
  })
  expect(whole.scope).toBeNull()
  for (const { kind, count } of plan.scope.outOfScope) {
    const [inside, all] = [plan, whole].map(({ summary }) => byKind(summary.kinds)[kind]?.desired)
    expect(Number(inside) + count).toBe(all)
  }
  const { stdout } = await project.run(['plan', '--only', 'organization:acme'], { env })
  expect(stdout).toContain('Pilot  organization:acme\n  out of scope: 2 organizations, 2 users, 3 memberships\n')
  const markdown = await project.run(['plan', '--limit', '2', '--format', 'markdown'], { env })
  expect(markdown.stdout).toContain(
    '> **Pilot**: the first 2 users. Out of scope: 1 organization, 2 users, 2 memberships.',
  )
})

test('the HTML reports of plan, apply and verify show their scope', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  for (const args of [['plan'], ['apply', '--yes'], ['verify']]) {
    await ran(project, ...args, '--limit', '2', '--html', 'report.html')
    const page = readFileSync(project.path('report.html'), 'utf8')
    expect(page, args[0]).toContain('pilot: the first 2 users')
    expect(page, args[0]).toContain('out of scope: 1 organization, 2 users, 2 memberships')
  }
})

test('rejected records of others do not stop a pilot; its own do, and those without a known owner', async () => {
  const rows = [
    ...ROWS,
    member('gus', 'beta', { email: 'no address' }),
    member('hal', 'acme', { email: 'none either' }),
  ]
  const project = peopleProject(await startWorkos(), rows)
  expect(await project.run(['plan'], { env })).toMatchObject({ exit: 5 })
  const gamma = await project.run(['plan', '--only', 'organization:gamma'], { env })
  expect(gamma, gamma.stdout).toMatchObject({ exit: 0, stdout: expect.stringContaining('4 rejected records') })
  const acme = await planned(project, '--only', 'organization:acme')
  expect(acme.rejects.map(({ kind, key }: Row) => `${kind}:${key}`).sort()).toEqual([
    'membership:id-hal@acme',
    'user:id-hal',
  ])
  expect(acme.summary.refusals).toHaveLength(1)
  // An invalid address might be one of the selected ones.
  const byAddress = await planned(project, '--only', 'domain:acme.com')
  expect(byAddress.rejects.map(({ kind, key }: Row) => `${kind}:${key}`).sort()).toEqual(['user:id-gus', 'user:id-hal'])
  // Hal comes after the first four, and is not one of them.
  expect((await planned(project, '--limit', '3')).rejects).toEqual([])
})

test('a rejected user can be selected, and the plan shows the reason', async () => {
  const project = peopleProject(await startWorkos(), [...ROWS, member('gus', 'beta', { email: 'no address' })])
  const plan = await planned(project, '--only', 'user:id-gus')
  expect(plan.rejects.map(({ kind, key }: Row) => `${kind}:${key}`)).toEqual(['user:id-gus', 'membership:id-gus@beta'])
})

test('a limit in percent is of the scope', async () => {
  const rows = Array.from({ length: 40 }, (_, n) => member(`u${n}`, n < 30 ? 'acme' : 'beta'))
  const workos = await startWorkos()
  const project = peopleProject(workos, rows, { safety: { maxUpdates: '20%' } })
  await ran(project, 'apply', '--yes')
  project.csv(
    'users.csv',
    rows.map((row, n) => (n < 14 ? { ...row, first_name: 'Renamed' } : row)),
  )
  expect(await project.run(['plan'], { env })).toMatchObject({ exit: 0 })
  const acme = await project.run(['plan', '--only', 'organization:acme'], { env })
  expect(acme).toMatchObject({ exit: 5, stdout: expect.stringContaining('14 of 62 resources would be updated') })
  expect(await project.run(['plan', '--only', 'organization:beta'], { env })).toMatchObject({ exit: 0 })
})

test('an account that another user of the source claims first is left to that user, even out of scope', async () => {
  // Two users with one address, whom the manifest distinguishes.
  const rows = [person('ada', { external_id: 'a' }), person('ada', { external_id: 'b' })]
  const manifest = { dedupe: { user: { by: ['externalId'] } }, safety: { maxRejects: 5 } }
  const workos = await startWorkos()
  const project = peopleProject(workos, rows, manifest)
  const plan = await planned(project, '--only', 'user:b')
  expect(actionsIn(plan)).toEqual(['user:b blocked'])
  await project.run(['apply', '--yes', '--only', 'user:b'], { env })
  await project.run(['apply', '--yes'], { env })
  expect((await workos.snapshot()).users.map(({ external_id }) => external_id)).toEqual(['a'])
})

test('an account of a user out of scope is not taken by one in scope', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes')
  // Dan gives up his address to a new user; the pilot includes only the new one.
  const rows = [
    ...ROWS.slice(0, 5),
    person('dan', { email: 'dan@new.example' }),
    person('ivy', { email: 'dan@example.com' }),
  ]
  project.csv('users.csv', rows)
  const plan = await planned(project, '--only', 'user:id-ivy')
  expect(actionsIn(plan)).toEqual(['user:id-ivy blocked'])
  await ran(project, 'apply', '--yes')
  expect((await workos.snapshot()).users.map(({ external_id, email }) => `${external_id} ${email}`)).toContain(
    'id-ivy dan@example.com',
  )
})

test.each([
  ['organization:acmee', 'did you mean organization:acme?'],
  ['organization:nowhere', 'organization:acme, organization:beta, organization:gamma'],
  ['user:id-adda', 'did you mean user:id-ada?'],
  ['user:ada@example.com', 'to choose by address, write email:ada@example.com'],
  ['email:ada@exampel.com', 'did you mean email:ada@example.com?'],
  ['domain:acme.org', 'did you mean domain:acme.com?'],
  ['org:acme', 'did you mean organization:acme?'],
  ['ada@example.com', 'did you mean email:ada@example.com?'],
  ['plan.ndjson', 'to name a manifest, put it before --only'],
  ['user:', 'use user:* for all'],
  ['user: ', 'use user:* for all'],
  ['organization:acme,organization:beta', 'separate selectors with spaces: --only organization:acme organization:beta'],
  ['organization:a*, user:id-ada', "separate selectors with spaces: --only 'organization:a*' user:id-ada"],
])('the selector %s is rejected with the correct form', async (selector, hint) => {
  const workos = await startWorkos()
  const result = await peopleProject(workos, ROWS).run(['plan', '--only', selector], { env })
  expect(result, result.stdout).toMatchObject({ exit: 3, stderr: expect.stringContaining(hint) })
})

test.each(['0', '-1', '1.5', 'ten', ''])('a limit of %j is rejected', async (limit) => {
  const workos = await startWorkos()
  const result = await peopleProject(workos, ROWS).run(['plan', `--limit=${limit}`], { env })
  expect(result).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('A limit must be a whole number of users, 1 or more'),
  })
})

test('the manifest can set the pilot, and the command line replaces all of it', async () => {
  const project = peopleProject(await startWorkos(), ROWS, { pilot: { only: ['organization:beta'], limit: 1 } })
  expect((await planned(project)).scope).toMatchObject({ only: ['organization:beta'], limit: 1 })
  expect((await planned(project, '--only', 'user:id-dan')).scope).toMatchObject({ only: ['user:id-dan'], limit: null })
  expect((await planned(project, '--limit', '3')).scope).toMatchObject({ only: [], limit: 3 })
})

test.each([
  [{ only: ['acme'] }, '"acme" is not a selector'],
  [{ only: ['user:'] }, 'has nothing after the colon'],
  [{ only: [] }, 'pilot.only'],
  [{ limit: 0 }, 'pilot.limit'],
  [{}, 'pilot'],
  [{ users: 3 }, 'users'],
])('a pilot of %j in the manifest is rejected at its place', async (pilot, message) => {
  const project = peopleProject(await startWorkos(), ROWS)
  project.manifest(peopleManifest(await startWorkos(), { pilot }))
  const result = await project.run(['validate'], { env })
  expect(result.exit).toBe(3)
  expect(result.stdout + result.stderr).toContain(message)
  expect(result.stdout + result.stderr).toMatch(/migrate\.config\.yaml:\d+:\d+/)
})

test("--everybody removes the manifest's pilot for one run, also into a saved plan", async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { pilot: { only: ['organization:beta'], limit: 1 } })
  const plan = await planned(project, '--everybody')
  expect(plan.scope).toBeNull()
  expect(byKind(plan.summary.kinds).user).toMatchObject({ create: 4 })
  await ran(project, 'plan', '--everybody', '--out', 'plan.ndjson')
  await ran(project, 'apply', 'plan.ndjson')
  expect((await workos.snapshot()).users).toHaveLength(4)
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({
    exit: 8,
    stderr: expect.stringContaining('workos-migrate plan --everybody --out plan.ndjson'),
  })
  const limited = await project.run(['destroy', '--confirm', 'people'], { env })
  expect(limited).toMatchObject({ exit: 3, stderr: expect.stringContaining('--everybody') })
  await ran(project, 'destroy', '--confirm', 'people', '--everybody')
  expect((await workos.snapshot()).users).toEqual([])
})

test.each([
  [['plan', '--everybody', '--only', 'user:id-ada'], '--everybody includes all users, but --only includes only some'],
  [['verify', '--everybody', '--limit', '1'], '--everybody includes all users, but --limit includes only some'],
  [['apply', 'plan.ndjson', '--everybody'], 'a saved plan is applied as it is, but --everybody changes its scope'],
])('%j is rejected', async (args, message) => {
  const project = peopleProject(await startWorkos(), ROWS)
  await ran(project, 'plan', '--limit', '1', '--out', 'plan.ndjson')
  expect(await project.run(args, { env })).toMatchObject({ exit: 3, stderr: expect.stringContaining(message) })
})

test('events of a pilot show its scope', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  const scopes = async (...args: string[]) => {
    await project.run([...args, '--events', 'events.ndjson'], { env })
    return eventsOf(readFileSync(project.path('events.ndjson'), 'utf8'))
      .filter(({ type }) => type === 'change_summary' || type === 'verify_summary')
      .map(({ scope }) => scope)
  }
  const scope = { only: ['organization:acme'], limit: 1, rejected: 0, outOfScope: expect.arrayContaining([]) }
  const pilot = ['--only', 'organization:acme', '--limit', '1']
  expect(await scopes('plan', ...pilot)).toMatchObject([scope])
  expect(await scopes('apply', '--yes', ...pilot)).toMatchObject([scope])
  expect(await scopes('verify', ...pilot)).toMatchObject([scope])
  expect(await scopes('plan')).toEqual([undefined])
})

test('a saved plan has its scope, and is applied with it', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'plan', '--only', 'organization:acme', '--limit', '1', '--out', 'plan.ndjson')
  const header = JSON.parse(readFileSync(project.path('plan.ndjson'), 'utf8').split('\n')[0] ?? '')
  expect(header.scope).toEqual({ only: ['organization:acme'], limit: 1 })
  await ran(project, 'apply', 'plan.ndjson')
  expect((await workos.snapshot()).memberships.map(([name]) => name)).toEqual(['ada@example.com@@acme'])
  const stale = await project.run(['apply', 'plan.ndjson'], { env })
  expect(stale).toMatchObject({
    exit: 8,
    stderr: expect.stringContaining('workos-migrate plan --only organization:acme --limit 1 --out plan.ndjson'),
  })
})

test('a saved plan of everyone stays one of everyone, and a pilot in the manifest makes it out of date', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'plan', '--out', 'plan.ndjson')
  project.manifest(peopleManifest(workos, { pilot: { limit: 1 } }))
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 8 })
  project.manifest(peopleManifest(workos))
  await ran(project, 'apply', 'plan.ndjson')
  expect((await workos.snapshot()).users).toHaveLength(4)
})

test('a saved plan whose scope was changed is rejected', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'plan', '--limit', '1', '--out', 'plan.ndjson')
  const text = readFileSync(project.path('plan.ndjson'), 'utf8')
  const scope = '"scope":{"only":[],"limit":1}'
  expect(text).toContain(scope)
  for (const [other, exit] of [
    ['"scope":{"only":[],"limit":2}', 8],
    ['"scope":{"only":["everybody"],"limit":null}', 3],
    ['"scope":{"only":[],"limit":0}', 3],
    ['"scope":null', 3],
  ] as const) {
    project.write('plan.ndjson', text.replace(scope, other))
    expect(await project.run(['apply', 'plan.ndjson'], { env }), other).toMatchObject({ exit })
  }
  expect(writes(workos.takeLog())).toEqual([])
})

test.each([
  ['--only', 'organization:beta'],
  ['--limit', '3'],
])('%s %s together with a saved plan is rejected', async (...scope) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'plan', '--limit', '1', '--out', 'plan.ndjson')
  const result = await project.run(['apply', 'plan.ndjson', ...scope], { env })
  expect(result).toMatchObject({ exit: 3, stderr: expect.stringContaining('a saved plan is applied as it is') })
  expect(writes(workos.takeLog())).toEqual([])
})

test('apply reports that a pilot is done, not that everything is', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  const { stdout } = await ran(project, 'apply', '--yes', '--only', 'organization:acme', '--limit', '1')
  expect(stdout).toContain('Done: the pilot (organization:acme; the first user) is in WorkOS.')
})

async function verified(project: ReturnType<typeof peopleProject>, ...args: string[]) {
  const result = await project.run(['verify', '--json', '--full', ...args], { env })
  return { exit: result.exit, ...JSON.parse(result.stdout) }
}

test('verify compares only the scope', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes', '--only', 'organization:acme')
  expect(await verified(project, '--strict')).toMatchObject({ exit: 7, outcome: 'lost' })
  const scope = await verified(project, '--only', 'organization:acme', '--strict')
  expect(scope).toMatchObject({ exit: 0, outcome: 'verified', scope: { only: ['organization:acme'] } })
  expect(byKind(scope.kinds)).toMatchObject({
    user: { desired: 2, verified: 2 },
    membership: { desired: 2, verified: 2 },
  })
  // Ada's membership of beta is missing: it belongs to her.
  expect(await verified(project, '--limit', '1')).toMatchObject({ exit: 7, outcome: 'lost' })
  const text = await project.run(['verify', '--only', 'organization:acme'], { env })
  expect(text.stdout).toContain('Pilot  organization:acme\n')
})

test('verify with a scope reports extra resources within it, and nothing outside', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes')
  project.csv('users.csv', [ROWS[0] ?? {}, ROWS[3] ?? {}, ROWS[5] ?? {}])
  const extra = (report: { findings: Row[] }) =>
    report.findings.filter(({ type }) => type === 'extra').map(({ kind, key }) => `${kind}:${key}`)
  expect(extra(await verified(project, '--only', 'organization:acme'))).toEqual(['membership:id-bea@acme'])
  expect(extra(await verified(project, '--only', 'user:id-ada'))).toEqual(['membership:id-ada@beta'])
  expect(extra(await verified(project, '--only', 'user:id-dan'))).toEqual([])
})

async function destroyed(workos: Workos, project: ReturnType<typeof peopleProject>, ...only: string[]) {
  const result = await project.run(['destroy', '--confirm', 'people', '--only', ...only], { env })
  expect(result.exit, result.stderr).toBe(0)
  const { users, organizations, memberships } = await workos.snapshot()
  return {
    stdout: result.stdout,
    users: users.map(({ external_id }) => external_id),
    organizations: organizations.map(({ external_id }) => external_id),
    memberships: memberships.map(([name]) => name),
  }
}

test.each([
  ['organization:acme'],
  ['user:id-ada'],
  ['organization:acme user:id-cleo'],
  ['domain:acme.com'],
])('destroy --only %s undoes a pilot of the same', async (selectors) => {
  const only = selectors.split(' ')
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes', '--only', ...only)
  expect(await destroyed(workos, project, ...only)).toMatchObject({ users: [], organizations: [], memberships: [] })
})

test('destroy with a scope spares others, and users who belong to others too stay and are listed', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes')
  const left = await destroyed(workos, project, 'organization:acme')
  expect(left.users).toEqual(['id-ada', 'id-cleo', 'id-dan'])
  expect(left.organizations.sort()).toEqual(['beta', 'gamma'])
  expect(left.memberships).toEqual(['ada@example.com@@beta', 'cleo@example.com@@beta', 'cleo@example.com@@gamma'])
  expect(left.stdout).toContain('user:id-ada  it has membership:id-ada@beta outside the scope')
  // The next apply restores everything.
  await ran(project, 'apply', '--yes')
  expect(contents(await workos.snapshot())).toEqual(await appliedAtOnce(ROWS, {}))
})

test('destroy of a user keeps organizations that others are in', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes')
  const left = await destroyed(workos, project, 'user:id-cleo')
  expect(left.users).toEqual(['id-ada', 'id-bea', 'id-dan'])
  expect(left.organizations.sort()).toEqual(['acme', 'beta'])
  expect(left.stdout).toContain('organization:beta  it has membership:id-ada@beta outside the scope')
})

test('destroy with a scope never deletes users that the state adopted', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/user_management/users', { email: 'bea@acme.com', email_verified: true })
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes', '--only', 'organization:acme')
  const left = await destroyed(workos, project, 'organization:acme')
  expect(left).toMatchObject({ users: ['id-bea'], organizations: ['acme'], memberships: ['bea@acme.com@@acme'] })
})

test('destroy rejects a selector that matches nothing in the state, and a limit', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await ran(project, 'apply', '--yes', '--only', 'organization:acme')
  const args = ['destroy', '--confirm', 'people']
  const beta = await project.run([...args, '--only', 'organization:beta'], { env })
  expect(beta).toMatchObject({ exit: 3, stderr: expect.stringContaining('matches nothing in the state') })
  expect(await project.run([...args, '--limit', '1'], { env })).toMatchObject({ exit: 3 })
  project.manifest(peopleManifest(workos, { pilot: { limit: 1 } }))
  const limited = await project.run(args, { env })
  expect(limited).toMatchObject({ exit: 3, stderr: expect.stringContaining('pilot.limit') })
  project.manifest(peopleManifest(workos, { pilot: { only: ['user:id-bea'] } }))
  expect((await ran(project, ...args)).stdout).toContain('Pilot  user:id-bea')
  expect((await workos.snapshot()).users.map(({ external_id }) => external_id)).toEqual(['id-ada'])
})

test('a user with a rejected record has not left the source, whatever address the record has by now', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { prune: ['user'], safety: { maxDeletes: '100%', maxRejects: 9 } })
  await ran(project, 'apply', '--yes')
  // Bea's address in WorkOS is in the domain; her rejected record has another address.
  const bea = { ...ROWS[2], email: 'bea@example.com', email_verified: 'perhaps' }
  project.csv('users.csv', [...ROWS.slice(0, 2), bea, ...ROWS.slice(3), person('eve', { email: 'eve@acme.com' })])
  const plan = await planned(project, '--only', 'domain:acme.com')
  expect(plan.scope.rejected).toBeGreaterThan(0)
  expect(actionsIn(plan)).toEqual(['user:id-eve create'])
  expect(byKind(plan.summary.kinds).user).toMatchObject({ orphaned: 0, delete: 0 })
})
