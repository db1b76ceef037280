import { createHash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  canonicalHashType,
  checkHash,
  HASH_TYPES,
  shownHashType,
} from '../../../src/kinds/user/passwords/hash-types.ts'
import {
  type HashType,
  isAcceptedHash,
  HASH_TYPES as SANDBOX_TYPES,
} from '../../../src/sandbox/endpoints/credential.ts'

const BCRYPT = `$2b$10$${'N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'}`
const SALT = 'c29tZXNhbHQ'
const DIGEST = 'RdescudvJCsgt3ub+b4dWRWJTmaaJObG'
/** 64 bytes, as in every Firebase project. */
const SIGNER = unpad(Buffer.alloc(64, 7))

const sound: [type: string, hash: string][] = [
  ['bcrypt', BCRYPT],
  ['bcrypt', BCRYPT.replace('$2b$', '$2a$')],
  ['bcrypt', BCRYPT.replace('$2b$', '$2y$')],
  ['argon2', `$argon2id$v=19$m=65536,t=3,p=4$${SALT}$${DIGEST}`],
  ['argon2', `$argon2i$v=19$m=4096,t=3,p=1$${SALT}$${DIGEST}`],
  ['argon2', `$argon2d$v=19$m=262144,t=5,p=8$${SALT}$${DIGEST}`],
  ['scrypt', `$scrypt$v=1$n=16384,r=8,p=1,kl=64$${SALT}$${unpad(scryptSync('x', 'y', 64))}`],
  ['pbkdf2', `$pbkdf2$i=600000,d=sha256$${SALT}$${unpad(pbkdf2Sync('x', 'y', 1, 32, 'sha256'))}`],
  ['pbkdf2', `$pbkdf2$i=210000,d=sha512$${SALT}$${DIGEST}`],
  ['firebase-scrypt', `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${SIGNER}$${SALT}$${DIGEST}`],
  ['ssha', ssha('secret', Buffer.from('salt'))],
  ['pbkdf2', `$pbkdf2$i=600000,d=sha256$eHg$${unpad(Buffer.alloc(16))}`],
  ['scrypt', `$scrypt$v=1$n=16384,r=8,p=1,kl=16$eHg$${unpad(Buffer.alloc(16))}`],
  ['firebase-scrypt', `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${SIGNER}$eHg$${unpad(Buffer.alloc(16))}`],
  ['argon2', `$argon2id$v=19$m=65536,t=3,p=4$${unpad(Buffer.alloc(8))}$${unpad(Buffer.alloc(4))}`],
]

