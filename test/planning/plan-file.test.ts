import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ManifestError, StalePlanError } from '../../src/diagnostics/errors.ts'
import { checkFresh } from '../../src/planning/check-fresh.ts'
import type { Plan } from '../../src/planning/plan.ts'
import { digestPlan, isPlanFile, type PlanHeader, readPlanHeader, writePlanFile } from '../../src/planning/plan-file.ts'
import { toolVersion } from '../../src/version.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { actionsOf, createWorld, people, type World } from './world.ts'

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const OTHER_HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWe'
const KEY = 'sk_test_do_not_show_me'
const purpose = { message: 'the plan cannot be written', code: 'plan_unwritable', hint: 'name another file' }

const withHash = (hash: string) =>
  people(3).map((row) => ({ ...row, password_hash: hash, password_hash_type: 'bcrypt', metadata: '{"plan":"p-r-o"}' }))

const written = ({ loaded: { file, manifest } }: World) => ({ manifestFile: file, manifest, apiKey: KEY, purpose })

function save(world: World, plan: Plan, apiKey = KEY): string {
  const path = join(world.folder, 'plans', 'plan.ndjson')
  mkdirSync(join(world.folder, 'plans'), { recursive: true })
  writePlanFile(plan, path, { ...written(world), apiKey })
  return path
}

const reread = (world: World, plan: Plan) => readPlanHeader(save(world, plan))

/** The differences that a stale plan reports. */
function differences({ loaded }: World, saved: PlanHeader, plan: Plan, apiKey = KEY): string[] {
  try {
    checkFresh(saved, plan, { apiKey, manifest: loaded.manifest, file: 'plan.ndjson' })
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(StalePlanError)
    return (error as StalePlanError).problems.map(({ message }) =>
      message.replace('the saved plan is out of date: ', ''),
    )
  }
}

describe('a saved plan', () => {
  test('names every action in order, and its inputs', async () => {
    const world = await createWorld(people(3))
    const plan = await world.plan()
    const path = save(world, plan)
    const header = await readPlanHeader(path)
    expect(header).toMatchObject({
      format: 'workos-migrate-plan',
      version: 2,
      name: plan.name,
      manifestFile: join('..', 'migrate.config.yaml'),
      inputs: plan.inputs,
      actions: 7,
    })
    expect(header.summary).toEqual(JSON.parse(JSON.stringify(plan.summary)))
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1)
    expect(lines.map((line) => JSON.parse(line)).map(({ address, action }) => `${address} ${action}`)).toEqual(
      actionsOf(plan),
    )
  })

  test('contains no value of a user, no hash and no key', async () => {
    const world = await createWorld(withHash(HASH))
    await world.apply(await world.plan())
    world.rows(withHash(HASH).map((row) => ({ ...row, first_name: 'Changed', metadata: '{"plan":"m-a-x"}' })))
    const text = readFileSync(save(world, await world.plan()), 'utf8')
    expect(text).toContain('"fields":["firstName","metadata.plan"]')
    for (const value of [HASH, HASH.slice(8, 30), KEY, 'Changed', 'First0', 'p-r-o', 'm-a-x', '@example.com']) {
      expect(text).not.toContain(value)
    }
  })

  test('is only readable by its owner, and is recognized', async () => {
    const world = await createWorld(people(1))
    const path = save(world, await world.plan())
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(isPlanFile(path)).toBe(true)
    expect(isPlanFile(world.loaded.file)).toBe(false)
    expect(isPlanFile(world.folder)).toBe(false)
    expect(isPlanFile(join(world.folder, 'none'))).toBe(false)
  })

  test('replaces an older one', async () => {
    const world = await createWorld(people(1))
    save(world, await world.plan())
    world.rows(people(2))
    const plan = await world.plan()
    const path = save(world, plan)
    expect((await readPlanHeader(path)).actions).toBe(5)
    expect(readdirSync(join(world.folder, 'plans'))).toEqual(['plan.ndjson'])
  })

  test('that cannot be written leaves nothing behind', async () => {
    const world = await createWorld(people(1))
    const plan = await world.plan()
    const taken = join(world.folder, 'taken')
    mkdirSync(join(taken, 'full'), { recursive: true })
    expect(() => writePlanFile(plan, taken, written(world))).toThrow()
    expect(readdirSync(world.folder).filter((name) => name.startsWith('taken'))).toEqual(['taken'])
    expect(() => writePlanFile(plan, join(world.folder, 'no', 'folder'), written(world))).toThrow()
  })
})

