import { describe, expect, test } from 'vitest'
import { type Found, identify } from '../../src/comparing/identify.ts'
import type { Manifest } from '../../src/config/manifest.ts'
import type { KindDefinition } from '../../src/kinds/kind.ts'
import { kindDefinition, kindDefinitions } from '../../src/kinds/registry.ts'
import type { DesiredResource, LiveResource } from '../../src/resource.ts'

type Policy = Pick<Manifest['adopt'], 'mode' | 'unverified'>

const MATCH: Policy = { mode: 'match', unverified: 'block' }
const NO_HOLDER = { holderCreated: false }
const HOLDER = { holderCreated: true }

function user(live: Partial<LiveResource>, more: Partial<Found> = {}, externalId: string | null = 'id-ada'): Found {
  const { attributes = {}, ...rest } = live
  return {
    definition: kindDefinition('user'),
    desired: {
      kind: 'user',
      key: 'id-ada',
      attributes: { email: 'ada@example.com', ...(externalId === null ? {} : { externalId }) },
      secrets: null,
      refs: {},
    },
    live: {
      id: 'user_1',
      externalId: null,
      naturalKey: 'ada@example.com',
      ...rest,
      attributes: { emailVerified: true, externalId: rest.externalId ?? null, ...attributes },
    },
    refIds: {},
    claimant: undefined,
    known: false,
    openCreate: undefined,
    ...more,
  }
}

const unverified = { attributes: { emailVerified: false } }
const marked = { externalId: 'id-ada' }
const elsewhere = { externalId: 'elsewhere-1' }

describe('a user', () => {
  test.each<[string, Found, Policy, string]>([
    ['with our external ID, after our create', user(marked, { openCreate: NO_HOLDER }), MATCH, 'ours'],
    ['the same, not verified', user({ ...marked, ...unverified }, { openCreate: NO_HOLDER }), MATCH, 'ours'],
    ['the same, with adopt.mode never', user(marked, { openCreate: NO_HOLDER }), { ...MATCH, mode: 'never' }, 'ours'],
    ['with our external ID, no create of ours', user(marked), MATCH, 'adoptable by external id'],
    ['the same, not verified', user({ ...marked, ...unverified }), MATCH, 'adoptable by external id'],
    ['with only the address', user({}), MATCH, 'adoptable by natural identity'],
    ['the same, after our create', user({}, { openCreate: NO_HOLDER }), MATCH, 'adoptable by natural identity'],
    ['with only the address, not verified', user(unverified), MATCH, 'blocked unverified_account'],
    ['the same, after our create', user(unverified, { openCreate: NO_HOLDER }), MATCH, 'blocked unverified_account'],
    ['the same, allowed', user(unverified), { ...MATCH, unverified: 'allow' }, 'adoptable by natural identity'],
    ['the same, known to the state', user(unverified, { known: true }), MATCH, 'adoptable by natural identity'],
    ['with another external ID', user(elsewhere, { openCreate: NO_HOLDER }), MATCH, 'adoptable by natural identity'],
    ['the same, not verified', user({ ...elsewhere, ...unverified }), MATCH, 'blocked unverified_account'],
    [
      'if WorkOS does not return it',
      user({ attributes: { emailVerified: null } }),
      MATCH,
      'blocked unverified_account',
    ],
    ['if no external ID is mapped', user({}, { openCreate: HOLDER }, null), MATCH, 'adoptable by natural identity'],
    ['the same, not verified', user(unverified, { openCreate: HOLDER }, null), MATCH, 'blocked unverified_account'],
    ['with adopt.mode never', user({}), { ...MATCH, mode: 'never' }, 'blocked exists_already'],
    [
      'that belongs to another one of the source',
      user(marked, { claimant: 'id-bea', openCreate: NO_HOLDER }),
      MATCH,
      'clash identity_clash',
    ],
    [
      'with our external ID and another address',
      user({ ...marked, naturalKey: 'eve@example.com' }),
      MATCH,
      'clash external_id_clash',
    ],
    [
      'the same, after our create',
      user({ ...marked, naturalKey: 'eve@example.com' }, { openCreate: NO_HOLDER }),
      MATCH,
      'clash external_id_clash',
    ],
  ])('%s', (_what, found, policy, expected) => {
    expect(inWords(identify(found, policy))).toBe(expected)
  })

  test('the message contains the address and the account, the hint says what to do', () => {
    expect(identify(user(unverified), MATCH)).toMatchObject({
      message: expect.stringMatching(/ada@example\.com \(user_1\)/),
      hint: expect.stringMatching(/state import user:\S+ user_1; adopt\.unverified: allow/),
    })
  })
})

/** A resource of a kind that only its parents identify. */
function plain(definition: KindDefinition, more: Partial<Found>): Found {
  const { name: kind } = definition
  const desired: DesiredResource = { kind, key: 'k', attributes: { name: 'N' }, secrets: null, refs: {} }
  const live = { id: 'x', externalId: null, naturalKey: null, attributes: { name: 'Other' } }
  return { definition, desired, live, refIds: {}, claimant: undefined, known: false, openCreate: undefined, ...more }
}

test.each(kindDefinitions)('without a create of ours, no $name is ours', (definition) => {
  expect(identify(plain(definition, {}), MATCH).type).toBe('adoptable')
})

test.each(kindDefinitions)('a $name found without a parent of ours is not ours', (definition) => {
  expect(identify(plain(definition, { openCreate: NO_HOLDER }), MATCH).type).toBe('adoptable')
})

test.each([
  ['user', 'adoptable'],
  ['organization', 'adoptable'],
  ['connection', 'adoptable'],
  ['membership', 'ours'],
  ['totp-factor', 'ours'],
  ['group', 'ours'],
  ['group-membership', 'ours'],
  ['organization-role', 'ours'],
])('%s without its external ID on a parent of ours: %s', (kind, expected) => {
  expect(identify(plain(kindDefinition(kind), { openCreate: HOLDER }), MATCH).type).toBe(expected)
})

test.each([
  ['role', { name: 'N' }, 'ours'],
  ['role', { name: 'N', description: null, permissions: [] }, 'ours'],
  ['role', { name: 'N', description: 'made by hand' }, 'adoptable'],
  ['role', { name: 'N', permissions: ['a:b'] }, 'adoptable'],
  ['organization-role', { name: 'N' }, 'ours'],
  ['permission', { name: 'N' }, 'adoptable'],
])('after our create, a %s with %j is %s', (kind, attributes, expected) => {
  const live = { id: 'x', externalId: null, naturalKey: null, attributes }
  expect(identify(plain(kindDefinition(kind), { live, openCreate: NO_HOLDER }), MATCH).type).toBe(expected)
})

function inWords(identity: ReturnType<typeof identify>): string {
  if (identity.type === 'ours') return 'ours'
  return identity.type === 'adoptable' ? `adoptable by ${identity.matchedBy}` : `${identity.type} ${identity.code}`
}