const malformed: [type: string, hash: string][] = [
  ['bcrypt', BCRYPT.slice(0, -1)],
  ['bcrypt', BCRYPT.replace('$2b$', '$2x$')],
  ['bcrypt', BCRYPT.replace('$10$', '$99$')],
  ['bcrypt', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['argon2', `$argon2id$v=19$m=65536,t=3,p=4$${SALT}=$${DIGEST}`],
  ['scrypt', `$scrypt$v=1$n=14,r=8,p=1,kl=64$${SALT}$${unpad(scryptSync('x', 'y', 64))}`],
  ['scrypt', `$scrypt$v=1$n=16000,r=8,p=1,kl=64$${SALT}$${unpad(scryptSync('x', 'y', 64))}`],
  ['scrypt', `$scrypt$v=1$n=16384,r=8,p=1,kl=32$${SALT}$${unpad(scryptSync('x', 'y', 64))}`],
  ['pbkdf2', `pbkdf2_sha256$600000$${SALT}$${DIGEST}`],
  ['firebase-scrypt', `$firebase-scrypt$v=1$r=8,m=14,ss=Bw==,sk=${SIGNER}$${SALT}$${DIGEST}`],
  ['firebase-scrypt', `$firebase-scrypt$v=1$r=8,m=14,ss=,sk=${SIGNER}$${SALT}$${DIGEST}`],
  ['firebase-scrypt', `$firebase-scrypt$v=1$r=0,m=14,ss=Bw,sk=${SIGNER}$${SALT}$${DIGEST}`],
  ['ssha', `{SSHA}${createHash('sha1').update('secret').digest('base64')}`],
  ['argon2', `$argon2id$v=19$m=65536,t=3,p=4$A$${DIGEST}`],
  ['scrypt', `$scrypt$v=1$n=64,r=8,p=1,kl=24$${SALT}$${DIGEST}`],
  ['ssha', '{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk='],
  ['pbkdf2', `$pbkdf2$i=600000,d=sha256$${SALT}$eHh4`],
  ['pbkdf2', `$pbkdf2$i=600000,d=sha256$${SALT}$${unpad(Buffer.alloc(15))}`],
  ['scrypt', `$scrypt$v=1$n=16384,r=8,p=1,kl=15$${SALT}$${unpad(Buffer.alloc(15))}`],
  ['firebase-scrypt', `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${SIGNER}$${SALT}$${unpad(Buffer.alloc(15))}`],
  ['argon2', `$argon2id$v=19$m=65536,t=3,p=4$${SALT}$eHh4`],
  ['argon2', `$argon2id$v=19$m=65536,t=3,p=4$${unpad(Buffer.alloc(7))}$${DIGEST}`],
]

const outside: [type: string, hash: string, parameters: string, allowed: string][] = [
  ['argon2', `$argon2id$v=19$m=64,t=4,p=8$${SALT}$${DIGEST}`, 'argon2id m=64,t=4,p=8', 'm: 4096 to 262144'],
  ['argon2', `$argon2i$v=19$m=4096,t=2,p=1$${SALT}$${DIGEST}`, 'argon2i m=4096,t=2,p=1', 't: 3 to 5'],
  ['argon2', `$argon2id$v=19$m=65536,t=6,p=1$${SALT}$${DIGEST}`, 'argon2id m=65536,t=6,p=1', 't: 1 to 5'],
  ['argon2', `$argon2id$v=19$m=65536,t=3,p=9$${SALT}$${DIGEST}`, 'argon2id m=65536,t=3,p=9', 'p: 1 to 8'],
  [
    'argon2',
    `$argon2d$v=19$m=1,t=9,p=9$${SALT}$${DIGEST}`,
    'argon2d m=1,t=9,p=9',
    'm: 4096 to 262144, t: 1 to 5, p: 1 to 8',
  ],
  ['argon2', `$argon2id$v=16$m=65536,t=3,p=4$${SALT}$${DIGEST}`, 'argon2id v=16,m=65536,t=3,p=4', 'v: 19'],
  ['argon2', `$argon2id$m=65536,t=3,p=4$${SALT}$${DIGEST}`, 'argon2id v=16,m=65536,t=3,p=4', 'v: 19'],
  ['pbkdf2', `$pbkdf2$i=27500,d=sha256$${SALT}$${DIGEST}`, 'pbkdf2 sha256 i=27500', 'i: 600000 to 1000000'],
  ['pbkdf2', `$pbkdf2$i=1000001,d=sha512$${SALT}$${DIGEST}`, 'pbkdf2 sha512 i=1000001', 'i: 210000 to 1000000'],
  ['pbkdf2', `$pbkdf2$i=600000,d=sha1$${SALT}$${DIGEST}`, 'pbkdf2 sha1 i=600000', 'd: sha256 or sha512'],
]

test.each([1, 63, 65])('a signer key of %i bytes is invalid in every form', (bytes) => {
  const hash = `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${unpad(Buffer.alloc(bytes))}$${SALT}$${DIGEST}`
  expect(checkHash('firebase-scrypt', hash)).toEqual({
    kind: 'malformed',
    expected: expect.stringContaining(`where the signer key has 64 bytes; this key has ${bytes}`),
  })
})

describe('password hashes', () => {
  test.each(sound)('%s: %s is valid', (type, hash) => {
    expect(checkHash(type, hash)).toEqual({ kind: 'sound' })
  })

  test.each(malformed)('%s: %s is malformed, and the expectation shows no part of it', (type, hash) => {
    const verdict = checkHash(type, hash)
    expect(verdict?.kind).toBe('malformed')
    expect(JSON.stringify(verdict)).not.toContain(hash)
  })

  test.each(outside)('%s: %s is outside the limits of WorkOS', (type, hash, parameters, allowed) => {
    expect(checkHash(type, hash)).toEqual({ kind: 'outside', parameters, allowed })
  })

  test.each([
    ...sound,
    ...malformed,
    ...outside.map(([type, hash]): [string, string] => [type, hash]),
  ])('%s: the sandbox agrees about %s', (type, hash) => {
    expect(isHashType(type) && isAcceptedHash(type, hash)).toBe(checkHash(type, hash)?.kind === 'sound')
  })

  test('the sandbox has the same types', () => {
    // Its form is not published: it is sent only if the manifest allows it.
    expect([...HASH_TYPES, 'ssha256'].toSorted()).toEqual(SANDBOX_TYPES.toSorted())
  })

  test.each(['md5', 'sha1', 'sha512', 'phpass', 'ssha256'])('%s is an unsupported type', (type) => {
    expect(checkHash(canonicalHashType(type), 'x')).toBeUndefined()
  })

  test('types are known by the names in exports', () => {
    expect(canonicalHashType(' Argon2ID ')).toBe('argon2')
    expect(canonicalHashType('firebase_scrypt')).toBe('firebase-scrypt')
  })

  test('a hash in the place of its type is not shown', () => {
    expect(shownHashType(BCRYPT)).toBe('an unknown type')
    expect(shownHashType('5f4dcc3b5aa765d61d8327deb882cf99')).toBe('an unknown type')
    expect(shownHashType('sha512_symfony')).toBe('sha512_symfony')
  })
})

function isHashType(type: string): type is HashType {
  return SANDBOX_TYPES.some((known) => known === type)
}

function unpad(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

function ssha(password: string, salt: Buffer): string {
  const digest = createHash('sha1').update(password).update(salt).digest()
  return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`
}
