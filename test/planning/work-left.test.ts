import { expect, test } from 'vitest'
import { WorkLeft } from '../../src/planning/estimate.ts'
import { createWorld, type Row } from './world.ts'

const row = (name: string, more: Row = {}): Row => ({ email: `${name}@example.com`, external_id: name, ...more })
const of = (organization: string): Row => ({ org_external_id: organization, org_name: organization })

test('it starts with the estimate of the plan and ends with nothing', async () => {
  const rows = [row('ada', of('acme')), row('bea', of('acme')), row('bea', of('bolt')), row('cleo')]
  const world = await createWorld(rows, { roles: { define: { admin: { name: 'Admin', permissions: ['read'] } } } })
  const plan = await world.plan()
  const { writes, userManagementWrites } = plan.summary.estimate
  const left = new WorkLeft(plan)
  const sum = () => Object.values(left.requests()).reduce((total, count) => total + count, 0)
  expect(left.requests().write).toBe(userManagementWrites)
  expect(sum()).toBe(writes)
  expect(writes).toBeGreaterThan(8)
  const actions = [...plan.actions()]
  expect(left.total).toBe(actions.length)
  let before = sum()
  for (const action of actions) {
    left.start(action)
    expect(sum()).toBeLessThan(before)
    before = sum()
  }
  expect(sum()).toBe(0)
  for (const action of actions) left.start(action)
  expect(sum()).toBe(0)
})

test('blocked actions send nothing', async () => {
  const world = await createWorld([row('ada')], {})
  const left = new WorkLeft(await world.plan())
  const before = left.requests()
  left.start({ kind: 'user', type: 'blocked' })
  expect(left.requests()).toEqual(before)
})
