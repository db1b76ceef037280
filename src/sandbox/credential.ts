import type { Database } from './database.ts'
import type { Fields } from './fields.ts'
import { HASH_TYPES, type HashType, isAcceptedHash } from './password-hash.ts'
import { refusal } from './refusal.ts'

/** What is kept of a password: never the password or the hash itself. */
export interface StoredCredential {
  /** A hash type, or `password` for one that was sent in the clear. */
  type: HashType | 'password'
  /** Null for a password sent in the clear: a quick digest of it could be guessed back. */
  digest: string | null
}

interface SentCredential {
  password: string | null | undefined
  hash: string | undefined
  type: string | undefined
}

/** WorkOS's default policy, of which the sandbox enforces the length alone. */
const MIN_PASSWORD_LENGTH = 10

/** Reads the password fields and notes those of the wrong type, or without the other half. */
export function readCredential(fields: Fields, nullablePassword: boolean): SentCredential {
  const password = nullablePassword ? fields.nullableText('password') : fields.text('password')
  const hash = fields.text('password_hash')
  const type = fields.text('password_hash_type')
  const hashAlone = typeof password !== 'string'
  if (hashAlone && hash !== undefined && type === undefined)
    fields.refuse('password_hash_type', 'required', 'is required')
  if (hashAlone && type !== undefined && hash === undefined) fields.refuse('password_hash', 'required', 'is required')
  if (type !== undefined && !isHashType(type)) {
    fields.refuse('password_hash_type', 'invalid', `must be one of ${HASH_TYPES.join(', ')}`)
  }
  return { password, hash, type }
}

/**
 * Checks a credential and turns it into what may be stored. Undefined: none was sent.
 * @throws Refusal 400 as the API reference names them for password, password_hash and both together
 */
export function storeCredential(sent: SentCredential, database: Database): StoredCredential | undefined {
  const { password, hash, type } = sent
  if (typeof password === 'string') {
    if (hash !== undefined) {
      throw refusal(400, 'password_and_password_hash_provided', 'Provide a password or a password hash, not both.')
    }
    if (type !== undefined) {
      throw refusal(400, 'password_and_password_hash_type_provided', 'Provide a password or a hash type, not both.')
    }
    if (password.length < MIN_PASSWORD_LENGTH) {
      const message = `Password must have at least ${MIN_PASSWORD_LENGTH} characters.`
      throw refusal(400, 'password_strength_error', 'Password does not meet strength requirements.', [
        { code: 'password_too_short', message },
      ])
    }
    return { type: 'password', digest: null }
  }
  if (hash === undefined || type === undefined || !isHashType(type)) return undefined
  if (!isAcceptedHash(type, hash)) {
    throw refusal(400, 'invalid_password_hash', `The password hash is not a valid ${type} hash.`)
  }
  return { type, digest: database.digest(hash) }
}

function isHashType(type: string): type is HashType {
  return HASH_TYPES.some((known) => known === type)
}
