import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { generateInstance } from '../fakes/clerk/generate.ts'
import { createProject } from './cli.ts'
import { FAST, KEY, startWorkos } from './workos.ts'

test('rejected records of a network source are written as they were read, without reading it again', async () => {
  const fake = await startFakeClerk(generateInstance({ users: 20, organizations: 2, membershipsEach: 1 }), {})
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  project.manifest({
    version: 1,
    source: { ...fake.source, secretKey: '${SECRET}', rate: '100000/10s' },
    map: { membership: { roles: "'nobody'" } },
    target: workos.target,
    run: { ...FAST, workers: 1 },
    safety: { maxRejects: 100 },
  })
  const env = { KEY, SECRET: fake.source.secretKey }
  await project.run(['plan', '--json'], { env })
  const asked = fake.log.length
  const { exit, stdout, stderr } = await project.run(['plan', '--json', '--rejects', 'out.ndjson'], { env })
  expect(exit, stderr).toBe(0)
  expect(fake.log.length).toBe(asked)
  const records = (name: string) =>
    readFileSync(project.path(name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const written = records('out.ndjson')
  expect(written.length).toBeGreaterThan(0)
  const blocked = JSON.parse(stdout).actions.filter(({ type }: { type: string }) => type === 'blocked')
  expect(written).toHaveLength(blocked.length)
  for (const record of written) {
    expect(record).toMatchObject({ _migrate_code: 'unknown_role', memberships: [expect.any(Object)] })
  }
  await project.run(['apply', '--yes'], { env })
  const without = await project.run(['errors', '--csv', 'errors.ndjson'])
  expect(without.stderr).toContain('it has no snapshot; pass a snapshot with --snapshot')
  expect(without.stderr).toContain(`Wrote ${written.length} reasons without a row to errors.ndjson.`)
  const errors = await project.run(['errors', '--csv', 'errors.ndjson'], { env })
  expect(errors.stderr).toContain('rows of users to')
  expect(errors.exit, errors.stderr).toBe(0)
  expect(fake.log.length).toBe(asked)
  expect(records('errors.ndjson').map(({ id }) => id)).toEqual(written.map(({ id }) => id))
})
