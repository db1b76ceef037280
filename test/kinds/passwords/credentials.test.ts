import { describe, expect, test } from 'vitest'
import { normaliseCredentials } from '../../../src/kinds/user/passwords/credentials.ts'

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const reset = { unsupported: 'reset', weak: 'keep', onChange: 'keep' } as const
const strict = { unsupported: 'reject', weak: 'keep', onChange: 'keep' } as const

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
  [
    { passwordHash: '$pbkdf2$i=27500,d=sha256$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA', passwordHashType: 'pbkdf2' },
    'pbkdf2 sha256 i=27500 (i: 600000 to 1000000)',
  ],
])('what WorkOS does not take (case %#) means a reset, or a problem where the manifest says so', (fields, detail) => {
  expect(normaliseCredentials(fields, reset)).toEqual({
    secrets: null,
    reset: { code: 'password_reset_required', detail },
    problems: [],
  })
  const refused = normaliseCredentials(fields, strict)
  expect(refused.problems).toMatchObject([{ code: 'unsupported_password_hash', field: 'passwordHash' }])
  expect(refused.reset).toBeUndefined()
  expect(JSON.stringify(refused)).not.toMatch(/5f4dcc3b|N9qo8uLO|aGFzaA/)
})

test.each([
  ['bcryt', 'bcrypt'],
  ['pbkdf', 'pbkdf2'],
  ['scrpt', 'scrypt'],
  ['md6', 'md5'],
  ['fireabse-scrypt', 'firebase-scrypt'],
])('the type %s is rejected whatever the policy: did you mean %s?', (type, meant) => {
  for (const rules of [reset, strict]) {
    const { problems, ...rest } = normaliseCredentials({ passwordHash: BCRYPT, passwordHashType: type }, rules)
    expect(problems).toMatchObject([{ code: 'unknown_hash_type', field: 'passwordHashType' }])
    expect(problems[0]?.hint).toContain(`did you mean ${meant}? `)
    expect(rest).toEqual({ secrets: null })
  }
})

test('a hash where its type belongs is rejected, and neither is shown', () => {
  const found = normaliseCredentials({ passwordHash: 'bcrypt', passwordHashType: BCRYPT }, reset)
  expect(found.problems).toMatchObject([{ code: 'unknown_hash_type', message: 'the password hash type is unknown' }])
  expect(JSON.stringify(found)).not.toContain('N9qo8uLO')
})

test.each([
  'md5',
  'SHA-256',
  'awscognito',
  'bcrypt_peppered',
  'hmac_sha256_utf16_b64',
  'ssha256',
  'phpass',
])('%s is known and not taken', (type) => {
  const found = normaliseCredentials({ passwordHash: 'x', passwordHashType: type }, reset)
  expect(found.reset?.code).toBe('password_reset_required')
  expect(found.reset?.detail).not.toBe('an unknown type')
})

test('a type whose hashes need re-encoding is rejected with the way to do it', () => {
  const given = { passwordHash: 'pbkdf2_sha256$600000$c2FsdA==$aGFzaA==', passwordHashType: 'pbkdf2_sha256' }
  const { problems } = normaliseCredentials(given, reset)
  expect(problems).toMatchObject([{ code: 'unknown_hash_type' }])
  expect(problems[0]?.hint).toContain('$clerkPassword(digest, hasher)')
})

describe('a hash that WorkOS takes although it is weak', () => {
  const weak: [type: string, hash: string, detail: string][] = [
    ['bcrypt', BCRYPT.replace('$10$', '$09$'), 'bcrypt cost=9'],
    ['ssha', '{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwlzYWx0', 'ssha'],
    ['argon2', '$argon2id$v=19$m=19455,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', 'argon2id m=19455,t=2'],
    ['scrypt', '$scrypt$v=1$n=8192,r=8,p=1,kl=16$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', 'scrypt n=8192,r=8'],
    [
      'firebase-scrypt',
      '$firebase-scrypt$v=1$r=8,m=13,ss=Bw,sk=c2lnbmVy$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA',
      'firebase-scrypt r=8,m=13',
    ],
  ]

  test.each(weak)('%s is kept, reset or rejected, as the manifest says', (type, hash, detail) => {
    const fields = { passwordHash: hash, passwordHashType: type }
    expect(normaliseCredentials(fields, reset)).toEqual({ secrets: { passwordHash: { hash, type } }, problems: [] })
    expect(normaliseCredentials(fields, { ...reset, weak: 'reset' })).toEqual({
      secrets: null,
      reset: { code: 'password_weak_reset', detail },
      problems: [],
    })
    const rejected = normaliseCredentials(fields, { ...reset, weak: 'reject' })
    expect(rejected).toMatchObject({ secrets: null, problems: [{ code: 'weak_password_hash', field: 'passwordHash' }] })
    expect(rejected.problems[0]?.message).toContain(`(${detail})`)
  })

  test.each([
    ['bcrypt', BCRYPT],
    ['argon2', '$argon2id$v=19$m=7168,t=5,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'],
    ['argon2', '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'],
    ['scrypt', '$scrypt$v=1$n=16384,r=8,p=1,kl=16$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'],
    ['pbkdf2', '$pbkdf2$i=210000,d=sha512$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'],
    ['firebase-scrypt', '$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=c2lnbmVy$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'],
  ])('%s just strong enough is kept (case %#)', (type, hash) => {
    const found = normaliseCredentials({ passwordHash: hash, passwordHashType: type }, { ...reset, weak: 'reject' })
    expect(found).toEqual({ secrets: { passwordHash: { hash, type } }, problems: [] })
  })
})
