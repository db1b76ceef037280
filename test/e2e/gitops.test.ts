import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/server.ts'
import { toolVersion } from '../../src/version.ts'
import { command, type Outcome } from '../cli/harness.ts'
import { commit, createRepository, git } from '../gitlab/runner.ts'

const STAGING = ['-c', 'environments/staging/migrate.config.yaml', '-e', 'rehearsal']
const PRODUCTION = ['-c', 'environments/production/migrate.config.yaml', '-e', 'rehearsal']

/** A copy of examples/gitops in its own repository, in which commands run. */
function workIn(repository: string) {
  const run = async (code: number, ...args: string[]): Promise<Outcome> => {
    const outcome = await command(args, { cwd: repository, env: { CI: 'true' } })
    expect(outcome.code, `${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`).toBe(code)
    return outcome
  }
  const change = (file: string, from: string, to: string) => {
    const text = readFileSync(join(repository, file), 'utf8')
    expect(text).toContain(from)
    writeFileSync(join(repository, file), text.replace(from, to))
  }
  return { run, change }
}

/** Changes something in the sandbox of an environment without the program. */
async function behindItsBack(repository: string, environment: string, act: (call: Call) => Promise<void>) {
  const data = join(repository, `environments/${environment}/.workos-migrate/rehearsal/sandbox.sqlite`)
  const sandbox = await startSandbox({ data })
  try {
    await act(async (method, path, body) => {
      const headers = { authorization: 'Bearer sk_test_sandbox', 'content-type': 'application/json' }
      const answer = await fetch(`${sandbox.url}${path}`, { method, headers, body: body && JSON.stringify(body) })
      expect(answer.ok).toBe(true)
      return (await answer.json()) as { id: string; name: string }
    })
  } finally {
    await sandbox.close()
  }
}
type Call = (method: string, path: string, body?: object) => Promise<{ id: string; name: string }>

test('a change of the mapping goes from a branch to WorkOS, and drift is overwritten', async () => {
  const repository = createRepository()
  const { run, change } = workIn(repository)
  await run(0, 'apply', ...STAGING, '--yes')

  // A change on a branch: its test describes it.
  git(repository, 'switch', '--quiet', '--create', 'plans-in-capitals')
  change('recipes/acme.yaml', 'plan: plan', 'plan: $uppercase(plan)')
  const failing = await run(1, 'test', '-c', 'environments/staging/migrate.config.yaml')
  expect(failing.stdout).toContain('FAIL  an owner of one organization')
  change('recipes/acme.yaml', 'metadata: { plan: pro }', 'metadata: { plan: PRO }')
  for (const name of ['staging', 'production']) await run(0, 'test', '-c', `environments/${name}/migrate.config.yaml`)
  commit(repository, 'Write plans in capitals')

  // The review: what would change, and for whom.
  const review = await run(0, 'plan', ...STAGING, '--format', 'markdown', '--out', 'plan.ndjson')
  expect(review.stdout).toContain('**Updates 4 users.**')
  expect(review.stdout).toMatch(/! user:u_1.*\n-\s+metadata\.plan: "pro"\n\+\s+metadata\.plan: "PRO"/)
  expect(review.stdout).not.toContain('ada@acme.example')

  // Nothing has happened on main: WorkOS matches it.
  git(repository, 'switch', '--quiet', 'main')
  await run(0, 'plan', ...STAGING, '--refresh', '--detailed-exitcode')

  // The merge, and the saved plan.
  git(repository, 'merge', '--quiet', '--no-ff', '--no-edit', 'plans-in-capitals')
  await run(2, 'plan', ...STAGING, '--detailed-exitcode')
  const applied = await run(0, 'apply', 'plan.ndjson')
  expect(applied.stdout).toContain('Done: everything in the source is in WorkOS.')
  await run(0, 'plan', ...STAGING, '--refresh', '--detailed-exitcode')
  await run(8, 'apply', 'plan.ndjson')

  // Drift: someone renames an organization by hand.
  await behindItsBack(repository, 'staging', async (call) => {
    const { id, name } = await call('GET', '/organizations/external_id/acme')
    expect(name).toBe('Acme Anvils')
    await call('PUT', `/organizations/${id}`, { name: 'Renamed by hand' })
  })
  const drift = await run(2, 'plan', ...STAGING, '--refresh', '--detailed-exitcode', '--out', 'back.ndjson')
  expect(drift.stdout).toContain('name: "Renamed by hand" → "Acme Anvils"')
  await run(0, 'apply', 'back.ndjson')
  await run(0, 'plan', ...STAGING, '--refresh', '--detailed-exitcode')
  await run(0, 'verify', ...STAGING)

  // Production has its own state and WorkOS.
  const production = await run(2, 'plan', ...PRODUCTION, '--format', 'markdown', '--detailed-exitcode')
  expect(production.stdout).toContain('**Creates 1 role, 2 organizations, 4 users and 5 memberships.**')

  expect(git(repository, 'status', '--porcelain')).toBe('')
})

test('users keep the names they set themselves, and the plan shows it', async () => {
  const repository = createRepository()
  const { run } = workIn(repository)
  await run(0, 'apply', ...STAGING, '--yes')
  await behindItsBack(repository, 'staging', async (call) => {
    const { id } = await call('GET', '/user_management/users/external_id/u_1')
    await call('PUT', `/user_management/users/${id}`, { last_name: 'Married' })
  })
  const plan = await run(0, 'plan', ...STAGING, '--refresh', '--detailed-exitcode')
  expect(plan.stdout).toContain('Married')
})

test('its package.json pins this version, as a file, and its scripts run', async () => {
  const repository = createRepository()
  const { scripts, devDependencies }: { scripts: Record<string, string>; devDependencies: Record<string, string> } =
    JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  expect(devDependencies).toEqual({ 'workos-migrate': `file:vendor/workos-migrate-${toolVersion}.tgz` })
  const { run } = workIn(repository)
  const commands = ['test:staging', 'test:production', 'rehearse', 'plan:rehearsal'].map((name) => scripts[name] ?? '')
  expect(scripts.test).toBe('npm run test:staging && npm run test:production')
  expect(Object.keys(scripts)).toHaveLength(commands.length + 1)
  for (const line of commands) {
    expect(line).toMatch(/^workos-migrate /)
    await run(0, ...line.split(' ').slice(1))
  }
})

test('the file in the npm package is the file that git reads', () => {
  const repository = createRepository()
  const text = (name: string) => readFileSync(join(repository, name), 'utf8')
  expect(text('gitignore')).toBe(text('.gitignore'))
})

test('git ignores what must not be committed', () => {
  const repository = createRepository()
  const secret = [
    'environments/staging/source/users.csv',
    'environments/production/.workos-migrate/state.sqlite',
    'sealed/archive.tar.gz.enc',
    'plans/staging/plan.md',
    'plan.ndjson',
    'rejects.csv',
    'report.html',
  ]
  expect(
    git(repository, 'check-ignore', '--no-index', ...secret)
      .trim()
      .split('\n'),
  ).toEqual(secret)
})

test.each(['staging', 'production'])('the manifest of %s is valid without secrets', async (name) => {
  const { run } = workIn(createRepository())
  const shown = await run(0, 'config', '-c', `environments/${name}/migrate.config.yaml`, '--offline')
  expect(shown.stdout).toContain(`name: acme-${name}`)
  await run(0, 'validate', '-c', `environments/${name}/migrate.config.yaml`, '-e', 'rehearsal')
})
