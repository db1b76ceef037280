import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { KnownAhead } from '../../src/rundb/known-ahead.ts'
import { countLive } from '../../src/rundb/live.ts'
import { LiveAhead } from '../../src/rundb/live-ahead.ts'
import type { PlainMatch } from '../../src/rundb/plain-match.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { OpenState } from '../../src/state/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const keyOf = (n: number) => `u${String(n).padStart(6, '0')}`

/** A state with users. @param idOf the number in the ID of each */
async function stateOf(count: number, idOf = (n: number) => n): Promise<OpenState> {
  const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  const outcomes = Array.from({ length: count }, (_, n) => ({
    type: 'saved' as const,
    resource: {
      ...{ kind: 'user', key: keyOf(n), id: `user_${keyOf(idOf(n))}`, attributes: { email: `${n}@example.com` } },
      ...{ digests: {}, refs: {}, ownership: 'created' as const, run: 1 },
    },
  }))
  await state.commit({ intents: [], outcomes })
  return state
}

/** A thread with a copy of the state, and the scratch folder. */
async function copyOf(state: OpenState): Promise<{ known: KnownAhead; folder: string }> {
  const folder = temporaryFolder()
  const known = new KnownAhead(folder)
  onTestFinished(() => known.end())
  expect(await state.inFile(folder, (file) => known.copy(file, state, ['user']))).toBe(true)
  return { known, folder }
}

/** Users of WorkOS, of which some have another address. The lists are complete. */
function listsOf(folder: string, numbers: readonly number[], differs: (n: number) => boolean): LiveAhead {
  const lists = new LiveAhead(folder)
  onTestFinished(() => lists.close())
  const list = lists.list('user')
  for (const n of numbers) {
    const email = differs(n) ? 'other' : `${n}@example.com`
    list.add([{ id: `user_${keyOf(n)}`, externalId: null, naturalKey: email, attributes: { email, firstName: null } }])
  }
  list.done()
  return lists
}

const USER: PlainMatch = {
  kind: 'user',
  refs: {},
  natural: () => "d.attributes ->> '$.email'",
  maps: [],
  inForce: {},
  wholly: () => '1',
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

test.each([
  ['in the order of IDs', upTo(50)],
  ['in another order', upTo(50).reverse()],
])('a thread finds what WorkOS has otherwise than the state, listed %s', async (_, numbers) => {
  const { known, folder } = await copyOf(await stateOf(51))
  const lists = listsOf(folder, numbers, (n) => n % 20 === 7)
  const { complete } = await known.compareWithWorkos(lists.lend(), [USER])
  expect(await complete()).toEqual(new Map([['user', [7, 27, 47, 50].map(keyOf)]]))
  const rundb = new RunDatabase(folder)
  onTestFinished(() => rundb.close())
  createPlanTables(rundb)
  rundb.keepToItself()
  known.becomeKnownOf(rundb)
  lists.becomeLiveOf(rundb)
  expect(rundb.count('SELECT count(*) FROM known')).toBe(51)
  expect(countLive(rundb, 'user')).toBe(50)
  // Both tables can change again, also while lists continue.
  const list = lists.list('organization')
  list.add([{ id: 'org_1', externalId: null, naturalKey: null, attributes: {} }])
  list.done()
  lists.insert('organization')
  rundb.run("DELETE FROM known WHERE key > 'u000001'")
  expect([countLive(rundb, 'organization'), rundb.count('SELECT count(*) FROM known')]).toEqual([1, 2])
})

test('of a kind of which WorkOS has much otherwise, nothing is returned', async () => {
  const { known, folder } = await copyOf(await stateOf(10_000))
  const { complete } = await known.compareWithWorkos(listsOf(folder, [], () => false).lend(), [USER])
  expect(await complete()).toEqual(new Map())
})

/** The first and last users of parts. */
const AT_ENDS: ReadonlySet<number> = new Set([0, 9_999, 10_000, 19_999, 20_000, 20_499])

test('both threads compare, and together find everything once', async () => {
  const { known, folder } = await copyOf(await stateOf(20_500, (n) => (n === 20_400 ? 3 : n)))
  const lists = listsOf(folder, upTo(20_500), (n) => AT_ENDS.has(n) || n % 5_000 === 7)
  // Takes long enough for this thread to take a part.
  const slow =
    '(WITH RECURSIVE c(n) AS (SELECT length(l.id) UNION ALL SELECT n + 1 FROM c WHERE n < 300) SELECT max(n) = 300 FROM c)'
  const { complete } = await known.compareWithWorkos(lists.lend(), [{ ...USER, wholly: () => slow }])
  await new Promise((resolve) => setTimeout(resolve, 200))
  const statement = vi.spyOn(RunDatabase.prototype, 'statement')
  onTestFinished(() => statement.mockRestore())
  const found = await complete()
  expect(statement.mock.calls.filter(([sql]) => sql.includes(slow)).length).toBeGreaterThan(0)
  // Of 3 and 20400 the state has the same ID.
  const unlike = [...AT_ENDS, 3, 7, 5_007, 10_007, 15_007, 20_007, 20_400].map(keyOf).toSorted()
  expect([...found].map(([kind, keys]) => [kind, keys.toSorted()])).toEqual([['user', unlike]])
})

test('another version of the state is not copied', async () => {
  const state = await stateOf(1)
  const folder = temporaryFolder()
  const known = new KnownAhead(folder)
  onTestFinished(() => known.end())
  const { lineage, serial } = state
  const other = { lineage, serial: serial + 1 }
  expect(await state.inFile(folder, (file) => known.copy(file, other, ['user']))).toBe(false)
})

test('a query that fails in the thread fails here', async () => {
  const { known, folder } = await copyOf(await stateOf(1))
  const lists = listsOf(folder, [], () => false)
  const compared = known.compareWithWorkos(lists.lend(), [{ ...USER, natural: () => 'nowhere' }])
  await expect(compared.then(({ complete }) => complete())).rejects.toThrow('no such column: nowhere')
})

test('a thread that nobody asks ends without an error, and then does nothing', async () => {
  const state = await stateOf(1)
  const folder = temporaryFolder()
  const known = new KnownAhead(folder)
  await known.end()
  // An error that nothing handles would come now, and fail the test.
  await new Promise((resolve) => setTimeout(resolve, 50))
  await expect(state.inFile(folder, (file) => known.copy(file, state, ['user']))).rejects.toThrow(
    'the thread rundb/known-worker has ended',
  )
})

test('a thread does not start if the copy has no place', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'known.sqlite'))
  expect(() => new KnownAhead(folder)).toThrow()
  // Otherwise the process would never end. A thread needs a while to start.
  const threads = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Worker').length
  const before = threads()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([before, threads()]).toEqual([0, 0])
})
