import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { tried } from '../../tried.ts'
import { mapped } from '../mapped.ts'

const source = { type: 'clerk', users: 'users.csv', memberships: 'memberships.csv', roles: 'roles.csv' }

function read(files: { users: string[]; memberships?: string[]; roles?: string[] }, more?: JsonObject) {
  const { users, memberships = ['clerk_user_id,org_name'], roles = ['clerk_user_id,role_slug'] } = files
  return mapped(
    source,
    { 'users.csv': users.join('\n'), 'memberships.csv': memberships.join('\n'), 'roles.csv': roles.join('\n') },
    more,
  )
}

test.each([
  ['a@example.com', true],
  ['b@example.com|A@Example.com', true],
  ['b@example.com, a@example.com', true],
  ['b@example.com;a@example.com', true],
  ['', false],
  ['aa@example.com', false],
  ['b@example.com', false],
])(
  tried(
    'Clerk',
    'dashboard export (CSV, 13 columns)',
    'several addresses in a cell, separated by |, comma or semicolon, verified or not (%j, %s)',
  ),
  async (verified, expected) => {
    const header = 'id,primary_email_address,verified_email_addresses'
    const result = await read({ users: [header, `u1,a@example.com,"${verified}"`] })
    expect(result.attributes('user')).toMatchObject([{ email: 'a@example.com', emailVerified: expected }])
  },
)

test('names, IDs and other data come along, without secrets in metadata', async () => {
  const result = await read({
    users: [
      'id,external_id,first_name,last_name,username,primary_email_address,primary_phone_number,totp_secret',
      'u1,,Ada,Ampersand,ada,a@example.com,+15550100,JBSWY3DPEHPK3PXP',
      'u2,77,,,,b@example.com,,',
    ],
  })
  expect(result.attributes('user')).toMatchObject([
    { externalId: 'u1', firstName: 'Ada', lastName: 'Ampersand', metadata: { username: 'ada', phone: '+15550100' } },
    { externalId: '77' },
  ])
  expect(result.drafts.map(({ attributes }) => attributes).join()).not.toContain('JBSWY3DPEHPK3PXP')
})

test(
  tried('Clerk', 'dashboard export (CSV, 13 columns)', 'hashers that WorkOS accepts, hashers that it does not'),
  async () => {
    const bcrypt = `$2a$10$${'b'.repeat(53)}`
    const result = await read({
      users: [
        'id,primary_email_address,password_digest,password_hasher',
        `u1,a@example.com,${bcrypt},bcrypt`,
        'u2,b@example.com,0cc175b9c0f1b6a831c399e269772661,md5',
        'u3,c@example.com,,',
      ],
    })
    expect(result.drafts.map(({ secrets }) => secrets)).toEqual([
      JSON.stringify({ passwordHash: { hash: bcrypt, type: 'bcrypt' } }),
      null,
      null,
    ])
    expect(result.notes).toMatchObject([{ key: 'u2', code: 'password_reset_required', detail: 'md5' }])
  },
)

test('a user in several organizations has a membership in each', async () => {
  const result = await read({
    users: ['id,primary_email_address', 'u1,a@example.com'],
    memberships: [
      'clerk_user_id,org_id,org_external_id,org_name,role_slugs',
      'u1,org_01ABC,,,',
      'u1,,beta,Beta,"org:admin,viewer"',
      'u1,,,Gamma,',
    ],
  })
  const memberships = result.drafts.filter(({ kind }) => kind === 'membership')
  expect(memberships.map(({ refs }) => refs)).toEqual([
    { user: 'u1', organization: 'org_01ABC' },
    { user: 'u1', organization: 'beta' },
    { user: 'u1', organization: 'name:Gamma' },
  ])
  expect(result.attributes('membership')[1]).toEqual({ roles: ['admin', 'viewer'] })
})

test("Clerk's roles are mapped, WorkOS's slugs stay, and other text is rejected", async () => {
  const files = {
    users: ['id,primary_email_address', 'u1,a@example.com'],
    memberships: ['clerk_user_id,org_external_id,org_name', 'u1,acme,Acme'],
    roles: ['clerk_user_id,role_slug,org_external_id', 'u1,org:admin,acme', 'u1,editor,', 'u1,org:Big Boss,acme'],
  }
  const plain = await read(files)
  expect(plain.attributes('membership')).toEqual([{ roles: ['admin', 'editor'] }])
  expect(plain.rejects).toMatchObject([{ code: 'invalid_role_slug', origin: { line: 4 } }])

  const extended = await read(files, { roles: { map: { 'org:Big Boss': 'billing' } } })
  expect(extended.attributes('membership')).toEqual([{ roles: ['admin', 'billing', 'editor'] }])
  expect(extended.rejects).toEqual([])
})
