import { expect, test } from 'vitest'
import type { Json, JsonObject } from '../../src/json.ts'
import { mapped } from '../sources/mapped.ts'

const NAMED = { org_id: 'acme', org_name: 'Acme Anvils', role: 'admin' }

/** Maps a record with metadata through the recipe. */
function read(metadata: JsonObject) {
  return mapped(
    { type: 'file', streams: { users: { path: 'users.ndjson' } } },
    { 'users.ndjson': JSON.stringify({ id: 'u1', email: 'ada@example.com', ...metadata }) },
    { extends: 'organization-from-metadata', map: { user: { key: 'id', email: 'email' } } },
  )
}

const PLACES: [origin: string, metadata: JsonObject][] = [
  ['Auth0', { app_metadata: NAMED }],
  ['Supabase, in CSV', { raw_app_meta_data: JSON.stringify({ provider: 'email', ...NAMED }) }],
  ['Supabase, in JSON', { raw_app_meta_data: NAMED }],
  ['Clerk, public', { public_metadata: NAMED }],
  ['Clerk, private', { private_metadata: NAMED }],
  ['Stytch', { trusted_metadata: NAMED }],
  ['Firebase', { customAttributes: JSON.stringify(NAMED) }],
  ['Descope', { customAttributes: NAMED }],
  ['Okta', { profile: NAMED }],
  ['Keycloak', { attributes: Object.fromEntries(Object.entries(NAMED).map(([key, value]) => [key, [value] as Json])) }],
  ['Cognito', { Attributes: Object.entries(NAMED).map(([Name, Value]) => ({ Name, Value })) }],
]

test.each(PLACES)('metadata of %s names the organization', async (_origin, metadata) => {
  const result = await read(metadata)
  expect(result.rejects).toEqual([])
  expect(result.attributes('organization')).toEqual([{ externalId: 'acme', name: 'Acme Anvils' }])
  expect(result.attributes('membership')).toEqual([{ roles: ['admin'] }])
})

test.each([
  ['Auth0', { user_metadata: NAMED }],
  ['Supabase', { raw_user_meta_data: JSON.stringify(NAMED) }],
  ['Clerk', { unsafe_metadata: NAMED }],
  ['Stytch', { untrusted_metadata: NAMED }],
  ['nobody', {}],
])('metadata that users of %s can write themselves is ignored', async (_origin, metadata) => {
  const result = await read(metadata)
  expect(result.attributes('user')).toHaveLength(1)
  expect(result.attributes('organization')).toEqual([])
  expect(result.attributes('membership')).toEqual([])
})
