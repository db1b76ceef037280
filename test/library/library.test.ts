import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  apply,
  GuardError,
  LockedError,
  loadManifest,
  ManifestError,
  plan,
  StalePlanError,
  StrictError,
  UsageError,
  verify,
} from '../../src/index.ts'
import { command } from '../cli/harness.ts'
import { gathered, loaded, people, project, rewrite } from './project.ts'

test('a program plans, reads the plan, applies it and verifies', async () => {
  const manifest = await loaded(
    project(`${people(2)}acme-3,not an address,acme,acme\n`, { safety: { maxRejects: '90%' } }),
  )
  expect(manifest).toMatchObject({ name: 'library', environment: null, confirm: undefined })
  await using planned = await plan(manifest)
  expect(planned).toMatchObject({ changes: true, rejected: 2, refusals: [], exitCode: 0 })
  expect(planned.kinds.filter(({ create }) => create > 0).map(({ kind, create }) => [kind, create])).toEqual([
    ['organization', 1],
    ['user', 2],
    ['membership', 2],
  ])
  const actions = await gathered(planned.actions())
  expect(actions.map(({ address, type }) => `${type} ${address}`)).toEqual([
    'create organization:acme',
    'create user:acme-1',
    'create user:acme-2',
    'create membership:acme-1@acme',
    'create membership:acme-2@acme',
  ])
  expect(actions[1]).toMatchObject({ before: null, after: { email: 'acme-1@example.com' }, secrets: {} })
  expect(await gathered(planned.rejects())).toMatchObject([
    { kind: 'user', key: 'acme-3', origin: 'users.csv:4' },
    { kind: 'membership', origin: 'users.csv:4' },
  ])

  const applied = await apply(planned)
  expect(applied).toMatchObject({ run: 1, outcome: 'completed', rejected: 2, exitCode: 0, stopped: undefined })
  expect(await gathered(applied.failures())).toEqual([])

  await using verification = await verify(manifest)
  expect(verification).toMatchObject({ outcome: 'different', rejected: 2, exitCode: 0 })
  expect(await gathered(verification.findings())).toEqual([])

  await using again = await plan(manifest)
  expect(again.changes).toBe(false)
})

test('the library and the command line report the same', async () => {
  const cwd = project(people(3))
  await using planned = await plan(await loaded(cwd))
  const { stdout } = await command(['plan', '--json'], { cwd })
  const told = JSON.parse(stdout)
  expect(planned.kinds).toEqual(told.summary.kinds)
  expect(planned.estimate).toEqual(told.summary.estimate)
  const shown = await gathered(planned.actions())
  expect(shown).toMatchObject(
    told.actions.map(({ before, after, secrets, key, label }: Record<string, unknown>) => ({
      before,
      after,
      secrets,
      key,
      label,
    })),
  )
})

test('a saved plan passes from the library to the command line and back', async () => {
  const cwd = project(people(2))
  const manifest = await loaded(cwd)
  await using first = await plan(manifest)
  await first.save('plan.ndjson')
  expect((await command(['apply', 'plan.ndjson'], { cwd })).code).toBe(0)
  rewrite(cwd, people(3))
  expect((await command(['plan', '--out', 'plan.ndjson'], { cwd })).code).toBe(0)
  const applied = await apply('plan.ndjson', { cwd })
  expect(applied.kinds.find(({ kind }) => kind === 'user')).toMatchObject({ created: 1, unchanged: 2 })
})

test('a plan that is out of date is refused, from memory and from a file', async () => {
  const cwd = project(people(2))
  await using planned = await plan(await loaded(cwd))
  await planned.save('plan.ndjson')
  rewrite(cwd, people(3))
  await expect(apply(planned)).rejects.toThrow(StalePlanError)
  await expect(apply(planned)).rejects.toMatchObject({
    code: 'stale_plan',
    exitCode: 8,
    hint: 'make a new plan; or restore the file',
  })
  await expect(apply('plan.ndjson', { cwd })).rejects.toThrow(StalePlanError)
  writeFileSync(join(cwd, 'plan.ndjson'), readFileSync(join(cwd, 'plan.ndjson'), 'utf8').replace('acme-1', 'acme-9'))
  rewrite(cwd, people(2))
  await expect(apply('plan.ndjson', { cwd })).rejects.toMatchObject({ code: 'bad_plan_file' })
  const missing = { name: 'ManifestError', code: 'missing_file', at: { file: join(cwd, 'none.ndjson') } }
  await expect(apply('none.ndjson', { cwd })).rejects.toMatchObject(missing)
})

test('a plan is not saved over files that the run needs', async () => {
  const cwd = project(people(1))
  await using planned = await plan(await loaded(cwd))
  for (const file of ['migrate.config.yaml', 'users.csv', '.workos-migrate/state.sqlite']) {
    await expect(planned.save(file)).rejects.toMatchObject({ name: 'UsageError', code: 'place_taken' })
  }
  await expect(planned.save('no/such/folder/plan.ndjson')).rejects.toMatchObject({ code: 'plan_unwritable' })
})

