import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { digester } from '../../src/digest.ts'
import type { JsonObject } from '../../src/json.ts'
import { kindDefinition } from '../../src/kinds/registry.ts'
import { loadKnown } from '../../src/planning/load-known.ts'
import { StateCopy } from '../../src/planning/state-copy.ts'
import type { Attributes } from '../../src/resource.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { forgetKnown, secretsOfKnown, setApart } from '../../src/rundb/known.ts'
import { canBeKnown, countKnown } from '../../src/rundb/known-facts.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { OpenState } from '../../src/state/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const KINDS = [kindDefinition('user')]

interface User {
  attributes: Attributes
  secrets: JsonObject | null
}

const plain = (n: number): User => ({
  attributes: { email: `${n}@example.com` },
  secrets: { passwordHash: `hash ${n}` },
})

async function stateOf(users: ReadonlyMap<string, User>): Promise<OpenState> {
  const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  const { digest } = digester(state.digestKey)
  const outcomes = [...users].map(([key, { attributes, secrets }]) => ({
    type: 'saved' as const,
    resource: {
      ...{ kind: 'user', key, id: `user_${key}`, attributes, refs: {}, ownership: 'created' as const, run: 1 },
      digests: secrets === null ? {} : digest(secrets),
    },
  }))
  // An invitation is not planned here.
  const other = { ...outcomes[0]?.resource, kind: 'invitation' }
  await state.commit({ intents: [], outcomes: [...outcomes, { ...outcomes[0], resource: other }] as typeof outcomes })
  return state
}

function desiredOf(users: ReadonlyMap<string, User>): RunDatabase {
  const rundb = new RunDatabase(temporaryFolder())
  onTestFinished(() => rundb.close())
  rundb.transaction(() => {
    for (const [key, { attributes, secrets }] of users) {
      const place = { fileId: rundb.fileId('users.csv'), line: 2 }
      insertDesired(rundb, { kind: 'user', key, refs: {}, attributes, secrets, seq: 0, place, records: 1 })
    }
  })
  createPlanTables(rundb)
  return rundb
}

/** What is not as in the state. */
function unlikeIn(rundb: RunDatabase, { digestKey }: OpenState) {
  rundb.transaction(() => setApart(rundb, 'user'))
  return {
    kinds: rundb.statement('SELECT kind, count(*) AS n FROM known GROUP BY kind').all(),
    apart: rundb.statement('SELECT * FROM apart ORDER BY kind, key').all(),
    secrets: [...secretsOfKnown(rundb, 'user', digester(digestKey).isSame)],
  }
}

/** The same, compared in two threads and in this one. */
async function bothWays(before: ReadonlyMap<string, User>, now: ReadonlyMap<string, User>) {
  const state = await stateOf(before)
  const [ahead, here] = [desiredOf(now), desiredOf(now)]
  const scratch = ahead.folder ?? ''
  const copy = await StateCopy.begin({ state, kinds: KINDS, scratch, workers: 2, many: 1 })
  onTestFinished(() => copy?.end())
  expect(await copy?.settle(ahead, async () => copy.compareWithDesired(ahead, state.digestKey))).toBe(true)
  await loadKnown(here, state, KINDS)
  return { ahead: unlikeIn(ahead, state), here: unlikeIn(here, state) }
}

test('two threads find what is not desired as it is in the state', async () => {
  const before = new Map<string, User>([
    ['a same', plain(1)],
    ['b other address', plain(2)],
    ['c gone', plain(3)],
    ['d nothing managed', plain(4)],
    ['e other hash', plain(5)],
    ['f no hash any more', plain(6)],
    ['g first hash', { ...plain(7), secrets: null }],
    ['h two secrets', { ...plain(8), secrets: { passwordHash: 'x', totpSecret: 'y' } }],
    ['i other address and hash', plain(9)],
  ])
  const now = new Map([...before, ['j new', plain(10)]])
  now.set('b other address', { ...plain(2), attributes: { email: 'other@example.com' } })
  now.delete('c gone')
  now.set('d nothing managed', { ...plain(4), attributes: {} })
  now.set('e other hash', { ...plain(5), secrets: { passwordHash: 'another' } })
  now.set('f no hash any more', { ...plain(6), secrets: null })
  now.set('g first hash', plain(7))
  now.set('i other address and hash', plain(0))
  const { ahead, here } = await bothWays(before, now)
  expect(ahead).toEqual(here)
  expect(ahead.kinds.map(({ kind, n }) => [kind, n])).toEqual([['user', 9]])
  expect(ahead.apart.map(({ key, desired }) => [key, desired])).toEqual([
    ['b other address', 1],
    ['c gone', 0],
    ['i other address and hash', 1],
  ])
  // Code compares several secrets one by one.
  const changed = ['e other hash', 'g first hash', 'h two secrets', 'i other address and hash']
  expect(ahead.secrets.map(({ key }) => key)).toEqual(changed)
})

