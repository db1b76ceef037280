import { describe, expect, test } from 'vitest'
import type { StateLocation } from '../../src/state/location.ts'
import type { Failure, StateResource } from '../../src/state/store.ts'
import { forEachKind, openForTest } from './kinds.ts'
import { intent, user } from './resources.ts'

const saved = (resource: StateResource) => ({ type: 'saved', resource }) as const

async function all<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

forEachKind((kind) => {
  const open = async (place?: StateLocation) => openForTest(place ?? (await kind.newLocation()))

  describe('resources', () => {
    test('are read as they were saved, after the file was closed and opened again', async () => {
      const place = await kind.newLocation()
      const membership = user('u1@acme', {
        kind: 'membership',
        refs: { user: 'u1', organization: 'acme' },
        digests: {},
        ownership: 'adopted',
        run: 7,
      })
      const first = await open(place)
      await first.commit({ intents: [], outcomes: [saved(user('u1')), saved(membership)] })
      await first.close()
      const state = await open(place)
      expect(await state.get('user', 'u1')).toEqual(user('u1'))
      expect(await all(state.resources('membership'))).toEqual([membership])
      expect(await state.idOf('user', 'u1')).toBe('user_u1')
      expect(await state.keyOf('user', 'user_u1')).toBe('u1')
      expect(await state.count('user')).toBe(1)
    })

    test('that are created never become adopted for the same ID, whatever the key', async () => {
      const state = await open()
      await state.commit({ intents: [], outcomes: [saved(user('u1')), saved(user('u2', { ownership: 'adopted' }))] })
      const adopted = user('u1', { ownership: 'adopted', run: 2 })
      await state.commit({ intents: [], outcomes: [saved(adopted), saved({ ...adopted, key: 'moved' })] })
      expect(await state.get('user', 'u1')).toMatchObject({ ownership: 'created', run: 2 })
      expect(await state.get('user', 'moved')).toMatchObject({ ownership: 'created' })
      const others = [saved({ ...adopted, id: 'user_other' }), saved(user('u2', { ownership: 'created' }))]
      await state.commit({ intents: [], outcomes: others })
      expect(await state.get('user', 'u1')).toMatchObject({ id: 'user_other', ownership: 'adopted' })
      expect(await state.get('user', 'u2')).toMatchObject({ ownership: 'created' })
    })

    test('that are unknown are undefined, also under another kind', async () => {
      const state = await open()
      await state.commit({ intents: [], outcomes: [saved(user('u1'))] })
      expect(await state.get('user', 'u2')).toBeUndefined()
      expect(await state.get('organization', 'u1')).toBeUndefined()
      expect(await state.idOf('organization', 'u1')).toBeUndefined()
      expect(await state.keyOf('organization', 'user_u1')).toBeUndefined()
      expect(await state.count('organization')).toBe(0)
    })

    test('saved again replace former ones; removed ones are gone', async () => {
      const state = await open()
      await state.commit({ intents: [], outcomes: [saved(user('u1')), saved(user('u2'))] })
      const changed = user('u1', { id: 'user_other', attributes: {}, run: 2 })
      await state.commit({
        intents: [],
        outcomes: [saved(changed), { type: 'removed', address: { kind: 'user', key: 'u2' } }],
      })
      expect(await all(state.resources('user'))).toEqual([changed])
      expect(await state.keyOf('user', 'user_u1')).toBeUndefined()
    })

    test('keep values that WorkOS changed, and the gone mark until they are saved again', async () => {
      const place = await kind.newLocation()
      const state = await open(place)
      const answered = { lastName: null, metadata: { plan: 'free' } }
      await state.commit({ intents: [], outcomes: [{ type: 'saved', resource: user('u1', { answered }) }] })
      await state.commit({
        intents: [intent('u1')],
        outcomes: [{ type: 'gone', address: { kind: 'user', key: 'u1' }, run: 3 }],
      })
      await state.close()
      const again = await open(place)
      expect(await again.get('user', 'u1')).toEqual(user('u1', { answered, gone: 3 }))
      expect(await again.intents()).toHaveLength(1)
      await again.commit({ intents: [], outcomes: [{ type: 'saved', resource: user('u1') }] })
      expect(await again.get('user', 'u1')).toEqual(user('u1'))
    })

    test('that are unknown are not marked as gone', async () => {
      const state = await open()
      await state.commit({ intents: [], outcomes: [{ type: 'gone', address: { kind: 'user', key: 'u1' }, run: 3 }] })
      expect(await state.get('user', 'u1')).toBeUndefined()
    })

    test('are listed in batches, each once, in a fixed order, whatever characters their keys have', async () => {
      const state = await open()
      const odd = [
        '',
        ' ',
        'Z',
        'a',
        'ä',
        'a\0b',
        "o'neil",
        '%',
        '_',
        'ß',
        '日本',
        '\u{1f98a}',
        '\uffee',
        'é',
        'e\u0301',
        'auth0|1',
      ]
      const plain = Array.from({ length: 2_345 }, (_, index) => `user-${index}`)
      const keys = [...odd, ...plain].filter((key) => key !== '')
      await state.commit({ intents: [], outcomes: keys.map((key) => saved(user(key, { attributes: {} }))) })
      const sizes: number[] = []
      const listed: string[] = []
      for await (const batch of state.resources('user')) {
        sizes.push(batch.length)
        listed.push(...batch.map(({ key }) => key))
      }
      expect(sizes.length).toBeGreaterThan(2)
      const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))
      expect(listed).toEqual([...keys].sort(byBytes))
    })

    test('can be saved while they are listed', async () => {
      const state = await open()
      const keys = Array.from({ length: 1_500 }, (_, index) => `k${String(index).padStart(5, '0')}`)
      await state.commit({ intents: [], outcomes: keys.map((key) => saved(user(key))) })
      const listed: string[] = []
      for await (const batch of state.resources('user')) {
        listed.push(...batch.map(({ key }) => key))
        await state.commit({ intents: [], outcomes: batch.map((resource) => saved({ ...resource, run: 9 })) })
      }
      expect(listed).toEqual(keys)
    })
  })

  describe('the journal', () => {
    test('an intent stays until its outcome is written', async () => {
      const state = await open()
      await state.commit({ intents: [intent('u1'), intent('u2'), intent('u3', { action: 'delete' })], outcomes: [] })
      expect(await state.intents()).toHaveLength(3)
      await state.commit({ intents: [], outcomes: [saved(user('u1'))] })
      await state.commit({ intents: [], outcomes: [{ type: 'cleared', address: { kind: 'user', key: 'u2' } }] })
      expect(await state.intents()).toEqual([intent('u3', { action: 'delete' })])
      await state.commit({ intents: [], outcomes: [{ type: 'removed', address: { kind: 'user', key: 'u3' } }] })
      expect(await state.intents()).toEqual([])
      expect(await state.count('user')).toBe(1)
    })

    test('intents survive the process and are read oldest first', async () => {
      const place = await kind.newLocation()
      const first = await open(place)
      const late = intent('a', { startedAt: '2026-01-02T00:00:02.000Z', action: 'update' })
      const early = intent('b', { startedAt: '2026-01-02T00:00:01.000Z' })
      await first.commit({ intents: [late, early], outcomes: [] })
      await first.close()
      expect(await (await open(place)).intents()).toEqual([early, late])
    })

    test('a new intent for the same resource replaces the old one', async () => {
      const state = await open()
      await state.commit({ intents: [intent('u1')], outcomes: [] })
      await state.commit({ intents: [intent('u1', { action: 'update' })], outcomes: [] })
      expect(await state.intents()).toEqual([intent('u1', { action: 'update' })])
    })

    test('an outcome and the next intent of one resource in one batch leave the intent', async () => {
      const state = await open()
      await state.commit({ intents: [intent('u1')], outcomes: [] })
      await state.commit({ intents: [intent('u1', { action: 'update' })], outcomes: [saved(user('u1'))] })
      expect(await state.intents()).toEqual([intent('u1', { action: 'update' })])
    })
  })

  describe('a commit', () => {
    test('is written whole or not at all, and a failed one has no effect', async () => {
      const state = await open()
      await state.commit({ intents: [intent('u9')], outcomes: [saved(user('u1'))] })
      const broken = { ...user('u3'), ownership: 'borrowed' as 'created' }
      await expect(
        state.commit({
          intents: [intent('u4')],
          outcomes: [saved(user('u2')), { type: 'cleared', address: { kind: 'user', key: 'u9' } }, saved(broken)],
        }),
      ).rejects.toThrow()
      expect((await all(state.resources('user'))).map(({ key }) => key)).toEqual(['u1'])
      expect((await state.intents()).map(({ key }) => key)).toEqual(['u9'])
      expect(state.serial).toBe(1)
      await state.commit({ intents: [], outcomes: [saved(user('u2'))] })
      expect(state.serial).toBe(2)
    })

    test('increments the serial; the lineage and the digest key stay', async () => {
      const place = await kind.newLocation()
      const first = await open(place)
      const { lineage, digestKey } = first
      expect(first.serial).toBe(0)
      for (let commit = 1; commit <= 12; commit += 1) {
        await first.commit({ intents: [], outcomes: [] })
        expect(first.serial).toBe(commit)
      }
      await first.close()
      const state = await open(place)
      expect([state.serial, state.lineage]).toEqual([12, lineage])
      expect(state.digestKey).toEqual(digestKey)
      expect(state.digestKey).toHaveLength(32)
    })

    test('two states have different lineages and digest keys', async () => {
      const [one, other] = [await open(), await open()]
      expect(one.lineage).not.toBe(other.lineage)
      expect(one.digestKey).not.toEqual(other.digestKey)
    })
  })

  describe('runs', () => {
    test('are numbered, finished with their outcome and counts, and kept', async () => {
      const place = await kind.newLocation()
      const first = await open(place)
      const begun = {
        command: 'apply',
        startedAt: '2026-01-01T00:00:00.000Z',
        toolVersion: '1.2.3',
        manifestDigest: 'd',
      }
      expect(await first.startRun(begun)).toBe(1)
      await first.finishRun(1, '2026-01-01T00:01:00.000Z', 'incomplete', { created: 3, failed: 1 })
      expect(await first.startRun(begun)).toBe(2)
      await first.close()
      expect(await (await open(place)).runs()).toEqual([
        {
          ...begun,
          run: 1,
          finishedAt: '2026-01-01T00:01:00.000Z',
          outcome: 'incomplete',
          counts: { created: 3, failed: 1 },
        },
        { ...begun, run: 2, finishedAt: null, outcome: 'running', counts: {} },
      ])
    })

    test('keep separate failures, in batches, each once', async () => {
      const state = await open()
      const failure = (key: string): Failure => ({
        kind: key.startsWith('m') ? 'membership' : 'user',
        key,
        action: 'create',
        outcome: key.startsWith('m') ? 'blocked' : 'failed',
        code: 'email_not_available',
        message: 'taken',
        origin: 'users.csv:2',
        email: null,
      })
      const many = Array.from({ length: 1_100 }, (_, index) => failure(`${index % 2 ? 'm' : 'u'}-${index}`))
      await state.recordFailures(1, many.slice(0, 600))
      await state.recordFailures(1, many.slice(600))
      await state.recordFailures(2, [failure('u-other')])
      const listed = await all(state.failures(1))
      expect(listed).toHaveLength(1_100)
      expect(new Set(listed.map(({ key }) => key)).size).toBe(1_100)
      expect(listed.find(({ key }) => key === 'm-7')).toEqual(failure('m-7'))
      expect(await all(state.failures(2))).toEqual([failure('u-other')])
      expect(await all(state.failures(3))).toEqual([])
    })
  })

  test('the binding is kept', async () => {
    const place = await kind.newLocation()
    const binding = { type: 'workos', baseUrl: 'https://api.workos.com', keyDigest: 'ab' }
    const first = await open(place)
    expect(first.binding).toBeUndefined()
    await first.bind(binding)
    await first.close()
    expect((await open(place)).binding).toEqual(binding)
  })
})
