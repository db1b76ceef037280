import { readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Sealer } from '../../src/planning/plan-file.ts'
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
  const project = peopleProject(workos, ROWS)
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

test('safety.confirm applies to a saved plan: without its word, nothing is applied', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { safety: { confirm: 'production' } })
  const planned = await project.run(['plan', '--out', 'plan.ndjson'], { env })
  expect(planned.stderr).toContain('workos-migrate apply plan.ndjson --confirm production')
  const refused = [[], ['--yes'], ['--confirm', 'staging']].map((more) => ['apply', 'plan.ndjson', ...more])
  for (const args of refused) {
    const applied = await project.run(args, { env })
    expect(applied, args.join(' ')).toMatchObject({ exit: 5, stderr: expect.stringContaining('--confirm production') })
  }
  // There is no question, even on a terminal: a saved plan runs unattended.
  expect(await project.run(['apply', 'plan.ndjson'], { env, typed: 'production\n' })).toMatchObject({ exit: 5 })
  expect(writes(workos.takeLog())).toEqual([])
  expect(await project.run(['apply', 'plan.ndjson', '--confirm', 'production'], { env })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).memberships).toHaveLength(2)
  expect(await project.run(['apply', 'plan.ndjson', '--confirm', 'production'], { env })).toMatchObject({ exit: 8 })
})

