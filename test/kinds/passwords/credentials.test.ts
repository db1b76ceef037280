import { describe, expect, test } from 'vitest'
import { normaliseCredentials } from '../../../src/kinds/user/passwords/credentials.ts'
import { tried } from '../../tried.ts'

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const reset = { unsupported: 'reset', weak: 'keep', onChange: 'keep', ssha256: 'unsupported' } as const
const strict = { unsupported: 'reject', weak: 'keep', onChange: 'keep', ssha256: 'unsupported' } as const

test('hash and type become one unit, in any form', () => {
  const expected = { secrets: { passwordHash: { hash: BCRYPT, type: 'bcrypt' } }, problems: [] }
  expect(normaliseCredentials({ passwordHash: ` ${BCRYPT} `, passwordHashType: 'BCRYPT' }, reset)).toEqual(expected)
  expect(normaliseCredentials({ passwordHash: { hash: BCRYPT, type: 'bcrypt' } }, reset)).toEqual(expected)
})

test('a plain-text password is kept exactly', () => {
  expect(normaliseCredentials({ password: ' two words ' }, reset).secrets).toEqual({ password: ' two words ' })
})

test('no value is neither a secret nor a problem', () => {
  for (const fields of [{}, { password: '', passwordHash: '', passwordHashType: ' ' }, { passwordHash: null }]) {
    expect(normaliseCredentials(fields, reset)).toEqual({ secrets: null, problems: [] })
  }
})

test.each([
  [{ passwordHashType: 'bcrypt' }, 'type_without_hash'],
  [{ passwordHash: { hash: null, type: 'bcrypt' } }, 'type_without_hash'],
  [{ passwordHash: BCRYPT, passwordHashType: 12345 }, 'invalid_password_hash'],
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
])('an unsupported hash (case %#) means a reset, or a problem where the manifest says so', (fields, detail) => {
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
])('the type %s of a hash that does not describe itself is rejected with any policy: did you mean %s?', (type, meant) => {
  for (const rules of [reset, strict]) {
    const fields = { passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99', passwordHashType: type }
    const { problems, ...rest } = normaliseCredentials(fields, rules)
    expect(problems).toMatchObject([{ code: 'unknown_hash_type', field: 'passwordHashType' }])
    expect(problems[0]?.hint).toContain(`did you mean ${meant}? `)
    expect(rest).toEqual({ secrets: null })
  }
})

const ARGON2 = '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG'
const DJANGO = 'pbkdf2_sha256$600000$mkQhTA3bpiW7mkQhTA3bpi$RdescudvJCsgt3ub+b4dWRWJTmaaJObG'
const FROM_DJANGO = '$pbkdf2$i=600000,d=sha256$bWtRaFRBM2JwaVc3bWtRaFRBM2JwaQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG'
const PBKDF2 = '$pbkdf2$i=600000,d=sha256$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG'

test.each([
  ['no type', { passwordHash: BCRYPT }, BCRYPT, 'bcrypt'],
  ['no type in the pair', { passwordHash: { hash: BCRYPT, type: null } }, BCRYPT, 'bcrypt'],
  ['the type of the toolkit', { passwordHash: BCRYPT, passwordHashType: 'auth0' }, BCRYPT, 'bcrypt'],
  ['the type of Okta', { passwordHash: BCRYPT, passwordHashType: 'okta-bcrypt' }, BCRYPT, 'bcrypt'],
  ['another type', { passwordHash: ARGON2, passwordHashType: 'bcrypt' }, ARGON2, 'argon2'],
  ['an unsupported type', { passwordHash: ARGON2, passwordHashType: 'sha256' }, ARGON2, 'argon2'],
  ['an unknown type', { passwordHash: ARGON2, passwordHashType: 'secure-hash' }, ARGON2, 'argon2'],
  ['another form', { passwordHash: `${PBKDF2}=`, passwordHashType: 'pbkdf2' }, PBKDF2, 'pbkdf2'],
  ['quotes', { passwordHash: `"${BCRYPT}"`, passwordHashType: 'bcrypt' }, BCRYPT, 'bcrypt'],
  ["bytes in a database's hex", { passwordHash: bytea(BCRYPT), passwordHashType: 'bcrypt' }, BCRYPT, 'bcrypt'],
  ["Node's bytes in JSON", { passwordHash: Buffer.from(BCRYPT).toJSON() }, BCRYPT, 'bcrypt'],
  ["Django's type", { passwordHash: DJANGO, passwordHashType: 'pbkdf2_sha256' }, FROM_DJANGO, 'pbkdf2'],
  ["MongoDB's bytes", { passwordHash: { $binary: { base64: base64(ARGON2), subType: '00' } } }, ARGON2, 'argon2'],
])('what a hash shows counts before its type: %s', (_, fields, hash, type) => {
  expect(normaliseCredentials(fields, strict)).toEqual({ secrets: { passwordHash: { hash, type } }, problems: [] })
})

test.each([
  ['bcrypt', '5f4dcc3b5aa765d61d8327deb882cf99', 'md5'],
  ['argon2', '$P$BAbCdEfGhIjKlMnOpQrStUvWxYz0123', 'phpass'],
  ['bcrypt_peppered', BCRYPT, 'bcrypt_peppered'],
  ['bcrypt_sha256_django', BCRYPT, 'bcrypt_sha256_django'],
  ['bcrypt', `bcrypt_sha256$$2b$12$${'a'.repeat(53)}`, 'bcrypt_sha256'],
  ['ssha', `{SSHA256}${Buffer.alloc(40, 1).toString('base64')}`, 'ssha256'],
])('of the type %s, another sort of hash is a reset under its own name', (type, hash, detail) => {
  const found = normaliseCredentials({ passwordHash: hash, passwordHashType: type }, reset)
  expect(found).toEqual({ secrets: null, reset: { code: 'password_reset_required', detail }, problems: [] })
})

test.each(['!', '!a1B2c3D4e5F6', '*', '*LK*', 'x', 'NULL', '\\N', '""', '{SASL}ada@EXAMPLE.COM', '{CRYPT}*'])(
  tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'password columns',
    'unusable passwords of Django, * and ! of other systems (%s)',
  ),
  (hash) => {
    for (const passwordHashType of [undefined, 'bcrypt', 'md5', 'nonsense']) {
      expect(normaliseCredentials({ passwordHash: hash, passwordHashType }, strict)).toEqual({
        secrets: null,
        problems: [],
      })
    }
  },
)

