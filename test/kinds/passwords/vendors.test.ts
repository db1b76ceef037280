import { pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'
import { checkHash } from '../../../src/kinds/user/passwords/hash-types.ts'
import { fromClerk } from '../../../src/kinds/user/passwords/vendors.ts'
import { tried } from '../../tried.ts'
import { FIREBASE, verifiesFirebase } from './firebase.ts'
import { verifiesPbkdf2 } from './verified.ts'

test(tried('Firebase', 'scrypt hashes', 'a known password verifies after re-encoding'), () => {
  const { hash, salt, signerKey, saltSeparator: separator, password } = FIREBASE
  const encoded = hashOf(fromClerk([hash, salt, signerKey, separator, '8', '14'].join('$'), 'scrypt_firebase'))
  expect(checkHash('firebase-scrypt', encoded)).toEqual({ kind: 'sound' })
  expect(encoded).not.toContain('==')
  expect(verifiesFirebase(password, encoded)).toBe(true)
  expect(verifiesFirebase('user2password', encoded)).toBe(false)
})

const salt = Buffer.from('00ff10a7c3d2e1', 'hex')
const derived = (digest: 'sha256' | 'sha512', saltBytes: string | Buffer, rounds: number) =>
  pbkdf2Sync('correct horse', saltBytes, rounds, digest === 'sha256' ? 32 : 64, digest)

test.each([
  [
    'pbkdf2_sha256',
    `pbkdf2_sha256$600000$${salt.toString('base64')}$${derived('sha256', salt, 600_000).toString('base64')}`,
  ],
  [
    'pbkdf2_sha256_django',
    `pbkdf2_sha256$600000$rawSalt1$${derived('sha256', 'rawSalt1', 600_000).toString('base64')}`,
  ],
  ['pbkdf2_sha512', `pbkdf2_sha512$210000$rawSalt2$${derived('sha512', 'rawSalt2', 210_000).toString('hex')}`],
  [
    'pbkdf2_sha512_hex',
    `pbkdf2_sha512_hex$210000$${salt.toString('hex')}$${derived('sha512', salt, 210_000).toString('hex')}`,
  ],
])('a digest of %s, re-encoded, still verifies the known password', (hasher, digest) => {
  const encoded = hashOf(fromClerk(digest, hasher))
  expect(checkHash('pbkdf2', encoded)).toEqual({ kind: 'sound' })
  expect(verifiesPbkdf2('correct horse', encoded)).toBe(true)
  expect(verifiesPbkdf2('wrong horse', encoded)).toBe(false)
})

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const ARGON2 = '$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG'
const SSHA = '{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwlzYWx0'

test.each([
  ['bcrypt', BCRYPT, 'bcrypt'],
  ['argon2i', ARGON2, 'argon2'],
  ['argon2id', ARGON2, 'argon2'],
  ['argon2', ARGON2, 'argon2'],
  ['ldap_ssha', SSHA, 'ssha'],
  ['phpass', BCRYPT, 'bcrypt'],
  ['bcrypt', ARGON2, 'argon2'],
  ['a hasher of tomorrow', ARGON2, 'argon2'],
  ['pbkdf2_sha256', ARGON2, 'argon2'],
])('a digest of %s is read as the form that it has', (hasher, digest, type) => {
  expect(fromClerk(` ${digest} `, hasher.toUpperCase())).toEqual({ hash: digest, type })
})

test.each([
  ['bcrypt', '5f4dcc3b5aa765d61d8327deb882cf99', { unsupported: 'md5' }],
  ['bcrypt_peppered', BCRYPT, { unsupported: 'bcrypt_peppered' }],
  ['bcrypt_sha256_django', BCRYPT, { unsupported: 'bcrypt_sha256_django' }],
  ['md5_salted', '5f4dcc3b5aa765d61d8327deb882cf99', { unsupported: 'md5_salted' }],
  ['bcrypt', 'hunter22', { notHash: '8 characters: letters and digits' }],
  ['bcrypt', '!', { none: true }],
])('a digest of %s that WorkOS does not support: case %#', (hasher, digest, expected) => {
  expect(fromClerk(digest, hasher)).toEqual(expected)
})

test.each([
  'md5',
  'sha256',
  'phpass',
  'pbkdf2_sha1',
  'bcrypt_sha256_django',
  'scrypt_werkzeug',
  'awscognito',
])('%s has no counterpart', (hasher) => {
  expect(fromClerk('digest', hasher)).toEqual({ unsupported: hasher })
})

test.each([
  ['scrypt_firebase', 'hash$salt$key', 'firebase-scrypt'],
  ['pbkdf2_sha256', 'pbkdf2_sha256$600000$salt', 'pbkdf2'],
  ['scrypt_firebase', 'aGFzaA==$c2FsdA==$a2V5$Bw==$8', 'firebase-scrypt'],
  ['scrypt_firebase', 'aGFzaA==$c2FsdA==$a2V5$Bw==$eight$14', 'firebase-scrypt'],
  ['scrypt_firebase', 'aGFzaA==$c2FsdA==$a2V5$Bw==$8$1e1', 'firebase-scrypt'],
])('a digest of %s without all its parts is left to the check of its type', (hasher, digest, type) => {
  expect(fromClerk(digest, hasher)).toEqual({ hash: digest, type })
  expect(checkHash(type, digest)?.kind).toBe('malformed')
})

function hashOf(found: ReturnType<typeof fromClerk>): string {
  if (!('hash' in found)) throw new Error('no counterpart')
  return found.hash
}
