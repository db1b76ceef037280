import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { tried } from '../../tried.ts'
import { mapped } from '../mapped.ts'

const HASH = `$2b$10$${'a'.repeat(53)}`
const DATABASE = { connection: 'Username-Password-Authentication', provider: 'auth0', user_id: '1', isSocial: false }
const GOOGLE = { connection: 'google-oauth2', provider: 'google-oauth2', user_id: '102', isSocial: true }
const SAML = { connection: 'acme-saml', provider: 'samlp', user_id: 'ada', isSocial: false }

const ADA: JsonObject = {
  user_id: 'auth0|1',
  email: 'Ada@Example.com',
  email_verified: true,
  given_name: 'Ada',
  family_name: 'Example',
  name: 'Ada Example',
  identities: [DATABASE],
}

/** What the recipe returns for users in a file and their passwords. */
function recipe(users: JsonObject[], options: JsonObject = {}, passwords: JsonObject[] = [], more: JsonObject = {}) {
  const lines = (items: JsonObject[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('')
  const files = { users: lines(users), hashes: lines(passwords) }
  const given = passwords.length > 0 ? { passwords: 'hashes' } : {}
  return mapped({ type: 'auth0', users: 'users', ...given, ...options }, files, more)
}

test('a user keeps the Auth0 ID, names and provider IDs', async () => {
  const users = [{ ...ADA, username: 'ada', phone_number: '+15550000001', identities: [DATABASE, GOOGLE, SAML] }]
  expect((await recipe(users)).attributes('user')).toEqual([
    {
      email: 'ada@example.com',
      emailVerified: true,
      externalId: 'auth0|1',
      firstName: 'Ada',
      lastName: 'Example',
      metadata: { 'idp_acme-saml': 'ada', 'idp_google-oauth2': '102', phone: '+15550000001', username: 'ada' },
    },
  ])
})

test('two accounts with one provider and long connection names fit the limits', async () => {
  const long = { ...SAML, connection: 'a-very-long-name-of-an-enterprise-connection' }
  const users = [{ ...ADA, identities: [GOOGLE, { ...GOOGLE, user_id: '103' }, long] }]
  expect((await recipe(users)).attributes('user')).toMatchObject([
    { metadata: { 'idp_google-oauth2': '102 103', 'idp_a-very-long-name-of-an-enterprise-co': 'ada' } },
  ])
})

test('a name is used without given and family names, unless it is the address', async () => {
  const { given_name: _given, family_name: _family, ...rest } = ADA
  const result = await recipe([rest, { ...rest, user_id: 'auth0|2', email: 'b@example.com', name: 'b@example.com' }])
  expect(result.attributes('user').map(({ name }) => name)).toEqual(['Ada Example', undefined])
})

test(tried('Auth0', 'bulk export (NDJSON)', 'users without an address, blocked users'), async () => {
  const users = [ADA, { user_id: 'sms|1', phone_number: '+15550000001' }, { ...ADA, user_id: 'auth0|2', blocked: true }]
  const { drafts, rejects, leftOut } = await recipe(users)
  expect(drafts.map(({ key }) => key)).toEqual(['auth0|1'])
  expect(rejects).toMatchObject([{ kind: 'user', key: 'sms|1', code: 'email_missing', origin: { line: 2 } }])
  expect(leftOut).toBe(1)
})

test('a password is a bcrypt hash', async () => {
  const { drafts } = await recipe([ADA], {}, [{ _id: { $oid: '1' }, passwordHash: HASH }])
  expect(drafts.map(({ secrets }) => JSON.parse(secrets ?? 'null'))).toEqual([
    { passwordHash: { hash: HASH, type: 'bcrypt' } },
  ])
})

test('the password of an unverified account does not open a verified account', async () => {
  const squatter = { ...ADA, user_id: 'auth0|9', email_verified: false }
  const google = { ...ADA, user_id: 'google-oauth2|102', identities: [GOOGLE] }
  const password = [{ _id: { $oid: '9' }, passwordHash: HASH }]
  const secrets = async (users: JsonObject[]) =>
    (await recipe(users, {}, password)).drafts.map(({ secrets }) => secrets)
  expect(await secrets([squatter, google])).toEqual([null, null])
  const { notes } = await recipe([squatter, google], {}, password)
  expect(notes).toMatchObject([{ code: 'password_reset_required', detail: 'bcrypt_unverified' }])
  // Alone, or next to other unverified accounts, it is kept.
  expect(await secrets([squatter])).toEqual([expect.stringContaining(HASH)])
  expect(await secrets([squatter, { ...google, email_verified: false }])).toEqual([expect.any(String), null])
  expect(await secrets([{ ...squatter, email_verified: true }, google])).toEqual([expect.any(String), null])
})

test('organizations in metadata become organizations, memberships and roles with slugs', async () => {
  const users: JsonObject[] = [
    {
      ...ADA,
      app_metadata: { organization_id: 'acme', organization_name: 'Acme', roles: ['Billing Admin', 'member'] },
    },
    { ...ADA, user_id: 'auth0|2', email: 'b@example.com', app_metadata: { organization_name: 'Only A Name' } },
    { ...ADA, user_id: 'auth0|3', email: 'c@example.com', blocked: true, app_metadata: { organization_id: 'acme' } },
  ]
  const result = await recipe(users, { organizationFrom: 'metadata' }, [], {
    roles: { map: { 'billing-admin': 'billing' } },
  })
  expect(result.rejects).toEqual([])
  expect(result.drafts.filter(({ kind }) => kind === 'organization').map(({ key }) => key)).toEqual([
    'acme',
    'name:Only A Name',
    'acme',
  ])
  const memberships = result.drafts.filter(({ kind }) => kind === 'membership')
  expect(memberships.map(({ refs, attributes }) => [refs.user, refs.organization, JSON.parse(attributes)])).toEqual([
    ['auth0|1', 'acme', { roles: ['billing', 'member'] }],
    ['auth0|2', 'name:Only A Name', {}],
  ])
})

test(tried('Auth0', 'Management API v2', 'a role whose name has no slug'), async () => {
  const users = [{ ...ADA, app_metadata: { organization_id: 'acme', organization_name: 'Acme', roles: ['管理者'] } }]
  expect((await recipe(users, { organizationFrom: 'metadata' })).rejects).toMatchObject([
    { kind: 'membership', code: 'invalid_role_slug', message: expect.stringContaining('管理者') },
  ])
})
