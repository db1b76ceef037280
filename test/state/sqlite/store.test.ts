import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStateFile, peekStateFile } from '../../../src/state/sqlite/open.ts'
import type { SqliteStateStore } from '../../../src/state/sqlite/store.ts'
import type { StateResource } from '../../../src/state/store.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { user } from '../resources.ts'

const newPath = () => join(temporaryFolder(), 'inner', 'state.sqlite')

function open(path = newPath()): SqliteStateStore {
  const state = openStateFile(path)
  const close = state.close.bind(state)
  let closing: Promise<void> | undefined
  state.close = () => {
    closing ??= close()
    return closing
  }
  onTestFinished(() => state.close())
  return state
}

const saved = (resource: StateResource) => ({ type: 'saved', resource }) as const

async function all<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

test('the file, its journal and its folder are only readable by their owner', async () => {
  const path = newPath()
  const state = open(path)
  await state.commit({ intents: [], outcomes: [saved(user('u1'))] })
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
})

test('reading a missing state does not create it', async () => {
  const path = newPath()
  const state = peekStateFile(path)
  expect(state.serial).toBe(0)
  expect(await all(state.resources('user'))).toEqual([])
  await state.close()
  expect(existsSync(path)).toBe(false)
})

test('reading an existing state shows it', async () => {
  const path = newPath()
  const first = open(path)
  await first.commit({ intents: [], outcomes: [saved(user('u1'))] })
  await first.close()
  const state = peekStateFile(path)
  onTestFinished(() => state.close())
  expect(await state.get('user', 'u1')).toEqual(user('u1'))
})
