import { expect, test } from 'vitest'
import { formatOf, looksLikeHash } from '../../src/inspecting/password-format.ts'
import { CLERK_DIGESTS, HASHES } from '../secrets/canaries.ts'

test.each(Object.entries(HASHES))('a %s hash is accepted, with or without a hasher', (type, hash) => {
  expect(formatOf(hash, type)).toEqual({ format: type, fate: 'taken' })
  expect(formatOf(hash, undefined)).toEqual({ format: type, fate: 'taken' })
  expect(looksLikeHash(hash)).toBe(true)
})

test("Clerk's digests are judged after the recipe's conversion", () => {
  const fates = Object.entries(CLERK_DIGESTS).map(([hasher, digest]) => [hasher, formatOf(digest, hasher).fate])
  expect(Object.fromEntries(fates)).toMatchObject({ bcrypt: 'taken', argon2id: 'taken', scrypt_firebase: 'taken' })
  expect(fates.filter(([, fate]) => fate === 'malformed')).toEqual([])
  expect(formatOf('5f4dcc3b5aa765d61d8327deb882cf99', 'md5').fate).toBe('reset')
})

test.each([
  ['5f4dcc3b5aa765d61d8327deb882cf99', '32 hex digits (md5?)', 'reset'],
  ['$P$B1234567890123456789012345678901', 'phpass', 'reset'],
  ['$6$salt$hash', 'sha512-crypt', 'reset'],
  [`${'a1'.repeat(16)}:${'b2'.repeat(64)}`, 'scrypt (salt:key in hex)', 'convertible'],
  ['$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=abc$salt$hash', "Firebase's scrypt ($fbscrypt$)", 'convertible'],
  ['pbkdf2_sha256$600000$salt$hash', "Django's PBKDF2", 'convertible'],
  ['hunter2', 'no known format', 'malformed'],
])('%s without a hasher is %s', (hash, format, fate) => {
  expect(formatOf(hash, undefined)).toMatchObject({ format, fate })
})

test('unaccepted parameters are shown, and the hash is not', () => {
  const hash = '$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo'
  const found = formatOf(hash, 'argon2id')
  expect(found).toMatchObject({ format: 'argon2id m=1024,t=1,p=1', fate: 'reset' })
  expect(JSON.stringify(found)).not.toContain('c2FsdHNhbHQ')
})

test('a hash instead of a hasher is not shown', () => {
  expect(JSON.stringify(formatOf('bcrypt', HASHES.bcrypt))).not.toContain(HASHES.bcrypt)
})
