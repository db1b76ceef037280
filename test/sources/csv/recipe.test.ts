import { expect, test } from 'vitest'
import { mapped } from '../mapped.ts'

function read(...rows: string[]) {
  return mapped({ type: 'csv', path: 'users.csv' }, { 'users.csv': rows.join('\n') })
}

test('every column of the format reaches its field', async () => {
  const result = await read(
    'email,password,first_name,last_name,email_verified,external_id,metadata,org_external_id,org_name,role_slugs',
    'Ada@Example.com, pass word ,Ada,Ampersand,YES,u-1,"{""plan"":""pro"",""seats"":3}",acme,Acme Anvils,"admin, billing"',
  )
  expect(result.rejects).toEqual([])
  expect(result.attributes('user')).toEqual([
    {
      email: 'ada@example.com',
      emailVerified: true,
      externalId: 'u-1',
      firstName: 'Ada',
      lastName: 'Ampersand',
      metadata: { plan: 'pro', seats: '3' },
    },
  ])
  expect(result.drafts.find(({ kind }) => kind === 'user')).toMatchObject({
    key: 'u-1',
    secrets: '{"password":" pass word "}',
  })
  expect(result.attributes('organization')).toEqual([{ externalId: 'acme', name: 'Acme Anvils' }])
  expect(result.attributes('membership')).toEqual([{ roles: ['admin', 'billing'] }])
})

test('a membership and its organization have the same key, from any column', async () => {
  const result = await read(
    'email,org_id,org_external_id,org_name',
    'a@example.com,org_01ABC,,Acme',
    'b@example.com,,acme,Acme',
    'c@example.com,,,Acme',
    'd@example.com,,,',
  )
  expect(result.rejects).toEqual([])
  const keys = result.drafts.filter(({ kind }) => kind === 'organization').map(({ key }) => key)
  const named = result.drafts.filter(({ kind }) => kind === 'membership').map(({ refs }) => refs.organization)
  expect(keys).toEqual(['org_01ABC', 'acme', 'name:Acme'])
  expect(named).toEqual(keys)
  expect(result.attributes('user')).toHaveLength(4)
})

test('a hash has its type, with or without the column', async () => {
  const hash = `$2b$10$${'a'.repeat(53)}`
  const result = await read(
    'email,password_hash,password_hash_type',
    `a@example.com,${hash},bcrypt`,
    `b@example.com,${hash},`,
    `c@example.com,${hash},auth0`,
  )
  const secrets = JSON.stringify({ passwordHash: { hash, type: 'bcrypt' } })
  expect(result.drafts.map((draft) => draft.secrets)).toEqual([secrets, secrets, secrets])
  expect(result.rejects).toEqual([])
})

test('bad JSON in metadata rejects its row', async () => {
  const result = await read('email,metadata', 'a@example.com,{plan: pro}')
  expect(result.rejects).toMatchObject([{ field: 'metadata', origin: { line: 2 } }])
})

test('roles without an organization become grants, which are rejected without a membership', async () => {
  const result = await read('email,role_slugs,org_name', 'a@example.com,"admin,billing",', 'b@example.com,admin,Acme')
  expect(result.grants).toMatchObject([
    { user: 'a@example.com', organization: null, role: 'admin' },
    { user: 'a@example.com', organization: null, role: 'billing' },
  ])
})
