import { expect, test } from 'vitest'
import { identify, sameIdentity } from '../../src/comparing/identify.ts'
import { organization } from '../../src/kinds/organization/organization.ts'
import { user } from '../../src/kinds/user/user.ts'

const acme = {
  kind: 'organization',
  key: 'acme',
  attributes: { externalId: 'acme', name: 'Acme' },
  secrets: null,
  refs: {},
}
const live = (externalId: string | null) => ({
  id: 'org_1',
  externalId,
  naturalKey: null,
  attributes: { name: 'Acme' },
})

test('if nothing else identifies it, another external ID means another resource', () => {
  expect(sameIdentity(organization, acme, live('acme'), {})).toBe(true)
  expect(sameIdentity(organization, acme, live(null), {})).toBe(true)
  expect(sameIdentity(organization, acme, live('bolt'), {})).toBe(false)
})

test('a user with the same address can have another external ID', () => {
  const ada = { kind: 'user', key: 'a', attributes: { email: 'a@x.example', externalId: 'a' }, secrets: null, refs: {} }
  const found = { id: 'user_1', externalId: 'elsewhere', naturalKey: 'a@x.example', attributes: {} }
  expect(sameIdentity(user, ada, found, {})).toBe(true)
})

test('an organization that a lookup by external ID returns with another ID is not taken over', () => {
  const found = {
    definition: organization,
    desired: acme,
    live: live('bolt'),
    refIds: {},
    claimant: undefined,
    known: false,
  }
  expect(identify({ ...found, openCreate: undefined }, { mode: 'match', unverified: 'block' })).toMatchObject({
    type: 'clash',
    code: 'external_id_clash',
    message: expect.stringContaining('(bolt)'),
  })
})
