import { expect, test } from 'vitest'
import { recover } from '../../src/applying/recover.ts'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import type { Intent, StateResource } from '../../src/state/store.ts'
import type { Api } from '../../src/workos/api.ts'
import { forEachKind, openForTest, type StateKind } from '../state/kinds.ts'

const HOUR = 3_600_000
type Ownership = StateResource['ownership']

const ADOPT: Manifest['adopt'] = { mode: 'match', fill: [], unverified: 'block' }

const USERS = '/user_management/users'
const MEMBERSHIPS = '/user_management/organization_memberships'

/** What WorkOS contains, by the path of its list. */
type Held = Record<string, JsonObject[]>

/** A read-only WorkOS for recovery: lists by filter, and single objects by external ID or slug. */
function holding(held: Held): Api {
  return {
    read: async (path, query = {}) => {
      const list = held[path]
      if (list !== undefined || path === USERS || path === MEMBERSHIPS) {
        const filters = Object.entries(query).filter(([name]) => ['email', 'user_id', 'organization_id'].includes(name))
        const data = (list ?? []).filter((one) => filters.every(([name, value]) => one[name] === value))
        return { data, list_metadata: { after: null } }
      }
      const [, parent = '', name = ''] = /^(.*?)(?:\/external_id)?\/([^/]+)$/.exec(path) ?? []
      const field = path.includes('/external_id/') ? 'external_id' : 'slug'
      return held[parent]?.find((one) => one[field] === name)
    },
    write: async () => {
      throw new Error('recovery writes nothing')
    },
  }
}

async function setUp(kind: StateKind, held: Held) {
  const state = await openForTest(await kind.newLocation())
  return { state, api: holding(held) }
}

function intent(kind: string, key: string, more: Partial<Intent>): Intent {
  const startedAt = new Date().toISOString()
  return { kind, key, action: 'create', startedAt, attributes: {}, digests: {}, refs: {}, ...more }
}

const ADA = { email: 'ada@example.com', externalId: 'ada' }
const LIVE_ADA = { id: 'user_1', email: 'ada@example.com', external_id: 'ada', email_verified: false }
const LIVE_ACME = { id: 'org_1', name: 'Acme', external_id: 'acme' }

function liveMembership(...roles: string[]): JsonObject {
  const both = { user_id: 'user_1', organization_id: 'org_1' }
  return { id: 'om_1', ...both, status: 'active', roles: roles.map((slug) => ({ slug })) }
}

function liveRole(more: JsonObject): JsonObject {
  return { id: 'role_1', slug: 'admin', description: null, permissions: [], ...more }
}

