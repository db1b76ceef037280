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

test.each([
  ['bcrypt', 'bcrypt'],
  ['argon2i', 'argon2'],
  ['argon2id', 'argon2'],
  ['ldap_ssha', 'ssha'],
])('a digest of %s is taken as it is', (hasher, type) => {
  expect(fromClerk(' digest ', hasher.toUpperCase())).toEqual({ hash: 'digest', type })
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
])('a digest of %s without all of its parts is left for the check of its type to refuse', (hasher, digest, type) => {
  expect(fromClerk(digest, hasher)).toEqual({ hash: digest, type })
  expect(checkHash(type, digest)?.kind).toBe('malformed')
})

function hashOf(found: ReturnType<typeof fromClerk>): string {
  if ('unsupported' in found) throw new Error(`no counterpart for ${found.unsupported}`)
  return found.hash
}
