import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkFresh } from '../../src/planning/check-fresh.ts'
import { readPlanHeader, writePlanFile } from '../../src/planning/plan-file.ts'
import { member, peopleManifest, peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos, type Workos, writes } from '../e2e/workos.ts'
import { createWorld, people } from './world.ts'

const env = { KEY, ROLE_SECRET: 'first value' }
const ROWS = [person('ada', { role_slugs: '' })]
const CSV = { source: { type: 'csv', path: './users.csv' } }

interface Changed {
  before?: object
  after?: object
  change?(project: ReturnType<typeof peopleProject>): unknown
  env?: Record<string, string>
  args?: readonly string[]
}

/** Saves a plan, changes something, and applies the plan. */
async function staleness(
  workos: Workos,
  { before = {}, after = before, change, env: later = env, args = [] }: Changed,
) {
  const project = peopleProject(workos, ROWS, before)
  const planned = await project.run(['plan', '--out', 'plan.ndjson'], { env })
  expect(planned.exit, planned.stderr).toBe(0)
  project.manifest(peopleManifest(workos, after))
  await change?.(project)
  workos.takeLog()
  const applied = await project.run(['apply', 'plan.ndjson', ...args], { env: later })
  expect(applied.exit, applied.stderr).toBe(8)
  expect(writes(workos.takeLog())).toEqual([])
  return { said: applied.stderr, project, saved: readFileSync(project.path('plan.ndjson'), 'utf8') }
}

describe('a manifest that was edited between plan and apply', () => {
  test.each<[string, object, object, string]>([
    ['a value of the mapping', {}, { map: { user: { firstName: 'last_name' } } }, 'map.user.firstName'],
    ['a limit of safety', { safety: { maxDeletes: 1 } }, { safety: { maxDeletes: 2 } }, 'safety.maxDeletes'],
    ['a list', {}, { prune: ['membership'], safety: { maxDeletes: 1 } }, 'prune and safety.maxDeletes'],
    ['an item of a list', { prune: ['membership'] }, { prune: ['membership', 'user'] }, 'prune'],
    ['a removed value', { vars: { plan: 'pro', tier: 'a' } }, { vars: { plan: 'pro' } }, 'vars.tier'],
    ['a role', {}, { roles: { define: { admin: { name: 'Boss' } } } }, 'roles.define.admin.name'],
    ['an option of the source', {}, { source: { ...CSV.source, delimiter: ',' } }, 'source.delimiter'],
    ['a deeper member', {}, { map: { user: { metadata: { plan: "'pro'" } } } }, 'map.user.metadata.plan'],
  ])('names %s', async (_what, before, after, names) => {
    const { said } = await staleness(await startWorkos(), { before, after })
    expect(said).toContain(`is out of date: the manifest has changed: ${names} [stale_plan]`)
    expect(said).toContain('workos-migrate plan --out plan.ndjson; or undo the change')
  })

  test('names ten keys and the number of others', async () => {
    const vars = (value: string) => Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`v${n + 10}`, value]))
    const { said } = await staleness(await startWorkos(), { before: { vars: vars('a') }, after: { vars: vars('b') } })
    expect(said).toContain('has changed: vars.v10, vars.v11, ')
    expect(said).toContain('vars.v19 and 3 more [stale_plan]')
    expect(said).not.toContain('vars.v20')
  })

  test('does not change by a secret, its order, or settings for speed, and the plan has no value of it', async () => {
    const workos = await startWorkos()
    const secrets = { secrets: { pepper: '${ROLE_SECRET}' }, vars: { plan: 'a value to be found', other: 'b' } }
    const { saved, said } = await staleness(workos, {
      before: secrets,
      after: {
        vars: { other: 'c', plan: 'a value to be found' },
        secrets: { pepper: '${ROLE_SECRET}' },
        run: { concurrency: 3 },
      },
      env: { ...env, ROLE_SECRET: 'second value' },
    })
    expect(said).toContain('the manifest has changed: vars.other [stale_plan]')
    const basis = JSON.parse(saved.split('\n')[0] ?? '').basis
    expect(Object.keys(basis.manifest)).toContain('vars.plan')
    expect(Object.keys(basis.manifest).filter((path) => /secrets|apiKey|^run|^name|^tests/.test(path))).toEqual([])
    for (const value of ['a value to be found', 'first value', KEY]) expect(saved).not.toContain(value)
  })

  test('is reported without its keys with another API key, which changes every digest', async () => {
    const { said } = await staleness(await startWorkos(), {
      before: { vars: { plan: 'a' } },
      after: { vars: { plan: 'b' } },
      env: { ...env, KEY: 'sk_test_another' },
    })
    expect(said).toContain('the manifest has changed [stale_plan]')
    expect(said).not.toContain('vars')
  })
})

