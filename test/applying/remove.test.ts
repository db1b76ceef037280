import { expect, test } from 'vitest'
import { remove } from '../../src/applying/remove.ts'
import { user } from '../../src/kinds/user/user.ts'
import type { DeleteAction } from '../../src/planning/action.ts'
import { held, knowing, lost, refusal, type Step } from './scripted.ts'

const PATH = '/user_management/users/user_1'
const LIVE = { id: 'user_1', email: 'ada@example.com' }

async function removeAda(steps: readonly Step[], more: Partial<DeleteAction> = {}) {
  const rig = knowing([held('user', 'ada', 'user_1', { digests: { passwordHash: 'x' } })], steps)
  const action: DeleteAction = { type: 'delete', kind: 'user', key: 'ada', label: '', id: 'user_1', ...more }
  return { rig, outcome: await remove(rig.context, user, action) }
}

test('a deletion is intended, sent and removed from the state', async () => {
  const { rig, outcome } = await removeAda([[`DELETE ${PATH}`, {}]])
  expect(outcome).toEqual({ type: 'deleted' })
  expect(rig.log).toEqual(['intend delete user:ada', `DELETE ${PATH}`, 'removed user:ada'])
})

test('a missing resource counts as deleted', async () => {
  const { rig, outcome } = await removeAda([
    [`DELETE ${PATH}`, refusal(404)],
    [`GET ${PATH}`, undefined],
  ])
  expect(outcome).toEqual({ type: 'deleted' })
  expect(rig.resources.size).toBe(0)
})

test('a target that cannot delete an existing resource is reported', async () => {
  const { rig, outcome } = await removeAda([
    [`DELETE ${PATH}`, refusal(404)],
    [`GET ${PATH}`, LIVE],
  ])
  expect(outcome).toMatchObject({ type: 'failed', code: 'endpoint_missing' })
  expect(rig.log.at(-1)).toBe('cleared user:ada')
  expect(rig.resources.size).toBe(1)
})

test('after a lost response, a missing resource counts as deleted, and an existing one is deleted again', async () => {
  const gone = await removeAda([
    [`DELETE ${PATH}`, lost()],
    [`GET ${PATH}`, undefined],
  ])
  expect(gone.outcome).toEqual({ type: 'deleted' })
  expect(gone.rig.writes).toHaveLength(1)
  const there = await removeAda([
    [`DELETE ${PATH}`, lost()],
    [`GET ${PATH}`, LIVE],
    [`DELETE ${PATH}`, {}],
  ])
  expect(there.outcome).toEqual({ type: 'deleted' })
})

test('after a rejection the resource stays in the state', async () => {
  const { rig, outcome } = await removeAda([[`DELETE ${PATH}`, refusal(409, 'in_use')]])
  expect(outcome).toMatchObject({ type: 'failed', code: 'in_use' })
  expect(rig.resources.size).toBe(1)
})

test('a resource deleted with another is removed without a request; if the other was not deleted, it is blocked', async () => {
  const went = await removeAda([], { with: { kind: 'organization', key: 'acme' } })
  expect(went.outcome).toEqual({ type: 'deleted' })
  expect(went.rig.log).toEqual(['removed user:ada'])
  const kept = await removeAda([], { with: { kind: 'user', key: 'ada' } })
  expect(kept.outcome).toMatchObject({ type: 'blocked', code: 'dependency_blocked' })
})
