import { expect, test } from 'vitest'
import type { Exchange, Interceptor } from '../../src/sandbox/server.ts'
import { byKind } from './kinds.ts'
import { member, peopleProject, person } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }

/** Rejects every write whose body contains one of these texts. */
function refusing(refused: Set<string>): Interceptor {
  return {
    before({ request, response, text }: Exchange) {
      if (request.method === 'GET' || ![...refused].some((word) => text.includes(word))) return false
      response.writeHead(400, { 'content-type': 'application/json' })
      const errors = [{ code: 'invalid_email', message: 'The email address is not valid.' }]
      response.end(JSON.stringify({ code: 'user_creation_error', message: 'Could not create user.', errors }))
      return true
    },
  }
}

const ROWS = [
  member('ada', 'acme'),
  member('bea', 'acme'),
  member('bea', 'bolt'),
  member('cleo', 'bolt'),
  person('dora'),
]

test('a rejected user fails alone: its memberships are blocked and listed, and the next apply retries only those', async () => {
  const refused = new Set(['bea@example.com'])
  const workos = await startWorkos({ interceptor: refusing(refused) })
  const project = peopleProject(workos, ROWS)
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(7)
  expect(applied.stdout).toMatch(
    /failed: user_creation_error, invalid_email \(1\)\n.*correct the email address.*\n.*user:id-bea {2}bea@example\.com \(\.\/users\.csv:3\): .*not valid/,
  )
  expect(applied.stdout).toContain('blocked: dependency_blocked (2)')
  for (const organization of ['acme', 'bolt']) {
    expect(applied.stdout).toMatch(
      new RegExp(`✗ membership:id-bea@${organization} .*its user user:id-bea does not exist`),
    )
  }
  const live = await workos.snapshot()
  expect(live.users).toHaveLength(3)
  expect(live.memberships).toHaveLength(2)

  const planned = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(planned.actions.map(({ key }: { key: string }) => key)).toEqual(['id-bea', 'id-bea@acme', 'id-bea@bolt'])

  refused.clear()
  workos.takeLog()
  const second = await project.run(['apply', '--yes', '--json'], { env })
  expect(second.exit, second.stderr).toBe(0)
  expect(JSON.parse(second.stdout).failures).toEqual([])
  expect(writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)).toEqual([
    'POST /user_management/users',
    'POST /user_management/organization_memberships',
    'POST /user_management/organization_memberships',
  ])
  expect((await workos.snapshot()).memberships).toHaveLength(4)
})

test('a rejected organization blocks only its memberships', async () => {
  const workos = await startWorkos({ interceptor: refusing(new Set(['BOLT'])) })
  const project = peopleProject(workos, ROWS)
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit).toBe(7)
  const report = JSON.parse(applied.stdout)
  expect(byKind(report.kinds)).toMatchObject({
    role: { created: 1 },
    organization: { created: 1, failed: 1 },
    user: { created: 4, failed: 0 },
    membership: { created: 2, failed: 0, blocked: 2 },
  })
  expect(report.failures).toMatchObject([
    { kind: 'membership', key: 'id-bea@bolt', outcome: 'blocked', origin: './users.csv:4' },
    { kind: 'membership', key: 'id-cleo@bolt', outcome: 'blocked', origin: './users.csv:5' },
    { kind: 'organization', key: 'bolt', outcome: 'failed' },
  ])
})

test('a rejected role blocks the memberships that need it', async () => {
  const workos = await startWorkos({ interceptor: refusing(new Set(['"slug":"admin"'])) })
  const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'admin' }), member('bea', 'acme')])
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout).toBe(7)
  expect(applied.stdout).toContain(
    'membership:id-ada@acme  ada@example.com (./users.csv:2): the role admin that it requires does not exist',
  )
  expect((await workos.snapshot()).memberships.map(([name]) => name)).toEqual(['bea@example.com@@acme'])
})

test('more failures than safety.maxFailures stop the run', async () => {
  const workos = await startWorkos({ interceptor: refusing(new Set(['@example.com'])) })
  const rows = Array.from({ length: 200 }, (_, n) => person(`user${n}`))
  const project = peopleProject(workos, rows, {
    run: { concurrency: 1, limits: { writes: '1000000/10s', reads: '1000000/10s', requests: '1000000/10s' } },
    safety: { maxFailures: 7 },
  })
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit).toBe(5)
  const report = JSON.parse(applied.stdout)
  expect(byKind(report.kinds)).toMatchObject({ user: { failed: 8, pending: 192 } })
  expect(report.stopped.message).toContain('safety.maxFailures allows 7')
  const shown = await project.run(['state', 'show', '--json'])
  expect(JSON.parse(shown.stdout).runs).toMatchObject([{ outcome: 'stopped', counts: { failed: 8 } }])
})

test('an unknown role blocks at plan time, is counted, and safety.maxRejects stops the apply', async () => {
  const workos = await startWorkos()
  const rows = ['ada', 'bea', 'cleo'].map((name, n) =>
    member(name, 'acme', { role_slugs: n < 2 ? 'auditor' : 'admin' }),
  )
  const project = peopleProject(workos, rows)
  const planned = await project.run(['plan'], { env })
  expect(planned.exit, planned.stdout).toBe(5)
  expect(planned.stdout).toContain('the role auditor is neither declared in the manifest nor found in WorkOS')
  const { summary } = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(byKind(summary.kinds)).toMatchObject({ membership: { create: 1, blocked: 2 } })
  expect(summary.refusals).toMatchObject([{ guard: 'maxRejects', figure: 2 }])
  workos.takeLog()
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit).toBe(5)
  expect(applied.stderr).toContain('safety.maxRejects allows 0')
  expect(writes(workos.takeLog())).toEqual([])

  await workos.call('POST', '/authorization/roles', { slug: 'auditor', name: 'Auditor' })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).memberships.map(([, roles]) => roles)).toEqual([['auditor'], ['auditor'], ['admin']])
})

test('rejected records beyond safety.maxRejects stop the apply; if allowed, they are left out and listed', async () => {
  const workos = await startWorkos()
  const rows = [member('ada', 'acme'), { ...member('bea', 'acme'), email: 'no address' }]
  const project = peopleProject(workos, rows)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 5 })
  expect(writes(workos.takeLog())).toEqual([])
  const lenient = peopleProject(workos, rows, { safety: { maxRejects: 2 } })
  const applied = await lenient.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(applied.stdout).toContain('./users.csv:3')
  expect((await workos.snapshot()).users).toHaveLength(1)
})

test('limits on creates and updates show the number they reject', async () => {
  const workos = await startWorkos()
  const rows = Array.from({ length: 30 }, (_, n) => person(`user${n}`))
  const guarded = { roles: {}, safety: { maxUpdates: '20%', maxCreates: 30 } }
  const project = peopleProject(workos, rows, guarded)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  workos.takeLog()
  project.csv(
    'users.csv',
    rows.map((row, n) => (n < 7 ? { ...row, first_name: 'Changed' } : row)),
  )
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied).toMatchObject({ exit: 5, stderr: expect.stringContaining('7 of 30 resources would be updated') })
  expect(writes(workos.takeLog())).toEqual([])
  const small = peopleProject(workos, [...rows, person('more')], { safety: { maxCreates: 0 } })
  expect(await small.run(['plan'], { env })).toMatchObject({ exit: 5 })
})
