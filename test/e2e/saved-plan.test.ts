import { readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { member, peopleManifest, peopleProject } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }
const HASH = `$2b$10$${'S'.repeat(53)}`
const ROWS = [
  member('ada', 'acme', { last_name: 'Ampersand', password_hash: HASH, password_hash_type: 'bcrypt' }),
  member('bea', 'acme', { last_name: 'Beispiel', password: 'a password in the clear', metadata: '{"plan":"pro"}' }),
]

test('a saved plan is applied as it is, without a question', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { safety: { confirm: 'production' } })
  const planned = await project.run(['plan', '--out', 'plan.ndjson'], { env })
  expect(planned.exit, planned.stderr).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])

  const applied = await project.run(['apply', 'plan.ndjson'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  const live = await workos.snapshot()
  expect(live.users).toHaveLength(2)
  expect(live.memberships).toHaveLength(2)

  const again = await project.run(['apply', 'plan.ndjson'], { env })
  expect(again.exit).toBe(8)
  expect(again.stderr).toContain('the state has changed')
})

test('a saved plan is found from any folder, together with its manifest', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  project.write('elsewhere/note.txt', 'a folder')
  expect(await project.run(['plan', '--out', 'elsewhere/plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  const { result } = project.spawn(['apply', 'elsewhere/plan.ndjson'], env)
  expect(await result).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).users).toHaveLength(2)
})

test('a plan file is private and holds addresses and field names alone', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  expect(statSync(project.path('plan.ndjson')).mode & 0o777).toBe(0o600)
  const created = readFileSync(project.path('plan.ndjson'), 'utf8')
  expect(created.trimEnd().split('\n').slice(1)).toContain('{"address":"user:id-ada","action":"create"}')

  await project.run(['apply', '--yes'], { env })
  project.csv('users.csv', [
    { ...ROWS[0], last_name: 'Renamed', metadata: '{"plan":"secret-plan"}' },
    { ...ROWS[1], email: 'changed@example.com' },
  ])
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const updated = readFileSync(project.path('plan.ndjson'), 'utf8')
  const lines = updated
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { address: 'user:id-ada', action: 'update', fields: ['lastName', 'metadata.plan'] },
    { address: 'user:id-bea', action: 'update', fields: ['email'] },
  ])
  const secrets = [
    HASH,
    'a password in the clear',
    KEY,
    'Ampersand',
    'Beispiel',
    'Renamed',
    'secret-plan',
    'ACME',
    '@example.com',
  ]
  for (const secret of secrets) {
    expect(created).not.toContain(secret)
    expect(updated).not.toContain(secret)
  }
})

const CHANGES: [
  string,
  string,
  (project: ReturnType<typeof peopleProject>, call: Awaited<ReturnType<typeof startWorkos>>) => unknown,
][] = [
  [
    'a value in the source',
    'the source has changed',
    (project) => project.csv('users.csv', [...ROWS, member('cleo', 'acme')]),
  ],
  [
    'a password hash in the source',
    'the source has changed',
    (project) => project.csv('users.csv', [{ ...ROWS[0], password_hash: HASH.replaceAll('S', 'T') }, ROWS[1] ?? {}]),
  ],
  [
    'the manifest',
    'the manifest has changed',
    (project, workos) => project.manifest(peopleManifest(workos, { adopt: { mode: 'never' } })),
  ],
  ['the state', 'the state has changed', (project) => project.run(['apply', '--yes'], { env })],
  [
    'WorkOS',
    'WorkOS or the API key has changed',
    (_project, workos) =>
      workos.call('POST', '/user_management/users', { email: 'ada@example.com', email_verified: true }),
  ],
]

test.each(
  CHANGES,
)('a saved plan is stale after a change of %s, and nothing is written', async (_what, message, change) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  await change(project, workos)
  workos.takeLog()
  const applied = await project.run(['apply', 'plan.ndjson'], { env })
  expect(applied.exit, applied.stderr).toBe(8)
  expect(applied.stderr).toContain(message)
  expect(writes(workos.takeLog())).toEqual([])
})

test('a saved plan is stale with the key of another environment', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const applied = await project.run(['apply', 'plan.ndjson'], { env: { KEY: 'sk_test_another' } })
  expect(applied.exit, applied.stderr).toBe(8)
  expect(writes(workos.takeLog())).toEqual([])
})

test('how hard a run pushes does not make a plan stale', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  project.manifest(peopleManifest(workos, { run: { concurrency: 3, chunkSize: 1 } }))
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
})

test('a plan file that was cut short is refused', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const lines = readFileSync(project.path('plan.ndjson'), 'utf8').split('\n')
  project.write('plan.ndjson', `${lines.slice(0, 3).join('\n')}\n`)
  const applied = await project.run(['apply', 'plan.ndjson'], { env })
  expect(applied).toMatchObject({ exit: 3, stderr: expect.stringContaining('cut short') })
})

test('a plan for an embedded sandbox is applied by another process, whose sandbox has another key', async () => {
  const project = peopleProject({ target: { type: 'workos', apiKey: '', baseUrl: '' } }, ROWS, {
    target: { type: 'sandbox' },
  })
  const planned = await project.spawn(['plan', '--out', 'plan.ndjson']).result
  expect(planned.exit, planned.stderr).toBe(0)
  const applied = await project.spawn(['apply', 'plan.ndjson']).result
  expect(applied.exit, applied.stderr).toBe(0)
  const again = await project.run(['plan', '--refresh', '--detailed-exitcode'])
  expect(again.exit, again.stdout + again.stderr).toBe(0)
})
