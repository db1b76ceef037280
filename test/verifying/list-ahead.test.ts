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

const api = {} as Api

/** A state with users and organizations only. */
const state = { count: async (kind: string) => (kind === 'user' || kind === 'organization' ? 1 : 0) } as StateStore

function listed(kind: string, list: () => AsyncGenerator<LiveResource[]>): KindDefinition {
  return { ...kindDefinition(kind), list }
}

const users = (count: number): LiveResource[] =>
  Array.from({ length: count }, (_, n) => ({ id: `user_${n}`, externalId: null, naturalKey: null, attributes: {} }))

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
  const lists = await ListAhead.begin(api, state, definitions, folder)
  const counts: number[] = []
  expect(await lists.into(rundb, 'user', (count) => counts.push(count))).toBe(true)
  expect(counts.at(-1)).toBe(5)
  expect(countLive(rundb, 'user')).toBe(3)
  await expect(lists.into(rundb, 'organization', () => {})).rejects.toThrow('no organizations')
  expect(await lists.into(rundb, 'membership', () => {})).toBe(false)
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
  const lists = await ListAhead.begin(api, state, [definition], folder)
  lists.end()
  answer()
  await new Promise((resolve) => setImmediate(resolve))
  expect(countLive(rundb, 'user')).toBe(0)
  rundb.close()
})
