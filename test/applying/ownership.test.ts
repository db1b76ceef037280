import { expect, test } from 'vitest'
import { idempotencyKey } from '../../src/applying/idempotency-key.ts'
import { ownershipOf } from '../../src/applying/ownership.ts'
import { groupMembership } from '../../src/resources/group-membership.ts'
import { user } from '../../src/resources/user.ts'

const live = { id: 'user_1', externalId: null, natural: 'ada@example.com', attributes: {} }
const SENT = new Date('2026-01-01T12:00:00.000Z')

test.each([
  ['after the write', '2026-01-01T12:00:01.000Z', 'created'],
  ['before it, within the difference of two clocks', '2026-01-01T11:57:00.000Z', 'created'],
  ['long before it', '2026-01-01T11:50:00.000Z', 'adopted'],
  ['nobody knows when', null, 'adopted'],
])('what came into being %s (%s) is %s', (_when, createdAt, ownership) => {
  expect(ownershipOf(user, { ...live, createdAt }, SENT)).toBe(ownership)
})

test('of what WorkOS dates nowhere, what is found after a write is that write', () => {
  expect(ownershipOf(groupMembership, { ...live, createdAt: null }, SENT)).toBe('created')
})

test('the idempotency key stays with the request and changes with anything in it', () => {
  const request = {
    method: 'POST' as const,
    path: '/users',
    body: { email: 'ada@example.com', metadata: { a: '1', b: '2' } },
  }
  const same = { ...request, body: { metadata: { b: '2', a: '1' }, email: 'ada@example.com' } }
  const key = idempotencyKey('lineage', 'user:ada', request)
  expect(idempotencyKey('lineage', 'user:ada', same)).toBe(key)
  const others = [
    idempotencyKey('another', 'user:ada', request),
    idempotencyKey('lineage', 'user:bea', request),
    idempotencyKey('lineage', 'user:ada', { ...request, method: 'PUT' }),
    idempotencyKey('lineage', 'user:ada', { ...request, path: '/users/1' }),
    idempotencyKey('lineage', 'user:ada', { ...request, body: { email: 'ada@example.com' } }),
  ]
  expect(new Set([key, ...others]).size).toBe(6)
  expect(key).not.toContain('ada')
})
