import { BadInput } from '../../../diagnostics/errors.ts'
import { isObject } from '../../../json.ts'
import { innermostJson, parseJsonText } from '../../../json-text.ts'
import { decode } from '../../values/encodings.ts'
import { HASH_TYPES, isModified, type Pbkdf2Digest, SIGNER_KEY_BYTES } from './hash-types.ts'
import { describedHash, type Recognised, recognisePasswordHash, saysNoPassword } from './recognise.ts'
import {
  encodeArgon2,
  encodePbkdf2,
  encodeScrypt,
  type ForeignHash,
  firebaseScryptOf,
  isCount,
  Parts,
  pbkdf2Hash,
} from './reencode.ts'

/**
 * How each PBKDF2 hasher of Clerk writes salt and hash, after `<name>$<rounds>$` (the description
 * of `password_hasher` in Clerk's Backend API reference).
 */
const PBKDF2_HASHERS: ReadonlyMap<string, { digest: Pbkdf2Digest; salt: BufferEncoding; hash: BufferEncoding }> =
  new Map([
    ['pbkdf2_sha256', { digest: 'sha256', salt: 'base64', hash: 'base64' }],
    ['pbkdf2_sha256_django', { digest: 'sha256', salt: 'utf8', hash: 'base64' }],
    ['pbkdf2_sha512', { digest: 'sha512', salt: 'utf8', hash: 'hex' }],
    ['pbkdf2_sha512_hex', { digest: 'sha512', salt: 'hex', hash: 'hex' }],
  ])

/** Hashers of Clerk whose digests WorkOS accepts unchanged. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['bcrypt', 'bcrypt'],
  ['argon2i', 'argon2'],
  ['argon2id', 'argon2'],
  ['argon2', 'argon2'],
  ['ldap_ssha', 'ssha'],
])

/**
 * Reads a `password_digest` of Clerk. What the digest shows counts before the name of its hasher,
 * unless that hasher changes the password first. A digest without the parts of its hasher passes
 * unchanged, so that the check of its type calls it damaged.
 */
export function fromClerk(digest: string, hasher: string): Recognised {
  const name = hasher.trim().toLowerCase()
  const text = digest.trim()
  if (saysNoPassword(text)) return { none: true }
  if (name === 'scrypt_firebase') {
    const read = firebaseScrypt(text)
    if (read !== undefined) return read
  }
  const derived = pbkdf2(text, name)
  if (derived !== undefined) return { hash: derived, type: 'pbkdf2' }
  const described = isModified(name) ? undefined : describedHash(text)
  if (described !== undefined) return described
  if (name === 'scrypt_firebase') return { hash: text, type: 'firebase-scrypt' }
  if (PBKDF2_HASHERS.has(name)) return { hash: text, type: 'pbkdf2' }
  return SAME.has(name) ? recognisePasswordHash(text) : { unsupported: name }
}

function firebaseScrypt(digest: string): ForeignHash | undefined {
  const [hash, salt, signerKey, saltSeparator, rounds, memoryCost, ...rest] = digest.split('$')
  if (!hash || !salt || !signerKey || saltSeparator === undefined || rest.length > 0) return undefined
  if (!isCount(rounds) || !isCount(memoryCost)) return undefined
  return firebaseScryptOf({ hash, salt, signerKey, saltSeparator, rounds, memoryCost })
}

function pbkdf2(digest: string, hasher: string): string | undefined {
  const encoding = PBKDF2_HASHERS.get(hasher)
  const [scheme, rounds, salt, hash, ...rest] = digest.split('$')
  if (encoding === undefined || !scheme || !salt || !hash || rest.length > 0) return undefined
  return encodePbkdf2({
    rounds: Number(rounds),
    digest: encoding.digest,
    salt: Buffer.from(salt, encoding.salt),
    hash: Buffer.from(hash, encoding.hash),
  })
}
/**
 * Better Auth stores `salt:key` in hex, made with N=16384, r=16, p=1; the salt for scrypt is the
 * hex text itself (its `packages/better-auth/src/crypto/password.ts`). Undefined for another form.
 */
export function fromBetterAuth(text: string): ForeignHash | undefined {
  const [, salt = '', key = ''] = /^([\da-f]+):([\da-f]{128})$/i.exec(text.trim()) ?? []
  if (salt === '') return undefined
  return encodeScrypt({ n: 16_384, r: 16, p: 1 }, Buffer.from(salt), Buffer.from(key, 'hex'))
}
/** Why a signer key cannot belong to a project. Undefined: it can. */
export function faultOfSignerKey(key: string): string | undefined {
  const bytes = decode(key, 'base64') ?? decode(key, 'base64Url')
  if (bytes === undefined) return 'the signer key is not base64'
  return bytes.length === SIGNER_KEY_BYTES
    ? undefined
    : `the signer key has ${bytes.length} bytes, but keys of Firebase have ${SIGNER_KEY_BYTES}`
}