forEachKind((stateKind) => {
  test('creates that succeeded go into the state, in any order', async () => {
    const { state, api } = await setUp(stateKind, {
      [USERS]: [LIVE_ADA],
      '/organizations': [LIVE_ACME],
      [MEMBERSHIPS]: [liveMembership('member')],
      '/authorization/roles': [liveRole({ name: 'Admin' })],
    })
    const digests = { passwordHash: 'a digest' }
    const intents = [
      intent('role', 'admin', { attributes: { name: 'Admin' } }),
      intent('organization', 'acme', { attributes: { externalId: 'acme', name: 'Acme' } }),
      intent('user', 'ada', { attributes: ADA, digests }),
      intent('user', 'bea', { attributes: { email: 'bea@example.com' } }),
    ]
    await state.commit({ intents, outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 4, found: 3 })
    expect(await state.get('user', 'ada')).toMatchObject({
      id: 'user_1',
      ownership: 'created',
      attributes: ADA,
      digests,
    })
    expect(await state.get('organization', 'acme')).toMatchObject({ id: 'org_1', ownership: 'created' })
    expect(await state.get('role', 'admin')).toMatchObject({ id: 'admin', ownership: 'created' })
    expect(await state.get('user', 'bea')).toBeUndefined()
    expect(await state.intents()).toEqual([])

    const refs = { user: 'ada', organization: 'acme' }
    const membership = intent('membership', 'ada@acme', { refs })
    const orphan = intent('membership', 'bea@acme', { refs: { user: 'bea', organization: 'acme' } })
    await state.commit({ intents: [membership, orphan], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 2, found: 1 })
    expect(await state.get('membership', 'ada@acme')).toMatchObject({ id: 'om_1', refs })
  })

  test('a membership that succeeded without all its roles is marked as reduced', async () => {
    const { state, api } = await setUp(stateKind, {
      [USERS]: [LIVE_ADA],
      '/organizations': [LIVE_ACME],
      [MEMBERSHIPS]: [liveMembership('admin')],
    })
    const refs = { user: 'ada', organization: 'acme' }
    const open = [
      intent('organization', 'acme', { attributes: { externalId: 'acme', name: 'Acme' } }),
      intent('user', 'ada', { attributes: ADA }),
    ]
    await state.commit({ intents: open, outcomes: [] })
    await recover(state, api, ADOPT)
    const roles = ['admin', 'billing']
    await state.commit({ intents: [intent('membership', 'ada@acme', { refs, attributes: { roles } })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 1 })
    expect(await state.get('membership', 'ada@acme')).toMatchObject({ attributes: { roles }, reduced: 'not_all_taken' })
  })

  test.each([
    ['an hour behind', -HOUR],
    ['an hour ahead', HOUR],
  ])('ownership does not depend on a clock: WorkOS is %s', async (_where, difference) => {
    const created_at = new Date(Date.now() + difference).toISOString()
    const { state, api } = await setUp(stateKind, { [USERS]: [{ ...LIVE_ADA, created_at, updated_at: created_at }] })
    await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 1 })
    expect(await state.get('user', 'ada')).toMatchObject({ id: 'user_1', ownership: 'created' })
  })

  test.each([
    ['no external id', { external_id: null }],
    ['an external id of another system', { external_id: 'elsewhere-1' }],
  ])('a user who signed up with the address meanwhile (%s) is not ours, however close in time', async (_what, more) => {
    const { state, api } = await setUp(stateKind, {
      [USERS]: [{ ...LIVE_ADA, created_at: new Date().toISOString(), ...more }],
    })
    await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
    expect(await state.count('user')).toBe(0)
    expect(await state.intents()).toEqual([])
  })

  test('without a mapped external ID, nothing proves that an account is ours', async () => {
    const { state, api } = await setUp(stateKind, {
      [USERS]: [{ ...LIVE_ADA, external_id: null, email_verified: true }],
    })
    const attributes = { email: 'ada@example.com', emailVerified: true }
    await state.commit({ intents: [intent('user', 'ada@example.com', { attributes })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
    expect(await state.count('user')).toBe(0)
  })

  /**
   * A membership in WorkOS with an open outcome, whose user and organization have these ownerships.
   */
  async function openMembership(
    { state }: Awaited<ReturnType<typeof setUp>>,
    user: Ownership,
    organization: Ownership,
  ) {
    const rest = { attributes: {}, digests: {}, refs: {}, run: 1 }
    const holders: StateResource[] = [
      { kind: 'user', key: 'ada', id: 'user_1', ownership: user, ...rest },
      { kind: 'organization', key: 'acme', id: 'org_1', ownership: organization, ...rest },
    ]
    await state.commit({ intents: [], outcomes: holders.map((resource) => ({ type: 'saved', resource })) })
    const refs = { user: 'ada', organization: 'acme' }
    await state.commit({ intents: [intent('membership', 'ada@acme', { refs })], outcomes: [] })
  }

  test.each<[Ownership, Ownership, 'created' | undefined]>([
    ['created', 'created', 'created'],
    ['created', 'adopted', 'created'],
    ['adopted', 'created', 'created'],
    ['adopted', 'adopted', undefined],
  ])('a membership is ours if its user (%s) or its organization (%s) is', async (user, organization, expected) => {
    const world = await setUp(stateKind, { [MEMBERSHIPS]: [liveMembership('member')] })
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
    const { state, api } = await setUp(stateKind, { '/authorization/roles': [liveRole(body)] })
    const attributes = { name: 'Admin', description: 'All of it' }
    await state.commit({ intents: [intent('role', 'admin', { attributes })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found })
    expect((await state.get('role', 'admin'))?.ownership).toBe(found === 1 ? 'created' : undefined)
  })

  test('a role that has permissions by now is not ours: we had not assigned any', async () => {
    const { state, api } = await setUp(stateKind, {
      '/authorization/roles': [liveRole({ name: 'Admin', permissions: ['a:b'] })],
    })
    await state.commit({ intents: [intent('role', 'admin', { attributes: { name: 'Admin' } })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
  })

  test('nothing identifies a permission as ours: it is adopted, and never deleted', async () => {
    const { state, api } = await setUp(stateKind, {
      '/authorization/permissions': [{ id: 'perm_1', slug: 'a:b', name: 'a:b' }],
    })
    await state.commit({ intents: [intent('permission', 'a:b', { attributes: { name: 'a:b' } })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
  })

  test('an open create of something already in the state keeps its ownership', async () => {
    const { state, api } = await setUp(stateKind, { [USERS]: [LIVE_ADA] })
    const resource = { kind: 'user', key: 'ada', id: 'user_1', attributes: ADA, digests: {}, refs: {}, run: 1 }
    const outcomes = [{ type: 'saved' as const, resource: { ...resource, ownership: 'adopted' as const } }]
    await state.commit({ intents: [], outcomes })
    await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
    expect(await state.get('user', 'ada')).toMatchObject({ ownership: 'adopted' })
  })

  test('someone else with the same external ID is not ours', async () => {
    const { state, api } = await setUp(stateKind, { [USERS]: [{ ...LIVE_ADA, email: 'other@example.com' }] })
    await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes: [] })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
    expect(await state.count('user')).toBe(0)
  })

  test('a resource of another key is not assigned twice', async () => {
    const { state, api } = await setUp(stateKind, { [USERS]: [LIVE_ADA] })
    const resource = { kind: 'user', key: 'first', id: 'user_1', attributes: ADA, digests: {}, refs: {}, run: 1 }
    const outcomes = [{ type: 'saved' as const, resource: { ...resource, ownership: 'adopted' as const } }]
    await state.commit({ intents: [intent('user', 'ada', { attributes: ADA })], outcomes })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
    expect(await state.keyOf('user', 'user_1')).toBe('first')
  })

  test('an open update is left to the comparison: the state stays the same', async () => {
    const { state, api } = await setUp(stateKind, { [USERS]: [LIVE_ADA] })
    const resource = { kind: 'user', key: 'ada', id: 'user_1', attributes: ADA, digests: {}, refs: {}, run: 1 }
    const outcomes = [{ type: 'saved' as const, resource: { ...resource, ownership: 'created' as const } }]
    const update = intent('user', 'ada', { action: 'update', attributes: { ...ADA, firstName: 'Ada' } })
    await state.commit({ intents: [update], outcomes })
    expect(await recover(state, api, ADOPT)).toEqual({ open: 1, found: 0 })
    expect(await state.get('user', 'ada')).toMatchObject({ attributes: ADA })
    expect(await state.intents()).toEqual([])
  })

  test('while WorkOS is unreachable, nothing is decided', async () => {
    const { state, api } = await setUp(stateKind, {})
    const attributes = { email: 'ada@example.com', externalId: 'ada' }
    await state.commit({ intents: [intent('user', 'ada', { attributes })], outcomes: [] })
    const read = () => Promise.reject(new Error('interrupted'))
    await expect(recover(state, { ...api, read }, ADOPT)).rejects.toThrow('interrupted')
    expect(await state.intents()).toHaveLength(1)
  })
})
