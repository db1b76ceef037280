import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { KindDefinition } from '../../src/kinds/kind.ts'
import { kindDefinition } from '../../src/kinds/registry.ts'
import type { LiveResource } from '../../src/resource.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { createVerifyTables } from '../../src/rundb/findings.ts'
import { countLive } from '../../src/rundb/live.ts'
import { matchPlain } from '../../src/rundb/plain-match.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { OpenState } from '../../src/state/store.ts'
import { ListAhead } from '../../src/verifying/list-ahead.ts'
import { StateCheck, type StateCheckOptions } from '../../src/verifying/state-check.ts'
import { plainMatchOf } from '../../src/verifying/verify-kind.ts'
import type { Api } from '../../src/workos/api.ts'
import { stateWith } from '../state/state-with.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Users 0 to 3 and an invitation, which is not verified. */
async function openState(): Promise<OpenState> {
  const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  const saved = (kind: string, n: number) => ({
    type: 'saved' as const,
    resource: {
      ...{ kind, key: `key_${n}`, id: `user_${n}`, attributes: { email: `${n}@example.com` }, digests: {}, refs: {} },
      ...{ ownership: 'created' as const, run: 1 },
    },
  })
  await state.commit({ intents: [], outcomes: [...[0, 1, 2, 3].map((n) => saved('user', n)), saved('invitation', 0)] })
  return state
}

/** Users as WorkOS has them: user 2 otherwise. */
const LIVE: LiveResource[] = [3, 2, 1, 0].map((n) => {
  const email = n === 2 ? 'other@example.com' : `${n}@example.com`
  return { id: `user_${n}`, externalId: null, naturalKey: email, attributes: { email } }
})

interface Setting {
  /** Lists after it is resolved. */
  answer: PromiseWithResolvers<void>
  lists: ListAhead
  check: StateCheck
  rundb: RunDatabase
}

/** A source in which user 1 has another address than in the state. */
async function setting(changed: Partial<StateCheckOptions> = {}, ends = true): Promise<Setting> {
  const answer = Promise.withResolvers<void>()
  const user: KindDefinition = {
    ...kindDefinition('user'),
    list: async function* () {
      await answer.promise
      yield LIVE
    },
  }
  const [state, scratch, kinds] = [changed.state ?? (await openState()), temporaryFolder(), [kindDefinition('user')]]
  const target = { client: {} as Api }
  const lists = await ListAhead.begin({ target, state, kinds: [user], scoped: false, scratch })
  // Called when the comparison begins.
  vi.spyOn(lists, 'lend')
  const check = await StateCheck.begin({ state, kinds, scratch, workers: 2, lists, many: 4, ...changed })
  if (check === undefined) throw new Error('nothing to check')
  const rundb = new RunDatabase(scratch)
  onTestFinished(async () => {
    answer.resolve()
    if (ends) await check.end()
    lists.end()
    rundb.close()
  })
  createPlanTables(rundb)
  createVerifyTables(rundb)
  for (const n of [0, 1, 2, 3]) {
    const attributes = { email: n === 1 ? 'new@example.com' : `${n}@example.com` }
    const row = { kind: 'user', key: `key_${n}`, refs: {}, attributes, secrets: null, seq: n, place: null, records: 1 }
    insertDesired(rundb, row)
  }
  rundb.keepToItself()
  return { answer, lists, check, rundb }
}

const unlike = ({ rundb }: Setting) =>
  rundb
    .statement('SELECT key FROM unlike ORDER BY key')
    .all()
    .map(({ key }) => key)

async function expectMatches({ lists, rundb }: Setting): Promise<void> {
  lists.becomeLiveOf(rundb)
  await lists.complete('user', () => {})
  expect(countLive(rundb, 'user')).toBe(4)
  const match = plainMatchOf(kindDefinition('user'))
  expect(match && matchPlain(rundb, match)).toBe(2)
  const matched = rundb.statement('SELECT key FROM matched ORDER BY key').all()
  expect(matched.map(({ key }) => key)).toEqual(['key_0', 'key_3'])
}

test('a comparison that begins while settling waits for the copy is used', async () => {
  const set = await setting()
  set.answer.resolve()
  await set.lists.all
  await set.check.sourceIsRead()
  // The thread has not even started.
  expect(set.lists.lend).not.toHaveBeenCalled()
  expect(await set.check.settle(set.rundb)).toBe(true)
  expect(set.lists.lend).toHaveBeenCalledOnce()
  expect(unlike(set)).toEqual(['key_1', 'key_2'])
  await expectMatches(set)
})

/** Long enough for the list, the copy and the comparison. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 300))

test.each([
  [
    'before the lists are complete',
    async ({ check, answer, lists }: Setting) => {
      await aWhile()
      await check.sourceIsRead()
      answer.resolve()
      await lists.all
      await aWhile()
    },
  ],
  [
    'before the state is copied',
    async ({ check, answer, lists }: Setting) => {
      answer.resolve()
      await lists.all
      await check.sourceIsRead()
      await aWhile()
    },
  ],
  [
    'last',
    async ({ check, answer, lists }: Setting) => {
      answer.resolve()
      await lists.all
      await aWhile()
      // All cores are busy until then.
      expect(lists.lend).not.toHaveBeenCalled()
      await check.sourceIsRead()
    },
  ],
])('WorkOS is compared with the state once the source is read, which happens %s', async (_, happen) => {
  const set = await setting()
  await happen(set)
  await vi.waitFor(() => expect(set.lists.lend).toHaveBeenCalledOnce())
  expect(await set.check.settle(set.rundb)).toBe(true)
  expect(unlike(set)).toEqual(['key_1', 'key_2'])
  // Not the invitation.
  expect(set.rundb.count('SELECT count(*) FROM known')).toBe(4)
  await expectMatches(set)
})

test('lists that are complete too late are compared with the desired set alone', async () => {
  const set = await setting()
  await set.check.sourceIsRead()
  expect(await set.check.settle(set.rundb)).toBe(true)
  set.answer.resolve()
  await set.lists.all
  await aWhile()
  expect(unlike(set)).toEqual([])
  await expectMatches(set)
})

test('a state that is not in a file is not copied here', async () => {
  const state = await openState()
  const without = stateWith(state, { inFile: async () => undefined })
  const set = await setting({ state: without })
  set.answer.resolve()
  await set.check.sourceIsRead()
  expect(await set.check.settle(set.rundb)).toBe(false)
  expect(set.rundb.count('SELECT count(*) FROM known')).toBe(0)
})

test('an error of the state is that of the check, and keeps nobody waiting at the end', async () => {
  const state = await openState()
  const broken = stateWith(state, { inFile: () => Promise.reject(new Error('the state is gone')) })
  const set = await setting({ state: broken })
  set.answer.resolve()
  await set.check.sourceIsRead()
  await expect(set.check.settle(set.rundb)).rejects.toThrow('the state is gone')
})

test('the end waits until nobody reads the state, and then nothing begins', async () => {
  const state = await openState()
  let isRead = false
  const slow = stateWith(state, {
    inFile: async (folder, read) => {
      const result = await state.inFile(folder, read)
      await aWhile()
      isRead = true
      return result
    },
  })
  const set = await setting({ state: slow }, false)
  set.answer.resolve()
  await set.check.sourceIsRead()
  await set.check.end()
  expect(isRead).toBe(true)
  expect(set.lists.lend).not.toHaveBeenCalled()
})

test.each([
  ['with few resources', { many: 5 }],
  ['with one thread', { workers: 1 }],
])('there is nothing to check %s', async (_, changed) => {
  await expect(setting(changed)).rejects.toThrow('nothing to check')
})
