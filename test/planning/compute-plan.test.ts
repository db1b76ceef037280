import { describe, expect, test } from 'vitest'
import { actionsOf, createWorld, people } from './world.ts'

const rows = people(3)
const summaryOf = (plan: Awaited<ReturnType<Awaited<ReturnType<typeof createWorld>>['plan']>>, kind: string) =>
  plan.summary.kinds.find((summary) => summary.kind === kind)

test('a first plan creates everything in dependency order', async () => {
  const world = await createWorld(rows)
  const plan = await world.plan()
  expect(actionsOf(plan)).toEqual([
    'organization:acme create',
    ...[0, 1, 2].map((n) => `user:ext-${n} create`),
    ...[0, 1, 2].map((n) => `membership:ext-${n}@acme create`),
  ])
  expect(plan.summary).toMatchObject({ changes: true, estimate: { writes: 7, userManagementWrites: 6 }, refusals: [] })
})

test('planning writes nothing: neither to WorkOS nor to the state', async () => {
  const world = await createWorld(rows)
  await world.plan()
  await world.plan(true)
  expect(world.target.client.counts.writes).toBe(0)
  expect(world.state.serial).toBe(0)
  expect(world.state.binding).toBeUndefined()
})

test('after applying, a plan has nothing to do and sends no request to WorkOS', async () => {
  const world = await createWorld(rows)
  await world.apply(await world.plan())
  const { reads } = world.target.client.counts
  const plan = await world.plan()
  expect(actionsOf(plan)).toEqual([])
  expect(plan.summary.changes).toBe(false)
  expect(summaryOf(plan, 'user')).toMatchObject({ desired: 3, unchanged: 3 })
  expect(world.target.client.counts.reads).toBe(reads)
})

test('a changed cell is one update of one field', async () => {
  const world = await createWorld(rows)
  await world.apply(await world.plan())
  world.rows(rows.map((row, n) => (n === 1 ? { ...row, first_name: 'Grace' } : row)))
  const plan = await world.plan()
  expect([...plan.actions()]).toMatchObject([
    {
      type: 'update',
      key: 'ext-1',
      send: { firstName: 'Grace' },
      changes: [{ field: 'firstName', before: 'First1', after: 'Grace' }],
    },
  ])
})

describe('a change in WorkOS', () => {
  test('is only reported with a refresh, and never reverted', async () => {
    const world = await createWorld(rows)
    await world.apply(await world.plan())
    await world.changeUser('ext-1', { first_name: 'Theirs' })
    expect((await world.plan()).driftCount()).toBe(0)
    const plan = await world.plan(true)
    expect(actionsOf(plan)).toEqual([])
    expect([...plan.drift()]).toMatchObject([
      {
        kind: 'user',
        key: 'ext-1',
        field: 'firstName',
        live: 'Theirs',
        desired: 'First1',
        reason: 'changed in WorkOS',
      },
    ])
    expect(summaryOf(plan, 'user')).toMatchObject({ drifted: 1, unchanged: 3 })
  })

  test('stays if the source changes the same field, plan after plan', async () => {
    const world = await createWorld(rows)
    await world.apply(await world.plan())
    await world.changeUser('ext-1', { first_name: 'Theirs' })
    world.rows(rows.map((row, n) => (n === 1 ? { ...row, first_name: 'Ours', last_name: 'New' } : row)))
    const plan = await world.plan()
    expect([...plan.actions()]).toMatchObject([{ key: 'ext-1', send: { lastName: 'New' } }])
    await world.apply(plan)
    const next = await world.plan()
    expect(actionsOf(next)).toEqual([])
    expect([...next.drift()]).toMatchObject([{ field: 'firstName', live: 'Theirs', desired: 'Ours' }])
  })
})

test('without the state, everything is matched and nothing is created', async () => {
  const world = await createWorld(rows)
  await world.apply(await world.plan())
  await world.loseState()
  const plan = await world.plan()
  expect(actionsOf(plan).filter((action) => !action.endsWith(' adopt'))).toEqual([])
  expect(summaryOf(plan, 'membership')).toMatchObject({ adopt: 3, create: 0 })
  expect(plan.summary.estimate.writes).toBe(0)
})

test('resources that left the source are counted and kept', async () => {
  const world = await createWorld(rows)
  await world.apply(await world.plan())
  world.rows(rows.slice(1))
  const plan = await world.plan()
  expect(actionsOf(plan)).toEqual([])
  expect(summaryOf(plan, 'user')).toMatchObject({ desired: 2, orphaned: 1 })
})

test('a missing role blocks the memberships that need it, and the plan names it', async () => {
  const world = await createWorld(rows.map((row) => ({ ...row, role_slugs: 'conductor' })))
  const plan = await world.plan()
  expect([...plan.blockedCounts()]).toMatchObject([
    { kind: 'membership', code: 'unknown_role', count: 3, message: expect.stringContaining('conductor') },
  ])
  expect(plan.summary.refusals).toMatchObject([{ guard: 'maxRejects', figure: 3 }])
})

test('small chunks and several workers produce the same plan', async () => {
  const many = people(40)
  const world = await createWorld(many)
  const whole = actionsOf(await world.plan())
  await world.manifest({ run: { workers: 2, chunkSize: 3 } })
  expect(actionsOf(await world.plan())).toEqual(whole)
})

test('a changed hash is reported and withheld, unless the manifest sends it', async () => {
  const hashed = (end: string) =>
    [
      {
        ...rows[0],
        password_hash: `$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhW${end}`,
        password_hash_type: 'bcrypt',
      },
    ] as Record<string, string>[]
  const world = await createWorld(hashed('y'))
  await world.apply(await world.plan())
  expect(actionsOf(await world.plan())).toEqual([])
  world.rows(hashed('e'))
  const kept = await world.plan()
  expect(actionsOf(kept)).toEqual([])
  expect(kept.summary.notes).toMatchObject([{ code: 'password_changed_in_source', count: 1 }])
  await world.manifest({ passwords: { onChange: 'send' } })
  const sent = await world.plan()
  expect([...sent.actions()]).toMatchObject([{ key: 'ext-0', changes: [{ field: 'passwordHash', secret: true }] }])
  expect(JSON.stringify([...sent.actions()])).not.toContain('$2b$10$')
  await world.apply(sent)
  expect(actionsOf(await world.plan())).toEqual([])
})