test('guards of the manifest and of the options refuse a plan', async () => {
  const cwd = project(people(4), { safety: { maxCreates: 3 } })
  await using refused = await plan(await loaded(cwd))
  expect(refused).toMatchObject({ exitCode: 5, refusals: [{ guard: 'maxCreates' }] })
  expect(refused.findings[0]).toMatchObject({ level: 'refused', code: 'guard_maxCreates' })
  await expect(apply(refused)).rejects.toMatchObject({
    code: 'guard_maxCreates',
    at: { file: join(cwd, 'migrate.config.yaml') },
  })

  await using planned = await plan(await loaded(project(people(4))))
  await expect(apply(planned, { maxCreates: 8 })).rejects.toMatchObject({
    name: 'GuardError',
    message: '9 of 9 resources would be created, but maxCreates allows 8',
    hint: 'review them; if they are right, set maxCreates in the options to 9 or more',
  })
  await expect(apply(planned, { maxRejects: 'some' })).rejects.toThrow(UsageError)
  expect(await apply(planned, { maxCreates: 9, maxRejects: 0 })).toMatchObject({ outcome: 'completed' })
})

test('deletions need a separate approval', async () => {
  const cwd = project(people(3), { prune: ['user', 'membership'], safety: { maxDeletes: 9 } })
  const manifest = await loaded(cwd)
  await using first = await plan(manifest)
  await apply(first)
  rewrite(cwd, people(2))
  await using second = await plan(manifest)
  await expect(apply(second)).rejects.toThrow(GuardError)
  await expect(apply(second)).rejects.toMatchObject({ code: 'deletes_unapproved' })
  await expect(apply(second, { deletes: true, maxDeletes: 1 })).rejects.toMatchObject({ code: 'guard_maxDeletes' })
  const applied = await apply(second, { deletes: true })
  expect(applied.kinds.find(({ kind }) => kind === 'user')).toMatchObject({ deleted: 1 })
})

test('the word of safety.confirm is required, and strict refuses warnings', async () => {
  const cwd = project(people(2), { safety: { confirm: 'production' } })
  const manifest = await loaded(cwd)
  expect(manifest.confirm).toBe('production')
  await using planned = await plan(manifest)
  await expect(apply(planned)).rejects.toMatchObject({ code: 'confirmation_missing', exitCode: 5 })
  await expect(apply(planned, { confirm: 'staging' })).rejects.toMatchObject({ code: 'confirmation_missing' })
  expect(await apply(planned, { confirm: 'production' })).toMatchObject({ outcome: 'completed' })

  const odd = project(
    'external_id,email,org_external_id,first_name\n1,ada@example.com,acme,NULL\n2,bea@example.com,acme,NULL\n3,cy@example.com,acme,NULL\n',
    {
      safety: { maxRejects: '90%' },
    },
  )
  await using warned = await plan(await loaded(odd), { strict: true })
  expect(warned.findings.some(({ level }) => level === 'warning')).toBe(true)
  expect(warned.exitCode).toBe(7)
  await expect(apply(warned, { strict: true })).rejects.toThrow(StrictError)
})

test('an error has a class, a code, a place and a hint', async () => {
  const cwd = project(people(1))
  writeFileSync(join(cwd, 'migrate.config.yaml'), 'source: { type: csv, path: users.csv }\ntarget: { type: sandbix }\n')
  const error = await loaded(cwd).catch((thrown: unknown) => thrown)
  if (!(error instanceof ManifestError)) throw error
  expect(error).toMatchObject({
    name: 'ManifestError',
    exitCode: 3,
    at: { file: join(cwd, 'migrate.config.yaml'), line: 2, column: 17 },
  })
  expect(error.hint).toContain('sandbox')
  expect(error.code).toBe(error.problems[0]?.code)
})

test('no error contains a secret', async () => {
  const secret = 'sk_test_Ze9PlantedSecret'
  const cwd = project(people(1), { target: { type: 'workos', apiKey: '${KEY} ${KEY}', baseUrl: 'http://127.0.0.1:1' } })
  const manifest = await loadManifest({ cwd, env: { KEY: secret } })
  const error = await plan(manifest).catch((thrown: unknown) => thrown)
  if (!(error instanceof Error)) throw new Error('it has to fail')
  expect([error.message, error.stack, JSON.stringify(error), String(error.cause)].join('\n')).not.toContain('Planted')
  expect(error).toMatchObject({ name: 'ManifestError', code: 'bad_api_key' })
})

