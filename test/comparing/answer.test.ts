import { describe, expect, test } from 'vitest'
import {
  besides,
  compareAnswer,
  describeAnswer,
  holdsAll,
  otherIdentity,
  sentBeside,
} from '../../src/comparing/answer.ts'
import type { JsonObject } from '../../src/json.ts'
import { connection } from '../../src/kinds/connection/connection.ts'
import { group } from '../../src/kinds/group/group.ts'
import type { KindDefinition } from '../../src/kinds/kind.ts'
import { membership } from '../../src/kinds/membership/membership.ts'
import { organization } from '../../src/kinds/organization/organization.ts'
import { user } from '../../src/kinds/user/user.ts'
import type { LiveResource } from '../../src/resource.ts'

describe('no difference', () => {
  const cases: [string, KindDefinition, JsonObject, JsonObject][] = [
    ['the case of an address', user, { email: 'ada@example.com' }, { email: 'Ada@Example.COM' }],
    ['spaces around a name', user, { firstName: ' Ada ' }, { firstName: 'Ada' }],
    ['two forms of one letter', user, { lastName: 'Ve\u0301ron' }, { lastName: 'V\u00e9ron' }],
    ['null in place of an empty text', user, { lastName: '' }, { lastName: null }],
    ['an empty text in place of null', user, { lastName: null }, { lastName: '' }],
    ['null in place of false', user, { emailVerified: false }, { emailVerified: null }],
    ['a field that the response lacks', user, { firstName: 'Ada' }, {}],
    ['the order of roles', membership, { roles: ['admin', 'member'] }, { roles: ['member', 'admin'] }],
    ['no roles and no list', membership, { roles: [] }, { roles: null }],
    [
      'the case and order of domains',
      organization,
      { domains: ['a.test', 'b.test'] },
      { domains: ['B.test', 'a.test'] },
    ],
    ['a number as text', user, { metadata: { seats: 5 } }, { metadata: { seats: '5' } }],
    ['a boolean as text', user, { metadata: { beta: 'false' } }, { metadata: { beta: false } }],
    ['a member that was not sent', user, { metadata: { a: '1' } }, { metadata: { a: '1', b: '2' } }],
    ['a member that was removed', user, { metadata: { a: null } }, { metadata: {} }],
    ['a secret', user, { password: null }, { password: 'x' }],
    ['a field of no kind', user, { unheard: 'x' }, { unheard: 'y' }],
  ]
  test.each(cases)('%s', (_name, definition, sent, answered) => {
    expect(compareAnswer(definition, sent, answered)).toEqual([])
  })
})

describe('a difference', () => {
  const cases: [string, KindDefinition, JsonObject, JsonObject, object][] = [
    ['one role of two', membership, { roles: ['admin', 'member'] }, { roles: ['member'] }, { answered: ['member'] }],
    ['a role that nobody sent', membership, { roles: ['member'] }, { roles: ['admin', 'member'] }, { field: 'roles' }],
    ['the case of a role', membership, { roles: ['admin'] }, { roles: ['Admin'] }, { field: 'roles' }],
    ['the case of a name', user, { firstName: 'Ada' }, { firstName: 'ADA' }, { answered: 'ADA' }],
    ['an address', user, { email: 'ada@example.com' }, { email: 'eve@example.com' }, { field: 'email' }],
    ['a Kelvin sign in an address', user, { email: 'mike@x.test' }, { email: 'mi\u212ae@x.test' }, { field: 'email' }],
    ['a Kelvin sign in an ID', user, { externalId: 'K1' }, { externalId: '\u212a1' }, { field: 'externalId' }],
    ['the case of an external ID', user, { externalId: 'A' }, { externalId: 'a' }, { field: 'externalId' }],
    ['a name that is empty', user, { firstName: 'Ada' }, { firstName: null }, { answered: null }],
    ['false in place of true', user, { emailVerified: true }, { emailVerified: false }, { answered: false }],
    ['a member', user, { metadata: { a: '1' } }, { metadata: { a: '2' } }, { field: 'metadata', member: 'a' }],
    ['the text false that is lost', user, { metadata: { a: 'false' } }, { metadata: {} }, { member: 'a' }],
    ['a member that stayed', user, { metadata: { a: null } }, { metadata: { a: '1' } }, { sent: null, answered: '1' }],
    ['metadata that is lost', user, { metadata: { a: '1' } }, { metadata: null }, { member: 'a', answered: null }],
    [
      'a member called __proto__',
      user,
      { metadata: JSON.parse('{"__proto__":"1"}') },
      { metadata: {} },
      { member: '__proto__' },
    ],
    ['the status of a membership', membership, { status: 'active' }, { status: 'inactive' }, { field: 'status' }],
  ]
  test.each(cases)('%s', (_name, definition, sent, answered, difference) => {
    expect(compareAnswer(definition, sent, answered)).toMatchObject([difference])
  })
})

