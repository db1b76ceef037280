import { expect, onTestFinished, test } from 'vitest'
import { insertDesired } from '../../src/rundb/desired.ts'
import { insertDraft, insertGrant } from '../../src/rundb/drafts.ts'
import {
  countRejects,
  insertReject,
  rejectAll,
  rejectDependents,
  rejectDesired,
  rejectDraft,
  rejectedItems,
  rejectGrant,
} from '../../src/rundb/rejects.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'

const origin = { file: 'things.csv', line: 2 }
const reason = { code: 'odd', field: 'colour', message: 'it is odd', hint: 'make it even' }

function opened(): RunDatabase {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  return rundb
}

type More = { kind?: string; refs?: Record<string, string>; attributes?: Record<string, string> }

function desire(rundb: RunDatabase, key: string, more: More = {}): void {
  const place = { fileId: rundb.fileId(origin.file), line: origin.line }
  const row = { kind: 'thing', key, refs: {}, attributes: { colour: 'blue' }, secrets: null, seq: 1, place, records: 3 }
  insertDesired(rundb, { ...row, ...more })
}

const all = (rundb: RunDatabase, table: string) => rundb.statement(`SELECT * FROM ${table}`).all()

test('a rejected resource leaves the desired set, with its place, its references and its records', () => {
  const rundb = opened()
  desire(rundb, 't1', { refs: { part: 'p1' } })
  desire(rundb, 't2')
  rejectDesired(rundb, { kind: 'thing', key: 't1' }, reason)
  expect([...rejectedItems(rundb)]).toEqual([
    { kind: 'thing', key: 't1', ...reason, origin: 'things.csv:2', records: 3, email: null },
  ])
  expect(all(rundb, 'rejects')[0]).toMatchObject({ seq: 1, refs: '{"part":"p1"}' })
  expect(all(rundb, 'desired')).toMatchObject([{ key: 't2' }])
})

test('a rejected draft and a rejected role grant are removed, too; a grant has the key of its user', () => {
  const rundb = opened()
  const draft = { seq: 4, kind: 'thing', key: 't1', group: null, refs: {}, attributes: '{}', secrets: null, origin }
  insertDraft(rundb, draft, 2)
  insertGrant(rundb, { seq: 5, user: 'u"1', organization: null, scope: 'record', role: 'admin', origin })
  rejectDraft(rundb, 1, reason)
  rejectGrant(rundb, 1, { ...reason, hint: null })
  expect(all(rundb, 'rejects')).toMatchObject([
    { kind: 'thing', key: 't1', records: 2, seq: 4, hint: 'make it even' },
    { kind: 'roleAssignment', key: 'u"1', records: 1, seq: 5, hint: null, refs: JSON.stringify({ user: 'u"1' }) },
  ])
  expect([all(rundb, 'drafts'), all(rundb, 'grants')]).toEqual([[], []])
})

test('a rejected user and its dependents keep its address', () => {
  const rundb = opened()
  const user = (key: string) => desire(rundb, key, { kind: 'user', attributes: { email: `${key}@example.com` } })
  for (const key of ['u1', 'u2']) {
    user(key)
    desire(rundb, `of-${key}`, { refs: { user: key } })
  }
  rejectDesired(rundb, { kind: 'thing', key: 'of-u2' }, reason)
  rejectDesired(rundb, { kind: 'user', key: 'u1' }, reason)
  rejectDependents(rundb, { kind: 'thing', refs: { user: 'user' } })
  insertGrant(rundb, {
    seq: 5,
    user: 'u3',
    organization: null,
    scope: 'record',
    role: 'admin',
    origin,
    email: 'u3@x.example',
  })
  rejectGrant(rundb, 1, reason)
  const addresses = [...rejectedItems(rundb)].map(({ kind, key, email }) => [kind, key, email])
  expect(addresses.sort()).toEqual([
    ['roleAssignment', 'u3', 'u3@x.example'],
    ['thing', 'of-u1', 'u1@example.com'],
    ['thing', 'of-u2', 'u2@example.com'],
    ['user', 'u1', 'u1@example.com'],
  ])
})

test('many are rejected at once, with a reason made from each row', () => {
  const rundb = opened()
  for (const key of ['a1', 'a2', 'b1']) desire(rundb, key)
  const message = { sql: "key || ' is ' || (attributes ->> '$.colour')" }
  const rejection = { from: 'desired' as const, where: 'key GLOB ?1', reason: { ...reason, message, hint: null } }
  expect(rejectAll(rundb, rejection, 'a*')).toBe(2)
  expect([...rejectedItems(rundb)].map(({ message: text, code }) => [text, code])).toEqual([
    ['a1 is blue', 'odd'],
    ['a2 is blue', 'odd'],
  ])
  expect(countRejects(rundb, 'thing')).toBe(6)
})

test('a reason distinguishes a rejected reference from a missing one', () => {
  const rundb = opened()
  insertReject(rundb, { kind: 'part', key: 'p1', code: 'odd', message: 'it is odd', seq: 0, origin })
  desire(rundb, 'p3', { kind: 'part' })
  for (const part of ['p1', 'p2', 'p3']) desire(rundb, `of-${part}`, { refs: { part } })
  rejectDependents(rundb, { kind: 'thing', refs: { part: 'part' } })
  const dependents = [...rejectedItems(rundb)].filter(({ kind }) => kind === 'thing')
  expect(dependents.map(({ key, code, field, message }) => [key, code, field, message])).toEqual([
    ['of-p1', 'part_rejected', 'part', 'its part p1 was rejected: it is odd'],
    ['of-p2', 'part_missing', 'part', 'its part p2 is not among the parts of the source'],
  ])
})

test('rejects of several records of one line are in the order of the records, whichever thread was first', () => {
  const rundb = opened()
  for (const seq of [30, 4, 17]) insertReject(rundb, { ...reason, kind: 'thing', key: `t${seq}`, seq, origin })
  expect([...rejectedItems(rundb)].map(({ key }) => key)).toEqual(['t4', 't17', 't30'])
})
