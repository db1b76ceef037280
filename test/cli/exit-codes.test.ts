import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ExitCode } from '../../src/diagnostics/errors.ts'
import type { Project } from '../e2e/cli.ts'
import { member, peopleProject, person, type Row } from '../e2e/people.ts'
import { KEY, startWorkos, type Workos, writes } from '../e2e/workos.ts'

const env = { KEY }
const REJECTED = person('bad', { email: 'no address' })
/** A user whose account is in WorkOS, which adopt.mode never blocks. */
const BLOCKED = { adopt: { mode: 'never' }, safety: { maxRejects: 10 } }
const NULLS: Row[] = [person('ada', { last_name: 'NULL' }), person('bea', { last_name: 'NULL' }), person('cleo')]
const ACCEPTED = { warnings: { accept: ['written_null'] } }
const ALLOWED = { safety: { maxRejects: 10 } }

type Command = 'plan' | 'apply' | 'verify'
type Codes = Partial<Record<Command | `${Command} --strict`, number>>

interface Case {
  rows: readonly Row[]
  manifest?: object
  before?: (workos: Workos) => Promise<unknown>
  codes: Codes
}

const CASES: Record<string, Case> = {
  'everything is fine': {
    rows: [person('ada')],
    codes: { plan: 0, 'plan --strict': 0, apply: 0, 'apply --strict': 0, verify: 0, 'verify --strict': 0 },
  },
  'something is rejected within maxRejects': {
    rows: [person('ada'), REJECTED],
    manifest: ALLOWED,
    codes: { plan: 0, 'plan --strict': 7, apply: 0, 'apply --strict': 7, verify: 0, 'verify --strict': 7 },
  },
  'something is rejected above maxRejects': {
    rows: [person('ada'), REJECTED],
    codes: { plan: 5, 'plan --strict': 5, apply: 5, 'apply --strict': 5 },
  },
  'something is blocked within maxRejects': {
    rows: [person('ada'), member('bea', 'acme')],
    manifest: BLOCKED,
    before: (workos) => workos.call('POST', '/user_management/users', { email: 'bea@example.com' }),
    codes: { plan: 0, 'plan --strict': 7, apply: 0, 'apply --strict': 7 },
  },
  'something is blocked above maxRejects': {
    rows: [person('ada'), member('bea', 'acme')],
    manifest: { adopt: { mode: 'never' } },
    before: (workos) => workos.call('POST', '/user_management/users', { email: 'bea@example.com' }),
    codes: { plan: 5, 'plan --strict': 5, apply: 5, 'apply --strict': 5 },
  },
  'there is a warning': {
    rows: NULLS,
    codes: { plan: 0, 'plan --strict': 7, apply: 0, verify: 0, 'verify --strict': 7 },
  },
  'there is a warning with --strict': { rows: NULLS, codes: { 'apply --strict': 7 } },
  'the warning is accepted': {
    rows: NULLS,
    manifest: ACCEPTED,
    codes: { plan: 0, 'plan --strict': 0, apply: 0, 'apply --strict': 0, verify: 0, 'verify --strict': 0 },
  },
  'another warning is accepted': {
    rows: NULLS,
    manifest: { warnings: { accept: ['everybody_verified'] } },
    codes: { 'plan --strict': 7, 'apply --strict': 7, 'verify --strict': 7 },
  },
}

async function projectOf({ rows, manifest = {}, before }: Case): Promise<{ workos: Workos; project: Project }> {
  const workos = await startWorkos()
  await before?.(workos)
  return { workos, project: peopleProject(workos, rows, manifest) }
}

const rows = Object.entries(CASES).flatMap(([name, one]) =>
  Object.entries(one.codes).map(([line, code]) => [name, line, code, one] as const),
)

test.each(rows)('if %s, %s ends with %i', async (_name, line, code, one) => {
  const { project } = await projectOf(one)
  const [command = '', ...options] = line.split(' ')
  if (command === 'verify') await project.run(['apply', '--yes'], { env })
  const { exit, stdout, stderr } = await project.run([command, ...options, ...(command === 'apply' ? ['--yes'] : [])], {
    env,
  })
  if (command === 'verify' && code === 7) expect([exit, stdout]).toEqual([7, expect.any(String)])
  else expect(exit, stdout + stderr).toBe(code)
})