const saved = { kind: 'user', attributes: {}, digests: {}, refs: {}, ownership: 'created' as const, run: 1 }

test.each([
  ['adopted', { ownership: 'adopted' as const }],
  ['reduced', { reduced: 'not_all_taken' }],
  ['answered', { answered: { email: 'other@example.com' } }],
  ['gone', { gone: 1 }],
] as const)('a copied state shows whether a resource can be %s', async (feature, given) => {
  const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  const resources = [
    { ...saved, key: 'a', id: 'user_a' },
    { ...saved, key: 'b', id: 'user_b', ...given },
  ]
  const outcomes = resources.map((resource) => ({ type: 'saved' as const, resource }))
  await state.commit({ intents: [], outcomes })
  const rundb = desiredOf(new Map())
  const copy = await StateCopy.begin({ state, kinds: KINDS, scratch: rundb.folder ?? '', workers: 2, many: 1 })
  onTestFinished(() => copy?.end())
  // Without facts, anything is possible.
  expect([canBeKnown(rundb, feature), countKnown(rundb, 'user')]).toEqual([true, 0])
  await copy?.settle(rundb, async () => {})
  const found = FEATURES.filter((each) => canBeKnown(rundb, each))
  expect([found, FEATURES.filter((each) => canBeKnown(rundb, each, 'user'))]).toEqual([[feature], [feature]])
  expect([countKnown(rundb, 'user'), countKnown(rundb, 'organization')]).toEqual([2, 0])
  expect(canBeKnown(rundb, feature, 'organization')).toBe(false)
  forgetKnown(rundb, 'user')
  expect([canBeKnown(rundb, feature), countKnown(rundb, 'user')]).toEqual([false, 0])
})

const FEATURES = ['adopted', 'reduced', 'answered', 'gone'] as const

test('what SQL compared before is not compared again, unless there is much of it', async () => {
  const count = 10_500
  const users = (changed: number) =>
    new Map(Array.from({ length: count }, (_, n): [string, User] => [`u${n}`, plain(n < changed ? n + count : n)]))
  const run = vi.spyOn(RunDatabase.prototype, 'run')
  const comparisons = () => run.mock.calls.filter(([sql]) => /^\s*INSERT INTO apart SELECT/.test(sql)).length
  onTestFinished(() => run.mockRestore())
  for (const [changed, times] of [
    [3, 1],
    [count, 2],
  ] as const) {
    run.mockClear()
    const { ahead, here } = await bothWays(users(0), users(changed))
    expect(ahead).toEqual(here)
    expect([ahead.apart.length, ahead.secrets.length]).toEqual([changed, changed])
    expect(comparisons()).toBe(times)
  }
})

test('a copy of a state that has changed since is not used', async () => {
  const state = await stateOf(new Map([['a', plain(1)]]))
  const rundb = desiredOf(new Map())
  const copy = await StateCopy.begin({ state, kinds: KINDS, scratch: rundb.folder ?? '', workers: 2, many: 1 })
  onTestFinished(() => copy?.end())
  await copy?.copied
  await state.commit({ intents: [], outcomes: [] })
  const compare = vi.fn()
  expect(await copy?.settle(rundb, compare)).toBe(false)
  expect(compare).not.toHaveBeenCalled()
})

test('a state with few resources, or a run with one thread, is not copied ahead', async () => {
  const state = await stateOf(new Map([['a', plain(1)]]))
  const options = { state, kinds: KINDS, scratch: temporaryFolder(), workers: 2, many: 2 }
  expect(await StateCopy.begin(options)).toBeUndefined()
  expect(await StateCopy.begin({ ...options, workers: 1, many: 1 })).toBeUndefined()
})
