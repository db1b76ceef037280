import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { environmentSort, keySort, whereOf } from '../../src/planning/binding.ts'
import { describeWhere } from '../../src/reporting/heading-text.ts'
import type { Project } from '../e2e/cli.ts'
import { peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos, type Workos, writes } from '../e2e/workos.ts'

const LIVE = 'sk_live_9Zq7v3rWcanary'
const ENVIRONMENTS = { staging: {}, production: {}, 'eu-prod': {}, 'pre-prod': {}, acme: {} }

test.each([
  [{ environment: 'production', key: 'live' as const }, 'acme · production → api.workos.com · live key · new state'],
  [{ environment: undefined, key: null }, 'acme → api.workos.com · new state'],
  [
    { environment: null, key: 'test' as const, state: { lineage: '3f2a9cde-1111', serial: 12 } },
    'acme → api.workos.com · test key · state 3f2a9c… #12',
  ],
  [
    { environment: 'dev', key: null, target: { type: 'sandbox', baseUrl: 'sandbox:/home/ada/sandbox.sqlite' } },
    'acme · dev → sandbox · new state',
  ],
  [
    { environment: null, key: null, target: { type: 'workos', baseUrl: 'http://127.0.0.1:4100' } },
    'acme → 127.0.0.1:4100 · new state',
  ],
  [{ environment: 'a\u202eb', key: null }, 'acme · a\\u{202e}b → api.workos.com · new state'],
])('%o is one line', (more, line) => {
  const plain = { name: 'acme', target: { type: 'workos', baseUrl: 'https://api.workos.com' } }
  expect(describeWhere(whereOf({ ...plain, state: { lineage: null, serial: 0 }, ...more }))).toBe(line)
})

test.each([
  ['workos', 'sk_live_abc', 'live'],
  ['workos', 'sk_test_abc', 'test'],
  ['workos', 'sk_abc', null],
  ['workos', 'key_live_abc', null],
  ['workos', 'SK_LIVE_abc', null],
  ['sandbox', 'sk_live_abc', null],
] as const)('a key of %s that is %s has the type %s', (type, apiKey, sort) => {
  expect(keySort({ type, apiKey })).toBe(sort)
})

test.each([
  ['staging', 'trial'],
  ['eu-staging', 'trial'],
  ['Dev.2', 'trial'],
  ['qa_1', 'trial'],
  ['stagingEu', 'trial'],
  ['pre-prod', 'trial'],
  ['non_production', 'trial'],
  ['preprod', 'trial'],
  ['production', 'production'],
  ['eu-prod', 'production'],
  ['LIVE', 'production'],
  ['acme', undefined],
  ['latest', undefined],
  ['product', undefined],
  ['devices', undefined],
  ['test-production', undefined],
] as const)('the environment %s counts as %s', (name, sort) => {
  expect(environmentSort(name)).toBe(sort)
})

describe('every command shows where it works', () => {
  const project = (workos: Workos): Project =>
    peopleProject(workos, [person('ada')], { name: 'acme', environments: ENVIRONMENTS })

  test('plan, apply, a saved plan, verify and destroy, as text, JSON and Markdown', async () => {
    const workos = await startWorkos()
    const people = project(workos)
    const env = { KEY }
    const { host } = new URL(workos.url)
    const fresh = `acme · staging → ${host} · test key · new state`
    const where = { name: 'acme', environment: 'staging', host, key: 'test', state: { lineage: null, serial: 0 } }

    expect((await people.run(['plan', '-e', 'staging'], { env })).stdout.split('\n')[0]).toBe(fresh)
    const json = await people.run(['plan', '-e', 'staging', '--json', '--out', 'plan.ndjson'], { env })
    expect(JSON.parse(json.stdout)).toMatchObject({ where })
    const markdown = await people.run(['plan', '-e', 'staging', '--format', 'markdown'], { env })
    expect(markdown.stdout.split('\n')[0]).toBe(`## Migration plan: ${fresh}`)
    const applied = await people.run(['apply', 'plan.ndjson'], { env })
    expect(applied.stdout.split('\n')[0]).toBe(fresh)
    const now = new RegExp(`acme · staging → ${RegExp.escape(host)} · test key · state [0-9a-f]{6}… #\\d+$`)
    expect(applied.stdout).toMatch(new RegExp(`^Run 1 {2}${now.source}`, 'm'))

    const verified = await people.run(['verify', '-e', 'staging'], { env })
    expect(verified.stdout.split('\n')[0]).toMatch(now)
    const report = JSON.parse((await people.run(['verify', '-e', 'staging', '--json'], { env })).stdout)
    expect(report.where).toMatchObject({ ...where, state: { serial: expect.any(Number) } })
    const again = await people.run(['apply', '-e', 'staging', '--yes', '--json'], { env })
    expect(JSON.parse(again.stdout)).toMatchObject({ where: { environment: 'staging', key: 'test' }, warnings: [] })
    const destroyed = await people.run(['destroy', '-e', 'staging', '--plan-only'], { env })
    expect(destroyed.stdout.split('\n')[0]).toMatch(now)
  })

  test('without an environment, none is shown', async () => {
    const workos = await startWorkos()
    const { stdout } = await project(workos).run(['plan'], { env: { KEY } })
    expect(stdout.split('\n')[0]).toBe(`acme → ${new URL(workos.url).host} · test key · new state`)
  })

  test('no part of the key is in any output, a saved plan included', async () => {
    const workos = await startWorkos()
    const people = project(workos)
    const env = { KEY: LIVE }
    const outputs = []
    for (const format of ['text', 'json', 'markdown']) {
      outputs.push(await people.run(['plan', '-e', 'staging', '--format', format, '--out', 'plan.ndjson'], { env }))
    }
    outputs.push(await people.run(['apply', 'plan.ndjson'], { env }))
    outputs.push(await people.run(['verify', '-e', 'staging', '--json'], { env }))
    const all = outputs.map(({ stdout, stderr }) => stdout + stderr).join('')
    expect(all).toContain('live key')
    for (const text of [all, readFileSync(people.path('plan.ndjson'), 'utf8')]) {
      expect(text).not.toContain(LIVE.slice('sk_live_'.length))
      expect(text).not.toContain('9Zq7')
    }
  })
})

