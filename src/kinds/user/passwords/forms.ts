/**
 * Readers of hashes that describe themselves: modular crypt, PHC strings, and the forms of Django,
 * Werkzeug, passlib, Spring Security, LDAP, ASP.NET Identity and Firebase. Each returns the hash in
 * WorkOS's form, or undefined for another form. A text that begins like WorkOS's form but is not
 * valid passes unchanged, so that the check of its type calls it damaged.
 */

import { ARGON2_VERSION } from './hash-types.ts'
import {
  encodeArgon2,
  encodeScrypt,
  type ForeignHash,
  firebaseScryptOf,
  isCount,
  padded,
  pbkdf2Hash,
  type Writer,
} from './reencode.ts'

type Reader = (text: string) => ForeignHash | undefined

const BASE64 = '[A-Za-z\\d+/_.-]+=*'
const HEX = '(?:[\\da-f]{2})+'

/** The most frequent first. */
export const READERS: readonly Reader[] = [
  (text) => (/^\$2[aby]\$/.test(text) ? { hash: text, type: 'bcrypt' } : undefined),
  argon2,
  firebase,
  scrypt,
  pbkdf2,
  ssha,
]

const ARGON2 = new RegExp(`^\\$argon2(id|i|d)\\$(?:v=(\\d+)\\$)?([\\w=,]+)\\$(${BASE64})\\$(${BASE64})$`)

function argon2(text: string): ForeignHash | undefined {
  const [, variant, version = '16'] = /^\$argon2(id|i|d)\$(?:v=(\d+)\$)?/.exec(text) ?? []
  if (variant === undefined) return undefined
  if (version !== String(ARGON2_VERSION)) return { unsupported: `argon2${variant}_v${version}` }
  const [, , , listed = '', salt, hash] = ARGON2.exec(text) ?? []
  const { m, t, p, ...others } = parametersIn(listed.split(','))
  if (!salt || !hash || !m || !t || !p || Object.keys(others).length > 0) return { hash: text, type: 'argon2' }
  const cost = { memory: Number(m), time: Number(t), lanes: Number(p) }
  return encodeArgon2({ variant, version: ARGON2_VERSION, ...cost, salt: bytes(salt), hash: bytes(hash) })
}

/**
 * Firebase's scrypt as WorkOS writes it, padded or not; as WorkOS's own migration tool writes it
 * (`$firebase-scrypt$hash=…$salt=…$sk=…`, in any order); and as Supabase Auth writes it, where n is
 * the memory cost (its `internal/crypto/password.go`).
 */
function firebase(text: string): ForeignHash | undefined {
  const [, name, rest = ''] = /^\$(firebase-scrypt|fbscrypt)\$(.*)$/s.exec(text) ?? []
  if (name === undefined) return undefined
  const damaged = name === 'fbscrypt' ? undefined : { hash: text, type: 'firebase-scrypt' }
  const groups = rest.split('$')
  const isNamed = groups.some((group) => group.startsWith('hash='))
  const named = parametersIn(isNamed ? groups : groups.slice(0, -2).join(',').split(','))
  const [salt, hash] = isNamed ? [named.salt, named.hash] : groups.slice(-2)
  const { v = '1', p = '1' } = named
  const rounds = named.r ?? named.rounds
  const memoryCost = name === 'fbscrypt' ? named.n : (named.m ?? named.memcost ?? named.mem_cost)
  const signerKey = named.sk ?? named.signerkey ?? named.base64_signer_key
  const saltSeparator = named.ss ?? named.saltseparator ?? named.base64_salt_separator ?? ''
  if (v !== '1' || !salt || !hash || !signerKey || !isCount(rounds) || !isCount(memoryCost)) return damaged
  // WorkOS's form has no place for parallelism.
  if (p !== '1') return { unsupported: 'fbscrypt_parallel' }
  return firebaseScryptOf({ hash, salt, signerKey, saltSeparator, rounds, memoryCost })
}

const PHC_SCRYPT = new RegExp(`^\\$scrypt\\$(?:v=1\\$)?([\\w=,]+)\\$(${BASE64})\\$(${BASE64})$`)
const WERKZEUG_SCRYPT = new RegExp(`^scrypt:(\\d+):(\\d+):(\\d+)\\$([^$]+)\\$(${HEX})$`, 'i')
const DJANGO_SCRYPT = new RegExp(`^scrypt\\$(\\d+)\\$([^$]+)\\$(\\d+)\\$(\\d+)\\$(${BASE64})$`)
const PACKED_SCRYPT = new RegExp(`^\\$(?:s0\\$)?([\\da-f]{4,8})\\$(${BASE64})\\$(${BASE64})$`)

