import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { mapped } from '../sources/mapped.ts'

/** The name of the address in each origin, and how the origin marks it as verified. */
const PEOPLE: [origin: string, verified: JsonObject, unverified: JsonObject][] = [
  ['firebase', { emailVerified: true }, { emailVerified: false }],
  ['supabase', { email_confirmed_at: '2024-03-04 05:07:00+00' }, {}],
  ['better-auth', { emailVerified: 't' }, { emailVerified: 'f' }],
  ['authjs', { emailVerified: '2025-01-02T03:04:05.678Z' }, { emailVerified: null }],
  ['descope', { verifiedEmail: true }, { verifiedEmail: false }],
  ['keycloak', { emailVerified: true }, { emailVerified: false }],
]

/** Records of origins that store the address elsewhere or in another form. */
const ELSEWHERE: [origin: string, record: (verified: boolean) => JsonObject][] = [
  [
    'okta',
    (verified) => ({
      profile: { email: 'ada@acme.example' },
      credentials: { emails: [{ type: 'PRIMARY', status: verified ? 'VERIFIED' : 'UNVERIFIED' }] },
    }),
  ],
  [
    'cognito',
    (verified) => ({
      Attributes: [
        { Name: 'email', Value: 'ada@acme.example' },
        { Name: 'email_verified', Value: String(verified) },
      ],
    }),
  ],
  [
    'clerk',
    (verified) => ({
      primary_email_address: 'Ada@acme.example',
      verified_email_addresses: verified ? 'x@example.com|ada@acme.example' : 'x@example.com',
    }),
  ],
  ['stytch', (verified) => ({ email_address: 'ada@acme.example', email_address_verified: verified })],
  [
    'stytch, consumer',
    (verified) => ({
      emails: [
        { email: 'ada@acme.example', verified },
        { email: 'a@b.example', verified: true },
      ],
    }),
  ],
]

const ALL = [
  ...PEOPLE.flatMap(([origin, verified, unverified]): [string, boolean, JsonObject][] => [
    [origin, true, { email: 'ada@acme.example', ...verified }],
    [origin, false, { email: 'ada@acme.example', ...unverified }],
  ]),
  ...ELSEWHERE.flatMap(([origin, record]): [string, boolean, JsonObject][] => [
    [origin, true, record(true)],
    [origin, false, record(false)],
  ]),
]

test.each(ALL)('the domain of an address of %s, verified: %s', async (_origin, verified, record) => {
  const result = await mapped(
    { type: 'file', streams: { users: { path: 'users.ndjson' } } },
    { 'users.ndjson': JSON.stringify(record) },
    { extends: 'organization-per-domain', map: { user: { key: "'u1'", email: "'ada@acme.example'" } } },
  )
  expect(result.rejects).toEqual([])
  expect(result.attributes('organization')).toEqual(
    verified ? [{ externalId: 'domain:acme.example', name: 'acme.example' }] : [],
  )
  expect(result.attributes('membership')).toHaveLength(verified ? 1 : 0)
})
