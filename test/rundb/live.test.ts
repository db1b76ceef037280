import { expect, onTestFinished, test } from 'vitest'
import type { LiveResource } from '../../src/resource.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { createLive, findLive, insertLive, listInto } from '../../src/rundb/live.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'

function opened(): RunDatabase {
  const rundb = new RunDatabase(undefined)
  createPlanTables(rundb)
  onTestFinished(() => rundb.close())
  return rundb
}

function user(id: string, email: string): LiveResource {
  return { id, externalId: `x-${id}`, naturalKey: email, attributes: { name: null, email } }
}

const all = (rundb: RunDatabase) => rundb.statement('SELECT * FROM live').all()

test('a received list has the same result as single pages, in any order', () => {
  const [whole, single] = [opened(), opened()]
  const pages = [[user('u3', 'c'), user('u1', 'a')], [], [user('u2', 'b'), user('u3', 'changed')]]
  for (const rundb of [whole, single]) insertLive(rundb, 'user', [user('u2', 'old'), user('u0', 'z')])
  const listing = listInto(whole, 'user')
  for (const page of pages) listing.add(page)
  listing.done()
  for (const page of pages) insertLive(single, 'user', page)
  expect(all(whole)).toEqual(all(single))
  expect(findLive(whole, 'user', 'id', 'u3')).toEqual({ ...user('u3', 'changed') })
})

test.each([
  ['in the order of ids', (n: number) => n],
  ['the other way round', (n: number) => 4999 - n],
  ['in order for the first half', (n: number) => (n < 2500 ? n : 7499 - n)],
  ['in order twice, with changes', (n: number) => n % 2500],
])('a long list without indexes, %s, has the same result as single pages', (_, place) => {
  const [whole, single] = [new RunDatabase(undefined), new RunDatabase(undefined)]
  for (const rundb of [whole, single]) {
    createLive(rundb)
    onTestFinished(() => rundb.close())
  }
  const rows = Array.from({ length: 5000 }, (_, n) => user(`u${String(place(n)).padStart(4, '0')}`, `m${n}`))
  const listing = listInto(whole, 'user')
  for (let start = 0; start < rows.length; start += 100) listing.add(rows.slice(start, start + 100))
  listing.done()
  insertLive(single, 'user', rows)
  expect(all(whole)).toEqual(all(single))
})

test('rows set aside for one list are not in the next list or in that of another kind', () => {
  const rundb = opened()
  listInto(rundb, 'user').add([user('u1', 'a')])
  const [users, members] = [listInto(rundb, 'user'), listInto(rundb, 'totp-factor')]
  users.add([user('u2', 'b')])
  members.add([user('f1', 'f')])
  users.done()
  expect(all(rundb).map(({ kind, id }) => `${kind}:${id}`)).toEqual(['user:u2'])
  members.done()
  members.done()
  expect(all(rundb).map(({ kind, id }) => `${kind}:${id}`)).toEqual(['totp-factor:f1', 'user:u2'])
})
