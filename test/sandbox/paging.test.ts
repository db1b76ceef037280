import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Body, refusalOf, type Subject, startSubject } from './harness.ts'

let subject: Subject
beforeEach(async () => {
  subject = await startSubject()
})
afterEach(() => subject.close())

async function addUsers(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await subject.ok('POST', '/user_management/users', { email: `u${n}@example.com` })
}

const page = (query: string): Promise<Body> => subject.ok('GET', `/user_management/users?${query}`)
const numbers = (list: Body) => list.data.map((user) => Number(/\d+/.exec(String(user.email))?.[0]))

test('by default ten per page, newest first', async () => {
  await addUsers(0, 11)
  const first = await page('')
  expect(numbers(first)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  expect(first.list_metadata).toEqual({ before: null, after: first.data[9]?.id })
  const last = await page(`after=${first.list_metadata.after}`)
  expect(numbers(last)).toEqual([0])
  expect(last.list_metadata).toEqual({ before: last.data[0]?.id, after: null })
})

test('a page that ends exactly at the end is the last', async () => {
  await addUsers(0, 4)
  const first = await page('limit=2&order=asc')
  const second = await page(`limit=2&order=asc&after=${first.list_metadata.after}`)
  expect(numbers(second)).toEqual([2, 3])
  expect(second.list_metadata.after).toBe(null)
})

test('oldest first, users added meanwhile come last and nobody appears twice', async () => {
  await addUsers(0, 5)
  const seen: number[] = []
  let after: string | null = null
  let added = 5
  do {
    const list = await page(`limit=2&order=asc${after === null ? '' : `&after=${after}`}`)
    seen.push(...numbers(list))
    after = list.list_metadata.after
    if (added < 7) await addUsers(added, ++added)
  } while (after !== null)
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6])
})

test('newest first, users added meanwhile do not move the pages', async () => {
  await addUsers(0, 5)
  const first = await page('limit=2')
  await addUsers(5, 8)
  const second = await page(`limit=2&after=${first.list_metadata.after}`)
  expect(numbers(second)).toEqual([2, 1])
  await subject.ok('DELETE', `/user_management/users/${second.data[1]?.id}`)
  expect(numbers(await page(`limit=2&after=${second.list_metadata.after}`))).toEqual([0])
})

test('before reads toward the start, in the order of the list', async () => {
  await addUsers(0, 6)
  const all = await page('limit=100&order=asc')
  const id = (n: number) => all.data[n]?.id
  const up = await page(`limit=2&order=asc&before=${id(5)}`)
  expect(numbers(up)).toEqual([3, 4])
  expect(up.list_metadata).toEqual({ before: id(3), after: id(4) })
  const top = await page(`limit=3&order=asc&before=${id(3)}`)
  expect(numbers(top)).toEqual([0, 1, 2])
  expect(top.list_metadata).toEqual({ before: null, after: id(2) })
  expect(numbers(await page(`limit=2&before=${id(2)}`))).toEqual([4, 3])
  expect(numbers(await page(`order=asc&after=${id(0)}&before=${id(4)}`))).toEqual([1, 2, 3])
})

test('in the order "normal" before leads to older objects and after to newer ones', async () => {
  await addUsers(0, 5)
  const first = await page('limit=2&order=normal')
  expect(numbers(first)).toEqual([4, 3])
  expect(first.list_metadata).toEqual({ before: first.data[1]?.id, after: null })
  const older = await page(`limit=2&order=normal&before=${first.list_metadata.before}`)
  expect(numbers(older)).toEqual([2, 1])
  expect(numbers(await page(`limit=2&order=normal&after=${older.list_metadata.after}`))).toEqual([4, 3])
})

test.each(['limit=0', 'limit=101', 'limit=ten', 'limit=', 'order=up'])('%s is rejected', async (query) => {
  for (const path of ['/user_management/users', '/organizations', '/authorization/permissions']) {
    const [status, code] = refusalOf(await subject.call('GET', `${path}?${query}`))
    expect([status, code]).toEqual([422, 'invalid_request_parameters'])
  }
})
