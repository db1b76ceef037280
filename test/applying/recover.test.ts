import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { recover } from '../../src/applying/recover.ts'
import { openState } from '../../src/state/sqlite-store.ts'
import type { Intent } from '../../src/state/store.ts'
import { startSandbox } from '../../src/workos/sandbox/server.ts'
import { openTarget } from '../../src/workos/target.ts'

const HOUR = 3_600_000

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'recover-'))
  let clock = Date.now()
  const interrupt = new AbortController()
  const sandbox = await startSandbox({ data: ':memory:', now: () => clock })
  const limit = '100000/1s'
  const target = await openTarget({
    manifest: {
      target: { type: 'workos', apiKey: 'sk_test_recover', baseUrl: sandbox.url },
      run: { workers: 1, chunkSize: 1, concurrency: 10, limits: { writes: limit, reads: limit, requests: limit } },
    },
    directory: folder,
    interrupted: interrupt.signal,
  })
  const state = openState(join(folder, 'state.sqlite'))
  onTestFinished(async () => {
    await state.close()
    await target.close()
    await sandbox.close()
    rmSync(folder, { recursive: true })
  })
  return {
    state,
    api: target.client,
    interrupt: () => interrupt.abort(new Error('interrupted')),
    /** What the sandbox's clock says from now on. */
    setClock(time: number) {
      clock = time
    },
  }
}

function intent(kind: string, key: string, more: Partial<Intent>): Intent {
  const startedAt = new Date().toISOString()
  return { kind, key, action: 'create', startedAt, attributes: {}, digests: {}, refs: {}, ...more }
}

const ADA = { email: 'ada@example.com', externalId: 'ada' }
const POST_ADA = {
  method: 'POST' as const,
  path: '/user_management/users',
  body: { email: 'ada@example.com', external_id: 'ada' },
}

test('creates that took effect become part of the state, in whatever order they are told', async () => {
  const { state, api } = await setUp()
  const acme = await api.write({ method: 'POST', path: '/organizations', body: { name: 'Acme', external_id: 'acme' } })
  const ada = await api.write(POST_ADA)
  const body = { user_id: ada.id ?? null, organization_id: acme.id ?? null }
  const both = await api.write({ method: 'POST', path: '/user_management/organization_memberships', body })
  await api.write({ method: 'POST', path: '/authorization/roles', body: { slug: 'admin', name: 'Admin' } })
  const digests = { passwordHash: 'a digest' }
  const intents = [
    intent('role', 'admin', { attributes: { name: 'Admin' } }),
    intent('organization', 'acme', { attributes: { externalId: 'acme', name: 'Acme' } }),
    intent('user', 'ada', { attributes: ADA, digests }),
    intent('user', 'bea', { attributes: { email: 'bea@example.com' } }),
  ]
  await state.commit({ intents, outcomes: [] })
  expect(await recover(state, api)).toEqual({ open: 4, found: 3 })
  expect(await state.get('user', 'ada')).toMatchObject({ id: ada.id, ownership: 'created', attributes: ADA, digests })
  expect(await state.get('organization', 'acme')).toMatchObject({ id: acme.id, ownership: 'created' })
  expect(await state.get('role', 'admin')).toMatchObject({ id: 'admin', ownership: 'created' })
  expect(await state.get('user', 'bea')).toBeUndefined()
  expect(await state.intents()).toEqual([])

  const refs = { user: 'ada', organization: 'acme' }
  const membership = intent('membership', 'ada@acme', { refs })
  const orphan = intent('membership', 'bea@acme', { refs: { user: 'bea', organization: 'acme' } })
  await state.commit({ intents: [membership, orphan], outcomes: [] })
  expect(await recover(state, api)).toEqual({ open: 2, found: 1 })
  expect(await state.get('membership', 'ada@acme')).toMatchObject({ id: both.id, refs })
})

test('a membership that took effect without all its roles is known as such', async () => {
  const { state, api } = await setUp()
  const acme = await api.write({ method: 'POST', path: '/organizations', body: { name: 'Acme', external_id: 'acme' } })
  const ada = await api.write(POST_ADA)
  for (const slug of ['admin', 'billing']) {
    await api.write({ method: 'POST', path: '/authorization/roles', body: { slug, name: slug } })
  }
  const refs = { user: 'ada', organization: 'acme' }
  const open = [
    intent('organization', 'acme', { attributes: { externalId: 'acme', name: 'Acme' } }),
    intent('user', 'ada', { attributes: ADA }),
  ]
  await state.commit({ intents: open, outcomes: [] })
  await recover(state, api)
  const body = { user_id: ada.id ?? null, organization_id: acme.id ?? null, role_slugs: ['admin'] }
  await api.write({ method: 'POST', path: '/user_management/organization_memberships', body })
  const roles = ['admin', 'billing']
  await state.commit({ intents: [intent('membership', 'ada@acme', { refs, attributes: { roles } })], outcomes: [] })
  expect(await recover(state, api)).toEqual({ open: 1, found: 1 })
  expect(await state.get('membership', 'ada@acme')).toMatchObject({ attributes: { roles }, reduced: 'not_all_taken' })
})

test('what was there long before the write is left to planning, which adopts by its policy', async () => {
  const { state, api, setClock } = await setUp()
  setClock(Date.now() - HOUR)
  await api.write(POST_ADA)
  await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
  expect(await recover(state, api)).toEqual({ open: 1, found: 0 })
  expect(await state.get('user', 'ada')).toBeUndefined()
  expect(await state.intents()).toEqual([])
})

test('somebody else with the same external id is not taken for ours', async () => {
  const { state, api } = await setUp()
  await api.write({ ...POST_ADA, body: { email: 'other@example.com', external_id: 'ada' } })
  await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
  expect(await recover(state, api)).toEqual({ open: 1, found: 0 })
  expect(await state.count('user')).toBe(0)
})

test('what another key holds already is not taken twice', async () => {
  const { state, api } = await setUp()
  const { id } = await api.write(POST_ADA)
  const resource = { kind: 'user', key: 'first', id: String(id), attributes: ADA, digests: {}, refs: {}, run: 1 }
  const outcomes = [{ type: 'saved' as const, resource: { ...resource, ownership: 'adopted' as const } }]
  await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes })
  expect(await recover(state, api)).toEqual({ open: 1, found: 0 })
  expect(await state.keyOf('user', String(id))).toBe('first')
})

test('an open update is left to the comparison: the state keeps what it knew', async () => {
  const { state, api } = await setUp()
  const { id } = await api.write(POST_ADA)
  const resource = { kind: 'user', key: 'ada', id: String(id), attributes: ADA, digests: {}, refs: {}, run: 1 }
  const outcomes = [{ type: 'saved' as const, resource: { ...resource, ownership: 'created' as const } }]
  const update = intent('user', 'ada', { action: 'update', attributes: { ...ADA, firstName: 'Ada' } })
  await state.commit({ intents: [update], outcomes })
  expect(await recover(state, api)).toEqual({ open: 1, found: 0 })
  expect(await state.get('user', 'ada')).toMatchObject({ attributes: ADA })
  expect(await state.intents()).toEqual([])
})

test('while WorkOS cannot be asked, nothing is decided', async () => {
  const { state, api, interrupt } = await setUp()
  const attributes = { email: 'ada@example.com', externalId: 'ada' }
  await state.commit({ intents: [intent('user', 'ada', { attributes })], outcomes: [] })
  interrupt()
  await expect(recover(state, api)).rejects.toThrow('interrupted')
  expect(await state.intents()).toHaveLength(1)
})