test.each([
  ['bcrypt', BCRYPT.slice(0, 50), 'bcrypt'],
  [undefined, BCRYPT.slice(0, 50), 'bcrypt'],
  [undefined, ARGON2.slice(0, 40), 'argon2'],
  ['bcrypt', '$firebase-scrypt$hash=c2hvcnQ=$salt=c2FsdA==', 'firebase-scrypt'],
])(tried('CSV of any kind', 'password columns', 'a hash that was cut off (%s, %s)'), (type, hash, named) => {
  for (const rules of [reset, strict]) {
    const { problems, ...rest } = normaliseCredentials({ passwordHash: hash, passwordHashType: type }, rules)
    expect(problems).toMatchObject([
      { code: 'invalid_password_hash', message: `the password hash is not a ${named} hash` },
    ])
    expect(rest).toEqual({ secrets: null })
  }
})

test.each([
  [undefined, 'hunter22', '8 characters: letters and digits'],
  ['bcrypt', '2024-03-04', 'a date'],
  ['argon2', 'ada@example.com', 'an email address'],
  ['bcrypt', 12345, '5 characters: digits'],
  [undefined, true, 'a boolean'],
  [undefined, ['$2b$10$x'], 'a list'],
  [undefined, { algorithm: 'BCRYPT', value: 'abc' }, 'an object'],
])(
  tried('CSV of any kind', 'password columns', 'what is no hash: dates, names, words, flags (%s)'),
  (type, text, shape) => {
    const fields = { passwordHash: text, passwordHashType: type }
    expect(normaliseCredentials(fields, reset)).toEqual({
      secrets: null,
      reset: { code: 'password_not_a_hash', detail: shape },
      problems: [],
    })
    const refused = normaliseCredentials(fields, strict)
    expect(refused.problems).toMatchObject([
      { code: 'not_a_hash', message: expect.stringContaining(shape.replace(/^\d characters: /, '')) },
    ])
    expect(JSON.stringify(refused)).not.toContain(JSON.stringify(text))
  },
)

test('a shape that an expression invented is not shown', () => {
  const found = normaliseCredentials({ passwordHash: { notHash: 'hunter22 is the password' } }, reset)
  expect(found.reset).toEqual({ code: 'password_not_a_hash', detail: 'of unknown shape' })
  const writer = normaliseCredentials(
    { passwordHash: { unsupported: 'md5', writer: 'hunter22', shape: 'hunter22' } },
    reset,
  )
  expect(writer.reset).toEqual({ code: 'password_reset_required', detail: 'md5' })
})

test(tried('CSV of any kind', 'password columns', 'a plain password next to a hash'), () => {
  const fields = { password: 'hunter22', passwordHash: BCRYPT, passwordHashType: 'bcrypt' }
  const kept = { secrets: { passwordHash: { hash: BCRYPT, type: 'bcrypt' } }, problems: [], beside: true }
  expect(normaliseCredentials(fields, reset)).toEqual(kept)
  const other = normaliseCredentials({ ...fields, passwordHash: 'f'.repeat(32), passwordHashType: 'md5' }, reset)
  expect(other).toMatchObject({ secrets: null, reset: { detail: 'md5' }, beside: true })
  expect(normaliseCredentials({ ...fields, passwordHash: '!' }, reset)).toEqual({
    secrets: null,
    problems: [],
    beside: true,
  })
  expect(normaliseCredentials({ ...fields, passwordHash: ' ', passwordHashType: '' }, reset)).toEqual({
    secrets: { password: 'hunter22' },
    problems: [],
  })
})

