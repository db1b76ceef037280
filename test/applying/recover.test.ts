import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { recover } from '../../src/applying/recover.ts'
import type { Manifest } from '../../src/config/manifest.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { openState } from '../../src/state/open.ts'
import type { Intent, StateResource } from '../../src/state/store.ts'
import { openTarget } from '../../src/workos/target.ts'

const HOUR = 3_600_000
type Ownership = StateResource['ownership']

const ADOPT: Manifest['adopt'] = { mode: 'match', fill: [], unverified: 'block' }

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'recover-'))
  let clock = Date.now()
  const interrupt = new AbortController()
  const sandbox = await startSandbox({ data: ':memory:', now: () => clock })
  const limit = '100000/1s'
  const target = await openTarget({
    manifest: {
      target: { type: 'workos', apiKey: 'sk_test_recover', baseUrl: sandbox.url, timeout: 60 },
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
  expect(await recover(state, api, ADOPT)).toEqual({ open: 4, found: 3 })
  expect(await state.get('user', 'ada')).toMatchObject({ id: ada.id, ownership: 'created', attributes: ADA, digests })
  expect(await state.get('organization', 'acme')).toMatchObject({ id: acme.id, ownership: 'created' })
  expect(await state.get('role', 'admin')).toMatchObject({ id: 'admin', ownership: 'created' })
  expect(await state.get('user', 'bea')).toBeUndefined()
  expect(await state.intents()).toEqual([])

  const refs = { user: 'ada', organization: 'acme' }
  const membership = intent('membership', 'ada@acme', { refs })
  const orphan = intent('membership', 'bea@acme', { refs: { user: 'bea', organization: 'acme' } })
  await state.commit({ intents: [membership, orphan], outcomes: [] })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 2, found: 1 })
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
  await recover(state, api, ADOPT)
  const body = { user_id: ada.id ?? null, organization_id: acme.id ?? null, role_slugs: ['admin'] }
  await api.write({ method: 'POST', path: '/user_management/organization_memberships', body })
  const roles = ['admin', 'billing']
  await state.commit({ intents: [intent('membership', 'ada@acme', { refs, attributes: { roles } })], outcomes: [] })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 1 })
  expect(await state.get('membership', 'ada@acme')).toMatchObject({ attributes: { roles }, reduced: 'not_all_taken' })
})

test.each([
  ['an hour behind', -HOUR],
  ['an hour ahead', HOUR],
])('whose it is does not depend on a clock: WorkOS is %s', async (_where, difference) => {
  const { state, api, setClock } = await setUp()
  setClock(Date.now() + difference)
  const { id } = await api.write(POST_ADA)
  await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 1 })
  expect(await state.get('user', 'ada')).toMatchObject({ id, ownership: 'created' })
})

test.each([
  ['no external id', {}],
  ['an external id of another system', { external_id: 'elsewhere-1' }],
])('who signed up with the address meanwhile (%s) is not ours, however near in time', async (_what, more) => {
  const { state, api } = await setUp()
  await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
  await api.write({ ...POST_ADA, body: { email: 'ada@example.com', ...more } })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
  expect(await state.count('user')).toBe(0)
  expect(await state.intents()).toEqual([])
})

test('where no external id is mapped, nothing proves that an account is ours', async () => {
  const { state, api } = await setUp()
  const attributes = { email: 'ada@example.com', emailVerified: true }
  await state.commit({ intents: [intent('user', 'ada@example.com', { attributes })], outcomes: [] })
  await api.write({ ...POST_ADA, body: { email: 'ada@example.com', email_verified: true } })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
  expect(await state.count('user')).toBe(0)
})

/** A membership that WorkOS has and whose outcome is open, of a user and an organization of these ownerships. */
async function openMembership(
  { state, api }: Awaited<ReturnType<typeof setUp>>,
  user: Ownership,
  organization: Ownership,
) {
  const acme = await api.write({ method: 'POST', path: '/organizations', body: { name: 'Acme', external_id: 'acme' } })
  const ada = await api.write(POST_ADA)
  const rest = { attributes: {}, digests: {}, refs: {}, run: 1 }
  const holders: StateResource[] = [
    { kind: 'user', key: 'ada', id: String(ada.id), ownership: user, ...rest },
    { kind: 'organization', key: 'acme', id: String(acme.id), ownership: organization, ...rest },
  ]
  await state.commit({ intents: [], outcomes: holders.map((resource) => ({ type: 'saved', resource })) })
  const body = { user_id: ada.id ?? null, organization_id: acme.id ?? null }
  await api.write({ method: 'POST', path: '/user_management/organization_memberships', body })
  const refs = { user: 'ada', organization: 'acme' }
  await state.commit({ intents: [intent('membership', 'ada@acme', { refs })], outcomes: [] })
}

