import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findMoves, nearKeys } from '../../src/state/related.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { StateResource } from '../../src/state/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

async function stateOf(...resources: Pick<StateResource, 'kind' | 'key' | 'refs'>[]) {
  const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  const outcomes = resources.map((resource, index) => ({
    type: 'saved' as const,
    resource: { ...resource, id: `id_${index}`, attributes: {}, digests: {}, ownership: 'created' as const, run: 1 },
  }))
  await state.commit({ intents: [], outcomes })
  return state
}

const movesOf = async (...args: Parameters<typeof findMoves>) =>
  (await findMoves(...args)).map(({ from, to }) => [`${from.kind}:${from.key}`, `${to.kind}:${to.key}`, to.refs, to.id])

test('references to a moved organization get the new key, and so do keys that contain it', async () => {
  const organization = 'acme'
  const state = await stateOf(
    { kind: 'organization', key: 'acme', refs: {} },
    { kind: 'organization', key: 'acme@acme', refs: {} },
    { kind: 'connection', key: 'okta@acme', refs: { organization } },
    { kind: 'membership', key: 'acme@acme', refs: { user: 'acme', organization } },
    { kind: 'membership', key: 'ada@acme@acme', refs: { user: 'ada', organization: 'acme@acme' } },
    { kind: 'user', key: 'acme', refs: {} },
  )
  expect(await movesOf(state, { kind: 'organization', key: 'acme' }, 'o1')).toEqual([
    ['organization:acme', 'organization:o1', {}, 'id_0'],
    ['membership:acme@acme', 'membership:acme@o1', { user: 'acme', organization: 'o1' }, 'id_3'],
    ['connection:okta@acme', 'connection:okta@o1', { organization: 'o1' }, 'id_2'],
  ])
})

test('a user with the key of an organization moves without it, and a key with an @ is one key', async () => {
  const state = await stateOf(
    { kind: 'user', key: 'acme', refs: {} },
    { kind: 'membership', key: 'acme@acme', refs: { user: 'acme', organization: 'acme' } },
    { kind: 'membership', key: 'acme@b@acme', refs: { user: 'acme@b', organization: 'acme' } },
    { kind: 'totp-factor', key: 'acme', refs: { user: 'acme' } },
  )
  expect(await movesOf(state, { kind: 'user', key: 'acme' }, 'a@b')).toEqual([
    ['user:acme', 'user:a@b', {}, 'id_0'],
    ['totp-factor:acme', 'totp-factor:a@b', { user: 'a@b' }, 'id_3'],
    ['membership:acme@acme', 'membership:a@b@acme', { user: 'a@b', organization: 'acme' }, 'id_1'],
  ])
})

test('similar keys of the same kind are found, nearest first', async () => {
  const keys = ['user_12', 'user_123', 'USER_124', 'user_999999999', 'somebody']
  const state = await stateOf(...keys.map((key) => ({ kind: 'user', key, refs: {} })), {
    kind: 'organization',
    key: 'user_125',
    refs: {},
  })
  expect(await nearKeys(state, { kind: 'user', key: 'user_124' })).toEqual(['USER_124', 'user_12', 'user_123'])
  expect(await nearKeys(state, { kind: 'user', key: 'nothing like it at all' })).toEqual([])
})