/**
 * From this value on, n of a PHC string is N itself; below it is log2(N), as npm's `@phc/scrypt`
 * writes it.
 */
const LEAST_N = 64
const LEAST_LOGARITHM = 7

function scrypt(text: string): ForeignHash | undefined {
  if (text.startsWith('$scrypt$')) return phcScrypt(text)
  if (text.startsWith('scrypt:')) {
    const [, n, r, p, salt = '', key = ''] = WERKZEUG_SCRYPT.exec(text) ?? []
    return scryptHash([n, r, p], Buffer.from(salt), Buffer.from(key, 'hex'))
  }
  if (text.startsWith('scrypt$')) {
    const [, n, salt = '', r, p, key = ''] = DJANGO_SCRYPT.exec(text) ?? []
    return scryptHash([n, r, p], Buffer.from(salt), bytes(key))
  }
  // Java's (lambdaworks, Spring Security): log2(N), r and p as the bytes of one number in hex.
  const [, packed, salt = '', key = ''] = PACKED_SCRYPT.exec(text) ?? []
  if (packed === undefined) return undefined
  const number = Number.parseInt(packed, 16)
  const [logarithm, r, p] = [number >>> 16, (number >>> 8) & 0xff, number & 0xff]
  if (logarithm < LEAST_LOGARITHM || r === 0 || p === 0) return undefined
  return encodeScrypt({ n: 2 ** logarithm, r, p }, bytes(salt), bytes(key))
}

function phcScrypt(text: string): ForeignHash | undefined {
  const [, listed = '', salt = '', key = ''] = PHC_SCRYPT.exec(text) ?? []
  const { n, ln, r, p } = parametersIn(listed.split(','))
  // In WorkOS's own form n is always N: a logarithm there is an error.
  const isOwn = text.startsWith('$scrypt$v=1$')
  const logarithm = ln ?? (!isOwn && n !== undefined && Number(n) < LEAST_N ? n : undefined)
  const cost = logarithm === undefined ? n : String(2 ** Number(logarithm))
  const isPadded = text.includes('=$') || text.endsWith('=')
  const read = isOwn && !isPadded ? undefined : scryptHash([cost, r, p], bytes(salt), bytes(key))
  return read ?? (isOwn ? { hash: text, type: 'scrypt' } : undefined)
}

function scryptHash(cost: readonly (string | undefined)[], salt: Buffer, key: Buffer): ForeignHash | undefined {
  const [n, r, p] = cost.map(Number)
  if (!n || !r || !p || salt.length === 0 || key.length === 0) return undefined
  return encodeScrypt({ n, r, p }, salt, key)
}

const DJANGO_PBKDF2 = new RegExp(`^pbkdf2_(sha\\d+)\\$(\\d+)\\$([^$]+)\\$(${BASE64})$`)
const WERKZEUG_PBKDF2 = new RegExp(`^pbkdf2:(sha\\d+):(\\d+)\\$([^$]+)\\$(${HEX})$`, 'i')
const PHC_PBKDF2 = new RegExp(
  `^\\$pbkdf2(?:-(sha\\d+))?\\$(?:i=)?(\\d+)(?:,l=\\d+)?(?:,d=(sha\\d+))?\\$(${BASE64})\\$(${BASE64})$`,
)
const LDAP_PBKDF2 = new RegExp(`^\\{PBKDF2(?:[-_](SHA\\d+))?\\}(\\d+)\\$(${BASE64})\\$(${BASE64})$`, 'i')
const GRUB = new RegExp(`^grub\\.pbkdf2\\.(sha\\d+)\\.(\\d+)\\.(${HEX})\\.(${HEX})$`, 'i')

/**
 * Django and Werkzeug use the salt as text; passlib, LDAP and PHC strings have it in Base64, with
 * `.` for `+`.
 */
