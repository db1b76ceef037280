import { canonicalHashType, checkHash, shownHashType } from '../kinds/user/passwords/hash-types.ts'
import { isPlainlyHash, recognisePasswordHash } from '../kinds/user/passwords/recognise.ts'
import { fromClerk } from '../kinds/user/passwords/vendors.ts'
import type { PasswordFate } from './inspection.ts'

export interface Format {
  /** The hasher with its public parameters. */
  format: string
  fate: PasswordFate
  detail?: string
}

const HEX = '[0-9a-f]'
const RESET = 'WorkOS does not accept it'

/** Prefixes of formats that WorkOS accepts. hash-types.ts checks these by their own rules. */
const SHAPES: readonly { test: RegExp; known: string }[] = [
  { test: /^\$2[abxy]\$/, known: 'bcrypt' },
  { test: /^\$argon2(id|i|d)\$/, known: 'argon2' },
  { test: /^\$scrypt\$v=1\$/, known: 'scrypt' },
  { test: /^\$pbkdf2\$/, known: 'pbkdf2' },
  { test: /^\$firebase-scrypt\$/, known: 'firebase-scrypt' },
  { test: /^\{SSHA\}/, known: 'ssha' },
]

const FOREIGN: readonly ({ test: RegExp } & Format)[] = [
  {
    test: /^\$fbscrypt\$/,
    format: "Firebase's scrypt ($fbscrypt$)",
    fate: 'convertible',
    detail: 'as firebase-scrypt',
  },
  {
    test: new RegExp(`^${HEX}{32}:${HEX}{128}$`),
    format: 'scrypt (salt:key in hex)',
    fate: 'convertible',
    detail: 'as scrypt, if Better Auth wrote it',
  },
  {
    test: /^pbkdf2_sha(256|512)\$\d+\$/,
    format: "Django's PBKDF2",
    fate: 'convertible',
    detail: 'as pbkdf2, if it has enough rounds',
  },
  { test: /^\$scrypt\$ln=/, format: 'scrypt ($scrypt$ln=…)', fate: 'convertible', detail: 'as scrypt' },
  { test: /^\$wp\$/, format: "WordPress's bcrypt over SHA-384", fate: 'reset', detail: RESET },
  {
    test: /^AQAAAA[A-Za-z0-9+/]{70,}={0,2}$/,
    format: "ASP.NET Identity's PBKDF2",
    fate: 'convertible',
    detail: 'as pbkdf2, if it has enough rounds',
  },
  { test: /^A[A-P][A-Za-z0-9+/]{64}==$/, format: "ASP.NET Identity 2's PBKDF2", fate: 'reset', detail: RESET },
  { test: /^scrypt\$\d+\$/, format: "Django's scrypt", fate: 'convertible', detail: 'as scrypt' },
  { test: /^argon2\$argon2(id|i|d)\$/, format: "Django's argon2", fate: 'convertible', detail: 'as argon2' },
  {
    test: /^(pbkdf2_sha1|sha1|md5|unsalted_md5|unsalted_sha1|crypt)\$/,
    format: 'an old Django hash',
    fate: 'reset',
    detail: RESET,
  },
  { test: /^bcrypt_sha256\$/, format: "Django's bcrypt_sha256", fate: 'reset', detail: RESET },
  { test: /^\$[PH]\$/, format: 'phpass', fate: 'reset', detail: RESET },
  { test: /^\$1\$/, format: 'md5-crypt', fate: 'reset', detail: RESET },
  { test: /^\$5\$/, format: 'sha256-crypt', fate: 'reset', detail: RESET },
  { test: /^\$6\$/, format: 'sha512-crypt', fate: 'reset', detail: RESET },
  { test: /^\$S\$/, format: 'Drupal 7', fate: 'reset', detail: RESET },
  { test: /^\{SHA\}/, format: 'SHA-1 without salt ({SHA})', fate: 'reset', detail: RESET },
  { test: new RegExp(`^${HEX}{32}$`, 'i'), format: '32 hex digits (md5?)', fate: 'reset', detail: RESET },
  { test: new RegExp(`^${HEX}{40}$`, 'i'), format: '40 hex digits (sha1?)', fate: 'reset', detail: RESET },
  { test: new RegExp(`^${HEX}{64}$`, 'i'), format: '64 hex digits (sha256?)', fate: 'reset', detail: RESET },
  { test: new RegExp(`^${HEX}{128}$`, 'i'), format: '128 hex digits (sha512?)', fate: 'reset', detail: RESET },
]

/** Whether text has the shape of a password hash. Plain hex digits are not enough. */
export function looksLikeHash(text: string): boolean {
  const isKnown = ({ test, format }: { test: RegExp; format: string }) =>
    test.test(text) && !format.includes('hex digits')
  return isPlainlyHash(text) || SHAPES.some(({ test }) => test.test(text)) || FOREIGN.some(isKnown)
}

/** Whether text in a column of secrets has the length of a hex digest. */
export function isHexDigest(text: string): boolean {
  return /^[0-9a-f]+$/i.test(text) && [32, 40, 64, 96, 128].includes(text.length)
}

/**
 * The format of a password hash, and what happens to it. The result contains only public parameters
 * of the hash.
 * @param hasher as named in the record
 */
export function formatOf(hash: string, hasher: string | undefined): Format {
  const text = hash.trim()
  return hasher === undefined ? byShape(text) : byName(text, hasher)
}

function byName(hash: string, hasher: string): Format {
  const own = canonicalHashType(hasher)
  const asIs = judge(own, hash)
  if (asIs !== undefined && asIs.fate !== 'malformed') return asIs
  const foreign = fromClerk(hash, hasher)
  const converted = 'hash' in foreign ? judge(foreign.type, foreign.hash) : undefined
  if (converted !== undefined && converted.fate !== 'malformed') return { ...converted, format: shownHashType(own) }
  return asIs ?? converted ?? { format: shownHashType(own), fate: 'reset', detail: RESET }
}

function byShape(hash: string): Format {
  const known = SHAPES.find(({ test }) => test.test(hash))?.known
  const judged = known === undefined ? undefined : judge(known, hash)
  if (judged !== undefined) return judged
  const foreign = FOREIGN.find(({ test }) => test.test(hash))
  if (foreign === undefined) return byRecognition(hash)
  const { test: _test, ...format } = foreign
  return format
}

function byRecognition(hash: string): Format {
  const found = recognisePasswordHash(hash)
  if ('unsupported' in found && found.shape === undefined) {
    const format = found.writer ?? shownHashType(found.unsupported)
    return { format, fate: 'reset', detail: RESET }
  }
  const judged = 'hash' in found ? judge(found.type, found.hash) : undefined
  if (judged === undefined) return { format: 'no known format', fate: 'malformed', detail: 'check the column' }
  const written = judged.fate === 'taken' ? { fate: 'convertible' as const, detail: `as ${judged.format}` } : {}
  const writer = 'hash' in found ? found.writer : undefined
  return { ...judged, ...written, ...(writer !== undefined && { format: writer }) }
}

function judge(type: string, hash: string): Format | undefined {
  const verdict = checkHash(type, hash)
  switch (verdict?.kind) {
    case undefined:
      return undefined
    case 'sound':
      return { format: type, fate: 'taken' }
    case 'outside':
      return {
        format: verdict.parameters,
        fate: 'reset',
        detail: `outside the range that WorkOS accepts (${verdict.allowed})`,
      }
    case 'malformed':
      return { format: type, fate: 'malformed', detail: `expected ${verdict.expected}` }
  }
}