describe('a source that has moved between plan and apply', () => {
  const seen = (name: string, more: Record<string, string> = {}) =>
    person(name, {
      last_login: '2026-01-01',
      password_hash: '',
      password_hash_type: '',
      role_slugs: '',
      last_name: 'Surname',
      ...more,
    })
  const refused = { email: 'not an address' }
  const LEAVES_OUT = { map: { user: { when: "last_name != 'Bot'" } } }
  const hashed = (sign: string) => ({ password_hash: `$2b$10$${sign.repeat(53)}`, password_hash_type: 'bcrypt' })

  async function moved(before: Record<string, string>[], after: Record<string, string>[], manifest: object = {}) {
    const workos = await startWorkos()
    const project = peopleProject(workos, before, { safety: { maxRejects: 1 }, ...manifest })
    const planned = await project.run(['plan', '--out', 'plan.ndjson'], { env })
    expect(planned.exit, planned.stderr).toBe(0)
    project.csv('users.csv', after)
    workos.takeLog()
    const applied = await project.run(['apply', 'plan.ndjson'], { env })
    return { applied, workos }
  }

  test.each<[string, Record<string, string>[], Record<string, string>[], object?]>([
    ['an unmapped field', [seen('ada')], [seen('ada', { last_login: '2026-01-02' })]],
    ['an unmapped column', [seen('ada')], [seen('ada', { note: 'new' })]],
    ['the order of the rows', [seen('ada'), seen('bea')], [seen('bea'), seen('ada')]],
    ['the place of a rejected row', [seen('ada', refused), seen('bea')], [seen('bea'), seen('ada', refused)]],
    ['a value of a left-out row', [seen('ada', { last_name: 'Bot' }), seen('bea')], [seen('bea')], LEAVES_OUT],
  ])('keeps the plan valid if the change is %s', async (_what, before, after, manifest) => {
    const { applied, workos } = await moved(before, after, manifest)
    expect(applied, applied.stderr).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).not.toEqual([])
  })

  test.each<[string, Record<string, string>[], Record<string, string>[], string, object?]>([
    ['a desired value', [seen('ada')], [seen('ada', { first_name: 'Augusta' })], 'users'],
    ['a new user', [seen('ada')], [seen('ada'), seen('bea')], 'users'],
    ['a user who left', [seen('ada'), seen('bea')], [seen('ada')], 'users'],
    ['a hash', [seen('ada', hashed('a'))], [seen('ada', hashed('b'))], 'users'],
    ['a new rejected row', [seen('ada')], [seen('ada'), seen('bea', refused)], 'rejected records'],
    ['another reason to reject', [seen('ada', refused)], [seen('ada', { email: '' })], 'rejected records'],
    ['a row that was left out', [seen('ada', { last_name: 'Bot' })], [seen('ada')], 'users', LEAVES_OUT],
    ['a user who is now rejected', [seen('ada')], [seen('ada', refused)], 'users and rejected records'],
  ])('makes the plan stale if the change is %s', async (_what, before, after, kinds, manifest) => {
    const { applied, workos } = await moved(before, after, manifest)
    expect(applied, applied.stderr).toMatchObject({ exit: 8 })
    expect(applied.stderr).toContain(`the source has changed in ${kinds}: ./users.csv [stale_plan]`)
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('makes it stale with a value that needs no write today', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [seen('ada', hashed('a')), seen('bea')])
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    project.csv('users.csv', [seen('ada', hashed('a')), seen('bea', { first_name: 'Beatrice' })])
    await project.run(['plan', '--out', 'plan.ndjson'], { env })
    // A hash that changed after the user was created is not sent, but is still a desired value.
    project.csv('users.csv', [seen('ada', hashed('b')), seen('bea', { first_name: 'Beatrice' })])
    const applied = await project.run(['apply', 'plan.ndjson'], { env })
    expect([applied.exit, applied.stderr]).toEqual([8, expect.stringContaining('the source has changed in users')])
  })

  test('reports a secret that an expression reads if the source is the same', async () => {
    const { said } = await staleness(await startWorkos(), {
      before: { secrets: { pepper: '${ROLE_SECRET}' }, map: { user: { password: '$secrets.pepper' } } },
      env: { ...env, ROLE_SECRET: 'second value' },
    })
    expect(said).toContain('the same source and manifest now produce different users [stale_plan]')
  })
})

