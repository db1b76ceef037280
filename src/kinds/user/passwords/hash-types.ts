import { nearest } from '../../../config/nearest.ts'

/**
 * The password hashes that WorkOS supports: canonical type names, whether a hash is valid, damaged
 * or outside WorkOS's limits, and whether it is weak. Results contain only public parameters of a
 * hash.
 */

const CHECKS: ReadonlyMap<string, (hash: string) => HashVerdict> = new Map([
  ['bcrypt', checkBcrypt],
  ['scrypt', checkScrypt],
  ['pbkdf2', checkPbkdf2],
  ['argon2', checkArgon2],
  ['firebase-scrypt', checkFirebaseScrypt],
  ['ssha', checkSsha],
])

/** Other names that exports use for supported types, without `-`, `_` and spaces. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['argon2i', 'argon2'],
  ['argon2d', 'argon2'],
  ['argon2id', 'argon2'],
  ['firebasescrypt', 'firebase-scrypt'],
  ['ldapssha', 'ssha'],
  ['auth0', 'bcrypt'],
  ['oktabcrypt', 'bcrypt'],
])

/** Every `password_hash_type` that WorkOS supports and whose format is published. */
export const HASH_TYPES: readonly string[] = [...CHECKS.keys()]

/** WorkOS's name for a hash type. An unsupported type keeps its name, in lower case. */
export function canonicalHashType(type: string): string {
  const name = type.trim().toLowerCase()
  return ALIASES.get(foldType(name)) ?? name
}

/** Parts of the names of hashers. */
const HASHER = /crypt|pbkdf|argon|sha\d?|md\d|phpass|hmac|ntlm|django|drupal|wordpress|cognito|whirlpool|plain/

/**
 * A type for messages. If hash and type are swapped, this is the hash: only text that reads like a
 * hasher is shown.
 */
export function shownHashType(type: string): string {
  const isName = HASHER.test(type) || knownType(type) !== 'unknown'
  return /^[a-z0-9_.:-]{1,24}$/.test(type) && isName ? type : 'an unknown type'
}

/** Undefined: WorkOS does not support this type. */
export function checkHash(type: string, hash: string): HashVerdict | undefined {
  return CHECKS.get(type)?.(hash)
}

/**
 * The result of checking a password hash. `malformed`: not of the format, an error of the export or
 * the mapping. `outside`: valid, but with parameters that WorkOS does not support, so its user must
 * reset the password; `allowed` lists each such parameter with its range: `m: 4096 to 262144`.
 * Neither contains any part of the hash but its public parameters.
 */
export type HashVerdict =
  | { kind: 'sound' }
  | { kind: 'malformed'; expected: string }
  | { kind: 'outside'; parameters: string; allowed: string }

const SOUND: HashVerdict = { kind: 'sound' }

/** Base64 of at least one byte without padding, as in PHC strings. */
const BASE64_UNPADDED = '(?=[A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3})?'

/**
 * The least length in bytes of a PBKDF2 or scrypt hash. NIST SP 800-132 requires 14, and hashers
 * write 16 or more: anything shorter was cut off.
 */
const LEAST_DERIVED = 16

/** The number of bytes of Base64 without `=`. */
function bytesIn(unpadded: string): number {
  return Buffer.byteLength(unpadded, 'base64')
}

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/** bcrypt in its usual 60 characters, cost 4 to 31. */
function checkBcrypt(hash: string): HashVerdict {
  const cost = Number(BCRYPT.exec(hash)?.[1])
  if (cost >= 4 && cost <= 31) return SOUND
  return { kind: 'malformed', expected: '60 characters that start with $2a$, $2b$ or $2y$ and a cost, like $2b$10$…' }
}

const SCRYPT = new RegExp(
  `^\\$scrypt\\$v=1\\$n=(\\d+),r=(\\d+),p=(\\d+),kl=(\\d+)\\$${BASE64_UNPADDED}\\$(${BASE64_UNPADDED})$`,
)

/** The least N of a real hash: a smaller value is log2(N). */
const SCRYPT_LEAST_N = 128

/** scrypt as a PHC string, where n is N itself (a power of two), not its logarithm. */
function checkScrypt(hash: string): HashVerdict {
  const found = SCRYPT.exec(hash)
  const expected = '$scrypt$v=1$n=16384,r=8,p=1,kl=64$<salt>$<hash>, base64 without ='
  if (found === null) return { kind: 'malformed', expected }
  const [n, r, p, length] = [Number(found[1]), Number(found[2]), Number(found[3]), Number(found[4])]
  if (n < SCRYPT_LEAST_N || !Number.isInteger(Math.log2(n))) {
    return {
      kind: 'malformed',
      expected: `${expected}, where n is the cost itself and a power of two, not its logarithm`,
    }
  }
  const bytes = bytesIn(found[5] ?? '')
  if (r < 1 || p < 1 || bytes !== length) {
    return { kind: 'malformed', expected: `${expected}, where kl is the length of the hash in bytes` }
  }
  if (bytes < LEAST_DERIVED) {
    return { kind: 'malformed', expected: `${expected}, where the hash has at least ${LEAST_DERIVED} bytes` }
  }
  return SOUND
}

