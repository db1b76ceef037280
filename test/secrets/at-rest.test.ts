import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createProject, type Project } from '../e2e/cli.ts'
import { FAST, KEY, startWorkos, type Workos } from '../e2e/workos.ts'
import { found, HASHES, leaksIn, openModes } from './canaries.ts'

const PASSWORD = 'the same password in two states'

function projectOn(workos: Pick<Workos, 'target'>, more: object = {}): Project {
  const project = createProject()
  project.csv('users.csv', [
    { email: 'ada@example.com', external_id: 'ada', password: PASSWORD, metadata: '{"note":"open to everybody"}' },
  ])
  project.manifest({
    source: { type: 'csv', path: './users.csv' },
    target: workos.target,
    run: { ...FAST, workers: 1 },
    ...more,
  })
  return project
}

function digestsIn(project: Project): string[] {
  const db = new DatabaseSync(project.path('.workos-migrate/state.sqlite'), { readOnly: true })
  const rows = db.prepare('SELECT digests FROM resources').all()
  db.close()
  return rows.flatMap(({ digests }) => Object.values<string>(JSON.parse(String(digests))))
}

test('the digest of a password differs between states', async () => {
  const workos = await startWorkos()
  const [one, other] = [projectOn(workos), projectOn(workos)]
  await one.run(['apply', '--yes'], { env: { KEY } })
  await other.run(['apply', '--yes'], { env: { KEY: 'sk_test_another' } })
  const [first, second] = [digestsIn(one), digestsIn(other)]
  expect(first).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  expect(second).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  expect(first).not.toEqual(second)
})

test('metadata is not secret: it is shown, stored and sent', async () => {
  const workos = await startWorkos()
  const project = projectOn(workos)
  await project.run(['apply', '--yes'], { env: { KEY } })
  const { stdout } = await project.run(['state', 'show', 'user:ada', '--json'], { env: { KEY } })
  expect(JSON.parse(stdout).attributes.metadata).toEqual({ note: 'open to everybody' })
  expect((await workos.snapshot()).users).toMatchObject([{ metadata: { note: 'open to everybody' } }])
})

test('an embedded sandbox stores no password, hash or key', async () => {
  const key = 'sk_test_canaryOfTheSandbox06'
  const project = createProject()
  project.csv('users.csv', [
    { email: 'plain@example.com', password: PASSWORD },
    ...Object.entries(HASHES).map(([type, hash]) => ({
      email: `${type}@example.com`,
      password_hash: hash,
      password_hash_type: type,
    })),
  ])
  project.manifest({
    source: { type: 'csv', path: './users.csv' },
    target: { type: 'sandbox', apiKey: '${KEY}' },
    run: { ...FAST, workers: 1 },
  })
  const { exit } = await project.run(['apply', '--yes'], { env: { KEY: key } })
  expect(exit).toBe(0)
  expect(project.list('.workos-migrate')).toContain('sandbox.sqlite')
  const canaries = [
    { name: 'key', secret: key },
    { name: 'name of the environment', secret: key.slice(3) },
    { name: 'password', secret: PASSWORD },
    ...Object.entries(HASHES).map(([name, secret]) => ({ name, secret })),
  ]
  expect(leaksIn(project.folder, canaries, ['migrate.config.yaml', 'users.csv'])).toEqual([])
  expect(openModes(project.folder, ['migrate.config.yaml', 'users.csv'])).toEqual([])
})

test('the sandbox server never shows keys or passwords that it received', async () => {
  const project = createProject()
  const child = project.spawn(['sandbox', '--port', '0', '--data', 'sandbox.sqlite', '--faults', '1%'], {
    WORKOS_MIGRATE_DEBUG: '1',
  })
  const [line] = await new Promise<string[]>((resolve) => {
    child.process.stdout?.once('data', (data) => resolve(String(data).split('\n')))
  })
  const key = 'sk_test_canaryOfTheServer07'
  const ask = (body: string) =>
    fetch(`${line}/user_management/users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
    }).catch(() => undefined)
  for (let n = 0; n < 20; n += 1) await ask(JSON.stringify({ email: `u${n}@example.com`, password: PASSWORD }))
  await ask(`{ "password": "${PASSWORD}", `)
  await ask(JSON.stringify({ password: [PASSWORD] }))
  child.process.kill('SIGINT')
  const { stdout, stderr } = await child.result
  expect(stderr).toContain('Sandbox stopped after 22 requests')
  const canaries = [
    { name: 'key', secret: key },
    { name: 'password', secret: PASSWORD },
  ]
  expect(found(`${stdout}${stderr}`, canaries)).toEqual([])
  expect(leaksIn(project.folder, canaries, [])).toEqual([])
  expect(openModes(project.folder, [])).toEqual([])
})

test('a saved plan contains addresses and field names, but no values', async () => {
  const workos = await startWorkos()
  const project = projectOn(workos)
  await project.run(['plan', '--out', 'plan.ndjson'], { env: { KEY } })
  const lines = readFileSync(project.path('plan.ndjson'), 'utf8').trim().split('\n').slice(1)
  expect(lines.map((line) => JSON.parse(line))).toEqual([{ address: 'user:ada', action: 'create' }])
})