/**
 * A hash and salt of Firebase's `auth:export` with the project's parameters: `signerKey`,
 * `saltSeparator`, `rounds` and `memoryCost`, or their names in the console. A hash that describes
 * itself needs no parameters.
 * @throws BadInput when a parameter is missing or not a number, or the key is invalid
 */
export function fromFirebase(hash: string, salt: string | undefined, parameters: unknown): Recognised {
  if (saysNoPassword(hash)) return { none: true }
  const described = describedHash(hash)
  if (described !== undefined) return described
  if (salt === undefined) throw new BadInput('the hash has no salt')
  const project = new Parts(parameters).only(
    ...['signerKey', 'saltSeparator', 'rounds', 'memoryCost'],
    ...['base64_signer_key', 'base64_salt_separator', 'memCost', 'mem_cost', 'algorithm'],
  )
  const signerKey = project.text('signerKey', 'base64_signer_key')
  const fault = faultOfSignerKey(signerKey)
  if (fault !== undefined) throw new BadInput(fault)
  return firebaseScryptOf({
    hash,
    salt,
    signerKey,
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
 * Keycloak's own algorithms; those of extensions can have any name. PBKDF2 without a digest is
 * SHA-1, Keycloak's first algorithm.
 */
const OWN = /^(?:argon2|pbkdf2(?:-(sha\d+))?)$/
const FIRST = 'pbkdf2'

/**
 * Reads the password among the `credentials` of a user in a realm export, whose `secretData` and
 * `credentialData` are JSON inside JSON. Accepts one credential or a list. Before version 6, the
 * credential itself had `hashedSaltedValue`, `salt`, `hashIterations` and `algorithm`. What the
 * value shows counts before the algorithm's name: extensions write whole bcrypt and Argon2 strings
 * there.
 * @throws BadInput when a credential of Keycloak's own algorithms lacks a part
 */
export function fromKeycloak(credentials: unknown): Recognised {
  const read = typeof credentials === 'string' ? fromJson(credentials) : credentials
  const list: unknown[] = Array.isArray(read) ? read : [read]
  // Anything else might be a credential in another form, and must not pass for an account without a
  // password.
  if (!list.every(isObject)) throw new BadInput('the credentials are neither a list of objects nor its JSON text')
  const passwords = list.filter((item) => isObject(item) && (item.type === undefined || item.type === 'password'))
  const [password] = passwords.filter(isObject)
  if (password === undefined) return { none: true }
  const { secret, data } = partsOf(password)
  const value = secret.value
  if (value === undefined && password.value !== undefined) return { unsupported: 'plaintext' }
  const algorithm = typeof data.algorithm === 'string' ? data.algorithm.trim().toLowerCase() : undefined
  if (typeof value === 'string') {
    if (saysNoPassword(value)) return { none: true }
    const described = isModified(algorithm ?? '') ? undefined : describedHash(value)
    if (described !== undefined) return described
  }
  const own = OWN.exec(algorithm ?? '')
  if (algorithm !== undefined && own === null) {
    // WorkOS supports hashes of this name, but not in the parts of a Keycloak extension.
    return { unsupported: HASH_TYPES.includes(algorithm) ? `keycloak_${algorithm}` : algorithm }
  }
  const given = new Parts(secret)
  const told = new Parts({ ...data, additionalParameters: undefined })
  const [salt, hash, rounds] = [given.bytes('salt'), given.bytes('value'), told.count(['hashIterations'])]
  if (algorithm === 'argon2') return argon2(data.additionalParameters, rounds, salt, hash)
  told.text('algorithm')
  return pbkdf2Hash(own?.[1] ?? 'sha1', rounds, salt, hash)
}

/** The secret of a credential, and its parameters. */
function partsOf(password: Record<string, unknown>): Record<'secret' | 'data', Record<string, unknown>> {
  const { hashedSaltedValue, salt, hashIterations, algorithm, secretData, credentialData } = password
  if (secretData === undefined && hashedSaltedValue !== undefined) {
    // The first versions had one algorithm and did not name it.
    return { secret: { value: hashedSaltedValue, salt }, data: { hashIterations, algorithm: algorithm ?? FIRST } }
  }
  if (secretData === undefined && password.value !== undefined) return { secret: {}, data: {} }
  return { secret: object(secretData, 'secretData'), data: object(credentialData, 'credentialData') }
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
  const inner = typeof value === 'string' ? fromJson(value) : value
  if (!isObject(inner)) throw new BadInput(`${name} of the credential is not the JSON text of an object`)
  return inner
}

/**
 * The value of a JSON text that was encoded once or several times. Undefined for any other text.
 */
function fromJson(text: string): unknown {
  const parsed = parseJsonText(innermostJson(text))
  return parsed.ok ? parsed.value : undefined
}
