import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkHash } from '../../../src/kinds/user/passwords/hash-types.ts'
import { type Recognised, recognisePasswordHash } from '../../../src/kinds/user/passwords/recognise.ts'
import { pbkdf2Of, scryptOf } from '../../../src/kinds/user/passwords/reencode.ts'
import { fromBetterAuth, fromClerk, fromFirebase, fromKeycloak } from '../../../src/kinds/user/passwords/vendors.ts'
import { tried } from '../../tried.ts'
import { FIREBASE, verifiesFirebase } from './firebase.ts'
import { verifiesPbkdf2, verifiesScrypt } from './verified.ts'

const PASSWORD = 'correct horse'
const SALT = Buffer.from('00ff10a7c3d2e1fb', 'hex')
const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
const scrypt = (salt: string | Buffer, N: number, r: number, length = 64) =>
  scryptSync(PASSWORD, salt, length, { N, r, p: 1, maxmem: 128 * 1024 * 1024 })
const pbkdf2 = (salt: string | Buffer, digest: 'sha256' | 'sha512', rounds: number) =>
  pbkdf2Sync(PASSWORD, salt, rounds, digest === 'sha256' ? 32 : 64, digest)

describe('Firebase', () => {
  const { hash, salt, password, ...project } = FIREBASE

  test('a hash of the export and the same hash as a digest of Clerk or Supabase become the same string', () => {
    const { signerKey, saltSeparator } = project
    const own = hashOf(fromFirebase(hash, salt, project), 'firebase-scrypt')
    const clerk = fromClerk([hash, salt, signerKey, saltSeparator, '8', '14'].join('$'), 'scrypt_firebase')
    const supabase = `$fbscrypt$v=1,n=14,r=8,p=1,ss=${saltSeparator},sk=${signerKey}$${salt}$${hash}`
    expect(hashOf(clerk, 'firebase-scrypt')).toBe(own)
    expect(hashOf(recognisePasswordHash(supabase), 'firebase-scrypt')).toBe(own)
    expect(verifiesFirebase(password, own)).toBe(true)
    expect(verifiesFirebase('user2password', own)).toBe(false)
  })

  test(
    tried(
      'Tools for migrating to WorkOS',
      'package of the official tool (folder)',
      'its spelling of firebase-scrypt hashes, in any order and padded',
    ),
    () => {
      const { signerKey, saltSeparator } = project
      const own = hashOf(fromFirebase(hash, salt, project), 'firebase-scrypt')
      for (const text of [
        `$firebase-scrypt$hash=${hash}$salt=${salt}$sk=${signerKey}$ss=${saltSeparator}$r=8$m=14`,
        `$firebase-scrypt$m=14$r=8$ss=${saltSeparator}$sk=${signerKey}$salt=${salt}$hash=${hash}`,
        `$firebase-scrypt$v=1$r=8,m=14,ss=${saltSeparator},sk=${signerKey}$${salt}$${hash}`,
        own,
      ]) {
        expect(recognisePasswordHash(text)).toEqual({ hash: own, type: 'firebase-scrypt' })
      }
      expect(verifiesFirebase(password, own)).toBe(true)
    },
  )

  test('a hash that describes itself needs no salt and no parameters', () => {
    const bcrypt = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
    expect(fromFirebase(bcrypt, undefined, project)).toEqual({ hash: bcrypt, type: 'bcrypt' })
    expect(() => fromFirebase(hash, undefined, project)).toThrow('the hash has no salt')
  })

  test('parameters can have the names of the console', () => {
    const { signerKey: base64_signer_key, saltSeparator: base64_salt_separator } = project
    const console = { algorithm: 'SCRYPT', base64_signer_key, base64_salt_separator, rounds: '8', mem_cost: '14' }
    expect(fromFirebase(hash, salt, console)).toEqual(fromFirebase(hash, salt, project))
  })

  test.each([
    [undefined, 'expected an object of named values'],
    [{ ...project, signerKey: '' }, 'signerKey is missing'],
    [{ ...project, signerKey: 'c2hvcnQ=' }, 'the signer key has 5 bytes, but keys of Firebase have 64'],
    [{ ...project, signerKey: 'not*base64' }, 'the signer key is not base64'],
    [{ ...project, saltSeparator: undefined }, 'saltSeparator is missing'],
    [{ ...project, rounds: 'eight' }, 'rounds is not a whole number above zero'],
    [{ ...project, memoryCost: undefined }, 'memoryCost is missing'],
    [{ ...project, signrKey: 'x' }, 'there is no signrKey; known names are signerKey'],
  ])('parameters %j are rejected', (parameters, message) => {
    expect(() => fromFirebase(hash, salt, parameters)).toThrow(message)
  })

  test('a hash without a salt separator has no form in WorkOS', () => {
    const { signerKey } = project
    const none = { unsupported: 'fbscrypt_no_separator' }
    expect(fromClerk([hash, salt, signerKey, '', '8', '14'].join('$'), 'scrypt_firebase')).toEqual(none)
    for (const separator of ['', ',ss=']) {
      const supabase = `$fbscrypt$v=1,n=14,r=8,p=1${separator},sk=${signerKey}$${salt}$${hash}`
      expect(recognisePasswordHash(supabase)).toEqual(none)
    }
  })

  test("Supabase's form without its parts is unknown, and with parallelism unsupported", () => {
    expect(recognisePasswordHash('$fbscrypt$v=1,n=14,r=8,p=1$c2FsdA$aGFzaA')).toMatchObject({ unsupported: 'unknown' })
    expect(recognisePasswordHash('$fbscrypt$v=1,n=14,r=8,p=2,sk=eA$c2FsdA$aGFzaA')).toEqual({
      unsupported: 'fbscrypt_parallel',
    })
  })
})

