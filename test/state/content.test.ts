import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sameContent } from '../../src/state/content.ts'
import { findState } from '../../src/state/open.ts'
import type { OpenState, StateContent, StateEntry, StateResource } from '../../src/state/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { forEachKind, openForTest, stateKinds } from './kinds.ts'

const user = (key: string, more: Partial<StateResource> = {}): StateResource => ({
  kind: 'user',
  key,
  id: `user_${key}`,
  attributes: { email: `${key}@example.com`, metadata: { z: 1, a: 'x\u0000y' } },
  digests: { passwordHash: 'ab' },
  refs: {},
  ownership: 'created',
  run: 1,
  ...more,
})

/** Adds every type of entry. */
async function fill(state: OpenState): Promise<void> {
  await state.bind({ type: 'workos', baseUrl: 'https://api.workos.com', keyDigest: 'cd' })
  const run = await state.startRun({
    command: 'apply',
    startedAt: '2026-01-01T00:00:00.000Z',
    toolVersion: '1',
    manifestDigest: 'd',
    source: 's',
  })
  const resources = Array.from({ length: 2_100 }, (_, n) => user(`u${n}`))
  const odd = [
    user('a\0b', { ownership: 'adopted', reduced: 'code', answered: { firstName: null } }),
    user('\x01', { gone: 1, attributes: {} }),
    user('日本\u{1f98a}'),
    user('u1@acme', { kind: 'membership', refs: { user: 'u1', organization: 'acme' } }),
  ]
  const intent = {
    kind: 'user',
    key: 'open',
    action: 'update',
    startedAt: '2026-01-01T00:00:01.000Z',
    attributes: { email: 'o@example.com' },
    digests: {},
    refs: {},
  } as const
  const outcomes = [...resources, ...odd].map((resource) => ({ type: 'saved', resource }) as const)
  await state.commit({ outcomes, intents: [intent] })
  const failure = { kind: 'user', key: 'f', action: 'create', outcome: 'failed', code: 'c', message: 'm\0' } as const
  await state.recordFailures(run, [{ ...failure, origin: 'users.csv:1', email: null }])
  const reject = {
    kind: 'record',
    key: null,
    code: 'c',
    field: null,
    message: 'm',
    hint: null,
    records: 2,
    email: null,
  }
  await state.recordRejects(
    run,
    [1, 2, 3].map((line) => ({ ...reject, origin: `users.csv:${line}` })),
  )
  await state.finishRun(run, '2026-01-01T00:01:00.000Z', 'incomplete', { created: 3 })
  await state.startRun({ command: 'apply', startedAt: '', toolVersion: '1', manifestDigest: 'd' })
}

const COUNTS = { resource: 2_104, intent: 1, run: 2, failure: 1, reject: 3 }

describe('the whole content of a state is copied, row by row', () => {
  for (const from of stateKinds) {
    for (const to of stateKinds) {
      test.skipIf(!from.isThere || !to.isThere)(`from ${from.name} to ${to.name}`, async () => {
        const one = await openForTest(await from.newLocation())
        await fill(one)
        const location = await to.newLocation()
        const other = await openForTest(location)
        await other.commit({ outcomes: [{ type: 'saved', resource: user('overwritten') }], intents: [] })
        const counts = await one.withContent(async (content) => {
          await other.replace(content)
          return other.withContent((written) => sameContent(content, written))
        })
        expect(counts).toEqual(COUNTS)
        expect([other.lineage, other.serial, other.binding]).toEqual([one.lineage, one.serial, one.binding])
        // It continues as the first one would.
        await other.commit({ outcomes: [], intents: [] })
        expect(other.serial).toBe(one.serial + 1)
        expect(await other.startRun({ command: 'apply', startedAt: '', toolVersion: '1', manifestDigest: 'd' })).toBe(3)
        await other.close()
        expect((await openForTest(location)).serial).toBe(one.serial + 1)
      })
    }
  }
})

forEachKind((kind) => {
  test('a backup is a complete SQLite state, whatever the store', async () => {
    const state = await openForTest(await kind.newLocation())
    await fill(state)
    const file = join(temporaryFolder(), 'copy.bak')
    await state.backUp(file)
    const copy = await findState({ type: 'file', path: file })
    if (copy === undefined) throw new Error('there is no copy')
    onTestFinished(() => copy.close())
    const counts = await state.withContent((one) => copy.withContent((other) => sameContent(one, other)))
    expect(counts).toEqual(COUNTS)
    await expect(state.backUp(file)).rejects.toThrow('already exists')
  })

  test('content that fails halfway leaves the state unchanged', async () => {
    const state = await openForTest(await kind.newLocation())
    await state.commit({ outcomes: [{ type: 'saved', resource: user('kept') }], intents: [] })
    async function* broken(): AsyncGenerator<StateEntry[]> {
      yield [{ type: 'resource', resource: user('new') }]
      throw new Error('the disk is gone')
    }
    const { lineage, digestKey } = state
    const identity = { lineage: 'other', serial: 9, digestKey, binding: undefined }
    await expect(state.replace({ identity, entries: broken })).rejects.toThrow('the disk is gone')
    expect([state.lineage, state.serial]).toEqual([lineage, 1])
    expect(await state.get('user', 'kept')).toEqual(user('kept'))
    expect(await state.get('user', 'new')).toBeUndefined()
  })
})

describe('content is compared to the last row', () => {
  const identity = { lineage: 'l', serial: 1, digestKey: Buffer.from('k'), binding: undefined }
  const content = (keys: readonly string[], more: Partial<StateContent['identity']> = {}): StateContent => ({
    identity: { ...identity, ...more },
    async *entries() {
      for (const key of keys) yield [{ type: 'resource', resource: user(key) }]
    },
  })

  test.each([
    ['one more', content(['a']), content(['a', 'b'])],
    ['one less', content(['a', 'b']), content(['a'])],
    ['another key', content(['a', 'b']), content(['a', 'c'])],
    ['another serial', content(['a']), content(['a'], { serial: 2 })],
    ['another key of the digests', content(['a']), content(['a'], { digestKey: Buffer.from('x') })],
  ])('%s differs', async (_, one, other) => {
    expect(await sameContent(one, other)).toBeUndefined()
  })

  test('the same is the same, however its rows are batched', async () => {
    const whole: StateContent = {
      identity,
      async *entries() {
        yield ['a', 'b', 'c'].map((key) => ({ type: 'resource' as const, resource: user(key) }))
      },
    }
    expect(await sameContent(content(['a', 'b', 'c']), whole)).toMatchObject({ resource: 3 })
  })
})
