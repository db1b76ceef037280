import { firebaseScryptOf } from './firebase-scrypt.ts'
import type { ForeignHash } from './foreign-hash.ts'
import { encodePbkdf2, type Pbkdf2Digest } from './pbkdf2.ts'
import { recognisePasswordHash } from './recognise.ts'

/**
 * How each PBKDF2 hasher of Clerk writes salt and hash, after `<name>$<rounds>$`
 * (the description of `password_hasher` in Clerk's Backend API reference).
 */
const PBKDF2: ReadonlyMap<string, { digest: Pbkdf2Digest; salt: BufferEncoding; hash: BufferEncoding }> = new Map([
  ['pbkdf2_sha256', { digest: 'sha256', salt: 'base64', hash: 'base64' }],
  ['pbkdf2_sha256_django', { digest: 'sha256', salt: 'utf8', hash: 'base64' }],
  ['pbkdf2_sha512', { digest: 'sha512', salt: 'utf8', hash: 'hex' }],
  ['pbkdf2_sha512_hex', { digest: 'sha512', salt: 'hex', hash: 'hex' }],
])

/** Hashers of Clerk whose digests WorkOS takes as they are. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['bcrypt', 'bcrypt'],
  ['argon2i', 'argon2'],
  ['argon2id', 'argon2'],
  ['ldap_ssha', 'ssha'],
])

/**
 * A `password_digest` of Clerk in WorkOS's terms. A digest that does not have the parts its hasher promises is handed on
 * as it is, for the check of its type to refuse.
 */
export function fromClerk(digest: string, hasher: string): ForeignHash {
  const name = hasher.trim().toLowerCase()
  const text = digest.trim()
  const same = SAME.get(name)
  if (same !== undefined) return { hash: text, type: same }
  if (name === 'scrypt_firebase') return firebaseScrypt(text) ?? { hash: text, type: 'firebase-scrypt' }
  if (name === 'scrypt_werkzeug') return werkzeug(text) ?? { unsupported: name }
  if (PBKDF2.has(name)) return { hash: pbkdf2(text, name) ?? text, type: 'pbkdf2' }
  return { unsupported: name }
}

function firebaseScrypt(digest: string): ForeignHash | undefined {
  const [hash, salt, signerKey, saltSeparator, rounds, memoryCost, ...rest] = digest.split('$')
  if (!hash || !salt || !signerKey || saltSeparator === undefined || rest.length > 0) return undefined
  return firebaseScryptOf({
    hash,
    salt,
    signerKey,
    saltSeparator,
    rounds: Number(rounds),
    memoryCost: Number(memoryCost),
  })
}

/** Undefined for Werkzeug's PBKDF2, which is another hasher, and for what it never wrote. */
function werkzeug(digest: string): ForeignHash | undefined {
  const found = recognisePasswordHash(digest)
  return 'type' in found && found.type === 'scrypt' ? found : undefined
}

function pbkdf2(digest: string, hasher: string): string | undefined {
  const encoding = PBKDF2.get(hasher)
  const [, rounds, salt, hash, ...rest] = digest.split('$')
  if (encoding === undefined || !salt || !hash || rest.length > 0) return undefined
  return encodePbkdf2({
    rounds: Number(rounds),
    digest: encoding.digest,
    salt: Buffer.from(salt, encoding.salt),
    hash: Buffer.from(hash, encoding.hash),
  })
}