describe('scrypt', () => {
  const parts = { n: 16_384, r: 8, p: 1 }
  const key = scrypt(SALT, 16_384, 8)

  test.each([
    [{ hash: key.toString('base64'), salt: SALT.toString('base64') }],
    [{ hash: key.toString('base64url'), salt: SALT.toString('base64url') }],
    [{ hash: key.toString('base64url'), salt: SALT.toString('base64url'), encoding: 'base64Url' }],
    [{ hash: key.toString('hex'), salt: SALT.toString('hex'), encoding: 'hex' }],
    [{ hash: key.toString('base64'), salt: SALT.toString('hex'), saltEncoding: 'hex' }],
  ])('from its parts, case %#, the hash still verifies the known password', (written) => {
    expect(verifiesScrypt(PASSWORD, hashOf(scryptOf({ ...parts, ...written }), 'scrypt'))).toBe(true)
  })

  test(tried('Better Auth', 'scrypt hashes', 'a known password verifies after re-encoding'), () => {
    const salt = SALT.toString('hex')
    const encoded = hashOf(fromBetterAuth(`${salt}:${scrypt(salt, 16_384, 16).toString('hex')}`), 'scrypt')
    expect(verifiesScrypt(PASSWORD, encoded)).toBe(true)
    expect(verifiesScrypt('wrong horse', encoded)).toBe(false)
    expect(fromBetterAuth('$2b$10$abc')).toBeUndefined()
  })

  test.each([
    `$scrypt$ln=14,r=8,p=1$${unpadded(SALT)}$${unpadded(key)}`,
    `scrypt:16384:8:1$someSalt$${scrypt('someSalt', 16_384, 8).toString('hex')}`,
    `scrypt$16384$someSalt$8$1$${scrypt('someSalt', 16_384, 8).toString('base64')}`,
    `$scrypt$v=1$n=16384,r=8,p=1,kl=64$${SALT.toString('base64')}$${key.toString('base64')}`,
    `$scrypt$n=14,r=8,p=1$${unpadded(SALT)}$${unpadded(key)}`,
    `$s0$e0801$${SALT.toString('base64')}$${key.toString('base64')}`,
    `{scrypt@SpringSecurity_v5_8}$e0801$${SALT.toString('base64')}$${key.toString('base64')}`,
  ])('case %# of a form that describes itself', (text) => {
    expect(verifiesScrypt(PASSWORD, hashOf(recognisePasswordHash(text), 'scrypt'))).toBe(true)
  })

  test("Clerk's scrypt_werkzeug is Werkzeug's form", () => {
    const digest = `scrypt:16384:8:1$someSalt$${scrypt('someSalt', 16_384, 8).toString('hex')}`
    expect(verifiesScrypt(PASSWORD, hashOf(fromClerk(digest, 'scrypt_werkzeug'), 'scrypt'))).toBe(true)
  })

  test.each([
    [{ ...parts, salt: 'eA==' }, 'hash is missing'],
    [{ ...parts, hash: 'eA==' }, 'salt is missing'],
    [{ ...parts, hash: '*', salt: 'eA==' }, 'hash is not base64'],
    [{ hash: 'eA==', salt: 'eA==', r: 8, p: 1 }, 'n is missing'],
    [{ ...parts, hash: 'eA==', salt: 'eA==', encoding: 'utf7' }, 'encoding must be one of hex, base64'],
  ])('parts %j are rejected', (given, message) => {
    expect(() => scryptOf(given)).toThrow(message)
  })
})

