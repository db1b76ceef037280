import { expect, test } from 'vitest'
import { Journal } from '../../src/applying/apply-context.ts'
import type { Intent, StateResource } from '../../src/state/store.ts'
import { forEachKind, openForTest, peekForTest, type StateKind } from '../state/kinds.ts'

async function setUp(kind: StateKind) {
  const location = await kind.newLocation()
  const state = await openForTest(location)
  // Another connection, which sees only what is committed.
  const reader = await peekForTest(location)
  return { state, reader, journal: new Journal(state) }
}

function intentOf(n: number): Intent {
  const attributes = { email: `user${n}@example.com` }
  const startedAt = new Date(n).toISOString()
  return { kind: 'user', key: `u-${n}`, action: 'create', startedAt, attributes, digests: {}, refs: {} }
}

function resourceOf(n: number): StateResource {
  const { kind, key, attributes, digests, refs } = intentOf(n)
  return { kind, key, id: `user_${n}`, attributes, digests, refs, ownership: 'created', run: 1 }
}

forEachKind((kind) => {
  test('an intent is committed when its promise resolves, and removed together with the outcome', async () => {
    const { state, reader, journal } = await setUp(kind)
    await journal.intend(intentOf(1))
    expect(await reader.intents()).toEqual([intentOf(1)])
    expect(await reader.get('user', 'u-1')).toBeUndefined()
    await journal.record({ type: 'saved', resource: resourceOf(1) })
    expect(await reader.intents()).toEqual([])
    expect(await reader.get('user', 'u-1')).toEqual(resourceOf(1))
    await state.close()
  })

  test('entries made at the same time share a commit', async () => {
    const { state, reader, journal } = await setUp(kind)
    const count = 500
    const numbers = Array.from({ length: count }, (_, n) => n)
    await Promise.all(
      numbers.map(async (n) => {
        await journal.intend(intentOf(n))
        await journal.record(
          n % 10 === 0 ? { type: 'cleared', address: intentOf(n) } : { type: 'saved', resource: resourceOf(n) },
        )
      }),
    )
    expect(state.serial).toBeLessThanOrEqual(10)
    expect(await reader.intents()).toEqual([])
    expect(await reader.count('user')).toBe(count * 0.9)
    await state.close()
  })

  test('a moved resource is never twice in the state, and never missing', async () => {
    const { state, reader, journal } = await setUp(kind)
    await journal.record({ type: 'saved', resource: resourceOf(1) })
    const moved = { ...resourceOf(1), key: 'u-new' }
    const both = [
      journal.record({ type: 'removed', address: { kind: 'user', key: 'u-1' } }),
      journal.record({ type: 'saved', resource: moved }),
    ]
    const before = state.serial
    await Promise.race(both)
    expect(state.serial).toBe(before + 1)
    expect(await reader.keyOf('user', 'user_1')).toBe('u-new')
    expect(await reader.count('user')).toBe(1)
    await Promise.all(both)
    await state.close()
  })

  test('if the state cannot be written, every waiting caller gets the error', async () => {
    const { state, journal } = await setUp(kind)
    await state.close()
    const results = await Promise.allSettled([
      journal.intend(intentOf(1)),
      journal.record({ type: 'saved', resource: resourceOf(2) }),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(journal.intend(intentOf(3))).rejects.toThrow()
  })
})