test('the differences next to the base show what was sent, member by member', () => {
  const sent = { firstName: 'Ada', metadata: { a: '1', b: '2', c: '3' } }
  const differences = compareAnswer(user, sent, { firstName: 'Ada', metadata: { a: '1', b: 'x' } })
  const answered = besides(differences)
  expect(answered).toEqual({ metadata: { b: 'x', c: null } })
  expect(sentBeside(answered ?? {}, sent)).toEqual({ metadata: { b: '2', c: '3' } })
  expect(describeAnswer(differences)).toBe('metadata.b: sent 2; returned x, and metadata.c: sent 3; returned nothing')
  expect(besides([])).toBeUndefined()
})

test('a long value is cut in a message', () => {
  const text = describeAnswer([{ field: 'name', sent: 'x'.repeat(200), answered: null }])
  expect(text).toBe(`name: sent ${'x'.repeat(60)}…; returned nothing`)
})

test('whether WorkOS has all values: not if a part cannot be read', () => {
  expect(holdsAll(user, { firstName: 'Ada' }, { firstName: ' Ada' })).toBe(true)
  expect(holdsAll(user, { firstName: 'Ada' }, {})).toBe(false)
  expect(holdsAll(user, { firstName: 'Ada', password: null }, { firstName: 'Ada', password: null })).toBe(false)
})

describe('the owner of a response', () => {
  const live = (
    naturalKey: string | null,
    attributes: JsonObject = {},
    externalId: string | null = null,
  ): LiveResource => ({
    id: 'id_1',
    naturalKey,
    externalId,
    attributes,
  })
  const desired = (kind: string, attributes: JsonObject, refs: Record<string, string> = {}) => ({
    kind,
    key: 'k',
    attributes,
    secrets: null,
    refs,
  })

  test('another address or external ID means somebody else', () => {
    const ada = desired('user', { email: 'ada@example.com', externalId: 'id-ada' })
    expect(otherIdentity(user, ada, live('ada@example.com', {}, 'id-ada'), {})).toBeUndefined()
    expect(otherIdentity(user, ada, live('ada@example.com'), {})).toBeUndefined()
    expect(otherIdentity(user, ada, live('eve@example.com', {}, 'id-ada'), {})).toBe('eve@example.com')
    expect(otherIdentity(user, ada, live('ada@example.com', {}, 'id-eve'), {})).toBe('external ID id-eve')
  })

  test('an external ID that was not sent means somebody else', () => {
    const ada = desired('user', { email: 'ada@example.com' })
    expect(otherIdentity(user, ada, live('ada@example.com'), {})).toBeUndefined()
    expect(otherIdentity(user, ada, live('ada@example.com', {}, 'id-eve'), {})).toBe('external ID id-eve')
  })

  test('characters that Unicode turns into ASCII make another address, external ID and value', () => {
    const mike = desired('user', { email: 'o`k@example.com', externalId: 'K1' })
    expect(otherIdentity(user, mike, live('o\u1fefk@example.com', {}, 'K1'), {})).toBe('o\u1fefk@example.com')
    expect(otherIdentity(user, mike, live('o`k@example.com', {}, '\u212a1'), {})).toBe('external ID \u212a1')
    for (const answered of ['mi\u212ae@example.com', 'm\u0131ke@example.com']) {
      expect(compareAnswer(user, { email: 'mike@example.com' }, { email: answered })).toHaveLength(1)
    }
    expect(compareAnswer(user, { email: 'mike@example.com' }, { email: 'Mike@Example.com ' })).toEqual([])
  })

  test('a group with another name is the same group, one of another organization is not', () => {
    const sales = desired('group', { name: 'Sales' }, { organization: 'acme' })
    expect(
      otherIdentity(group, sales, live('org_1/Sales team', { name: 'Sales team' }), { organization: 'org_1' }),
    ).toBeUndefined()
    expect(otherIdentity(group, sales, live('org_2/Sales', { name: 'Sales' }), { organization: 'org_1' })).toBe(
      'org_2/Sales',
    )
  })

  test('an organization is identified only by its external ID', () => {
    const acme = desired('organization', { name: 'Acme', externalId: 'acme' })
    expect(otherIdentity(organization, acme, live(null, { name: 'Acme Inc.' }, 'acme'), {})).toBeUndefined()
    expect(otherIdentity(organization, acme, live(null, { name: 'Acme' }, 'bolt'), {})).toBe('external ID bolt')
  })
})

test('of a connection with metadata, only what was sent is compared', () => {
  const attributes = { externalId: 'c1', name: 'Okta', idpMetadataUrl: 'https://idp.test/meta', idpEntityId: 'old' }
  const body = {
    id: 'conn_1',
    organization_id: 'org_1',
    external_id: 'c1',
    name: 'Okta SSO',
    saml_options: { idp_metadata_url: 'https://idp.test/meta', idp_entity_id: 'new' },
  }
  const { attributes: answered } = connection.parse(body, { organization: 'org_1' })
  const differences = compareAnswer(connection, connection.sent?.(attributes) ?? attributes, answered)
  expect(differences).toEqual([{ field: 'name', sent: 'Okta', answered: 'Okta SSO' }])
})
