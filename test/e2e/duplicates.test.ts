import { readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { member, peopleProject, person } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }
const HASH = `$2b$10$${'h'.repeat(53)}`

const ROWS = [
  member('ada', 'acme', { first_name: 'Ada', email_verified: 'no', changed: '2024-01-01' }),
  person('bob'),
  member('ada', 'beta', {
    external_id: 'id-ada-2',
    first_name: 'Ada Augusta',
    email: 'ADA+work@example.com',
    email_verified: 'yes',
    changed: '2024-06-01',
    role_slugs: 'admin',
    password_hash: HASH,
    password_hash_type: 'bcrypt',
  }),
]

const DEDUPE = {
  email: { plusTags: 'ignore' },
  prefer: ['emailVerified', "$record.role_slugs = 'admin'"],
  updatedAt: '$record.changed',
  fields: { firstName: 'newest' },
}

test("duplicates become one user by the manifest's rules, a second apply writes nothing, in any order of rows", async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { dedupe: { user: DEDUPE } })
  const planned = await project.run(['plan', '--merges', 'merges.json', '--out', 'plan.ndjson'], { env })
  expect(planned).toMatchObject({ exit: 0 })
  expect(planned.stdout).toMatch(/same_email_different_external_ids, merged +1 +2\n/)
  const report = JSON.parse(readFileSync(project.path('merges.json'), 'utf8'))
  expect(report.groups).toMatchObject([
    { key: 'id-ada-2', fate: 'merged', records: [{ key: 'id-ada-2' }, { key: 'id-ada' }] },
  ])
  expect(statSync(project.path('merges.json')).mode & 0o777).toBe(0o600)
  expect(readFileSync(project.path('merges.json'), 'utf8')).not.toContain(HASH)

  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  const { users, memberships } = await workos.snapshot()
  expect(users).toHaveLength(2)
  expect(users).toContainEqual(
    expect.objectContaining({
      email: 'ada+work@example.com',
      email_verified: true,
      external_id: 'id-ada-2',
      first_name: 'Ada Augusta',
      metadata: { merged_external_ids: 'id-ada' },
    }),
  )
  expect(memberships).toHaveLength(2)

  workos.takeLog()
  project.csv('users.csv', [...ROWS].reverse())
  expect(await project.run(['plan', '--detailed-exitcode', '--refresh'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toEqual([])
})

test('another preference moves the user to another key without creating a second one', async () => {
  const workos = await startWorkos()
  const rows = [person('ada', { email_verified: 'no' }), person('ada', { external_id: 'id-2', email_verified: 'yes' })]
  const project = peopleProject(workos, rows)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).users).toMatchObject([{ external_id: 'id-ada' }])
  const preferring = peopleProject(workos, rows, { dedupe: { user: { prefer: 'emailVerified' } } })
  project.write('migrate.config.yaml', readFileSync(preferring.path('migrate.config.yaml'), 'utf8'))
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).users).toMatchObject([
    { external_id: 'id-2', metadata: { merged_external_ids: 'id-ada' } },
  ])
  expect((await project.run(['plan', '--detailed-exitcode', '--refresh'], { env })).exit).toBe(0)
})

test('the strategy error stops the plan and names both records', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS.slice(0, 1).concat(person('ada', { external_id: 'x' })), {
    dedupe: { user: { strategy: 'error' } },
  })
  const { exit, stdout } = await project.run(['plan'], { env })
  expect(exit).toBe(5)
  expect(stdout).toMatch(/user:id-ada {2}ada@example\.com: it is the same user as user:x \(\.?\/?users\.csv:3\)/)
})

test('a report that cannot be written is an error with a message', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  const { exit, stderr } = await project.run(['plan', '--merges', 'nowhere/merges.json'], { env })
  expect(exit).toBe(3)
  expect(stderr).toContain('the merge report cannot be written to nowhere/merges.json (ENOENT)')
})