const PBKDF2 = new RegExp(`^\\$pbkdf2\\$i=(\\d+),d=(sha\\d+)\\$${BASE64_UNPADDED}\\$(${BASE64_UNPADDED})$`)

/** Rounds that WorkOS accepts. */
const PBKDF2_ROUNDS = { sha256: { least: 600_000, most: 1_000_000 }, sha512: { least: 210_000, most: 1_000_000 } }

export type Pbkdf2Digest = keyof typeof PBKDF2_ROUNDS

/** PBKDF2 in WorkOS's form, with SHA-256 or SHA-512. */
function checkPbkdf2(hash: string): HashVerdict {
  const found = PBKDF2.exec(hash)
  const expected = '$pbkdf2$i=600000,d=sha256$<salt>$<hash>, base64 without ='
  if (found === null) return { kind: 'malformed', expected }
  const [, rounds, digest, derived = ''] = found
  if (bytesIn(derived) < LEAST_DERIVED) {
    return { kind: 'malformed', expected: `${expected}, where the hash has at least ${LEAST_DERIVED} bytes` }
  }
  const parameters = `pbkdf2 ${digest} i=${rounds}`
  if (digest !== 'sha256' && digest !== 'sha512') return { kind: 'outside', parameters, allowed: 'd: sha256 or sha512' }
  const { least, most } = PBKDF2_ROUNDS[digest]
  if (Number(rounds) >= least && Number(rounds) <= most) return SOUND
  return { kind: 'outside', parameters, allowed: `i: ${least} to ${most}` }
}

/**
 * Argon2 version 1.3, the only one that WorkOS accepts. A string without a version is 1.0, which is
 * 16.
 */
export const ARGON2_VERSION = 19

/** Bytes that every implementation requires: RFC 9106, section 3.1. */
const LEAST_SALT = 8
const LEAST_TAG = 4

const ARGON2 = new RegExp(
  `^\\$argon2(id|i|d)\\$(?:v=(\\d+)\\$)?m=(\\d+),t=(\\d+),p=(\\d+)\\$(${BASE64_UNPADDED})\\$(${BASE64_UNPADDED})$`,
)

/** Argon2 as a PHC string. WorkOS accepts m 4096–262144 KiB, t 1–5 (argon2i from 3), p 1–8. */
function checkArgon2(hash: string): HashVerdict {
  const found = ARGON2.exec(hash)
  const expected = '$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>, base64 without ='
  if (found === null) return { kind: 'malformed', expected }
  const [, variant, version = '16', memory, time, lanes, salt = '', tag = ''] = found
  if (bytesIn(salt) < LEAST_SALT || bytesIn(tag) < LEAST_TAG) {
    const least = `where the salt has at least ${LEAST_SALT} bytes and the hash ${LEAST_TAG}`
    return { kind: 'malformed', expected: `${expected}, ${least}` }
  }
  const leastTime = variant === 'i' ? 3 : 1
  const allowed = [
    ...(Number(version) === ARGON2_VERSION ? [] : [`v: ${ARGON2_VERSION}`]),
    ...(within(memory, 4096, 262_144) ? [] : ['m: 4096 to 262144']),
    ...(within(time, leastTime, 5) ? [] : [`t: ${leastTime} to 5`]),
    ...(within(lanes, 1, 8) ? [] : ['p: 1 to 8']),
  ]
  if (allowed.length === 0) return SOUND
  const odd = Number(version) === ARGON2_VERSION ? '' : `v=${version},`
  const parameters = `argon2${variant} ${odd}m=${memory},t=${time},p=${lanes}`
  return { kind: 'outside', parameters, allowed: allowed.join(', ') }
}

function within(written: string | undefined, least: number, most: number): boolean {
  return Number(written) >= least && Number(written) <= most
}

/** Bytes of the signer key of every Firebase project: its hashes are the encrypted key. */
export const SIGNER_KEY_BYTES = 64

/**
 * WorkOS documents a separator in every hash, and every Firebase project has one: a hash without it
 * must not be sent.
 */