test('no action, reject, event or saved plan contains a password hash', async () => {
  const hash = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
  const bad = `${hash}PLANTED`
  const users = `external_id,email,password_hash\n1,ada@example.com,${hash}\n2,no address,${hash}\n3,cleo@example.com,${bad}\n`
  const cwd = project(users, { safety: { maxRejects: '90%' } })
  const planning = plan(await loaded(cwd))
  const events = await gathered(planning)
  await using planned = await planning
  await planned.save('plan.ndjson')
  const actions = await gathered(planned.actions())
  expect(actions[0]).toMatchObject({ address: 'user:1', secrets: { passwordHash: 'bcrypt' } })
  const rejects = await gathered(planned.rejects())
  const applying = apply(planned)
  const all = [events, actions, planned, rejects, await gathered(applying), await applying]
  const told = JSON.stringify(all) + readFileSync(join(cwd, 'plan.ndjson'), 'utf8')
  expect(told).not.toContain('N9qo8uLOickgx2ZMRZoMye')
  expect(told).not.toContain('PLANTED')
})

test('a closed plan cannot be read, and nothing is left behind', async () => {
  const cwd = project(people(1))
  const manifest = await loaded(cwd)
  const planned = await plan(manifest)
  await planned.close()
  await planned.close()
  await expect(gathered(planned.actions())).rejects.toMatchObject({ code: 'plan_closed' })
  await expect(planned.save('plan.ndjson')).rejects.toMatchObject({ code: 'plan_closed' })
  expect(() => apply(planned)).toThrow(UsageError)
  expect(existsSync(join(cwd, '.workos-migrate'))).toBe(true)
  expect(readdirSync(join(cwd, '.workos-migrate')).filter((name) => name.startsWith('scratch-'))).toEqual([])
  expect(() => apply({ ...planned })).toThrow(/not returned by plan/)
  expect(() => plan({ ...manifest })).toThrow(/not returned by loadManifest/)
})

test('of two applies to one state at the same time, one is rejected and names the other', async () => {
  const cwd = project(people(30))
  const manifest = await loaded(cwd)
  await using planned = await plan(manifest)
  const outcomes = await Promise.allSettled([apply(planned), apply(planned)])
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  expect(refused).toMatchObject([{ reason: { name: LockedError.name, code: 'state_locked' } }])
  await using verification = await verify(manifest)
  expect(verification.outcome).toBe('verified')
})

test('a passed deadline refuses the run, and an invalid deadline is rejected', async () => {
  await using planned = await plan(await loaded(project(people(2))))
  await expect(apply(planned, { deadline: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({
    name: 'GuardError',
    code: 'guard_deadline',
  })
  await expect(apply(planned, { maxDuration: 'soon' })).rejects.toMatchObject({ name: 'UsageError', code: 'bad_value' })
  expect(await apply(planned, { deadline: '2999-01-01T00:00:00Z', maxDuration: '4h' })).toMatchObject({
    outcome: 'completed',
  })
})

test('a pilot is planned, applied and verified as a pilot', async () => {
  const manifest = await loaded(project(people(5)))
  await using planned = await plan(manifest, { limit: 2 })
  expect(planned.scope).toMatchObject({ only: [], limit: 2 })
  const applied = await apply(planned)
  expect(applied.kinds.find(({ kind }) => kind === 'user')).toMatchObject({ created: 2 })
  await using one = await verify(manifest, { only: ['user:acme-1'] })
  expect(one).toMatchObject({ outcome: 'verified', scope: { only: ['user:acme-1'] } })
  await using all = await verify(manifest, { everybody: true })
  expect(all.outcome).toBe('lost')
  const missing = await gathered(all.findings())
  expect(missing.filter(({ kind }) => kind === 'user').map(({ type, key }) => `${type} ${key}`)).toEqual([
    'not_applied acme-3',
    'not_applied acme-4',
    'not_applied acme-5',
  ])
  for (const limit of [0, 1.5, Number.NaN]) {
    await expect(plan(manifest, { limit })).rejects.toMatchObject({ name: 'UsageError', code: 'bad_limit' })
  }
  await expect(plan(manifest, { only: ['acme'] })).rejects.toMatchObject({ code: 'bad_selector' })
})

test('single failures are in the result, not thrown', async () => {
  const rows = people(2).replace('acme-2@example.com', 'acme-1@example.com')
  const manifest = await loaded(
    project(rows, { safety: { maxRejects: '100%' }, map: { membership: { roles: "'no-such-role'" } } }),
  )
  await using planned = await plan(manifest)
  const applied = await apply(planned)
  const failures = await gathered(applied.failures())
  const sum = applied.kinds.reduce((total, { failed, blocked }) => total + failed + blocked, 0)
  expect(sum).toBeGreaterThan(0)
  expect(failures.filter(({ outcome }) => outcome !== 'reduced')).toHaveLength(sum)
  expect(failures[0]).toMatchObject({ origin: expect.stringMatching(/^users\.csv:\d+$/), message: expect.any(String) })
})