test('a saved plan without changes requires no word', async () => {
  const project = peopleProject(await startWorkos(), ROWS, { safety: { confirm: 'production' } })
  expect(await project.run(['apply', '--confirm', 'production'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['plan', '--out', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
})

/** Everything that a reviewer sees, changed. The lines of the header count from 0. */
const TAMPERINGS: [string, (lines: string[]) => string[]][] = [
  ['a count', (lines) => lines.with(0, (lines[0] ?? '').replace('"create":2', '"create":1'))],
  ['the estimate', (lines) => lines.with(0, (lines[0] ?? '').replace(/"writes":\d+/, '"writes":1'))],
  ['the name', (lines) => lines.with(0, (lines[0] ?? '').replace('"name":"people"', '"name":"staging"'))],
  ['an address', (lines) => lines.with(1, (lines[1] ?? '').replace(':', ':other-'))],
  ['an action', (lines) => lines.with(1, (lines[1] ?? '').replace('create', 'adopt'))],
  ['the order', ([header = '', first = '', second = '', ...rest]) => [header, second, first, ...rest]],
  ['a repeated line', ([header = '', first = '', _second, ...rest]) => [header, first, first, ...rest]],
  ['a line that was added', (lines) => lines.toSpliced(1, 0, '{"address":"user:id-bob","action":"create"}')],
  ['a line that was taken out', (lines) => lines.toSpliced(1, 1)],
  [
    'a line that was taken out, counted',
    ([header = '', _first, ...rest]) => [
      header.replace(/"actions":(\d+)/, (_, count) => `"actions":${Number(count) - 1}`),
      ...rest,
    ],
  ],
  ['spaces', (lines) => lines.map((line) => line.replaceAll(',', ', '))],
  ['the ends of the lines', (lines) => lines.map((line, n) => (n === lines.length - 1 ? line : `${line}\r`))],
  ['something behind the end', (lines) => [...lines, ' ']],
  ['the seal', (lines) => lines.with(0, (lines[0] ?? '').replace(/"seal":"\w{4}/, '"seal":"0000'))],
  ['no seal', (lines) => lines.with(0, (lines[0] ?? '').replace(/,"seal":"\w+"/, ''))],
]

test('a saved plan with any visible change is rejected, and nothing is written', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  expect(await project.run(['plan', '--out', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  const text = readFileSync(project.path('plan.ndjson'), 'utf8')
  for (const [what, tamper] of TAMPERINGS) {
    const tampered = tamper(text.split('\n')).join('\n')
    expect(tampered, what).not.toBe(text)
    project.write('plan.ndjson', tampered)
    const applied = await project.run(['apply', 'plan.ndjson'], { env })
    expect(applied, what).toMatchObject({ exit: 3, stderr: expect.stringContaining('bad_plan_file') })
    expect(applied.stderr, what).toContain('plan --out')
  }
  expect(writes(workos.takeLog())).toEqual([])
  project.write('plan.ndjson', text)
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
}, 30_000)

test('a seal made without the API key does not match', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const [header = '', ...lines] = readFileSync(project.path('plan.ndjson'), 'utf8').split('\n')
  const forged = header.replace('"create":2', '"create":1').replace(/,"seal":"\w+"/, '')
  const sealer = new Sealer(forged)
  sealer.add(lines.join('\n'))
  project.write('plan.ndjson', [`${forged.slice(0, -1)},"seal":"${sealer.seal('guessed')}"}`, ...lines].join('\n'))
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('it was changed after it was written'),
  })
  expect(writes(workos.takeLog())).toEqual([])
})

test('a plan that an earlier version saved is rejected, with how to make a new one', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const text = readFileSync(project.path('plan.ndjson'), 'utf8')
  project.write('plan.ndjson', text.replace('"version":2', '"version":1').replace(/,"seal":"\w+"/, ''))
  const applied = await project.run(['apply', 'plan.ndjson'], { env })
  expect(applied).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('it has version 1, but this program reads version 2'),
  })
  expect(applied.stderr).toContain('create it again with plan --out')
})

/** The plan as another version of the program would have saved it, with a valid seal. */
function savedBy(text: string, change: (header: Record<string, unknown>) => void): string {
  const [first = '', ...lines] = text.split('\n')
  const { seal: _, ...header } = JSON.parse(first)
  change(header)
  const sealer = new Sealer(JSON.stringify(header))
  sealer.add(lines.join('\n'))
  return [JSON.stringify({ ...header, seal: sealer.seal(KEY) }), ...lines].join('\n')
}

test('a plan that another version saved is out of date: this version would apply its own reading of the source', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const text = readFileSync(project.path('plan.ndjson'), 'utf8')
  const earlier = savedBy(text, ({ inputs }) => Object.assign(inputs as object, { toolVersion: '0.0.9' }))
  project.write('plan.ndjson', earlier)
  const applied = await project.run(['apply', 'plan.ndjson'], { env })
  expect(applied.exit).toBe(8)
  expect(applied.stderr).toContain('but version 0.0.9 made the plan')
  expect(applied.stderr).toContain('or apply it with version 0.0.9')
  expect(writes(workos.takeLog())).toEqual([])
})

test('a plan without the digests of changes is applied, as earlier builds saved them', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const text = readFileSync(project.path('plan.ndjson'), 'utf8')
  project.write(
    'plan.ndjson',
    savedBy(text, (header) => delete header.basis),
  )
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).users).toHaveLength(2)
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

test('a plan file is private and contains only addresses and field names', async () => {
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
    'the source has changed in users and memberships: ./users.csv',
    (project) => project.csv('users.csv', [...ROWS, member('cleo', 'acme')]),
  ],
  [
    'a password hash in the source',
    'the source has changed in users: ./users.csv',
    (project) => project.csv('users.csv', [{ ...ROWS[0], password_hash: HASH.replaceAll('S', 'T') }, ROWS[1] ?? {}]),
  ],
  [
    'the manifest',
    'the manifest has changed: adopt.mode [',
    (project, workos) => project.manifest(peopleManifest(workos, { adopt: { mode: 'never' } })),
  ],
  [
    'the state',
    'the state has changed: another run was applied after the plan was made (serial 0 then, ',
    (project) => project.run(['apply', '--yes'], { env }),
  ],
  [
    'WorkOS',
    'WorkOS has changed, so a new plan would differ',
    (_project, workos) =>
      workos.call('POST', '/user_management/users', { email: 'ada@example.com', email_verified: true }),
  ],
]

test.each(
  CHANGES,
)('a saved plan is out of date after a change of %s, and nothing is written', async (_what, message, change) => {
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

test('a saved plan is out of date with the key of another environment', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const applied = await project.run(['apply', 'plan.ndjson'], { env: { KEY: 'sk_test_another' } })
  expect(applied.exit, applied.stderr).toBe(8)
  expect(writes(workos.takeLog())).toEqual([])
})

test('the speed of a run does not make a plan out of date', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  project.manifest(peopleManifest(workos, { run: { concurrency: 3, chunkSize: 1 } }))
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
})

test('a truncated plan file is rejected', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  await project.run(['plan', '--out', 'plan.ndjson'], { env })
  const lines = readFileSync(project.path('plan.ndjson'), 'utf8').split('\n')
  project.write('plan.ndjson', `${lines.slice(0, 3).join('\n')}\n`)
  const applied = await project.run(['apply', 'plan.ndjson'], { env })
  expect(applied).toMatchObject({ exit: 3, stderr: expect.stringContaining('truncated') })
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
