import { expect, test } from 'vitest'
import { isCategoryName, isSecretName, wordsOf } from '../../src/inspecting/sensitivity.ts'

test('a name has the same words in every spelling', () => {
  for (const name of ['password_hash', 'passwordHash', 'Password Hash', 'password-hash']) {
    expect(wordsOf(name)).toBe('password hash')
  }
})

test.each([
  'password',
  'passwordHash',
  'password_digest',
  'encrypted_password',
  'totp_secret',
  'secretData',
  'salt',
  'signerKey',
  'recovery_codes',
  'apiKey',
  'refresh_token',
  'Kennwort',
  '2FA Geheimnis',
  'contraseña',
])('%s contains secrets', (name) => {
  expect(isSecretName(name)).toBe(true)
})

test.each([
  'password_hasher',
  'password_hash_type',
  'passwordUpdatedAt',
  'totp_enabled',
  'email',
  'role',
  'hashIterations',
])('%s contains no secret', (name) => {
  expect(isSecretName(name)).toBe(false)
})

test('roles, hashers and connections are categories; names and addresses are not', () => {
  for (const name of ['role_slugs', 'password_hasher', 'connection', 'UserStatus'])
    expect(isCategoryName(name)).toBe(true)
  for (const name of ['email', 'first_name', 'org_name', 'username', 'city']) expect(isCategoryName(name)).toBe(false)
})
