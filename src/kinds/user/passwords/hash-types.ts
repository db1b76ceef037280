import { checkArgon2 } from './argon2.ts'
import { checkBcrypt } from './bcrypt.ts'
import { checkFirebaseScrypt } from './firebase-scrypt.ts'
import { foldType } from './known-types.ts'
import { checkPbkdf2 } from './pbkdf2.ts'
import { checkScrypt } from './scrypt.ts'
import { checkSsha } from './ssha.ts'
import type { HashVerdict } from './verdict.ts'

const CHECKS: ReadonlyMap<string, (hash: string) => HashVerdict> = new Map([
  ['bcrypt', checkBcrypt],
  ['scrypt', checkScrypt],
  ['pbkdf2', checkPbkdf2],
  ['argon2', checkArgon2],
  ['firebase-scrypt', checkFirebaseScrypt],
  ['ssha', checkSsha],
])

/** Other names under which exports call a type that WorkOS takes, without `-`, `_` and blanks. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['argon2i', 'argon2'],
  ['argon2d', 'argon2'],
  ['argon2id', 'argon2'],
  ['firebasescrypt', 'firebase-scrypt'],
  ['ldapssha', 'ssha'],
])

/** Every `password_hash_type` that WorkOS takes and whose format is published. */
export const HASH_TYPES: readonly string[] = [...CHECKS.keys()]

/** WorkOS's name for a type of hash; one that it does not take keeps its own, lowercased. */
export function canonicalHashType(type: string): string {
  const name = type.trim().toLowerCase()
  return ALIASES.get(foldType(name)) ?? name
}

/** What names of hashers are made of. */
const HASHER = /crypt|pbkdf|argon|sha\d?|md\d|phpass|hmac|ntlm|django|drupal|wordpress|cognito|whirlpool|plain/

/**
 * A type as messages show it. Where hash and type are swapped, the hash stands here: nothing is shown that does not read as the
 * name of a hasher.
 */
export function shownHashType(type: string): string {
  return /^[a-z0-9_.:-]{1,24}$/.test(type) && HASHER.test(type) ? type : 'an unknown type'
}

/** Looks at a hash of a canonical type. Undefined: WorkOS does not take this type. */
export function checkHash(type: string, hash: string): HashVerdict | undefined {
  return CHECKS.get(type)?.(hash)
}
