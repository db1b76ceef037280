import { expect, test } from 'vitest'
import type { KindDefinition } from '../../src/kinds/kind.ts'
import { kindDefinition } from '../../src/kinds/registry.ts'
import type { LiveResource } from '../../src/resource.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { countLive } from '../../src/rundb/live.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import type { StateStore } from '../../src/state/store.ts'
import { ListAhead } from '../../src/verifying/list-ahead.ts'
import type { Api } from '../../src/workos/api.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const target = { client: {} as Api }

/** A state with the given IDs by kind. */
function stateOf(ids: Record<string, string[]>): StateStore {
  const state = {
    count: async (kind: string) => ids[kind]?.length ?? 0,
    async *resources(kind: string) {
      for (const id of ids[kind] ?? []) yield [{ id }]
    },
  }
  return state as unknown as StateStore
}

function listed(kind: string, list: () => AsyncGenerator<LiveResource[]>): KindDefinition {
  return { ...kindDefinition(kind), list }
}

const users = (count: number): LiveResource[] =>
  Array.from({ length: count }, (_, n) => ({ id: `user_${n}`, externalId: null, naturalKey: null, attributes: {} }))

const named = (...ids: string[]): LiveResource[] =>
  ids.map((id) => ({ id, externalId: null, naturalKey: null, attributes: {} }))

function prepared(): { rundb: RunDatabase; folder: string } {
  const folder = temporaryFolder()
  const rundb = new RunDatabase(folder)
  createPlanTables(rundb)
  return { rundb, folder }
}

test('a kind is there once its own list is, and the error of another belongs to that one', async () => {
  const { rundb, folder } = prepared()
  const definitions = [
    listed('user', async function* () {
      yield users(2)
      yield users(3)
    }),
    // biome-ignore lint/correctness/useYield: it fails first
    listed('organization', async function* () {
      throw new Error('no organizations')
    }),
    kindDefinition('membership'),
  ]
  const state = stateOf({ user: ['user_1'], organization: ['org_1'] })
  const lists = await ListAhead.begin({ target, state, kinds: definitions, scoped: false, scratch: folder })
  lists.becomeLiveOf(rundb)
  const counts: number[] = []
  expect((await lists.complete('user', (count) => counts.push(count)))?.count).toBe(5)
  expect(counts.at(-1)).toBe(5)
  expect(countLive(rundb, 'user')).toBe(3)
  await expect(lists.complete('organization', () => {})).rejects.toThrow('no organizations')
  expect(await lists.complete('membership', () => {})).toBeUndefined()
  lists.end()
  rundb.close()
})

test('a response that never comes keeps nobody waiting at the end', async () => {
  const { rundb, folder } = prepared()
  const { promise: never, resolve: answer } = Promise.withResolvers<void>()
  const definition = listed('user', async function* () {
    yield users(1)
    await never
    yield users(2)
  })
  const state = stateOf({ user: ['user_1'] })
  const lists = await ListAhead.begin({ target, state, kinds: [definition], scoped: false, scratch: folder })
  lists.becomeLiveOf(rundb)
  lists.end()
  answer()
  await new Promise((resolve) => setImmediate(resolve))
  expect(countLive(rundb, 'user')).toBe(0)
  rundb.close()
})

test.each([
  [false, ['org_2', 'org_3']],
  [true, undefined],
])('members are listed in organizations of the state that are in WorkOS; limited to some users: %s', async (scoped, within) => {
  const { rundb, folder } = prepared()
  const asked: string[] = []
  const kinds: KindDefinition[] = [
    listed('organization', async function* () {
      yield named('org_3', 'org_1', 'org_2')
    }),
    {
      ...kindDefinition('membership'),
      async *list(_, parents) {
        for await (const id of parents) {
          asked.push(id)
          yield named(`om_${id}`)
        }
      },
    },
  ]
  const state = stateOf({ organization: ['org_4', 'org_3', 'org_2'], membership: ['om_1'] })
  const lists = await ListAhead.begin({ target, state, kinds, scoped, scratch: folder })
  lists.becomeLiveOf(rundb)
  const members = await lists.complete('membership', () => {})
  expect(members && [...members.within]).toEqual(within)
  expect(asked).toEqual(within ?? [])
  expect(countLive(rundb, 'membership')).toBe(within?.length ?? 0)
  lists.end()
  rundb.close()
})

test('it is complete once all lists are', async () => {
  const { rundb, folder } = prepared()
  const { promise: asked, resolve: answer } = Promise.withResolvers<void>()
  const definitions = [
    listed('user', async function* () {
      yield users(2)
    }),
    listed('organization', async function* () {
      await asked
      yield named('org_1')
    }),
  ]
  const state = stateOf({ user: ['user_1'], organization: ['org_1'] })
  const lists = await ListAhead.begin({ target, state, kinds: definitions, scoped: false, scratch: folder })
  await lists.complete('user', () => {})
  expect(lists.isComplete).toBe(false)
  answer()
  await lists.complete('organization', () => {})
  expect(lists.isComplete).toBe(true)
  lists.end()
  rundb.close()
})