describe('PBKDF2', () => {
  const key = pbkdf2(SALT, 'sha256', 600_000)

  test.each([
    `pbkdf2_sha256$600000$someSalt$${pbkdf2('someSalt', 'sha256', 600_000).toString('base64')}`,
    `pbkdf2:sha256:600000$someSalt$${pbkdf2('someSalt', 'sha256', 600_000).toString('hex')}`,
    `$pbkdf2-sha256$600000$${unpadded(SALT).replaceAll('+', '.')}$${unpadded(key).replaceAll('+', '.')}`,
    `$pbkdf2-sha256$i=600000,l=32$${unpadded(SALT)}$${unpadded(key)}`,
    `$pbkdf2$i=600000,d=sha256$${unpadded(SALT)}$${unpadded(key)}`,
    `$pbkdf2$i=600000,d=sha256$${SALT.toString('base64')}$${key.toString('base64')}`,
    `{PBKDF2-SHA256}600000$${unpadded(SALT)}$${unpadded(key)}`,
    `{PBKDF2_SHA256}600000$${SALT.toString('base64')}$${key.toString('base64')}`,
    `grub.pbkdf2.sha256.600000.${SALT.toString('hex')}.${key.toString('hex').toUpperCase()}`,
  ])('case %# of a form that describes itself', (text) => {
    expect(verifiesPbkdf2(PASSWORD, hashOf(recognisePasswordHash(text), 'pbkdf2'))).toBe(true)
  })

  test('from its parts', () => {
    const parts = { hash: key.toString('hex'), salt: SALT.toString('hex'), encoding: 'hex', rounds: '600000' }
    expect(verifiesPbkdf2(PASSWORD, hashOf(pbkdf2Of({ ...parts, digest: 'SHA-256' }), 'pbkdf2'))).toBe(true)
    expect(pbkdf2Of({ ...parts, digest: 'sha1' })).toEqual({ unsupported: 'pbkdf2_sha1' })
  })
})

