import { createCipheriv, pbkdf2Sync, scryptSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromClerk } from '../../../src/resources/passwords/clerk.ts'
import { checkHash } from '../../../src/resources/passwords/hash-types.ts'

// The example that Firebase publishes with its scrypt: https://github.com/firebase/scrypt
const FIREBASE = {
  password: 'user1password',
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  salt: '42xEC+ixf3L2lw==',
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  separator: 'Bw==',
}

test('a Firebase digest, re-encoded, still verifies the known password', () => {
  const { hash, salt, signerKey, separator, password } = FIREBASE
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

/** Firebase: scrypt derives a key with which the signer key is encrypted by AES-256-CTR; the cipher text is the hash. */
function verifiesFirebase(password: string, encoded: string): boolean {
  const found = /^\$firebase-scrypt\$v=1\$r=(\d+),m=(\d+),ss=([^,]*),sk=([^$]+)\$([^$]+)\$(.+)$/.exec(encoded)
  const bytes = (index: number) => Buffer.from(found?.[index] ?? '', 'base64')
  const cost = { N: 2 ** Number(found?.[2]), r: Number(found?.[1]), p: 1, maxmem: 64 * 1024 * 1024 }
  const key = scryptSync(password, Buffer.concat([bytes(5), bytes(3)]), 32, cost)
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return Buffer.concat([cipher.update(bytes(4)), cipher.final()]).equals(bytes(6))
}

function verifiesPbkdf2(password: string, encoded: string): boolean {
  const found = /^\$pbkdf2\$i=(\d+),d=(sha\d+)\$([^$]+)\$(.+)$/.exec(encoded)
  const hash = Buffer.from(found?.[4] ?? '', 'base64')
  const salted = Buffer.from(found?.[3] ?? '', 'base64')
  return pbkdf2Sync(password, salted, Number(found?.[1]), hash.length, found?.[2] ?? '').equals(hash)
}
