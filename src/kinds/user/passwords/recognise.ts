/**
 * Recognizes the value of a password column, whatever its column or type says: a hash in WorkOS's
 * form, an unsupported hasher, the absence of a password, or the shape of a value that is not a
 * hash.
 */

import { isObject } from '../../../json.ts'
import { aspnetBytes, READERS } from './forms.ts'
import type { ForeignHash } from './reencode.ts'
import { looksHashed, schemeOf, shapeOf } from './strangers.ts'

/**
 * `none`: the source says that there is no password. `notHash`: the shape of a value that is not a
 * hash.
 */
export type Recognised = ForeignHash | { none: true } | { notHash: string }

/** Longer than any hash, in characters. */
const LONGEST = 4096
/** Shorter than any digest, in bytes. */
const LEAST_BYTES = 16

/**
 * Texts that mean no password: Django writes `!` and random characters, `passwd -l` puts `!` before
 * the hash, /etc/shadow has `*`, `x`, `*LK*` and `NP`, and database tools have their own words.
 */
const NO_PASSWORD = /^(?:!.*|\*[01]?|\*[A-Za-z -]{1,16}\*|x|-+|NP|LK|null|none|nil|undefined|n\/a|\\N)$/is

/** Users who sign in elsewhere, by LDAP. */
const ELSEWHERE = /^\{(?:SASL|KERBEROS|SAML)\}/i

/** Labels of Django, Spring Security, Dovecot and LDAP before a hash that describes itself. */
const LABEL =
  /^(?:bcrypt\$(?=\$)|argon2(?=\$argon2)|(?:bcrypt|argon2\w*|scrypt)[:|](?=\$)|\{(?:bcrypt|blf-crypt|crypt|argon2(?:id|i|d)?|scrypt|ldap|md5-crypt|sha256-crypt|sha512-crypt)(?:@\w+)?\}(?=[${*!]|x$))/i

/** @param text at least one character, trimmed */
export function recognisePasswordHash(text: string): Recognised {
  const hash = bared(text)
  if (saysNone(hash)) return { none: true }
  if (hash.length > LONGEST) return { notHash: shapeOf(hash) }
  const found = describedHash(hash)
  if (found !== undefined) return found
  const wrapped = unwrapped(hash)
  if (wrapped !== undefined) return wrapped
  const scheme = schemeOf(hash)
  if (scheme !== undefined) return { unsupported: scheme }
  return looksHashed(hash) ? unknown(hash) : { notHash: shapeOf(hash) }
}

/**
 * A hash that describes itself, whatever its type is called. Undefined for plain digits and for
 * text that is not a hash.
 */
export function describedHash(text: string): ForeignHash | undefined {
  const hash = bared(text)
  for (const read of READERS) {
    const found = read(hash)
    if (found !== undefined) return found
  }
  // Every scheme that begins with one of these names itself.
  if (!/^(?:[$*{]|U\$|\w+\$)/.test(hash)) return undefined
  const scheme = schemeOf(hash)
  return scheme === undefined ? undefined : { unsupported: scheme }
}

/** Whether a text is certainly a hash in any column: digits and Base64 alone can be anything. */
export function isPlainlyHash(text: string): boolean {
  if (text.length < 20 || text.length > LONGEST) return false
  const found = describedHash(text) ?? unwrapped(bared(text))
  return found !== undefined && ('hash' in found || ('unsupported' in found && found.shape === undefined))
}

export function saysNoPassword(text: string): boolean {
  return saysNone(bared(text))
}

function saysNone(bare: string): boolean {
  return bare === '' || NO_PASSWORD.test(bare) || ELSEWHERE.test(bare)
}

/** A hash of an unknown hasher. */
function unknown(text: string): ForeignHash {
  return { unsupported: 'unknown', shape: shapeOf(text) }
}

/**
 * Bytes of a hash in a JSON export, from Node's Buffer (`{ type: "Buffer", data }`) or MongoDB's
 * `$binary`, as text. Undefined for anything else.
 */
export function bytesInJson(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const { type, data, $binary: binary } = value
  if (type === 'Buffer' && Array.isArray(data)) return Buffer.from(data.map(Number)).toString('latin1')
  const base64 = isObject(binary) ? binary.base64 : binary
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('latin1') : undefined
}

const BLANKS = /^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$/g

/** Quotes around a text; Python's `b'…'` of bytes; the `'` with which spreadsheets mark text. */
const QUOTED = /^b?(["'`])(.*)\1$/s

/** Removes spaces, quotes and labels. */
function bared(text: string): string {
  const plain = text.replace(BLANKS, '')
  const quoted = QUOTED.exec(plain)?.[2]
  if (quoted !== undefined) return bared(quoted)
  const bare = plain.replace(/^'(?=[$!{\\])/, '').replace(LABEL, '')
  return bare === plain ? bare : bared(bare)
}

/** PostgreSQL's bytea (`\x2432…`), and the literals of MySQL and SQL Server (`0x…`, `x'…'`). */
const HEX_BYTES = /^(?:\\{1,2}x|0x|x'(?=.*'$))((?:[\da-f]{2})+)'?$/i

/** A hash inside hex digits or Base64. */
function unwrapped(text: string): Recognised | undefined {
  const hex = HEX_BYTES.exec(text)?.[1]
  if (hex !== undefined) return ofBytes(Buffer.from(hex, 'hex'), text)
  if (text.length < 40) return undefined
  const encoding = /^(?:[\da-f]{2})+$/i.test(text) ? 'hex' : /^[A-Za-z\d+/]+={0,2}$/.test(text) ? 'base64' : undefined
  const inner = encoding === undefined ? '' : Buffer.from(text, encoding).toString('latin1')
  return isPrintable(inner) ? describedHash(inner) : undefined
}

function ofBytes(data: Buffer, written: string): Recognised {
  // A fixed-width column is padded.
  const text = data.toString('latin1').replace(/\0+$/, '')
  if (isPrintable(text)) return recognisePasswordHash(text)
  if (data.length < LEAST_BYTES) return { notHash: shapeOf(written) }
  const scheme = schemeOf(data.toString('hex'))
  return aspnetBytes(data) ?? (scheme === undefined ? unknown(written) : { unsupported: scheme })
}

function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text)
}