test.each<[Ownership, Ownership, 'created' | undefined]>([
  ['created', 'created', 'created'],
  ['created', 'adopted', 'created'],
  ['adopted', 'created', 'created'],
  ['adopted', 'adopted', undefined],
])('a membership is ours if its user (%s) or its organization (%s) is', async (user, organization, expected) => {
  const world = await setUp()
  await openMembership(world, user, organization)
  expect(await recover(world.state, world.api, ADOPT)).toEqual({ open: 1, found: expected === undefined ? 0 : 1 })
  expect((await world.state.get('membership', 'ada@acme'))?.ownership).toBe(expected)
})

test.each([
  ['as it was sent', { name: 'Admin', description: 'All of it' }, 1],
  ['with another name', { name: 'Chief', description: 'All of it' }, 0],
  ['with another description', { name: 'Admin', description: 'Some of it' }, 0],
  ['without a description', { name: 'Admin' }, 0],
])('a role is ours if it is %s', async (_how, body, found) => {
  const { state, api } = await setUp()
  await api.write({ method: 'POST', path: '/authorization/roles', body: { slug: 'admin', ...body } })
  const attributes = { name: 'Admin', description: 'All of it' }
  await state.commit({ intents: [intent('role', 'admin', { attributes })], outcomes: [] })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found })
  expect((await state.get('role', 'admin'))?.ownership).toBe(found === 1 ? 'created' : undefined)
})

test('a role that has permissions by now is not ours: we had not given it any', async () => {
  const { state, api } = await setUp()
  await api.write({ method: 'POST', path: '/authorization/permissions', body: { slug: 'a:b', name: 'a:b' } })
  await api.write({ method: 'POST', path: '/authorization/roles', body: { slug: 'admin', name: 'Admin' } })
  await api.write({ method: 'PUT', path: '/authorization/roles/admin/permissions', body: { permissions: ['a:b'] } })
  await state.commit({ intents: [intent('role', 'admin', { attributes: { name: 'Admin' } })], outcomes: [] })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
})

test('a permission has nothing to be known by: it is adopted, never deleted', async () => {
  const { state, api } = await setUp()
  await api.write({ method: 'POST', path: '/authorization/permissions', body: { slug: 'a:b', name: 'a:b' } })
  await state.commit({ intents: [intent('permission', 'a:b', { attributes: { name: 'a:b' } })], outcomes: [] })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
})

test('an open create of what the state has already leaves it what it was', async () => {
  const { state, api } = await setUp()
  const { id } = await api.write(POST_ADA)
  const resource = { kind: 'user', key: 'ada', id: String(id), attributes: ADA, digests: {}, refs: {}, run: 1 }
  const outcomes = [{ type: 'saved' as const, resource: { ...resource, ownership: 'adopted' as const } }]
  await state.commit({ intents: [], outcomes })
  await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
  expect(await state.get('user', 'ada')).toMatchObject({ ownership: 'adopted' })
})

test('somebody else with the same external id is not taken for ours', async () => {
  const { state, api } = await setUp()
  await api.write({ ...POST_ADA, body: { email: 'other@example.com', external_id: 'ada' } })
  await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
  expect(await state.count('user')).toBe(0)
})

test('what another key holds already is not taken twice', async () => {
  const { state, api } = await setUp()
  const { id } = await api.write(POST_ADA)
  const resource = { kind: 'user', key: 'first', id: String(id), attributes: ADA, digests: {}, refs: {}, run: 1 }
  const outcomes = [{ type: 'saved' as const, resource: { ...resource, ownership: 'adopted' as const } }]
  await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
  expect(await state.keyOf('user', String(id))).toBe('first')
})

test('an open update is left to the comparison: the state keeps what it knew', async () => {
  const { state, api } = await setUp()
  const { id } = await api.write(POST_ADA)
  const resource = { kind: 'user', key: 'ada', id: String(id), attributes: ADA, digests: {}, refs: {}, run: 1 }
  const outcomes = [{ type: 'saved' as const, resource: { ...resource, ownership: 'created' as const } }]
  const update = intent('user', 'ada', { action: 'update', attributes: { ...ADA, firstName: 'Ada' } })
  await state.commit({ intents: [update], outcomes })
  expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
  expect(await state.get('user', 'ada')).toMatchObject({ attributes: ADA })
  expect(await state.intents()).toEqual([])
})

test('while WorkOS cannot be asked, nothing is decided', async () => {
  const { state, api, interrupt } = await setUp()
  const attributes = { email: 'ada@example.com', externalId: 'ada' }
  await state.commit({ intents: [intent('user', 'ada', { attributes })], outcomes: [] })
  interrupt()
  await expect(recover(state, api, ADOPT)).rejects.toThrow('interrupted')
  expect(await state.intents()).toHaveLength(1)
})
