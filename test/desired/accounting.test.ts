import { expect, onTestFinished, test } from 'vitest'
import { account } from '../../src/desired/accounting.ts'
import { rejectRecord, stageRecords } from '../../src/desired/stage.ts'
import { StateError } from '../../src/diagnostics/errors.ts'
import { insertIgnored, insertLeftOut } from '../../src/rundb/left-out.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import type { StreamCount } from '../../src/sources/source.ts'
import { assembled } from './assembled.ts'

const users: StreamCount = { stream: 'users', file: 'users.csv', read: 3, passed: 2, rejected: 1, role: 'main' }
const joined: StreamCount = { stream: 'roles', file: 'roles.csv', read: 9, passed: 9, rejected: 0, role: 'joined' }
const leftOutBy = [{ stream: 'users', path: 'map.user.when', records: 1 }]
const records = { mapped: 1, leftOut: 1, leftOutBy, assigned: 0 }

const leftOutRecord = {
  seq: 1,
  stream: 'users',
  kind: 'user',
  key: 'u2',
  path: 'map.user.when',
  origin: { file: 'users.csv', line: 3 },
}

/** A run database with one record listed as left out. */
function memory(): RunDatabase {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  insertLeftOut(rundb, leftOutRecord)
  return rundb
}

test('correct counts are returned', () => {
  const accounting = account(memory(), new Map(), [users, joined], records, 0)
  expect(accounting).toMatchObject({ streams: [users, joined], records })
  expect(accounting.kinds.map(({ kind }) => kind)).toEqual(['organization', 'user', 'membership', 'roleAssignment'])
})

test.each<[string, Parameters<typeof account>[1], StreamCount[], typeof records, number, string]>([
  ['a stream', new Map(), [{ ...users, read: 4 }], records, 0, 'users: 4 read'],
  ['the main records', new Map(), [users], { ...records, leftOut: 0 }, 0, '2 records'],
  ['the joined ones do not count as main', new Map(), [users, joined], { ...records, leftOut: 10 }, 0, '2 records'],
  [
    'the reasons for records that are left out',
    new Map(),
    [users],
    { ...records, leftOutBy: [] },
    0,
    '1 records left out ≠ 0',
  ],
  ['a kind', new Map([['user', 1]]), [users], records, 0, 'users: 1'],
  ['the role assignments', new Map(), [users], records, 1, 'role assignments: 0'],
])('a wrong count stops the run and shows its figures: %s', (_, yielded, streams, counts, later, figures) => {
  const attempt = () => account(memory(), yielded, streams, counts, later)
  expect(attempt).toThrow(StateError)
  expect(attempt).toThrow(figures)
})

test('a left-out record that is not listed stops the run, and so does an entry without a record', () => {
  const rundb = memory()
  const passed = { ...users, read: 4, passed: 3 }
  const two = { ...records, leftOut: 2, leftOutBy: [{ stream: 'users', path: 'map.user.when', records: 2 }] }
  expect(() => account(rundb, new Map(), [passed], two, 0)).toThrow('2 records left out ≠ 1 listed by name')
  insertLeftOut(rundb, { ...leftOutRecord, seq: 2 })
  expect(account(rundb, new Map(), [passed], two, 0).records.leftOut).toBe(2)
  insertIgnored(rundb, { stream: 'roles', origin: { file: 'roles.csv', line: 2 }, path: 'source.streams.roles.join' })
  expect(() => account(rundb, new Map(), [passed], two, 0)).toThrow('0 rows ignored < 1 listed by name')
})

test('every record of a mixed source is accounted for', async () => {
  const set = await assembled([
    {
      users: [{ key: 'u1', email: 'a@example.com' }],
      organizations: [{ key: 'acme' }],
      memberships: [{ user: 'u1', organization: 'acme' }],
    },
    { users: [{ key: 'u2', email: 'a@example.com' }], memberships: [{ user: 'u2', organization: 'acme' }] },
    { users: [{ key: 'u1', email: 'b@example.com' }] },
    { rejects: [{ kind: 'user', key: null }], organizations: [{ key: 'acme' }] },
    { grants: [{ user: 'u9', organization: null, role: 'admin' }] },
  ])
  expect(set.accounting.kinds).toEqual([
    { kind: 'organization', plural: 'organizations', yielded: 2, distinct: 1, merged: 1, rejected: 0, leftOut: 0 },
    { kind: 'user', plural: 'users', yielded: 4, distinct: 1, merged: 1, rejected: 2, leftOut: 0 },
    { kind: 'membership', plural: 'memberships', yielded: 2, distinct: 1, merged: 1, rejected: 0, leftOut: 0 },
    { kind: 'roleAssignment', plural: 'role assignments', yielded: 1, distinct: 0, merged: 0, rejected: 1, leftOut: 0 },
  ])
})

test('a record that the source rejected is among the rejects and has no kind', () => {
  const rundb = memory()
  rejectRecord(rundb, {
    stream: 'users',
    origin: { file: 'users.csv', line: 7 },
    problem: { code: 'ragged_row', message: 'two cells are missing', hint: 'add them' },
  })
  expect(rundb.count("SELECT count(*) FROM rejects WHERE kind = 'record' AND line = 7")).toBe(1)
  expect(() => account(rundb, new Map(), [users], records, 0)).not.toThrow()
})

test('an error of a mapper ends the reading after the open chunks have finished', async () => {
  let ended = 0
  const source = {
    streams: ['users'],
    read: async function* () {
      for (let seq = 0; seq < 50; seq += 1) yield [{ seq, stream: 'users', origin: { file: 'u.csv' }, data: {} }]
    },
    counts: () => [],
    digest: () => '',
  }
  const map = async ([record]: { seq: number }[]) => {
    await new Promise((resolve) => setImmediate(resolve))
    ended += 1
    if (record?.seq === 2) throw new Error('the worker died')
    return {
      drafts: [],
      grants: [],
      rejects: [],
      notes: [],
      names: new Map(),
      assigned: 0,
      mapped: 1,
      leftOut: 0,
      leftOutBy: [],
      leftOutKeys: [],
      leftOutItems: [],
      leftOutRecords: [],
    }
  }
  const rundb = memory()
  const work = stageRecords({ rundb, source, mapper: { map }, chunkSize: 1, chunksInFlight: 4 })
  await expect(work).rejects.toThrow('the worker died')
  expect(ended).toBeLessThan(50)
})
