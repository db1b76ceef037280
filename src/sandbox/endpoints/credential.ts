import { refusal } from '../call.ts'
import type { Database } from '../database.ts'
import type { Fields } from '../fields.ts'

/** What is stored of a password: never the password or the hash itself. */
export interface StoredCredential {
  /** A hash type, or `password` for a plain one. */
  type: HashType | 'password'
  /** Null for a plain password, which could be guessed from a fast digest. */
  digest: string | null
}

interface SentCredential {
  password: string | null | undefined
  hash: string | undefined
  type: string | undefined
  /** Only for `ssha256`. */
  saltPosition: string | undefined
}

const SALT_POSITIONS = ['prefix', 'suffix']

/** WorkOS's default policy. The sandbox enforces only the length. */
const MIN_PASSWORD_LENGTH = 10

/** Reads the password fields, and notes wrong types and missing halves. */
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
  const saltPosition = fields.text('password_salt_position')
  if (saltPosition !== undefined && !SALT_POSITIONS.includes(saltPosition)) {
    fields.refuse('password_salt_position', 'invalid', `must be one of ${SALT_POSITIONS.join(', ')}`)
  }
  return { password, hash, type, saltPosition }
}

/**
 * Checks a credential and returns what to store. Undefined: none was sent.
 * @throws Refusal 400, in the API reference's form, for password, password_hash and both together
 */
export function storeCredential(sent: SentCredential, database: Database): StoredCredential | undefined {
  const { password, hash, type, saltPosition } = sent
  if (saltPosition !== undefined && hash === undefined) {
    const code = 'password_salt_position_requires_password_hash'
    throw refusal(400, code, 'Provide the salt position together with a password hash.')
  }
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
  const position = type === 'ssha256' ? `${saltPosition ?? 'suffix'} ` : ''
  return { type, digest: database.digest(`${position}${hash}`) }
}

function isHashType(type: string): type is HashType {
  return HASH_TYPES.some((known) => known === type)
}

/** The hash types of the OpenAPI document, and `ssha256` of later ones. */
export const HASH_TYPES = ['bcrypt', 'firebase-scrypt', 'ssha', 'ssha256', 'scrypt', 'pbkdf2', 'argon2'] as const
export type HashType = (typeof HASH_TYPES)[number]

const BASE64 = '(?=[A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3})?'
const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/
const SCRYPT = new RegExp(`^\\$scrypt\\$v=1\\$n=(\\d+),r=(\\d+),p=(\\d+),kl=(\\d+)\\$${BASE64}\\$(${BASE64})$`)
const PBKDF2 = new RegExp(`^\\$pbkdf2\\$i=(\\d+),d=(sha256|sha512)\\$${BASE64}\\$(${BASE64})$`)
const ARGON2 = new RegExp(`^\\$argon2(id|i|d)\\$v=19\\$m=(\\d+),t=(\\d+),p=(\\d+)\\$(${BASE64})\\$(${BASE64})$`)
const FIREBASE = new RegExp(
  `^\\$firebase-scrypt\\$v=1\\$r=(\\d+),m=(\\d+),ss=${BASE64},sk=${BASE64}\\$${BASE64}\\$(${BASE64})$`,
)
const SSHA = /^\{SSHA(256)?\}([A-Za-z0-9+/]+={0,2})$/
const DIGEST_BYTES = { ssha: 20, ssha256: 32 }

/** The smallest scrypt N that is unlikely to be its own logarithm. */
const MIN_SCRYPT_N = 128

/** Minimum bytes of a hash and of Argon2's salt; shorter ones were cut off. RFC 9106 for Argon2. */
const MIN_KEY = 16
const MIN_ARGON2_TAG = 4
const MIN_ARGON2_SALT = 8

/**
 * Whether a hash has the form and parameters that WorkOS documents for its type:
 * https://workos.com/docs/migrate/other-services and the password_hash fields of the API reference.
 */
export function isAcceptedHash(type: HashType, hash: string): boolean {
  switch (type) {
    case 'bcrypt':
      return BCRYPT.test(hash)
    case 'scrypt':
      return isScrypt(hash)
    case 'pbkdf2':
      return isPbkdf2(hash)
    case 'argon2':
      return isArgon2(hash)
    case 'firebase-scrypt':
      return isFirebaseScrypt(hash)
    case 'ssha':
    case 'ssha256':
      return isSsha(type, hash)
  }
}

function isScrypt(hash: string): boolean {
  const match = SCRYPT.exec(hash)
  if (match === null) return false
  const [n = 0, r = 0, p = 0, keyLength = 0] = match.slice(1, 5).map(Number)
  const powerOfTwo = Number.isSafeInteger(n) && Number.isInteger(Math.log2(n))
  const key = Buffer.from(match[5] ?? '', 'base64')
  return powerOfTwo && n >= MIN_SCRYPT_N && r >= 1 && p >= 1 && key.length === keyLength && key.length >= MIN_KEY
}

function isPbkdf2(hash: string): boolean {
  const match = PBKDF2.exec(hash)
  if (match === null) return false
  const rounds = Number(match[1])
  if (bytes(match[3]) < MIN_KEY) return false
  return rounds >= (match[2] === 'sha256' ? 600_000 : 210_000) && rounds <= 1_000_000
}

function isArgon2(hash: string): boolean {
  const match = ARGON2.exec(hash)
  if (match === null) return false
  if (bytes(match[5]) < MIN_ARGON2_SALT || bytes(match[6]) < MIN_ARGON2_TAG) return false
  const [memory = 0, time = 0, parallelism = 0] = match.slice(2, 5).map(Number)
  const leastTime = match[1] === 'i' ? 3 : 1
  const memoryFits = memory >= 4096 && memory <= 262_144
  return memoryFits && time >= leastTime && time <= 5 && parallelism >= 1 && parallelism <= 8
}

function isFirebaseScrypt(hash: string): boolean {
  const match = FIREBASE.exec(hash)
  return match !== null && Number(match[1]) >= 1 && Number(match[2]) >= 1 && bytes(match[3]) >= MIN_KEY
}

function bytes(base64 = ''): number {
  return Buffer.byteLength(base64, 'base64')
}

/**
 * Base64 of digest and salt: longer than the digest alone. WorkOS publishes no form of `ssha256`;
 * this is LDAP's.
 */
function isSsha(type: 'ssha' | 'ssha256', hash: string): boolean {
  const [, size, encoded = ''] = SSHA.exec(hash) ?? []
  const isOfType = (size === undefined) === (type === 'ssha')
  return isOfType && Buffer.from(encoded, 'base64').length > DIGEST_BYTES[type]
}
