import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createScratch } from '../../src/files/scratch.ts'
import { computePlan } from '../../src/planning/compute-plan.ts'
import type { Plan } from '../../src/planning/plan.ts'
import { RECORDING, RECORDS } from '../../src/sources/snapshot/recorded.ts'
import type { Snapshot } from '../../src/sources/snapshot/snapshot.ts'
import { openSnapshotWriter } from '../../src/sources/snapshot/writer.ts'
import { actionsOf, createWorld, people, type Row, type World } from './world.ts'

/** A snapshot of some rows of the source, marked as partial or not. */
async function snapshotOf(world: World, rows: readonly Row[], partial: boolean): Promise<Snapshot> {
  const writer = await openSnapshotWriter(join(world.folder, `snapshot-${partial}`), { source: 'csv', identity: {} })
  const records = rows.map((data, seq) => ({
    seq,
    stream: 'users',
    origin: { file: 'users.csv', line: seq + 2 },
    data,
  }))
  await writer.append(RECORDS, records, { step: RECORDS, cursor: null, done: true })
  const count = {
    stream: 'users',
    file: 'users.csv',
    role: 'main',
    read: rows.length,
    passed: rows.length,
    rejected: 0,
  }
  writer.note(RECORDING, { streams: ['users'], counts: [count], digest: 'of the rows', partial, warnings: [] })
  return writer.finish()
}

async function planFrom(world: World, rows: readonly Row[], partial = true): Promise<Plan> {
  const scratch = createScratch(world.folder)
  const obtainSnapshot = () => snapshotOf(world, rows, partial)
  const plan = await computePlan({ ...world, scratch: scratch.path, refresh: false, obtainSnapshot })
  onTestFinished(() => {
    plan.set.close()
    scratch.remove()
  })
  return plan
}

const sumOf = ({ summary }: Plan, field: 'orphaned' | 'delete' | 'update' | 'blocked') =>
  summary.kinds.reduce((sum, kind) => sum + kind[field], 0)

test('after a partial reading, nothing counts as gone', async () => {
  const world = await createWorld(people(30))
  await world.apply(await world.plan())
  const changed = { ...people(30)[7], first_name: 'Renamed' }
  const plan = await planFrom(world, [changed])
  expect(actionsOf(plan)).toEqual(['user:ext-7 update'])
  expect([sumOf(plan, 'orphaned'), sumOf(plan, 'delete')]).toEqual([0, 0])
  expect(plan.summary.refusals).toEqual([])
  const whole = await planFrom(world, [changed], false)
  expect(sumOf(whole, 'orphaned')).toBe(58)
})

test('prune is refused after a partial reading, and only then', async () => {
  const world = await createWorld(people(30), { prune: ['user', 'membership'], safety: { maxDeletes: '100%' } })
  await world.apply(await world.plan())
  const plan = await planFrom(world, people(3))
  expect(actionsOf(plan)).toEqual([])
  expect(plan.summary.refusals).toMatchObject([{ guard: 'prune', path: 'prune' }])
  const whole = await planFrom(world, people(3), false)
  expect(whole.summary.refusals).toEqual([])
  expect(sumOf(whole, 'delete')).toBe(54)
})

test('a duplicate that is read without its merged record is blocked and adopts nothing', async () => {
  const one = { email: 'ada@example.com', external_id: 'one', first_name: 'Ada' }
  const two = { email: 'ada@example.com', external_id: 'two', first_name: 'Ada' }
  const world = await createWorld([one, two])
  await world.apply(await world.plan())
  const plan = await planFrom(world, [{ ...two, first_name: 'Adah' }])
  expect(actionsOf(plan)).toEqual(['user:two blocked'])
  expect([...plan.actions()]).toMatchObject([
    { code: 'identity_clash', hint: expect.stringContaining('source.updatedSince') },
  ])
  await world.apply(plan)
  expect(await world.state.idOf('user', 'one')).toBeDefined()
  expect(await world.state.idOf('user', 'two')).toBeUndefined()
})

test('what part of the source has in common is not a warning about all of it', async () => {
  const map = { user: { metadata: { plan: 'plan' } } }
  const alike = people(12).map((row) => ({ ...row, email_verified: 'yes', role_slugs: 'admin', plan: '' }))
  const world = await createWorld(people(1), { map, roles: { define: { admin: { name: 'Admin' } } } })
  const codes = ({ summary }: Plan) => summary.warnings.map(({ code }) => code).toSorted()
  expect(codes(await planFrom(world, alike, false))).toEqual(['everybody_verified', 'field_empty', 'one_role_for_all'])
  expect(codes(await planFrom(world, alike))).toEqual([])
})
