import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkHash } from '../../../src/kinds/user/passwords/hash-types.ts'
import { recognisePasswordHash } from '../../../src/kinds/user/passwords/recognise.ts'
import { type ForeignHash, pbkdf2Of, scryptOf } from '../../../src/kinds/user/passwords/reencode.ts'
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

  test('a hash of the export and the same as a digest of Clerk or of Supabase become the same string', () => {
    const { signerKey, saltSeparator } = project
    const own = hashOf(fromFirebase(hash, salt, project), 'firebase-scrypt')
    const clerk = fromClerk([hash, salt, signerKey, saltSeparator, '8', '14'].join('$'), 'scrypt_firebase')
    const supabase = `$fbscrypt$v=1,n=14,r=8,p=1,ss=${saltSeparator},sk=${signerKey}$${salt}$${hash}`
    expect(hashOf(clerk, 'firebase-scrypt')).toBe(own)
    expect(hashOf(recognisePasswordHash(supabase), 'firebase-scrypt')).toBe(own)
    expect(verifiesFirebase(password, own)).toBe(true)
    expect(verifiesFirebase('user2password', own)).toBe(false)
  })

  test("parameters go by the console's names as well", () => {
    const { signerKey: base64_signer_key, saltSeparator: base64_salt_separator } = project
    const console = { algorithm: 'SCRYPT', base64_signer_key, base64_salt_separator, rounds: '8', mem_cost: '14' }
    expect(fromFirebase(hash, salt, console)).toEqual(fromFirebase(hash, salt, project))
  })

  test.each([
    [undefined, 'an object of named values is expected'],
    [{ ...project, signerKey: '' }, 'signerKey is missing'],
    [{ ...project, saltSeparator: undefined }, 'saltSeparator is missing'],
    [{ ...project, rounds: 'eight' }, 'rounds is not a whole number above zero'],
    [{ ...project, memoryCost: undefined }, 'memoryCost is missing'],
    [{ ...project, signrKey: 'x' }, 'there is no signrKey; known are signerKey'],
  ])('parameters %j are refused', (parameters, message) => {
    expect(() => fromFirebase(hash, salt, parameters)).toThrow(message)
  })

  test('a hash without a salt separator is one that WorkOS has no form for', () => {
    const { signerKey } = project
    const none = { unsupported: 'fbscrypt_no_separator' }
    expect(fromClerk([hash, salt, signerKey, '', '8', '14'].join('$'), 'scrypt_firebase')).toEqual(none)
    for (const separator of ['', ',ss=']) {
      const supabase = `$fbscrypt$v=1,n=14,r=8,p=1${separator},sk=${signerKey}$${salt}$${hash}`
      expect(recognisePasswordHash(supabase)).toEqual(none)
    }
  })

  test("Supabase's form without its parts is unknown, and with parallelism unsupported", () => {
    expect(recognisePasswordHash('$fbscrypt$v=1,n=14,r=8,p=1$c2FsdA$aGFzaA')).toEqual({ unsupported: 'unknown' })
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
  ])('by its parts, case %#, still verifies the known password', (written) => {
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
  ])('case %# of a form that says what it is', (text) => {
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
  ])('parts %j are refused', (given, message) => {
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
  ])('case %# of a form that says what it is', (text) => {
    expect(verifiesPbkdf2(PASSWORD, hashOf(recognisePasswordHash(text), 'pbkdf2'))).toBe(true)
  })

  test('by its parts', () => {
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

  test('too few rounds are told as such, and other algorithms by name', () => {
    const weak = fromKeycloak(credential('pbkdf2-sha256', 27_500, Buffer.alloc(64, 7)))
    expect(weak !== undefined && 'hash' in weak && checkHash('pbkdf2', weak.hash)).toEqual({
      kind: 'outside',
      parameters: 'pbkdf2 sha256 i=27500',
      allowed: 'i: 600000 to 1000000',
    })
    expect(fromKeycloak(credential('pbkdf2', 20_000, Buffer.alloc(64)))).toEqual({ unsupported: 'pbkdf2_sha1' })
    expect(fromKeycloak(credential('bcrypt', 10, Buffer.alloc(24)))).toEqual({ unsupported: 'bcrypt' })
  })

  test('no password among the credentials is none', () => {
    expect(fromKeycloak([])).toBeUndefined()
    expect(fromKeycloak([{ type: 'otp' }])).toBeUndefined()
  })

  test.each([
    [{ type: 'password' }, 'secretData of the credential is not the JSON text of an object'],
    [{ type: 'password', secretData: '{', credentialData: '{}' }, 'secretData of the credential'],
    [{ type: 'password', secretData: '{}', credentialData: '{}' }, 'salt is missing'],
  ])('a credential like %j is refused', (broken, message) => {
    expect(() => fromKeycloak(broken)).toThrow(message)
  })
})

describe('hashes that say what they are', () => {
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
    ['hunter22', 'unknown'],
  ])('%s is %s, which WorkOS does not take', (text, name) => {
    expect(recognisePasswordHash(text)).toEqual({ unsupported: name })
  })
})

function hashOf(found: ForeignHash | undefined, type: string): string {
  if (found === undefined || 'unsupported' in found) throw new Error('no counterpart')
  expect(found.type).toBe(type)
  expect(checkHash(type, found.hash)).toEqual({ kind: 'sound' })
  return found.hash
}