describe('other changes', () => {
  test('name the files', async () => {
    const before = { source: { ...CSV.source, userRoles: './user-roles.csv', roleDefinitions: './roles.csv' } }
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, before)
    const rolesCsv = (name: string) => project.csv('roles.csv', [{ role_slug: 'owner', role_name: name }])
    project.csv('user-roles.csv', [{ external_id: 'id-ada', role_slug: 'admin' }])
    const rows = [member('ada', 'acme')]
    project.csv('users.csv', rows)
    rolesCsv('Owner')
    const planned = await project.run(['plan', '--out', 'plan.ndjson'], { env })
    expect(planned.exit, planned.stderr).toBe(0)
    rolesCsv('Boss')
    const one = await project.run(['apply', 'plan.ndjson'], { env })
    expect([one.exit, one.stderr]).toEqual([
      8,
      expect.stringContaining('the source has changed in roles: ./roles.csv [stale_plan]'),
    ])
    expect(one.stderr).toContain('restore the file')
    project.csv('users.csv', [...rows, person('bea')])
    const two = await project.run(['apply', 'plan.ndjson'], { env })
    expect(two.stderr).toContain('the source has changed in roles and users: ./users.csv and ./roles.csv [stale_plan]')
    rolesCsv('Owner')
    project.csv('users.csv', rows)
    expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  })

  test('name the environment, without a list of its values', async () => {
    const environments = { environments: { staging: { vars: { a: 1 } }, production: { vars: { a: 2 } } } }
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, environments)
    expect(await project.run(['plan', '-e', 'staging', '--out', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
    const applied = await project.run(['apply', 'plan.ndjson', '-e', 'production'], { env })
    expect(applied.exit).toBe(8)
    expect(applied.stderr).toContain(
      'this command is for environment production, but the plan is for environment staging',
    )
    expect(applied.stderr).toContain('plan -e production --out plan.ndjson; or omit --env')
    expect(applied.stderr).not.toContain('vars.a')
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('name the serials of the state, and report an older or another state', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    const state = '.workos-migrate/state.sqlite'
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    await project.run(['state', 'backup', 'older.bak'])
    project.csv('users.csv', [person('ada', { first_name: 'Augusta' })])
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    await project.run(['plan', '--out', 'plan.ndjson'], { env })
    for (const suffix of ['', '-wal', '-shm']) project.remove(state + suffix)
    copyFileSync(project.path('older.bak'), project.path(state))
    const older = await project.run(['apply', 'plan.ndjson'], { env })
    expect(older.stderr).toMatch(
      /the state is older than the plan: it has serial \d+, but the plan was made at serial \d+/,
    )
  })

  test('do not matter to a plan of an earlier version without a basis: it stays valid and goes stale as before', async () => {
    const world = await createWorld(people(1))
    const purpose = { message: 'no', code: 'no', hint: 'no' }
    const path = join(world.folder, 'plan.ndjson')
    const { file: manifestFile, manifest } = world.loaded
    writePlanFile(await world.plan(), path, { manifestFile, manifest, apiKey: KEY, purpose })
    const { basis, ...header } = await readPlanHeader(path)
    expect(basis).toBeDefined()
    const options = { apiKey: KEY, manifest, file: 'plan.ndjson' }
    const plan = await world.plan()
    expect(() => checkFresh(header, plan, options)).not.toThrow()
    world.rows(people(2))
    const changed = await world.plan()
    expect(() => checkFresh(header, changed, options)).toThrow(/: the source has changed$/)
  })
})