describe('Keycloak', () => {
  const credential = (algorithm: string, rounds: number, value: Buffer, additionalParameters = {}) => ({
    type: 'password',
    secretData: JSON.stringify({ value: value.toString('base64'), salt: SALT.toString('base64') }),
    credentialData: JSON.stringify({ hashIterations: rounds, algorithm, additionalParameters }),
  })

  test.each([
    ['pbkdf2-sha512', 'sha512', 210_000],
    ['pbkdf2-sha256', 'sha256', 600_000],
  ] as const)('%s still verifies the known password', (algorithm, digest, rounds) => {
    const found = fromKeycloak(credential(algorithm, rounds, pbkdf2(SALT, digest, rounds)))
    expect(verifiesPbkdf2(PASSWORD, hashOf(found, 'pbkdf2'))).toBe(true)
  })

  test('Argon2 becomes a PHC string within the limits of WorkOS', () => {
    const parameters = { hashLength: ['32'], memory: ['7168'], type: ['id'], version: ['1.3'], parallelism: ['1'] }
    const otp = { type: 'otp', secretData: '{"value":"x"}', credentialData: '{}' }
    const value = Buffer.alloc(32, 7)
    const found = fromKeycloak([otp, credential('argon2', 5, value, parameters)])
    expect(hashOf(found, 'argon2')).toBe(`$argon2id$v=19$m=7168,t=5,p=1$${unpadded(SALT)}$${unpadded(value)}`)
    const old = fromKeycloak(credential('argon2', 5, value, { ...parameters, version: ['1.0'] }))
    expect(old).toEqual({ unsupported: 'argon2id_v16' })
  })

  const bcrypt = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
  const argon2id = '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG'
  const extension = (algorithm: string | undefined, value: string, salt?: string) => ({
    type: 'password',
    secretData: JSON.stringify({ value, salt, additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations: 10, algorithm, additionalParameters: {} }),
  })

  test.each([
    ['bcrypt', bcrypt, '', { hash: bcrypt, type: 'bcrypt' }],
    ['bcrypt', bcrypt, undefined, { hash: bcrypt, type: 'bcrypt' }],
    ['argon2', argon2id, '', { hash: argon2id, type: 'argon2' }],
    [undefined, bcrypt, '', { hash: bcrypt, type: 'bcrypt' }],
    ['pbkdf2-sha512', '', '', { none: true }],
    ['sha256-salted', 'c2hh', '', { unsupported: 'sha256-salted' }],
    ['our-own', 'no base64', '', { unsupported: 'our-own' }],
    ['md5', '$P$BAbCdEfGhIjKlMnOpQrStUvWxYz0123', '', { unsupported: 'phpass' }],
  ])(
    tried('Keycloak', 'realm export (JSON)', 'hashes of extensions such as keycloak-bcrypt: %s, case %#'),
    (algorithm, value, salt, expected) => {
      expect(fromKeycloak(extension(algorithm, value, salt))).toEqual(expected)
    },
  )

  test(tried('Keycloak', 'realm export (JSON)', 'hashes in the fields of versions before 6'), () => {
    const old = {
      type: 'password',
      hashedSaltedValue: pbkdf2(SALT, 'sha512', 210_000).toString('base64'),
      salt: SALT.toString('base64'),
      hashIterations: 210_000,
      algorithm: 'pbkdf2-sha512',
      counter: 0,
    }
    expect(verifiesPbkdf2(PASSWORD, hashOf(fromKeycloak([old]), 'pbkdf2'))).toBe(true)
    const sha1 = { ...old, algorithm: 'pbkdf2' }
    for (const one of [sha1, { ...old, algorithm: null }, { ...old, algorithm: undefined }]) {
      expect(fromKeycloak([one])).toEqual({ unsupported: 'pbkdf2_sha1' })
    }
    expect(fromKeycloak([{ ...old, algorithm: 'bcrypt', hashedSaltedValue: bcrypt, salt: '' }])).toEqual({
      hash: bcrypt,
      type: 'bcrypt',
    })
  })

  test('credentials are read however often they were encoded, and anything else is rejected', () => {
    const one = extension('bcrypt', bcrypt, '')
    const twice = { ...one, secretData: JSON.stringify(one.secretData) }
    for (const given of [JSON.stringify([one]), JSON.stringify(JSON.stringify([one])), JSON.stringify(one), [twice]]) {
      expect(fromKeycloak(given)).toEqual({ hash: bcrypt, type: 'bcrypt' })
    }
    expect(fromKeycloak('[]')).toEqual({ none: true })
    for (const given of ['hunter22', '[', ['hunter22'], 7]) {
      expect(() => fromKeycloak(given)).toThrow('the credentials are neither a list of objects')
    }
  })

  test('a plain-text password, as in import files, is not a supported hash', () => {
    expect(fromKeycloak([{ type: 'password', value: 'hunter22', temporary: false }])).toEqual({
      unsupported: 'plaintext',
    })
  })

  test('too few rounds are reported as such, and other algorithms by name', () => {
    const weak = fromKeycloak(credential('pbkdf2-sha256', 27_500, Buffer.alloc(64, 7)))
    expect(weak !== undefined && 'hash' in weak && checkHash('pbkdf2', weak.hash)).toEqual({
      kind: 'outside',
      parameters: 'pbkdf2 sha256 i=27500',
      allowed: 'i: 600000 to 1000000',
    })
    expect(fromKeycloak(credential('pbkdf2', 20_000, Buffer.alloc(64)))).toEqual({ unsupported: 'pbkdf2_sha1' })
    expect(fromKeycloak(credential('bcrypt', 10, Buffer.alloc(24)))).toEqual({ unsupported: 'keycloak_bcrypt' })
    expect(fromKeycloak(credential('scrypt', 10, Buffer.alloc(24)))).toEqual({ unsupported: 'keycloak_scrypt' })
  })

  test('credentials without a password mean no password', () => {
    expect(fromKeycloak([])).toEqual({ none: true })
    expect(fromKeycloak([{ type: 'otp' }])).toEqual({ none: true })
  })

  test.each([
    [{ type: 'password' }, 'secretData of the credential is not the JSON text of an object'],
    [{ type: 'password', secretData: '{', credentialData: '{}' }, 'secretData of the credential'],
    [{ type: 'password', secretData: '{}', credentialData: '{}' }, 'salt is missing'],
  ])('a credential like %j is rejected', (broken, message) => {
    expect(() => fromKeycloak(broken)).toThrow(message)
  })
})

