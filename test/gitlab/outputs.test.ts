import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createProject } from '../e2e/cli.ts'

const MANIFEST = { source: { type: 'csv', path: 'users.csv' }, target: { type: 'sandbox' }, run: { workers: 1 } }

test('the figures of a saved plan are printed as variables', async () => {
  const project = createProject()
  project.manifest(MANIFEST)
  project.csv('users.csv', [
    { email: 'ada@example.com', external_id: 'u1', org_external_id: 'acme', org_name: 'Acme' },
    { email: 'bea@example.com', external_id: 'u2', org_external_id: 'acme', org_name: 'Acme' },
  ])
  await project.run(['plan', '--out', 'plan.ndjson'])
  const { exit, stdout } = await project.run(['pipeline', 'outputs', 'plan.ndjson'])
  expect(exit).toBe(0)
  const { digest } = JSON.parse(readFileSync(project.path('plan.ndjson'), 'utf8').split('\n')[0] ?? '')
  expect(stdout.split('\n')).toEqual([
    'WORKOS_MIGRATE_CHANGES=true',
    'WORKOS_MIGRATE_CREATES=5',
    'WORKOS_MIGRATE_UPDATES=0',
    'WORKOS_MIGRATE_ADOPTS=0',
    'WORKOS_MIGRATE_DELETES=0',
    'WORKOS_MIGRATE_BLOCKED=0',
    'WORKOS_MIGRATE_DRIFTED=0',
    'WORKOS_MIGRATE_REFUSED=0',
    `WORKOS_MIGRATE_DIGEST=${digest.slice(0, 12)}`,
    '',
  ])
})

test('the figures show a refused plan, and one without changes', async () => {
  const project = createProject()
  project.manifest(MANIFEST)
  project.csv('users.csv', [{ email: 'not an address' }, { email: 'ada@example.com' }])
  expect((await project.run(['plan', '--out', 'plan.ndjson'])).exit).toBe(5)
  const refused = await project.run(['pipeline', 'outputs', 'plan.ndjson'])
  expect(refused.stdout).toContain('WORKOS_MIGRATE_REFUSED=1\n')

  project.csv('users.csv', [{ email: 'ada@example.com' }])
  await project.run(['apply', '--yes'])
  await project.run(['plan', '--out', 'plan.ndjson'])
  const unchanged = await project.run(['pipeline', 'outputs', 'plan.ndjson'])
  expect(unchanged.stdout).toContain('WORKOS_MIGRATE_CHANGES=false\nWORKOS_MIGRATE_CREATES=0\n')
})

test('a missing or invalid plan is reported by name', async () => {
  const project = createProject()
  project.write('plan.ndjson', 'no plan\n')
  const damaged = await project.run(['pipeline', 'outputs', 'plan.ndjson'])
  expect(damaged).toMatchObject({ exit: 3, stdout: '' })
  expect(damaged.stderr).toContain('bad_plan_file')
  const missing = await project.run(['pipeline', 'outputs', 'other.ndjson'])
  expect(missing.exit).toBe(3)
  expect(missing.stderr).toMatch(/there is no file .*other\.ndjson \[missing_file\]/)
})