test(tried('CSV of any kind', 'password columns', 'a plain password next to NULL and similar words'), () => {
  const kept = { secrets: { password: 'hunter22' }, problems: [] }
  for (const passwordHash of ['NULL', '\\N', ' None ', '"null"']) {
    for (const passwordHashType of [undefined, 'NULL', 'bcrypt']) {
      expect(normaliseCredentials({ password: 'hunter22', passwordHash, passwordHashType }, reset)).toEqual(kept)
    }
    expect(normaliseCredentials({ passwordHash }, reset)).toEqual({ secrets: null, problems: [] })
  }
})

test(tried('CSV of any kind', 'password columns', 'NULL in place of a password in clear'), () => {
  for (const password of ['NULL', 'null', '\\N', 'None', 'nan', '#N/A', 'undefined']) {
    expect(normaliseCredentials({ password }, reset)).toEqual({ secrets: null, problems: [] })
    expect(normaliseCredentials({ password, passwordHash: BCRYPT }, reset)).toEqual({
      secrets: { passwordHash: { hash: BCRYPT, type: 'bcrypt' } },
      problems: [],
    })
  }
  for (const password of ['nullify', 'NULL NULL', '!', 'x']) {
    expect(normaliseCredentials({ password }, reset).secrets).toEqual({ password })
  }
})

test('ssha256 is sent with the position of the salt if the manifest sets it, and is unsupported otherwise', () => {
  const bytes = Buffer.alloc(40, 1).toString('base64')
  for (const fields of [
    { passwordHash: `{ssha-256}${bytes}` },
    { passwordHash: `{SSHA256}${bytes}`, passwordHashType: 'ssha256' },
  ]) {
    expect(normaliseCredentials(fields, reset).reset).toEqual({ code: 'password_reset_required', detail: 'ssha256' })
    for (const saltPosition of ['prefix', 'suffix'] as const) {
      const { secrets } = normaliseCredentials(fields, { ...reset, ssha256: saltPosition })
      expect(secrets).toEqual({ passwordHash: { hash: `{SSHA256}${bytes}`, type: 'ssha256', saltPosition } })
    }
    const weak = normaliseCredentials(fields, { ...reset, ssha256: 'suffix', weak: 'reset' })
    expect(weak.reset).toEqual({ code: 'password_weak_reset', detail: 'ssha256' })
  }
  const unsalted = { passwordHash: `{SSHA256}${Buffer.alloc(32, 1).toString('base64')}` }
  expect(normaliseCredentials(unsalted, { ...reset, ssha256: 'suffix' }).problems).toMatchObject([
    { code: 'invalid_password_hash' },
  ])
})

function bytea(text: string): string {
  return `\\x${Buffer.from(text).toString('hex')}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

test('a hash in the place of its type is rejected, and neither is shown', () => {
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
])('%s is known and unsupported', (type) => {
  const found = normaliseCredentials({ passwordHash: 'xyz', passwordHashType: type }, reset)
  expect(found.reset?.code).toBe('password_reset_required')
  expect(found.reset?.detail).not.toBe('an unknown type')
})

test('a type whose hashes need re-encoding is rejected with the function to use', () => {
  const given = { passwordHash: 'pbkdf2_sha256$600000$c2FsdA==$aGFzaA==', passwordHashType: 'pbkdf2_sha256' }
  const { problems } = normaliseCredentials(given, reset)
  expect(problems).toMatchObject([{ code: 'unknown_hash_type' }])
  expect(problems[0]?.hint).toContain('$clerkPassword(digest, hasher)')
})

/** 64 bytes, as in every Firebase project. */
const SIGNER = `${'A'.repeat(85)}E`

describe('a weak hash that WorkOS accepts', () => {
  const weak: [type: string, hash: string, detail: string][] = [
    ['bcrypt', BCRYPT.replace('$10$', '$09$'), 'bcrypt cost=9'],
    ['ssha', '{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwlzYWx0', 'ssha'],
    ['argon2', '$argon2id$v=19$m=19455,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', 'argon2id m=19455,t=2'],
    ['scrypt', '$scrypt$v=1$n=8192,r=8,p=1,kl=16$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', 'scrypt n=8192,r=8'],
    [
      'firebase-scrypt',
      `$firebase-scrypt$v=1$r=8,m=13,ss=Bw,sk=${SIGNER}$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA`,
      'firebase-scrypt r=8,m=13',
    ],
  ]

  test.each(weak)('%s is kept, reset or rejected, by the manifest', (type, hash, detail) => {
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
    ['firebase-scrypt', `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${SIGNER}$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA`],
  ])('a hash of %s that is just strong enough is kept (case %#)', (type, hash) => {
    const found = normaliseCredentials({ passwordHash: hash, passwordHashType: type }, { ...reset, weak: 'reject' })
    expect(found).toEqual({ secrets: { passwordHash: { hash, type } }, problems: [] })
  })
})