describe('hashes that describe themselves', () => {
  const bcrypt = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

  test.each([
    [bcrypt, bcrypt, 'bcrypt'],
    [` bcrypt$${bcrypt} `, bcrypt, 'bcrypt'],
    [`{bcrypt}${bcrypt}`, bcrypt, 'bcrypt'],
    [`{CRYPT}${bcrypt}`, bcrypt, 'bcrypt'],
    [
      'argon2$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA',
      '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA',
      'argon2',
    ],
    ['{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwlzYWx0', '{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwlzYWx0', 'ssha'],
  ])('case %# is known', (text, hash, type) => {
    expect(recognisePasswordHash(text)).toEqual({ hash, type })
    expect(checkHash(type, hash)?.kind).toBe('sound')
  })

  test.each([
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'md5'],
    ['5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8', 'sha1'],
    ['$6$rounds=5000$salt$hash', 'sha512_crypt'],
    ['$P$Babcdefgh', 'phpass'],
    ['$argon2id$m=65536,t=3,p=4$c2FsdA$aGFzaA', 'argon2id_v16'],
    ['bcrypt_sha256$$2b$12$abc', 'bcrypt_sha256'],
    ['pbkdf2_sha1$600000$salt$aGFzaA==', 'pbkdf2_sha1'],
    ['$2x$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', 'bcrypt_2x'],
    ['$wp$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', 'wordpress_bcrypt'],
    ['$S$DAbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefghijklmno', 'drupal_sha512'],
    ['U$S$DAbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefghijklmno', 'drupal_sha512'],
    ['$1$salt$aBcDeFgHiJkLmNoPqRsTu.', 'md5_crypt'],
    ['{CRYPT}$5$salt$hash', 'sha256_crypt'],
    ['{MD5}5f4dcc3b5aa765d61d83==', 'md5'],
    ['{SSHA512}AAAA', 'ssha512'],
    ['{noop}hunter22', 'plaintext'],
    ['md5$$5f4dcc3b5aa765d61d8327deb882cf99', 'md5_salted'],
    ['{PKCS5S2}DQIXJU038u4P7FdsuFTY/+35bm41kfjZa57UrdxHp2Mu3qF2uy+ooD+jF5t1tb8J', 'pbkdf2_sha1'],
    ['md5$someSalt$5f4dcc3b5aa765d61d8327deb882cf99', 'md5_salted'],
    ['sha1$someSalt$5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8', 'django_sha1'],
    ['unsalted_md5$$5f4dcc3b5aa765d61d8327deb882cf99', 'md5'],
    ['5f4dcc3b5aa765d61d8327deb882cf99:aSalt', 'md5_salted'],
    ['*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19', 'mysql'],
    ['$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2', 'bcrypt_sha256'],
    ['{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc', 'pbkdf2_spring'],
    ['pbkdf2:sha256$salt$0123456789abcdef', 'pbkdf2_without_rounds'],
    ['\\x5f4dcc3b5aa765d61d8327deb882cf99', 'md5'],
  ])(
    tried(
      'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
      'password columns',
      'hashes of phpass, WordPress, Drupal, MySQL, MD5, SHA-1, crypt and others that WorkOS does not support (%s, %s)',
    ),
    (text, name) => {
      expect(recognisePasswordHash(text)).toEqual({ unsupported: name })
    },
  )
})

describe('bytes, quotes and spaces around a hash', () => {
  const bcrypt = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
  const hex = Buffer.from(bcrypt).toString('hex')

  test.each([
    `\\x${hex}`,
    `\\\\x${hex}`,
    `0x${hex.toUpperCase()}`,
    `x'${hex}'`,
    hex,
    Buffer.from(bcrypt).toString('base64'),
    `"${bcrypt}"`,
    `'${bcrypt}'`,
    `b'${bcrypt}'`,
    `'${bcrypt}`,
    `\ufeff ${bcrypt}\t`,
    `"bcrypt$${bcrypt}"`,
    `bcrypt:${bcrypt}`,
    `"'${bcrypt}'"`,
    `\\x${hex}0000`,
  ])(
    tried(
      'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
      'password columns',
      'bcrypt as bytea hex, with prefixes, in quotes (%#)',
    ),
    (text) => {
      expect(recognisePasswordHash(text)).toEqual({ hash: bcrypt, type: 'bcrypt' })
    },
  )
})

