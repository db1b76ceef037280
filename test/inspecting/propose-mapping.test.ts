import { expect, test } from 'vitest'
import { Profile } from '../../src/inspecting/profile.ts'
import { proposeMapping } from '../../src/inspecting/propose-mapping.ts'
import { compileExpression } from '../../src/mapping/expression.ts'

function propose(...records: Record<string, unknown>[]) {
  const profile = new Profile()
  for (const record of records) profile.add(record)
  return proposeMapping(profile.paths())
}

test('an address is found by what a column holds where no name says so', () => {
  const { user } = propose({ Kontakt: 'ada@example.com', Stadt: 'Bern' })
  expect(user).toMatchObject({ key: 'Kontakt', email: 'Kontakt' })
})

test('names are taken apart where there is only a full one', () => {
  const { user } = propose({ id: '1', email: 'a@example.com', displayName: 'Ada Ampersand' })
  expect(user).toMatchObject({ firstName: '$splitName(displayName).first', lastName: '$splitName(displayName).last' })
})

test('nested JSON is mapped by its paths, and what is nearest to the top wins', () => {
  const { user, unplaced } = propose({
    uid: 7,
    profile: { 'first name': 'Ada', email: 'a@example.com' },
    backup: { deeper: { email: 'b@example.com' } },
  })
  expect(user).toMatchObject({ key: 'uid', email: 'profile.email', firstName: 'profile.`first name`' })
  expect(unplaced).toEqual(['backup.deeper.email'])
})

test('a time of verification stands for yes, and a hash with its hasher stays a pair', () => {
  const { user } = propose({
    id: 1,
    email: 'a@example.com',
    email_verified_at: '2024-01-02T03:04:05Z',
    password_hash: '$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde',
    hash_type: 'bcrypt',
  })
  expect(user).toMatchObject({
    emailVerified: 'email_verified_at ? true : false',
    passwordHash: 'password_hash',
    passwordHashType: 'hash_type',
  })
})

test('a password in clear is not mapped unasked', () => {
  const { user, missing, unplaced } = propose({ id: 1, email: 'a@example.com', password: 'hunter2' })
  expect(user).not.toHaveProperty('passwordHash')
  expect(missing.map(({ field }) => field)).toContain('passwordHash')
  expect(unplaced).toEqual(['password'])
})

test('organizations and roles of the same row become organization and membership', () => {
  const { organization, membership } = propose({
    email: 'a@example.com',
    tenant_id: 't1',
    tenant: 'Acme',
    role: 'admin',
  })
  expect(organization).toEqual({
    when: '$exists(tenant_id)',
    key: 'tenant_id',
    externalId: 'tenant_id',
    name: 'tenant',
  })
  expect(membership).toEqual({ when: '$exists(tenant_id)', organization: 'tenant_id', roles: 'role' })
})

test('every expression that is proposed compiles, whatever the columns are called', () => {
  const odd = ['first name', 'e-mail', 'and', 'true', 'name (full)', 'x.y', 'größe', 'role']
  const { user } = propose(Object.fromEntries(odd.map((name) => [name, name === 'e-mail' ? 'a@example.com' : 'x'])))
  const expressions = Object.values(user).filter((value) => typeof value === 'string')
  expect(expressions).toContain('`e-mail`')
  for (const expression of expressions) expect(() => compileExpression(expression)).not.toThrow()
})

test.each([
  ['totp_secret', 'totp_secret'],
  ['mfaSecret', 'mfaSecret'],
  ['OTP seed', '`OTP seed`'],
])('the secrets of authenticator apps are in a column %s', (column, expression) => {
  const { user } = propose({ id: '1', email: 'a@example.com', [column]: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' })
  expect(user).toMatchObject({ totpSecret: expression })
  expect(user.metadata).toBeUndefined()
})
