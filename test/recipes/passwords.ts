import { argon2Sync, createCipheriv, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import { expect } from 'vitest'
import type { Migrated } from './example.ts'

const MEMORY = 1 << 28

const bytes = (base64 = '') => Buffer.from(base64, 'base64')

/**
 * Whether a hash in WorkOS's format belongs to a password. Uses Node's own algorithms, and bcryptjs
 * for bcrypt, which Node does not have.
 */
export function opens(hash: string, password: string): boolean {
  if (hash.startsWith('$2')) return compareSync(password, hash)
  const [, scheme = '', ...parts] = hash.split('$')
  const rest = parts[0]?.startsWith('v=') ? parts.slice(1) : parts
  const [parameters = '', salt, key] = rest
  const of = Object.fromEntries(parameters.split(',').map((pair) => pair.split(/=(.*)/s, 2)))
  const expected = bytes(key)
  const found = derive(scheme, password, bytes(salt), expected.length, of)
  return found !== undefined && found.length === expected.length && timingSafeEqual(found, expected)
}

function derive(
  scheme: string,
  password: string,
  salt: Buffer,
  length: number,
  of: Record<string, string>,
): Buffer | undefined {
  const count = (name: string) => Number(of[name])
  if (scheme === 'scrypt') {
    const cost = { N: count('n'), r: count('r'), p: count('p'), maxmem: MEMORY }
    return scryptSync(password.normalize('NFKC'), salt, length, cost)
  }
  if (scheme === 'pbkdf2') return pbkdf2Sync(password, salt, count('i'), length, of.d ?? '')
  if (scheme === 'argon2id' || scheme === 'argon2i' || scheme === 'argon2d') {
    const cost = { parallelism: count('p'), memory: count('m'), passes: count('t') }
    return argon2Sync(scheme, { message: password, nonce: salt, tagLength: length, ...cost })
  }
  if (scheme !== 'firebase-scrypt') return undefined
  // Firebase encrypts the project's signer key with the result of scrypt.
  const salted = Buffer.concat([salt, bytes(of.ss)])
  const key = scryptSync(password, salted, 32, { N: 2 ** count('m'), r: count('r'), p: 1, maxmem: MEMORY })
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return Buffer.concat([cipher.update(bytes(of.sk)), cipher.final()])
}

/** A password whose hash is in the sample's export, and the hash that WorkOS must receive. */
export type Known = readonly [email: string, password: string, hash: string]

/** Checks that WorkOS received exactly these hashes, and that each belongs to its password. */
export function expectPasswords(found: Migrated, known: readonly Known[]): void {
  for (const [email, password, hash] of known) {
    expect(found.hasHash(email, hash), `the hash of ${email}`).toBe(true)
    expect(opens(hash, password), `the password of ${email}`).toBe(true)
  }
  const having = Object.entries(found.people).filter(([, { password }]) => password !== null)
  expect(having.map(([email]) => email)).toEqual(known.map(([email]) => email).toSorted())
}