describe('apply --strict', () => {
  test('writes nothing if there is a warning, and shows how to accept it', async () => {
    const { workos, project } = await projectOf({ rows: NULLS, codes: {} })
    const applied = await project.run(['apply', '--yes', '--strict'], { env })
    expect(applied.exit).toBe(7)
    expect(applied.stderr).toContain('--strict stopped the run before it applied anything: ')
    expect(applied.stderr).toContain('add written_null to warnings.accept')
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('of a saved plan writes nothing either', async () => {
    const { workos, project } = await projectOf({ rows: NULLS, codes: {} })
    expect((await project.run(['plan', '--out', 'plan.ndjson'], { env })).exit).toBe(0)
    expect((await project.run(['apply', 'plan.ndjson', '--strict'], { env })).exit).toBe(7)
    expect(writes(workos.takeLog())).toEqual([])
    expect((await project.run(['apply', 'plan.ndjson'], { env })).exit).toBe(0)
  })

  test('applies everything else if something is rejected', async () => {
    const { workos, project } = await projectOf({ rows: [person('ada'), REJECTED], manifest: ALLOWED, codes: {} })
    const applied = await project.run(['apply', '--yes', '--strict'], { env })
    expect(applied).toMatchObject({
      exit: 7,
      stdout: expect.stringContaining('Done, except for the 1 rejected record'),
    })
    expect((await workos.snapshot()).users).toHaveLength(1)
  })
})

test.each([[[]], [['--strict']]])('a failure ends with 7, even with accepted rejects: apply %j', async (options) => {
  const workos = await startWorkos({
    interceptor: {
      before({ request, response, text }) {
        if (request.method === 'GET' || !text.includes('bea@example.com')) return false
        response.writeHead(400, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ code: 'user_creation_error', message: 'Could not create user.' }))
        return true
      },
    },
  })
  const project = peopleProject(workos, [person('ada'), person('bea'), REJECTED], ALLOWED)
  const applied = await project.run(['apply', '--yes', ...options], { env })
  expect(applied).toMatchObject({ exit: 7, stdout: expect.stringContaining('1 failed and 0 blocked') })
})

test('blocked resources within maxRejects are listed, and the run is complete', async () => {
  const one = CASES['something is blocked within maxRejects']
  const { project } = await projectOf(one ?? { rows: [], codes: {} })
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  const report = JSON.parse(applied.stdout)
  expect(report.outcome).toBe('completed')
  expect(report.failures.map(({ outcome }: { outcome: string }) => outcome)).toContain('blocked')
})

test('a safety check comes before --strict, and --strict before --detailed-exitcode', async () => {
  const refused = await projectOf({ rows: [person('ada'), REJECTED], codes: {} })
  expect((await refused.project.run(['plan', '--strict', '--detailed-exitcode'], { env })).exit).toBe(5)
  const odd = await projectOf({ rows: NULLS, codes: {} })
  expect((await odd.project.run(['plan', '--strict', '--detailed-exitcode'], { env })).exit).toBe(7)
  expect((await odd.project.run(['plan', '--detailed-exitcode'], { env })).exit).toBe(2)
})

test('the docs list every exit code', () => {
  const page = readFileSync(new URL('../../docs/reference/exit-codes.md', import.meta.url), 'utf8')
  const named = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
  expect(named).toEqual(Object.values(ExitCode))
})

test('an accepted warning is marked, and not on standard error', async () => {
  const { project } = await projectOf({ rows: NULLS, manifest: ACCEPTED, codes: {} })
  const text = await project.run(['plan'], { env })
  expect(text.stdout).toMatch(/^ {2}· accepted: .*\[written_null\]$/m)
  expect(text.stderr).not.toContain('written_null')
  const json = await project.run(['plan', '--json'], { env })
  expect(JSON.parse(json.stdout).summary.warnings).toMatchObject([{ code: 'written_null', accepted: true }])
  const markdown = await project.run(['plan', '--format', 'markdown'], { env })
  expect(markdown.stdout).toContain('> [!NOTE]\n> - **Accepted**: ')
  expect(markdown.stdout).not.toContain('**Warning**')
})