const FIREBASE_SCRYPT = new RegExp(
  `^\\$firebase-scrypt\\$v=1\\$r=(\\d+),m=(\\d+),ss=${BASE64_UNPADDED},sk=(${BASE64_UNPADDED})\\$${BASE64_UNPADDED}\\$(${BASE64_UNPADDED})$`,
)

/** Firebase's own scrypt in WorkOS's form: every hash contains the parameters of the project. */
function checkFirebaseScrypt(hash: string): HashVerdict {
  const found = FIREBASE_SCRYPT.exec(hash)
  const expected = '$firebase-scrypt$v=1$r=8,m=14,ss=<salt separator>,sk=<signer key>$<salt>$<hash>, base64 without ='
  if (found === null || Number(found[1]) < 1 || Number(found[2]) < 1) return { kind: 'malformed', expected }
  const [, , , signerKey = '', derived = ''] = found
  if (bytesIn(signerKey) !== SIGNER_KEY_BYTES) {
    const has = `this key has ${bytesIn(signerKey)}`
    return { kind: 'malformed', expected: `${expected}, where the signer key has ${SIGNER_KEY_BYTES} bytes; ${has}` }
  }
  if (bytesIn(derived) >= LEAST_DERIVED) return SOUND
  return { kind: 'malformed', expected: `${expected}, where the hash has at least ${LEAST_DERIVED} bytes` }
}

