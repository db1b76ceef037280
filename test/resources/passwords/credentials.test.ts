import { expect, test } from 'vitest'
import { normaliseCredentials } from '../../../src/resources/passwords/credentials.ts'

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const reset = { unsupported: 'reset', onChange: 'keep' } as const
const strict = { unsupported: 'reject', onChange: 'keep' } as const

test('hash and type become one unit, however they come', () => {
  const expected = { secrets: { passwordHash: { hash: BCRYPT, type: 'bcrypt' } }, problems: [] }
  expect(normaliseCredentials({ passwordHash: ` ${BCRYPT} `, passwordHashType: 'BCRYPT' }, reset)).toEqual(expected)
  expect(normaliseCredentials({ passwordHash: { hash: BCRYPT, type: 'bcrypt' } }, reset)).toEqual(expected)
})

test('a password in clear is kept to the letter', () => {
  expect(normaliseCredentials({ password: ' two words ' }, reset).secrets).toEqual({ password: ' two words ' })
})

test('nothing given is no secret and no problem', () => {
  for (const fields of [{}, { password: '', passwordHash: '', passwordHashType: ' ' }, { passwordHash: null }]) {
    expect(normaliseCredentials(fields, reset)).toEqual({ secrets: null, problems: [] })
  }
})

test.each([
  [{ passwordHash: BCRYPT }, 'hash_without_type'],
  [{ passwordHash: { hash: BCRYPT, type: null } }, 'hash_without_type'],
  [{ passwordHashType: 'bcrypt' }, 'type_without_hash'],
  [{ passwordHash: { hash: null, type: 'bcrypt' } }, 'type_without_hash'],
  [{ password: 'hunter22', passwordHash: BCRYPT, passwordHashType: 'bcrypt' }, 'password_and_hash'],
  [{ passwordHash: BCRYPT.slice(0, 50), passwordHashType: 'bcrypt' }, 'invalid_password_hash'],
  [{ passwordHash: 12345, passwordHashType: 'bcrypt' }, 'invalid_password_hash'],
  [{ password: 12345678 }, 'invalid_password'],
])('case %#: %s', (fields, code) => {
  const { secrets, problems } = normaliseCredentials(fields, reset)
  expect(secrets).toBeNull()
  expect(problems.map((problem) => problem.code)).toEqual([code])
  expect(JSON.stringify(problems)).not.toMatch(/N9qo8uLO|hunter22|12345/)
})

test.each([
  [{ passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99', passwordHashType: 'md5' }, 'md5'],
  [{ passwordHash: { unsupported: 'phpass' } }, 'phpass'],
  [{ passwordHash: '$pbkdf2$i=27500,d=sha256$c2FsdA$aGFzaA', passwordHashType: 'pbkdf2' }, 'pbkdf2 sha256 i=27500'],
  [{ passwordHash: 'bcrypt', passwordHashType: BCRYPT }, 'an unknown type'],
])('what WorkOS does not take (case %#) means a reset, or a problem where the manifest says so', (fields, detail) => {
  expect(normaliseCredentials(fields, reset)).toEqual({ secrets: null, reset: detail, problems: [] })
  const refused = normaliseCredentials(fields, strict)
  expect(refused.problems).toMatchObject([{ code: 'unsupported_password_hash', field: 'passwordHash' }])
  expect(refused.reset).toBeUndefined()
  expect(JSON.stringify(refused)).not.toMatch(/5f4dcc3b|N9qo8uLO|aGFzaA/)
})
