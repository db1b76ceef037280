import { once } from 'node:events'
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createProject, type Project } from '../e2e/cli.ts'
import { FAST, startWorkos, type Workos } from '../e2e/workos.ts'
import { type Canary, HASHES, leaksIn, openModes } from './canaries.ts'

const KEY = 'sk_test_canaryOfTheKilled03'
const PLAIN = 'canary plain password of the killed'
const canaries: Canary[] = [
  { name: 'key', secret: KEY },
  { name: 'plain password', secret: PLAIN },
  { name: 'hash', secret: HASHES.bcrypt ?? '' },
]
const written = ['migrate.config.yaml', 'users.csv', 'key.txt', 'bomb.mjs']

/** A WorkOS that does not respond to creates of users. `reached` resolves at the first one. */
async function silentWorkos(): Promise<{ workos: Workos; reached: Promise<void>; answer(): void }> {
  let come = () => {}
  const reached = new Promise<void>((resolve) => {
    come = resolve
  })
  let silent = true
  const workos = await startWorkos({
    interceptor: {
      before({ request, text }) {
        if (!silent || request.method !== 'POST' || !text.includes('email')) return false
        come()
        return true
      },
    },
  })
  const answer = () => {
    silent = false
  }
  return { workos, reached, answer }
}

function projectOn(workos: Workos): Project {
  const project = createProject()
  project.csv('users.csv', [
    {
      email: 'hash@example.com',
      external_id: 'hash',
      password_hash: HASHES.bcrypt ?? '',
      password_hash_type: 'bcrypt',
    },
    { email: 'plain@example.com', external_id: 'plain', password: PLAIN },
  ])
  project.write('key.txt', KEY)
  project.manifest({
    source: { type: 'csv', path: './users.csv' },
    target: { ...workos.target, apiKey: '${file:./key.txt}' },
    run: { ...FAST, workers: 1 },
  })
  return project
}

const scratches = (project: Project) => project.list('.workos-migrate').filter((name) => name.startsWith('scratch-'))

test.each([
  ['plan', ['plan']],
  ['verify', ['verify']],
  ['state list', ['state', 'list']],
  ['errors', ['errors']],
])('a killed apply leaves secrets only in its scratch folder, and %s removes it', async (_, next) => {
  const { workos, reached, answer } = await silentWorkos()
  const project = projectOn(workos)
  const child = project.spawn(['apply', '--yes'])
  await reached

  const [scratch = ''] = scratches(project)
  const staging = join('.workos-migrate', scratch, 'run.sqlite')
  const resting = [`${staging}: plain password`, `${staging}: hash`]
  expect(leaksIn(project.folder, canaries, written)).toEqual(resting)
  expect(openModes(project.folder, written)).toEqual([])
  expect(statSync(project.path(staging)).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(project.path(staging))).mode & 0o777).toBe(0o700)

  child.process.kill('SIGKILL')
  await once(child.process, 'exit')
  expect(leaksIn(project.folder, canaries, written)).toEqual(resting)

  answer()
  const { exit } = await project.run(next)
  expect([0, 7]).toContain(exit)
  expect(scratches(project)).toEqual([])
  expect(leaksIn(project.folder, canaries, written)).toEqual([])
})

test('the message of any defect contains no secret that was read before', async () => {
  const { workos, reached } = await silentWorkos()
  const project = projectOn(workos)
  project.write(
    'bomb.mjs',
    `import { readFileSync } from 'node:fs'
    process.on('SIGUSR2', () => {
      const key = readFileSync(${JSON.stringify(project.path('key.txt'))}, 'utf8')
      throw new TypeError('cannot read members of ' + JSON.stringify({ authorization: 'Bearer ' + key }))
    })`,
  )
  const env = { NODE_OPTIONS: `--import=${project.path('bomb.mjs')}`, WORKOS_MIGRATE_DEBUG: '1' }
  const child = project.spawn(['apply', '--yes'], env)
  await reached
  child.process.kill('SIGUSR2')
  const { exit, stdout, stderr } = await child.result
  expect(exit).toBe(1)
  expect(stderr).toContain('[internal_error]')
  expect(stderr).toContain('"Bearer [redacted]"')
  expect(stderr).toMatch(/^ {4}at process\.<anonymous> .*bomb\.mjs/m)
  expect(`${stdout}${stderr}`).not.toContain(KEY)
  expect(scratches(project)).toEqual([])
  expect(leaksIn(project.folder, canaries, written)).toEqual([])
})
