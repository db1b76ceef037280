import { describe, expect, test } from 'vitest'
import { member, peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { swiftClock } from '../simulated-clock.ts'

const env = { KEY }
const ROWS = [member('ada', 'acme'), member('bea', 'acme'), person('cleo')]
/** Fast enough that every phase is reported. */
const run = { env, pace: { ...swiftClock, now: () => swiftClock.now() * 1_000 } }

describe('--quiet', () => {
  test('keeps standard error empty, and prints results', async () => {
    const project = peopleProject(await startWorkos(), ROWS)
    for (const args of [
      ['plan', '--out', 'plan.ndjson', '--merges', 'merges.json'],
      ['export', '--out', 'snapshot'],
      ['apply', '--yes'],
      ['verify'],
      ['inspect'],
      ['explain', 'user:id-ada'],
      ['destroy', '--confirm', 'people'],
    ]) {
      const loud = args[0] === 'plan' ? await project.run(args, run) : undefined
      if (loud) expect(loud.stderr).toContain('Saved to plan.ndjson')
      const { exit, stdout, stderr } = await project.run([...args, '--quiet'], run)
      expect(exit, stderr).toBe(0)
      expect(stderr).toBe('')
      expect(stdout.length).toBeGreaterThan(50)
    }
  })

  test('keeps warnings and errors', async () => {
    const project = peopleProject(await startWorkos(), [person('ada', { first_name: 'NULL' })])
    const planned = await project.run(['plan', '--quiet', '--json'], run)
    expect(planned.stderr).toContain('[written_null]')
    expect(planned.stderr).toMatch(/^\S+ warning: /)
    project.manifest({ version: 1, surplus: true })
    const failed = await project.run(['plan', '--quiet'], run)
    expect(failed.exit).toBe(3)
    expect(failed.stderr).toContain('[unknown_key]')
  })

  test('keeps questions', async () => {
    const project = peopleProject(await startWorkos(), ROWS)
    const { stderr } = await project.run(['apply', '--quiet'], { env, typed: 'no\n' })
    expect(stderr).toContain('Apply this plan?')
    expect(stderr).not.toContain('Nothing was applied')
  })

  test('hides what an interrupted run left', async () => {
    const project = peopleProject(await startWorkos(), ROWS)
    await project.run(['apply', '--yes'], { env, interrupted: AbortSignal.timeout(1) })
    const { stderr } = await project.run(['apply', '--yes', '--quiet'], run)
    expect(stderr).toBe('')
  })
})

describe('--verbose', () => {
  test('reports each phase with its time, and counts requests by window', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    const { exit, stderr } = await project.run(['apply', '--yes', '--verbose'], { env })
    expect(exit, stderr).toBe(0)
    const lines = stderr.split('\n')
    for (const line of [
      /^reading the source: 3 records in [\d.]+ s$/,
      /^merging duplicates: [\d.]+ s$/,
      /^comparing users: [\d.]+ s$/,
      /^applying: 7 in [\d.]+ s$/,
    ]) {
      expect(lines).toContainEqual(expect.stringMatching(line))
    }
    const under = (method: RegExp) =>
      workos.log.filter(({ method: m, path }) => method.test(m) && path.startsWith('/user_management/')).length
    const writes = under(/POST|PUT/)
    const reads = under(/GET/)
    const others = workos.log.length - writes - reads
    expect(stderr).toContain(
      `requests to WorkOS: ${writes} writes and ${reads} reads under /user_management, 0 organization deletions, ${others} others, 0 rate-limited (429), 0 retried\n`,
    )
  })

  test('reports waits and failed requests, without their content', async () => {
    let refusals = 0
    const workos = await startWorkos({
      interceptor: {
        before({ request, response, text }) {
          if (request.method !== 'POST' || !text.includes('cleo@example.com') || refusals++ > 1) return false
          if (refusals === 1) response.writeHead(503).end()
          else response.writeHead(429, { 'retry-after': '2' }).end('{}')
          return true
        },
      },
    })
    const project = peopleProject(workos, [person('cleo', { password: 'secret-of-cleo' })])
    const { exit, stderr } = await project.run(['apply', '--yes', '--verbose'], { env })
    expect(exit, stderr).toBe(0)
    expect(stderr).toMatch(/^POST \/user_management\/users: HTTP 503 \(attempt 1\)$/m)
    expect(stderr).toMatch(/^POST \/user_management\/users: HTTP 429 \(attempt 1\)$/m)
    expect(stderr).toMatch(/^waiting for the rate limit of WorkOS, [\d.]+ s \(Retry-After\)$/m)
    expect(stderr).not.toMatch(/secret-of-cleo|cleo@example\.com|sk_test/)
  })

  test('reports on the source too', async () => {
    const project = peopleProject(await startWorkos(), ROWS)
    for (const args of [['export', '--out', 'snapshot'], ['verify'], ['inspect']]) {
      const { stderr } = await project.run([...args, '--verbose'], { env })
      expect(stderr).toMatch(/^reading the source: 3 records in [\d.]+ s$/m)
    }
  })
})

test.each([
  'plan',
  'apply',
  'verify',
  'destroy',
  'export',
  'inspect',
  'handoff',
])('%s is quiet or verbose, not both', async (command) => {
  const project = peopleProject(await startWorkos(), ROWS)
  const more: Record<string, string[]> = { handoff: ['--out', 'folder'], explain: ['user:id-ada'] }
  const out = more[command] ?? []
  const { exit, stdout, stderr } = await project.run([command, ...out, '--quiet', '--verbose'], { env })
  expect(exit).toBe(3)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/'-[qv], --(quiet|verbose)' cannot be used with option '-[qv], --(quiet|verbose)'/)
})
