import { afterEach, expect, test } from 'vitest'
import { DOCUMENTED_LIMITS } from '../../src/sandbox/admission.ts'
import { refusalOf, type Subject, startSubject } from './harness.ts'

const USERS = '/user_management/users'
const AMPLE = { count: 1000, perMs: 1000 }
const ample = { requests: AMPLE, writes: AMPLE, reads: AMPLE, organizationDeletes: AMPLE }
let subject: Subject
let clock = 0
const now = () => clock
afterEach(() => subject.close())

async function start(limits: NonNullable<Parameters<typeof startSubject>[0]>['limits']): Promise<void> {
  clock = Date.parse('2026-01-01T00:00:00Z')
  subject = await startSubject({ limits, now })
}

let created = 0
const write = (key?: string) => subject.call('POST', USERS, { email: `u${created++}@example.com` }, key)

test('the window slides: each request leaves it after its own time', async () => {
  await start({ ...ample, writes: { count: 2, perMs: 10_000 } })
  expect((await write()).status).toBe(201)
  clock += 4000
  expect((await write()).status).toBe(201)
  clock += 3500
  const refused = await write()
  expect(refusalOf(refused)).toEqual([429, 'rate_limit_exceeded'])
  expect(refused.body.message).toBe('Too many requests.')
  expect(refused.headers.get('retry-after')).toBe('3')
  clock += 2500
  expect((await write()).status).toBe(201)
  expect((await write()).headers.get('retry-after')).toBe('4')
})

test('rejected requests do not count', async () => {
  await start({ ...ample, writes: { count: 1, perMs: 1000 } })
  await write()
  for (let n = 0; n < 5; n++) {
    clock += 100
    expect((await write()).status).toBe(429)
  }
  clock += 500
  expect((await write()).status).toBe(201)
})

test('a request rejected by one window does not count in another', async () => {
  await start({ ...ample, writes: { count: 1, perMs: 10_000 }, requests: { count: 3, perMs: 10_000 } })
  await write()
  for (let n = 0; n < 5; n++) await write()
  expect((await subject.call('GET', USERS)).status).toBe(200)
  expect((await subject.call('GET', USERS)).status).toBe(200)
  expect((await subject.call('GET', USERS)).status).toBe(429)
})

test('reads and writes have separate windows, shared by the keys of an environment', async () => {
  await start({ ...ample, writes: { count: 1, perMs: 1000 }, reads: { count: 1, perMs: 1000 } })
  expect((await write('sk_test_a')).status).toBe(201)
  expect((await subject.call('GET', USERS, undefined, 'sk_test_a')).status).toBe(200)
  expect((await write('sk_test_a.rotated')).status).toBe(429)
  expect((await write('sk_test_b')).status).toBe(201)
  expect((await subject.call('POST', '/organizations', { name: 'One' }, 'sk_test_a')).status).toBe(201)
})

test('the window over all requests is per key', async () => {
  await start({ ...ample, requests: { count: 1, perMs: 1000 } })
  expect((await subject.call('GET', '/organizations', undefined, 'sk_test_a')).status).toBe(200)
  expect((await subject.call('GET', '/organizations', undefined, 'sk_test_a')).status).toBe(429)
  expect((await subject.call('GET', '/organizations', undefined, 'sk_test_a.rotated')).status).toBe(200)
})

test('deletions of organizations have a separate limit', async () => {
  await start({ ...ample, organizationDeletes: { count: 1, perMs: 1000 } })
  expect((await subject.call('DELETE', '/organizations/org_none')).status).toBe(404)
  expect((await subject.call('DELETE', '/organizations/org_none')).status).toBe(429)
  expect((await subject.call('GET', '/organizations/org_none')).status).toBe(404)
})

test('with limits: true the documented windows apply', async () => {
  await start(true)
  const { count, perMs } = DOCUMENTED_LIMITS.organizationDeletes
  for (let n = 0; n < count; n++) await subject.call('DELETE', '/organizations/org_none')
  expect((await subject.call('DELETE', '/organizations/org_none')).headers.get('retry-after')).toBe(`${perMs / 1000}`)
})

test('without limits nothing is rejected', async () => {
  await start(false)
  for (let n = 0; n <= DOCUMENTED_LIMITS.organizationDeletes.count; n++) {
    expect((await subject.call('DELETE', '/organizations/org_none')).status).toBe(404)
  }
})