describe('ASP.NET Identity', () => {
  const v3 = (prf: number, rounds: number, hash: Buffer, salt: Buffer) => {
    const head = Buffer.alloc(13)
    head[0] = 1
    for (const [index, value] of [prf, rounds, salt.length].entries()) head.writeUInt32BE(value, 1 + 4 * index)
    return Buffer.concat([head, salt, hash])
  }
  const salt = Buffer.alloc(16, 5)

  test.each([
    [1, 'sha256', 600_000],
    [2, 'sha512', 210_000],
  ] as const)('version 3 with digest %i still verifies the known password', (prf, digest, rounds) => {
    const data = v3(prf, rounds, pbkdf2(salt, digest, rounds), salt)
    for (const text of [data.toString('base64'), `\\x${data.toString('hex')}`]) {
      expect(verifiesPbkdf2(PASSWORD, hashOf(recognisePasswordHash(text), 'pbkdf2'))).toBe(true)
    }
  })

  test(
    tried('Frameworks (Django, Laravel, ASP.NET, WordPress …)', 'password columns', 'ASP.NET Identity version 2 and 3'),
    () => {
      const few = recognisePasswordHash(v3(1, 10_000, Buffer.alloc(32, 7), salt).toString('base64'))
      expect(few).toMatchObject({ type: 'pbkdf2', writer: 'ASP.NET Identity v3' })
      const old = recognisePasswordHash(v3(0, 10_000, Buffer.alloc(32, 7), salt).toString('base64'))
      expect(old).toEqual({ unsupported: 'pbkdf2_sha1', writer: 'ASP.NET Identity v3' })
      const v2 = Buffer.concat([Buffer.alloc(1), Buffer.alloc(48, 9)]).toString('base64')
      expect(recognisePasswordHash(v2)).toEqual({ unsupported: 'pbkdf2_sha1', writer: 'ASP.NET Identity v2' })
    },
  )
})

describe('values that are not hashes, and unknown hashes', () => {
  test.each([
    ['hunter22', '8 characters: letters and digits'],
    ['correct horse', '13 characters: letters and spaces'],
    ['AbCdEfGhIjKlMnOpQrStUvWxYz012345', '32 characters: letters and digits'],
    ['2024-03-04', 'a date'],
    ['2024-03-04 05:06:07.123+00', 'a date'],
    ['6a1f0000-0000-4000-8000-000000000001', 'a UUID'],
    ['ada@example.com', 'an email address'],
    ['https://example.com/avatars/0123456789abcdef0123456789abcdef.png', 'a web address'],
    ['false', 'true or false'],
    ['12345', '5 characters: digits'],
    ['\\x68756e7465723232', '8 characters: letters and digits'],
    ['x'.repeat(5000), '5000 characters: letters'],
  ])('case %# is not a hash', (text, notHash) => {
    expect(recognisePasswordHash(text)).toEqual({ notHash })
  })

  test.each([
    Buffer.alloc(32, 200).toString('base64'),
    Buffer.alloc(64, 200).toString('base64'),
    `pbkdf2$10000$${'ab'.repeat(16)}$${'cd'.repeat(32)}`,
    `${'ab'.repeat(16)}:${'cd'.repeat(64)}`,
    '$sha$1234567890abcdef$5f4dcc3b5aa765d61d8327deb882cf99',
    `${'ab'.repeat(8)}.${'cd'.repeat(64)}`,
    'SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVkc3RvcmVkc3RvcmVk:c2VydmVyc2VydmVyc2VydmVy',
    '{X-PBKDF2}HMACSHA1:AAAIAA:saltsaltsalt',
  ])('case %# is an unknown hash', (text) => {
    expect(recognisePasswordHash(text)).toMatchObject({
      unsupported: 'unknown',
      shape: expect.stringMatching(/^\d+ char/),
    })
  })
})

function hashOf(found: Recognised | undefined, type: string): string {
  if (found === undefined || !('hash' in found)) throw new Error('no counterpart')
  expect(found.type).toBe(type)
  expect(checkHash(type, found.hash)).toEqual({ kind: 'sound' })
  return found.hash
}