function pbkdf2(text: string): ForeignHash | undefined {
  if (!/^(?:pbkdf2[_:]sha|\$pbkdf2[$-]|\{pbkdf2|grub\.pbkdf2)/i.test(text)) return aspnet(text)
  const [, digest, rounds, salt = '', key = ''] = DJANGO_PBKDF2.exec(text) ?? []
  if (digest !== undefined) return pbkdf2Hash(digest, Number(rounds), Buffer.from(salt), bytes(key))
  const werkzeug = WERKZEUG_PBKDF2.exec(text)
  if (werkzeug !== null) {
    const [, name = '', count, salted = '', hex = ''] = werkzeug
    return pbkdf2Hash(name, Number(count), Buffer.from(salted), Buffer.from(hex, 'hex'))
  }
  const phc = PHC_PBKDF2.exec(text)
  if (phc !== null) {
    const [, scheme, count, member, salted = '', hash = ''] = phc
    return pbkdf2Hash(scheme ?? member ?? 'sha1', Number(count), bytes(salted), bytes(hash))
  }
  const ldap = LDAP_PBKDF2.exec(text)
  if (ldap !== null) {
    const [, name = 'sha1', count, salted = '', hash = ''] = ldap
    return pbkdf2Hash(name, Number(count), bytes(salted), bytes(hash))
  }
  const grub = GRUB.exec(text)
  if (grub !== null) {
    const [, name = '', count, salted = '', hash = ''] = grub
    return pbkdf2Hash(name, Number(count), Buffer.from(salted, 'hex'), Buffer.from(hash, 'hex'))
  }
  // Spring Security keeps digest, rounds and salt length in its settings.
  if (/^\{pbkdf2(?:@\w+)?\}[\da-f]+$/i.test(text)) return { unsupported: 'pbkdf2_spring' }
  if (/^pbkdf2:sha\d+\$/i.test(text)) return { unsupported: 'pbkdf2_without_rounds' }
  return text.startsWith('$pbkdf2$i=') ? { hash: text, type: 'pbkdf2' } : undefined
}

/** The PRFs of ASP.NET Identity version 3, by number (its `KeyDerivationPrf`). */
const PRFS = ['sha1', 'sha256', 'sha512']
const V2: Writer = 'ASP.NET Identity v2'
const V3: Writer = 'ASP.NET Identity v3'
const V2_BYTES = 49
const V3_HEAD = 13

/**
 * ASP.NET Identity's hashes: Base64 of bytes that begin with the version. 0: salt and hash of
 * PBKDF2 with SHA-1 and 1000 rounds. 1: digest, rounds and salt length, each in four bytes, then
 * salt and hash (its `PasswordHasher.cs`).
 */
function aspnet(text: string): ForeignHash | undefined {
  return /^A[\w+/-]{60,}=*$/.test(text) ? aspnetBytes(bytes(text)) : undefined
}

/** The same as bytes. */
export function aspnetBytes(data: Buffer): ForeignHash | undefined {
  if (data[0] === 0 && data.length === V2_BYTES) return { unsupported: 'pbkdf2_sha1', writer: V2 }
  if (data[0] !== 1 || data.length <= V3_HEAD) return undefined
  const digest = PRFS[data.readUInt32BE(1)]
  const saltEnd = V3_HEAD + data.readUInt32BE(9)
  const [salt, hash] = [data.subarray(V3_HEAD, saltEnd), data.subarray(saltEnd)]
  if (digest === undefined || salt.length < 8 || hash.length < 16) return undefined
  return { ...pbkdf2Hash(digest, data.readUInt32BE(5), salt, hash), writer: V3 }
}

/** LDAP's salted digests that WorkOS names; the scheme in any case. */
function ssha(text: string): ForeignHash | undefined {
  const [, scheme, encoded = ''] = /^\{SSHA(|-?256)\}(.*)$/is.exec(text) ?? []
  if (scheme === undefined) return undefined
  const type = scheme === '' ? 'ssha' : 'ssha256'
  return { hash: `{${type.toUpperCase()}}${padded(encoded)}`, type }
}

/** Named parameters, `m=65536`, with names in lower case; parts without a name are ignored. */
function parametersIn(list: readonly string[]): Record<string, string | undefined> {
  const pairs = list.flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=')
    return at < 0 ? [] : [[pair.slice(0, at).trim().toLowerCase(), pair.slice(at + 1)]]
  })
  return Object.fromEntries(pairs)
}

/** Base64 of either alphabet, padded or not; passlib writes `.` for `+`. */
function bytes(base64: string): Buffer {
  return Buffer.from(base64.replaceAll('.', '+'), 'base64')
}