describe('a damaged plan file is rejected', () => {
  const header = { format: 'workos-migrate-plan', version: 2 }
  test.each<[string, string]>([
    ['empty', ''],
    ['not JSON', 'plan\n'],
    ['another format', '{"format":"other"}\n'],
    ['a later version', `${JSON.stringify({ ...header, version: 3 })}\n`],
    ['a header without its parts', `${JSON.stringify({ ...header, actions: 0 })}\n`],
  ])('%s', async (_, content) => {
    const path = join(temporaryFolder(), 'plan.ndjson')
    writeFileSync(path, content)
    await expect(readPlanHeader(path)).rejects.toThrow(ManifestError)
    await expect(readPlanHeader(path)).rejects.toMatchObject({
      problems: [{ code: 'bad_plan_file', hint: expect.stringContaining('plan --out'), at: { file: path } }],
    })
  })

  test('truncated, or longer than its header states', async () => {
    const world = await createWorld(people(2))
    const path = save(world, await world.plan())
    const lines = readFileSync(path, 'utf8').split('\n')
    writeFileSync(path, lines.slice(0, 3).join('\n'))
    await expect(readPlanHeader(path)).rejects.toThrow(ManifestError)
    writeFileSync(path, [...lines.slice(0, -1), lines[1], ''].join('\n'))
    await expect(readPlanHeader(path)).rejects.toThrow(ManifestError)
  })
})

describe('a saved plan is valid while nothing changes', () => {
  test('and is computed again with the same result', async () => {
    const world = await createWorld(withHash(HASH))
    const saved = await reread(world, await world.plan())
    expect(differences(world, saved, await world.plan())).toEqual([])
  })

  test('even if only the speed of the run changes', async () => {
    const world = await createWorld(people(2))
    const saved = await reread(world, await world.plan())
    await world.manifest({ run: { workers: 1, chunkSize: 1, concurrency: 3 } })
    expect(differences(world, saved, await world.plan())).toEqual([])
  })

  test.each<[string, (world: World) => unknown, string]>([
    ['the source', (world) => world.rows(people(3)), 'the source has changed in users and memberships: ./users.csv'],
    [
      'the manifest',
      (world) => world.manifest({ safety: { maxCreates: 99 } }),
      'the manifest has changed: safety.maxCreates',
    ],
    [
      'the state',
      async (world) => world.apply(await world.plan()),
      'the state has changed: another run was applied after the plan was made (serial 0 then, ',
    ],
    [
      'the target',
      (world) => {
        world.target = {
          ...world.target,
          identity: { ...world.target.identity, baseUrl: 'sandbox:elsewhere' },
        }
      },
      'the target has changed: it is sandbox at sandbox:elsewhere, but the plan is for sandbox at sandbox:',
    ],
  ])('and is stale after a change of %s', async (_, change, expected) => {
    const world = await createWorld(people(2))
    const saved = await reread(world, await world.plan())
    await change(world)
    const told = differences(world, saved, await world.plan())
    expect(told.filter((difference) => difference.startsWith(expected))).toHaveLength(1)
  })

  test('and is stale for another environment, another version and another key', async () => {
    const world = await createWorld(people(2))
    const plan = await world.plan()
    const saved = await reread(world, plan)
    const { inputs } = saved
    expect(differences(world, { ...saved, inputs: { ...inputs, environment: 'production' } }, plan)).toEqual([
      'this command is for no environment, but the plan is for environment production',
    ])
    expect(differences(world, { ...saved, inputs: { ...inputs, toolVersion: '0.0.1' } }, plan)).toEqual([
      `this is version ${toolVersion} of workos-migrate, but version 0.0.1 made the plan`,
    ])
    expect(differences(world, saved, plan, 'sk_test_another')).toEqual(['WorkOS or the API key has changed'])
  })

  test('and is stale after a relevant change in WorkOS', async () => {
    const world = await createWorld(people(2))
    const saved = await reread(world, await world.plan())
    await world.target.client.write({
      method: 'POST',
      path: '/user_management/users',
      body: { email: 'person0@example.com' },
    })
    expect(differences(world, saved, await world.plan())).toEqual(['WorkOS has changed, so a new plan would differ'])
  })

  test('and names everything that differs', async () => {
    const world = await createWorld(people(2))
    const saved = await reread(world, await world.plan())
    await world.manifest({ safety: { maxCreates: 99 } })
    world.rows(people(3))
    expect(differences(world, saved, await world.plan())).toEqual([
      'the manifest has changed: safety.maxCreates',
      'the source has changed in users and memberships: ./users.csv',
    ])
  })
})

describe('the digest of a plan', () => {
  const digests = async (rows: Parameters<typeof createWorld>[0], more: object = {}) =>
    digestPlan(await (await createWorld(rows, more)).plan(), KEY)

  test('is the same for the same plan, and different for any value, secrets included', async () => {
    const rows = withHash(HASH)
    const [first, ...others] = rows
    const variants = [
      rows,
      withHash(OTHER_HASH),
      [{ ...first, first_name: 'Other' }, ...others],
      [{ ...first, metadata: '{"plan":"other"}' }, ...others],
      [{ ...first, org_external_id: 'borealis', org_name: 'Borealis' }, ...others],
      others,
    ] as Parameters<typeof createWorld>[0][]
    const found: string[] = []
    for (const variant of variants) found.push(await digests(variant))
    expect(new Set(found).size).toBe(variants.length)
    expect(await digests(rows)).toBe(found[0])
    expect(found[0]).toMatch(/^[0-9a-f]{64}$/)
  })
})
