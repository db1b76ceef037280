/**
 * What stands in the place of a password hash. In: a text, whatever its column or its type is
 * called. Out: the hash in WorkOS's terms, the name of a hasher that WorkOS does not take, that it
 * says that there is no password, or the shape of what is no hash.
 */

import { isObject } from '../../../json.ts'
import { aspnetBytes, READERS } from './forms.ts'
import type { ForeignHash } from './reencode.ts'
import { looksHashed, schemeOf, shapeOf } from './strangers.ts'

/**
 * `none`: the source says that there is no password. `notHash`: what there is is no hash; its
 * shape.
 */
export type Recognised = ForeignHash | { none: true } | { notHash: string }

/** Longer than any hash: what else stands in a column may have any length. */
const LONGEST = 4096
/** Shorter than any digest, in bytes. */
const LEAST_BYTES = 16

/**
 * Texts that stand for no password: Django writes `!` and random characters, `passwd -l` puts `!`
 * before the hash, /etc/shadow has `*`, `x`, `*LK*` and `NP`, and database tools write their own
 * words for nothing.
 */
const NO_PASSWORD = /^(?:!.*|\*[01]?|\*[A-Za-z -]{1,16}\*|x|-+|NP|LK|null|none|nil|undefined|n\/a|\\N)$/is

/** Those who sign in elsewhere, by LDAP. */
const ELSEWHERE = /^\{(?:SASL|KERBEROS|SAML)\}/i

/**
 * Names before a hash that says itself what it is: Django's, Spring Security's, Dovecot's and
 * LDAP's.
 */
const LABEL =
  /^(?:bcrypt\$(?=\$)|argon2(?=\$argon2)|(?:bcrypt|argon2\w*|scrypt)[:|](?=\$)|\{(?:bcrypt|blf-crypt|crypt|argon2(?:id|i|d)?|scrypt|ldap|md5-crypt|sha256-crypt|sha512-crypt)(?:@\w+)?\}(?=[${*!]|x$))/i

/** What a text is. It is at least one character without blanks around it. */
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
 * A hash that says itself what it is, however its type is called; undefined for plain digits and
 * for what is no hash.
 */
export function describedHash(text: string): ForeignHash | undefined {
  const hash = bared(text)
  for (const read of READERS) {
    const found = read(hash)
    if (found !== undefined) return found
  }
  // Every scheme that begins with one of these says its name.
  if (!/^(?:[$*{]|U\$|\w+\$)/.test(hash)) return undefined
  const scheme = schemeOf(hash)
  return scheme === undefined ? undefined : { unsupported: scheme }
}

/** Whether a text is surely a hash, wherever it stands: digits and Base64 alone may be anything. */
export function isPlainlyHash(text: string): boolean {
  if (text.length < 20 || text.length > LONGEST) return false
  const found = describedHash(text) ?? unwrapped(bared(text))
  return found !== undefined && ('hash' in found || ('unsupported' in found && found.shape === undefined))
}

/** Whether a text says that there is no password. */
export function saysNoPassword(text: string): boolean {
  return saysNone(bared(text))
}

function saysNone(bare: string): boolean {
  return bare === '' || NO_PASSWORD.test(bare) || ELSEWHERE.test(bare)
}

/** A hash that nobody knows. */
function unknown(text: string): ForeignHash {
  return { unsupported: 'unknown', shape: shapeOf(text) }
}

/**
 * Bytes of a hash in a JSON export, as Node's Buffer (`{ type: "Buffer", data }`) or MongoDB's
 * `$binary`, as text; undefined for anything else.
 */
export function bytesInJson(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const { type, data, $binary: binary } = value
  if (type === 'Buffer' && Array.isArray(data)) return Buffer.from(data.map(Number)).toString('latin1')
  const base64 = isObject(binary) ? binary.base64 : binary
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('latin1') : undefined
}

const BLANKS = /^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$/g

/**
 * Quotes around a text; Python's `b'…'`, where bytes were made text; the `'` with which
 * spreadsheets keep text from being a formula.
 */
const QUOTED = /^b?(["'`])(.*)\1$/s

/** Without blanks, quotes and labels around it. */
function bared(text: string): string {
  const plain = text.replace(BLANKS, '')
  const quoted = QUOTED.exec(plain)?.[2]
  if (quoted !== undefined) return bared(quoted)
  const bare = plain.replace(/^'(?=[$!{\\])/, '').replace(LABEL, '')
  return bare === plain ? bare : bared(bare)
}

/** PostgreSQL's bytea (`\x2432…`), MySQL's and SQL Server's literals (`0x…`, `x'…'`). */
const HEX_BYTES = /^(?:\\{1,2}x|0x|x'(?=.*'$))((?:[\da-f]{2})+)'?$/i

/** A hash within hex digits or Base64. */
function unwrapped(text: string): Recognised | undefined {
  const hex = HEX_BYTES.exec(text)?.[1]
  if (hex !== undefined) return ofBytes(Buffer.from(hex, 'hex'), text)
  if (text.length < 40) return undefined
  const encoding = /^(?:[\da-f]{2})+$/i.test(text) ? 'hex' : /^[A-Za-z\d+/]+={0,2}$/.test(text) ? 'base64' : undefined
  const inner = encoding === undefined ? '' : Buffer.from(text, encoding).toString('latin1')
  return isPrintable(inner) ? describedHash(inner) : undefined
}

function ofBytes(data: Buffer, written: string): Recognised {
  // A column of a fixed width is filled up.
  const text = data.toString('latin1').replace(/\0+$/, '')
  if (isPrintable(text)) return recognisePasswordHash(text)
  if (data.length < LEAST_BYTES) return { notHash: shapeOf(written) }
  const scheme = schemeOf(data.toString('hex'))
  return aspnetBytes(data) ?? (scheme === undefined ? unknown(written) : { unsupported: scheme })
}

function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text)
}