describe('a key that contradicts its environment', () => {
  test.each([
    ['staging', LIVE, 'live_key_in_staging'],
    ['pre-prod', LIVE, 'live_key_in_staging'],
    ['production', KEY, 'test_key_in_production'],
    ['eu-prod', KEY, 'test_key_in_production'],
    ['staging', KEY, undefined],
    ['production', LIVE, undefined],
    ['acme', LIVE, undefined],
    ['staging', 'sk_whatever', undefined],
  ])('%s with %s', async (environment, key, code) => {
    const workos = await startWorkos()
    const people = peopleProject(workos, [person('ada')], { environments: ENVIRONMENTS })
    const env = { KEY: key }
    const line = code === undefined ? expect.not.stringContaining('key_in_') : expect.stringContaining(`[${code}]`)
    const at = ['-e', environment]

    expect((await people.run(['plan', ...at], { env })).stdout).toEqual(line)
    const plan = JSON.parse((await people.run(['plan', ...at, '--json', '--out', 'plan.ndjson'], { env })).stdout)
    const codes = plan.summary.warnings.map((warning: { code: string }) => warning.code)
    expect(codes).toEqual(code === undefined ? [] : [code])
    const markdown = (await people.run(['plan', ...at, '--format', 'markdown'], { env })).stdout
    if (code === undefined) expect(markdown).not.toContain('**Warning**')
    else expect(markdown).toMatch(new RegExp(`> - \\*\\*Warning\\*\\*: .*\\(\`${code}\`\\)`))

    const applied = await people.run(['apply', 'plan.ndjson'], { env })
    expect(applied).toMatchObject({ exit: 0, stdout: line })
    const verified = await people.run(['verify', ...at], { env })
    expect(verified).toMatchObject({ exit: 0, stdout: line })
    const destroyed = await people.run(['destroy', ...at, '--plan-only'], { env })
    expect(destroyed).toMatchObject({ exit: 0, stdout: line })
  })

  test('an embedded sandbox has no warning, because its key opens nothing', async () => {
    const workos = await startWorkos()
    const sandbox = { target: { type: 'sandbox' }, environments: ENVIRONMENTS }
    const people = peopleProject(workos, [person('ada')], sandbox)
    const { stdout } = await people.run(['plan', '-e', 'production'], { env: {} })
    expect(stdout.split('\n')[0]).toBe('people · production → sandbox · new state')
    expect(stdout).not.toContain('Warnings')
  })

  test('an accepted warning is shown as accepted, and --strict passes', async () => {
    const workos = await startWorkos()
    const accepting = { environments: ENVIRONMENTS, warnings: { accept: ['live_key_in_staging'] } }
    const people = peopleProject(workos, [person('ada')], accepting)
    const env = { KEY: LIVE }
    for (const line of [
      ['plan', '--strict'],
      ['apply', '--yes', '--strict'],
      ['verify', '--strict'],
      ['destroy', '--plan-only'],
    ]) {
      const { exit, stdout, stderr } = await people.run([...line, '-e', 'staging'], { env })
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.not.stringContaining('live_key_in_staging') })
      expect(stdout).toMatch(/^ {2}· accepted: .*\[live_key_in_staging\]$/m)
    }
  })

  test('the warning points at the key in the manifest', async () => {
    const workos = await startWorkos()
    const people = peopleProject(workos, [person('ada')], { environments: ENVIRONMENTS })
    const { stdout } = await people.run(['plan', '-e', 'staging', '--json'], { env: { KEY: LIVE } })
    expect(JSON.parse(stdout).summary.warnings).toMatchObject([
      { at: { file: expect.stringMatching(/^migrate\.config\.\w+$/), line: expect.any(Number) } },
    ])
    expect(writes(workos.takeLog())).toEqual([])
  })
})
