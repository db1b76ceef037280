import { expect, test } from 'vitest'
import { idempotencyKey } from '../../src/applying/attempt.ts'

test('the idempotency key is the same for the same request and differs for any other', () => {
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
