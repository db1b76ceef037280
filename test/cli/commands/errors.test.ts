import { expect, test } from 'vitest'
import type { Exchange, Interceptor } from '../../../src/sandbox/server.ts'
import { member, peopleProject, person } from '../../e2e/people.ts'
import { KEY, startWorkos, writes } from '../../e2e/workos.ts'

const env = { KEY }

/** Rejects writes that contain one of these texts, with its response. */
function refusing(refused: Map<string, { status: number; body: object }>): Interceptor {
  return {
    before({ request, response, text }: Exchange) {
      const answer = [...refused].find(([word]) => text.includes(word))?.[1]
      if (request.method === 'GET' || answer === undefined) return false
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer.body))
      return true
    },
  }
}

const WEAK = {
  status: 400,
  body: {
    code: 'user_creation_error',
    message: 'Could not create user.',
    errors: [{ code: 'invalid_email', message: 'No such domain.' }],
  },
}
const STRANGE = { status: 418, body: { code: 'never_heard_of', message: 'strange \u001b[2J things' } }

const ROWS = [
  member('ada', 'acme'),
  member('bea', 'acme'),
  member('bea', 'bolt'),
  member('cleo', 'cost'),
  person('dora'),
  person('nobody', { email: 'nonsense' }),
  person('noone', { email: '' }),
]
const manifest = { safety: { maxRejects: 5, maxFailures: 100 } }

async function failedRun() {
  const refused = new Map([
    ['bea@example.com', WEAK],
    ['COST', STRANGE],
  ])
  const workos = await startWorkos({ interceptor: refusing(refused) })
  const project = peopleProject(workos, ROWS, manifest)
  const { exit, stderr } = await project.run(['apply', '--yes'], { env })
  expect(exit, stderr).toBe(7)
  return { workos, project, refused }
}

test('failures, what they block, and rejects are grouped by cause, with a remedy and whether applying again helps', async () => {
  const { project } = await failedRun()
  const { exit, stdout } = await project.run(['errors', '--json'])
  expect(exit).toBe(0)
  const { run, causes } = JSON.parse(stdout)
  expect(run).toMatchObject({ run: 1, command: 'apply', outcome: 'incomplete' })
  const shown = causes.map((cause: Record<string, unknown>) => [cause.outcome, cause.code, cause.count, cause.reapply])
  expect(shown).toEqual([
    ['failed', 'never_heard_of', 1, 'after-remedy'],
    ['failed', 'user_creation_error, invalid_email', 1, 'after-remedy'],
    ['blocked', 'dependency_blocked', 3, 'with-cause'],
    ['rejected', 'invalid_email', 1, 'after-remedy'],
    ['rejected', 'email_missing', 1, 'after-remedy'],
  ])
  expect(causes[1].help).toContain('correct the email address')
  expect(causes[1].examples).toMatchObject([{ address: 'user:id-bea', origin: './users.csv:3' }])
  expect(causes[3].examples).toMatchObject([{ address: 'user:id-nobody', field: 'email', origin: './users.csv:7' }])
})

test('text cannot control the terminal, and every record has its place', async () => {
  const { project } = await failedRun()
  const { stdout } = await project.run(['errors'])
  expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  expect(stdout).toMatch(/^Run 1 {2}apply, \d{4}-.*: incomplete\n2 failed, 3 blocked, 2 records rejected: 5 causes\n/)
  expect(stdout).toContain('✗ organization:cost (./users.csv:5): strange \\x1b[2J things')
  expect(stdout).toContain('Then apply again.')
  expect(stdout).toContain('Apply again to retry what failed or was blocked. Nothing else is written.')
})

test('as NDJSON every record is a line with its remedy', async () => {
  const { project } = await failedRun()
  const { stdout } = await project.run(['errors', '--ndjson'])
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ outcome, address }) => `${outcome} ${address}`)).toEqual([
    'blocked membership:id-bea@acme',
    'blocked membership:id-bea@bolt',
    'blocked membership:id-cleo@cost',
    'failed organization:cost',
    'failed user:id-bea',
    'rejected user:id-nobody',
    'rejected user:id-noone',
  ])
  for (const line of lines) expect(line).toMatchObject({ reapply: expect.any(String), help: expect.any(String) })
})

test('applying again retries only what failed or was blocked', async () => {
  const { workos, project, refused } = await failedRun()
  refused.delete('bea@example.com')
  workos.takeLog()
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(7)
  expect(writes(workos.takeLog()).map(({ status, route }) => `${status} ${route}`)).toEqual([
    '418 /organizations',
    '201 /user_management/users',
    '201 /user_management/organization_memberships',
    '201 /user_management/organization_memberships',
  ])
  const second = JSON.parse((await project.run(['errors', '--json'])).stdout)
  expect(second.run.run).toBe(2)
  expect(second.causes.map(({ code, count }: { code: string; count: number }) => [code, count])).toEqual([
    ['never_heard_of', 1],
    ['dependency_blocked', 1],
    ['invalid_email', 1],
    ['email_missing', 1],
  ])

  refused.clear()
  workos.takeLog()
  project.csv('users.csv', ROWS.slice(0, 5))
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(writes(workos.takeLog())).toHaveLength(2)
  const { stdout } = await project.run(['errors'])
  expect(stdout).toContain('Nothing failed, and nothing was blocked or rejected.')
  expect((await project.run(['errors', '--run', '1'])).stdout).toContain('2 failed, 3 blocked')
})

test('five records of each cause are shown, and all with --full', async () => {
  const workos = await startWorkos()
  const rows = Array.from({ length: 12 }, (_, n) => person(`p${n}`, { email: `nonsense ${n}` }))
  const project = peopleProject(workos, rows, { safety: { maxRejects: 12 } })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const { stdout } = await project.run(['errors'])
  expect(stdout).toContain('rejected: invalid_email (12)')
  expect(stdout.match(/✗/g)).toHaveLength(5)
  expect(stdout).toContain('… 7 more')
  expect((await project.run(['errors', '--full'])).stdout.match(/✗/g)).toHaveLength(12)
})

test('an unknown run, and a project without runs, are errors with hints', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, manifest)
  const none = await project.run(['errors'])
  expect([none.exit, none.stderr]).toEqual([3, expect.stringContaining('no_state')])
  await project.run(['apply', '--yes'], { env })
  const missing = await project.run(['errors', '--run', '9'])
  expect([missing.exit, missing.stderr]).toEqual([3, expect.stringContaining('run 9 does not exist')])
  const bad = await project.run(['errors', '--run', 'last'])
  expect([bad.exit, bad.stderr]).toEqual([3, expect.stringContaining('whole number')])
})
