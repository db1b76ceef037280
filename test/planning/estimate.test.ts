import { expect, test } from 'vitest'
import { estimate } from '../../src/planning/estimate.ts'

const DOCUMENTED = {
  writes: { count: 500, perMs: 10_000 },
  reads: { count: 1000, perMs: 10_000 },
  requests: { count: 6000, perMs: 60_000 },
}

test.each([
  [0, 0, 0],
  [1, 1, 0],
  [500, 500, 0],
  [501, 501, 10],
  [2000, 2000, 30],
  [6000, 0, 0],
  [6001, 0, 60],
  [2_000_000, 2_000_000, 39_990],
])('%i writes, %i of them to user management, take %i s at least', (writes, userManagementWrites, seconds) => {
  const counts = { writes, userManagementWrites, organizationDeletes: 0 }
  expect(estimate(counts, DOCUMENTED)).toMatchObject({ ...counts, seconds })
})

test('organizations are deleted at 50 a minute', () => {
  const counts = { writes: 200, userManagementWrites: 0, organizationDeletes: 200 }
  expect(estimate(counts, DOCUMENTED).seconds).toBe(180)
})

test.each([
  ['the writes of users', 526, 526, 0, { of: 'writes', count: 500, perMs: 10_000 }],
  ['all requests', 7000, 10, 0, { of: 'requests', count: 6000, perMs: 60_000 }],
  ['deleted organizations', 60, 5, 55, { of: 'organization deletes', count: 50, perMs: 60_000 }],
  ['the fullest window, if none is full', 300, 300, 0, { of: 'writes', count: 500, perMs: 10_000 }],
])('the limit that takes longest is named: %s', (_what, writes, userManagementWrites, organizationDeletes, limit) => {
  expect(estimate({ writes, userManagementWrites, organizationDeletes }, DOCUMENTED).limit).toEqual(limit)
})
