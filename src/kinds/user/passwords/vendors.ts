import { BadInput } from '../../../diagnostics/errors.ts'
import { isObject } from '../../../json.ts'
import { parseJsonText } from '../../../json-text.ts'
import type { Pbkdf2Digest } from './hash-types.ts'
import { recognisePasswordHash } from './recognise.ts'
import {
  encodeArgon2,
  encodePbkdf2,
  encodeScrypt,
  type ForeignHash,
  firebaseScryptOf,
  Parts,
  pbkdf2Hash,
} from './reencode.ts'

/**
 * How each PBKDF2 hasher of Clerk writes salt and hash, after `<name>$<rounds>$`
 * (the description of `password_hasher` in Clerk's Backend API reference).
 */
const PBKDF2_HASHERS: ReadonlyMap<string, { digest: Pbkdf2Digest; salt: BufferEncoding; hash: BufferEncoding }> =
  new Map([
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
  if (PBKDF2_HASHERS.has(name)) return { hash: pbkdf2(text, name) ?? text, type: 'pbkdf2' }
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
  const encoding = PBKDF2_HASHERS.get(hasher)
  const [, rounds, salt, hash, ...rest] = digest.split('$')
  if (encoding === undefined || !salt || !hash || rest.length > 0) return undefined
  return encodePbkdf2({
    rounds: Number(rounds),
    digest: encoding.digest,
    salt: Buffer.from(salt, encoding.salt),
    hash: Buffer.from(hash, encoding.hash),
  })
}
/**
 * Better Auth stores `salt:key` in hex, made with N=16384, r=16, p=1; the salt that goes into scrypt is the hex text itself
 * (its `packages/better-auth/src/crypto/password.ts`). Undefined for what is not of this form.
 */
export function fromBetterAuth(text: string): ForeignHash | undefined {
  const [, salt = '', key = ''] = /^([\da-f]+):([\da-f]{128})$/i.exec(text.trim()) ?? []
  if (salt === '') return undefined
  return encodeScrypt({ n: 16_384, r: 16, p: 1 }, Buffer.from(salt), Buffer.from(key, 'hex'))
}
/**
 * A hash and salt of Firebase's `auth:export` with the project's parameters: `signerKey`, `saltSeparator`, `rounds` and
 * `memoryCost`, or by the names that the console shows them under.
 * @throws BadInput when a parameter is missing or no number
 */
export function fromFirebase(hash: string, salt: string, parameters: unknown): ForeignHash {
  const project = new Parts(parameters).only(
    ...['signerKey', 'saltSeparator', 'rounds', 'memoryCost'],
    ...['base64_signer_key', 'base64_salt_separator', 'memCost', 'mem_cost', 'algorithm'],
  )
  return firebaseScryptOf({
    hash,
    salt,
    signerKey: project.text('signerKey', 'base64_signer_key'),
    saltSeparator: project.text('saltSeparator', 'base64_salt_separator'),
    rounds: project.count(['rounds']),
    memoryCost: project.count(['memoryCost', 'memCost', 'mem_cost']),
  })
}

/** Keycloak's versions of Argon2 by name. */
const ARGON2_VERSIONS: ReadonlyMap<string, number> = new Map([
  ['1.3', 19],
  ['1.0', 16],
])

/**
 * The password among the `credentials` of a user in a realm export, whose `secretData` and `credentialData` are JSON inside
 * JSON. Takes one credential or a list of them. Undefined where there is no password.
 * @throws BadInput when it does not have the parts that Keycloak writes
 */
export function fromKeycloak(credentials: unknown): ForeignHash | undefined {
  const list: unknown[] = Array.isArray(credentials) ? credentials : [credentials]
  const passwords = list.filter((item) => isObject(item) && (item.type === undefined || item.type === 'password'))
  const [password] = passwords.filter(isObject)
  if (password === undefined) return undefined
  const secret = new Parts(object(password.secretData, 'secretData'))
  const data = object(password.credentialData, 'credentialData')
  const told = new Parts({ ...data, additionalParameters: undefined })
  const salt = secret.bytes('salt')
  const hash = secret.bytes('value')
  const algorithm = told.text('algorithm').toLowerCase()
  const rounds = told.count(['hashIterations'])
  if (algorithm === 'argon2') return argon2(data.additionalParameters, rounds, salt, hash)
  // Without a digest it is SHA-1, Keycloak's first algorithm.
  const digest = /^pbkdf2(?:-(sha\d+))?$/.exec(algorithm)
  return digest === null ? { unsupported: algorithm } : pbkdf2Hash(digest[1] ?? 'sha1', rounds, salt, hash)
}

function argon2(additional: unknown, time: number, salt: Buffer, hash: Buffer): ForeignHash {
  const lists = isObject(additional) ? Object.entries(additional) : []
  const given = new Parts(
    Object.fromEntries(lists.map(([name, value]) => [name, Array.isArray(value) ? value[0] : value])),
  )
  const version = given.optional('version') ?? '1.3'
  return encodeArgon2({
    variant: given.optional('type') ?? 'id',
    version: ARGON2_VERSIONS.get(version) ?? Number(version),
    memory: given.count(['memory']),
    time,
    lanes: given.count(['parallelism']),
    salt,
    hash,
  })
}

function object(value: unknown, name: string): Record<string, unknown> {
  const parsed = typeof value === 'string' ? parseJsonText(value) : undefined
  const inner = parsed === undefined ? value : parsed.ok ? parsed.value : undefined
  if (!isObject(inner)) throw new BadInput(`${name} of the credential is not the JSON text of an object`)
  return inner
}
