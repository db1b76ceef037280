import { expect, test } from 'vitest'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import {
  countOrphans,
  countSkippedDeletions,
  deletedBy,
  deletionCandidates,
  insertSkippedDeletion,
  isLeaving,
  orphansOfKind,
  remainingUser,
  skippedCode,
} from '../../src/rundb/deletions.ts'
import { setApart } from '../../src/rundb/known.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'

/** The state has five books; the source only the first one. */
function library(): RunDatabase {
  const rundb = new RunDatabase(undefined)
  createPlanTables(rundb)
  for (const key of ['a', 'b', 'c', 'd', 'e']) {
    rundb.run(
      "INSERT INTO known (kind, key, id, attributes, digests, refs, ownership, run) VALUES ('book', ?1, 'id_' || ?1, '{}', '{}', '{}', 'created', 1)",
      key,
    )
  }
  rundb.run("INSERT INTO desired VALUES ('book', 'a', '{}', '{}', NULL, 1, NULL, NULL, 1)")
  setApart(rundb, 'book')
  return rundb
}

function plan(rundb: RunDatabase, key: string, action: object): void {
  const { type } = { type: '', ...action }
  rundb.run(
    "INSERT INTO actions (phase, kind, key, type, id, action) VALUES (0, 'book', ?1, ?2, 'id_' || ?1, ?3)",
    key,
    type,
    JSON.stringify(action),
  )
}

const keysOf = (rows: Iterable<{ key: string }>) => [...rows].map(({ key }) => key)

test('a candidate is not desired, planned, skipped or out of scope', () => {
  const rundb = library()
  expect(keysOf(deletionCandidates(rundb, 'book', {}))).toEqual(['b', 'c', 'd', 'e'])
  plan(rundb, 'b', { type: 'delete' })
  insertSkippedDeletion(rundb, { kind: 'book', key: 'c', code: 'protected', message: 'it is protected' })
  rundb.run("INSERT INTO beyond VALUES ('book', 'd')")
  expect(keysOf(deletionCandidates(rundb, 'book', {}))).toEqual(['e'])
  expect(['b', 'c', 'd', 'e'].filter((key) => isLeaving(rundb, 'book', `id_${key}`))).toEqual(['b', 'e'])
})

test('a resource out of scope is a candidate if what it refers to is deleted, and is deleted with it', () => {
  const rundb = library()
  rundb.run(
    "INSERT INTO known (kind, key, id, attributes, digests, refs, ownership, run) SELECT 'loan', 'l' || key, 'id_l' || key, '{}', '{}', json_object('book', key), 'created', 1 FROM known",
  )
  rundb.run("INSERT INTO apart SELECT kind, key, 0 FROM known WHERE kind = 'loan'")
  rundb.run("INSERT INTO beyond SELECT 'loan', key FROM known WHERE kind = 'loan'")
  plan(rundb, 'b', { type: 'delete' })
  expect(keysOf(deletionCandidates(rundb, 'loan', { book: 'book' }))).toEqual(['lb'])
  expect(isLeaving(rundb, 'loan', 'id_lb')).toBe(false)
  rundb.run(
    "INSERT INTO actions (phase, kind, key, type, id, action) VALUES (0, 'loan', 'lb', 'delete', 'id_lb', '{}')",
  )
  expect(isLeaving(rundb, 'loan', 'id_lb')).toBe(true)
})

test('a remaining user of a resource is found, the first by key', () => {
  const rundb = library()
  const known = (kind: string, key: string, attributes: object) => {
    rundb.run('INSERT INTO apart VALUES (?, ?, 0)', kind, key)
    rundb.run(
      "INSERT INTO known (kind, key, id, attributes, digests, refs, ownership, run) VALUES (?1, ?2, 'id_' || ?2, ?3, '{}', ?4, 'created', 1)",
      kind,
      key,
      JSON.stringify(attributes),
      JSON.stringify({ house: key.split('@')[1] }),
    )
  }
  known('room', 'red@h', {})
  for (const key of ['b@h', 'a@h', 'c@g']) known('stay', key, { rooms: ['red', 'blue'] })
  known('stay', '0@h', { rooms: ['blue'] })
  const [room] = deletionCandidates(rundb, 'room', {})
  const user = () => room && remainingUser(rundb, { kind: 'stay', attribute: 'rooms', within: 'house' }, room)
  expect(user()).toBe('a@h')
  for (const [key = '', type = ''] of [
    ['a@h', 'delete'],
    ['b@h', 'adopt'],
  ]) {
    rundb.run(
      "INSERT INTO actions (phase, kind, key, type, id, action) VALUES (0, 'stay', ?1, ?2, 'id_' || ?1, '{}')",
      key,
      type,
    )
  }
  expect(user()).toBeUndefined()
})

test('the first reason for a skipped deletion stays, and counts', () => {
  const rundb = library()
  insertSkippedDeletion(rundb, { kind: 'book', key: 'c', code: 'protected', message: 'it is protected' })
  insertSkippedDeletion(rundb, { kind: 'book', key: 'c', code: 'adopted', message: 'it was there before' })
  expect(skippedCode(rundb, 'book', 'c')).toBe('protected')
  expect(skippedCode(rundb, 'book', 'd')).toBeUndefined()
  expect(countSkippedDeletions(rundb)).toEqual([{ kind: 'book', code: 'protected', count: 1 }])
})

test('a resource deleted with another one is deleted by the same request', () => {
  const rundb = library()
  plan(rundb, 'b', { type: 'delete' })
  plan(rundb, 'c', { type: 'delete', with: { kind: 'shelf', key: 'poems' } })
  expect(deletedBy(rundb, 'book', 'b')).toEqual({ kind: 'book', key: 'b' })
  expect(deletedBy(rundb, 'book', 'c')).toEqual({ kind: 'shelf', key: 'poems' })
  expect(deletedBy(rundb, 'book', 'a')).toBeUndefined()
})

test('an orphan stays and names the condition that leaves out its record; a reject is not an orphan', () => {
  const rundb = library()
  plan(rundb, 'b', { type: 'delete' })
  rundb.run("INSERT INTO rejects VALUES ('book', 'c', 'bad', NULL, '', NULL, 1, 1, 1, '{}', 1, NULL, NULL)")
  rundb.run("INSERT INTO left_out VALUES (1, 'books', 'book', 'd', 'map.book.when', 1, 1)")
  expect(countOrphans(rundb, 'book')).toBe(2)
  const orphans = [...orphansOfKind(rundb, 'book', Number.POSITIVE_INFINITY)]
  expect(orphans.map(({ key, leftOutBy }) => [key, leftOutBy])).toEqual([
    ['d', 'map.book.when'],
    ['e', undefined],
  ])
  expect(keysOf(orphansOfKind(rundb, 'book', 1))).toEqual(['d'])
})