const SSHA = /^\{SSHA(?:256)?\}((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/
const SHA1_BYTES = 20
const SHA256_BYTES = 32

/**
 * Salted SHA-1 as LDAP writes it: `{SSHA}` and the Base64 of the 20 bytes of the digest and then
 * the salt.
 */
function checkSsha(hash: string): HashVerdict {
  if (hash.startsWith('{SSHA}') && saltedBytes(hash) > SHA1_BYTES) return SOUND
  return { kind: 'malformed', expected: '{SSHA} and the base64 of sha1(password + salt) followed by the salt' }
}

/**
 * Salted SHA-256 as LDAP writes it. WorkOS names the type but publishes no format: it is sent only
 * if the manifest allows it and sets the position of the salt.
 */
export function checkSsha256(hash: string): HashVerdict {
  if (hash.startsWith('{SSHA256}') && saltedBytes(hash) > SHA256_BYTES) return SOUND
  return { kind: 'malformed', expected: '{SSHA256} and the base64 of the digest followed by the salt' }
}

function saltedBytes(hash: string): number {
  return Buffer.from(SSHA.exec(hash)?.[1] ?? '', 'base64').length
}

/**
 * Hashers of other systems that WorkOS does not support, by the names in exports. Case, spaces,
 * `-`, `_` and `.` do not count: `SHA-256` is `sha256`.
 */
const UNSUPPORTED: readonly string[] = [
  // Clerk, `password_hasher`:
  // https://clerk.com/docs/reference/backend-api/tag/Users#operation/CreateUser
  ...['bcrypt_sha256_django', 'bcrypt_peppered', 'md5', 'md5_salted', 'md5_phpass', 'pbkdf2_sha1', 'sha256'],
  ...['sha256_salted', 'sha512_symfony', 'hmac_sha256_utf16_b64', 'awscognito', 'phpass', 'scrypt_standard'],
  // Auth0, `custom_password_hash`:
  // https://auth0.com/docs/manage-users/user-migration/bulk-user-import-database-schema-and-examples
  ...['md4', 'sha1', 'sha512', 'hmac', 'ldap'],
  // Firebase, `auth:import --hash-algo`: https://firebase.google.com/docs/cli/auth
  ...['hmac_sha512', 'hmac_sha256', 'hmac_sha1', 'hmac_md5', 'pbkdf_sha1'],
  // Clerk's API reports that a hash was imported, but not how it was made.
  'imported',
  // FusionAuth: https://fusionauth.io/docs/reference/password-hashes
  ...['salted_md5', 'salted_sha256', 'salted_sha512', 'salted_hmac_sha256', 'salted_pbkdf2_hmac_sha1', 'phpass_md5'],
  ...['phpass_sha512', 'salted_drupal_sha512', 'drupal'],
  // WorkOS names it but publishes no format: see passwords.ssha256.
  'ssha256',
  // LDAP, crypt(3), PHP applications and others.
  ...['ssha512', 'smd5', 'sha', 'sha224', 'sha384', 'sha3', 'md5_crypt', 'md5_apr1', 'sha256_crypt', 'sha512_crypt'],
  ...['descrypt', 'des_crypt', 'crypt', 'yescrypt', 'wordpress', 'wordpress_bcrypt', 'drupal_sha512', 'django_sha1'],
  ...['ntlm', 'nthash', 'mysql', 'whirlpool', 'ripemd160', 'blake2b', 'okta', 'cognito', 'plain', 'plaintext'],
  ...['django_md5', 'bcrypt_sha256', 'bcrypt_2x', 'sha1_crypt', 'sun_md5', 'scrypt_7', 'scrypt_ruby', 'drupal_phpass'],
]

/**
 * Hashers that change the password before they hash it: their hashes look like those of another
 * hasher, but are not.
 */
const MODIFIED: ReadonlySet<string> = new Set(
  ['bcrypt_sha256_django', 'bcrypt_sha256', 'bcrypt_peppered', 'wordpress_bcrypt'].map(foldType),
)

export function isModified(type: string): boolean {
  return MODIFIED.has(foldType(type))
}

/** Hashers whose hashes WorkOS supports once re-encoded; the type alone is not enough. */
const FOREIGN: readonly string[] = [
  ...['pbkdf2_sha256', 'pbkdf2_sha256_django', 'pbkdf2_sha512', 'pbkdf2_sha512_hex', 'scrypt_firebase'],
  ...['scrypt_werkzeug', 'fbscrypt', 'standard_scrypt', 'salted_pbkdf2_hmac_sha256', 'salted_pbkdf2_hmac_sha512'],
]

const FOLDED_UNSUPPORTED: ReadonlySet<string> = new Set(UNSUPPORTED.map(foldType))
const FOLDED_FOREIGN: ReadonlySet<string> = new Set(FOREIGN.map(foldType))

/** A type name without the characters in which writers differ. */
function foldType(type: string): string {
  return type.toLowerCase().replace(/[-_.\s]/g, '')
}

/**
 * `unsupported`: a known hasher that WorkOS does not support. `foreign`: one whose hashes must be
 * re-encoded. `unknown`: not a hasher.
 */
export function knownType(type: string): 'unsupported' | 'foreign' | 'unknown' {
  const folded = foldType(type)
  if (FOLDED_UNSUPPORTED.has(folded)) return 'unsupported'
  return FOLDED_FOREIGN.has(folded) ? 'foreign' : 'unknown'
}

/** The type that a misspelled one probably means. */
export function likelyType(type: string, accepted: readonly string[]): string | undefined {
  return type.length > 24 ? undefined : nearest(type, [...accepted, ...FOREIGN, ...UNSUPPORTED])
}

/**
 * The least cost of bcrypt, and the least memory of Argon2 in KiB for each number of passes: OWASP
 * Password Storage Cheat Sheet.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const BCRYPT_COST = 10
const ARGON2_MEMORY: readonly number[] = [47_104, 19_456, 12_288, 9216, 7168]

/**
 * N·r of scrypt with N=16384, r=8, or 16 MiB: recommended for logins in its paper of 2009, and used
 * by Firebase for every project.
 */
const SCRYPT_BLOCKS = 16_384 * 8

/**
 * Why a hash that WorkOS accepts is weak by today's standards: the algorithm and the parameter that
 * is too low. Undefined: it is not weak. WorkOS accepts no weak PBKDF2.
 * @param hash valid, of a supported type
 */
export function weakness(type: string, hash: string): string | undefined {
  switch (type) {
    case 'ssha':
    case 'ssha256':
      return type
    case 'bcrypt':
      return bcrypt(Number(hash.slice(4, 6)))
    case 'argon2':
      return argon2(/^\$argon2(id|i|d)\$v=19\$m=(\d+),t=(\d+),/.exec(hash) ?? [])
    case 'scrypt':
      return scrypt(/\$n=(\d+),r=(\d+),/.exec(hash) ?? [])
    case 'firebase-scrypt':
      return firebase(/\$r=(\d+),m=(\d+),/.exec(hash) ?? [])
    default:
      return undefined
  }
}

function bcrypt(cost: number): string | undefined {
  return cost < BCRYPT_COST ? `bcrypt cost=${cost}` : undefined
}

function argon2([, variant, memory, time]: readonly string[]): string | undefined {
  const least = ARGON2_MEMORY[Number(time) - 1] ?? 0
  return Number(memory) < least ? `argon2${variant} m=${memory},t=${time}` : undefined
}

function scrypt([, n, r]: readonly string[]): string | undefined {
  return Number(n) * Number(r) < SCRYPT_BLOCKS ? `scrypt n=${n},r=${r}` : undefined
}

function firebase([, r, m]: readonly string[]): string | undefined {
  return 2 ** Number(m) * Number(r) < SCRYPT_BLOCKS ? `firebase-scrypt r=${r},m=${m}` : undefined
}
