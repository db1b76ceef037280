import type { Manifest } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { Normalised, ValueProblem } from '../draft.ts'
import { type Fault, isEmpty, saysNothing } from '../values/check.ts'
import { decode, type Encoding, encode } from '../values/encodings.ts'

/**
 * Reads the secret of an authenticator app in any form that the mapping returns. `takeTotp` returns
 * it in Base32 with issuer and account, or the reason why WorkOS cannot use it. No message contains
 * any part of the secret.
 */

/** The secret of an authenticator app in WorkOS's form. */
export interface TotpFactor {
  /** Base32 in upper case, without spaces and `=`. */
  secret: string
  issuer?: string
  account?: string
}

/**
 * The mapped value of a TOTP secret, after reading. No part of it carries the secret into a
 * message.
 */
export type Totp =
  | { kind: 'none' }
  | { kind: 'factor'; factor: TotpFactor; notes: { code: string; detail: string }[] }
  /** WorkOS cannot use it: it supports only SHA-1, 6 digits and 30 seconds. */
  | { kind: 'unsupported'; reason: string }
  | { kind: 'problem'; fault: Fault }

/** The least bits of a secret: anything shorter is a code or another column. */
const LEAST_BITS = 80

/**
 * RFC 4226, section 4, R6: "The length of the shared secret MUST be at least 128 bits." Many apps
 * still use 80.
 */
const SOUND_BITS = 128

const MEMBERS = ['type', 'secret', 'encoding', 'algorithm', 'digits', 'period', 'issuer', 'account'] as const

const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['base32', 'base32'],
  ['hex', 'hex'],
  ['base64', 'base64'],
  ['base64url', 'base64Url'],
  ['text', 'text'],
])

/**
 * Reads a secret: text, a key URI, `{ secret, encoding, algorithm, digits, period, issuer, account
 * }`, or `{ unsupported }` with the reason. Of a list of apps, the first that WorkOS can use.
 */
export function readTotp(value: unknown, rules: Pick<Manifest['totp'], 'encoding'>): Totp {
  if (!Array.isArray(value)) return readOne(value, rules)
  const read = value.map((item) => readOne(item, rules)).filter(({ kind }) => kind !== 'none')
  const taken = read.find(({ kind }) => kind === 'problem') ?? read.find(({ kind }) => kind === 'factor') ?? read[0]
  if (taken === undefined) return { kind: 'none' }
  if (taken.kind !== 'factor' || read.length === 1) return taken
  return { ...taken, notes: [...taken.notes, { code: 'totp_several', detail: 'totp' }] }
}

function readOne(value: unknown, rules: Pick<Manifest['totp'], 'encoding'>): Totp {
  if (isNoSecret(value)) return { kind: 'none' }
  if (!isObject(value)) return readParts({ secret: value }, rules)
  if (!isEmpty(value.unsupported)) return { kind: 'unsupported', reason: shownReason(value.unsupported) }
  const unknown = Object.keys(value).filter((name) => !MEMBERS.some((member) => member === name))
  if (unknown.length > 0) {
    return problem('the TOTP secret is an object with unknown members', `known members are ${MEMBERS.join(', ')}`)
  }
  return isNoSecret(value.secret) ? { kind: 'none' } : readParts(value, rules)
}

/** `NULL` and `None` happen to be valid Base32. */
function isNoSecret(value: unknown): boolean {
  return isEmpty(value) || (typeof value === 'string' && saysNothing(value))
}

function readParts(parts: Record<string, unknown>, rules: Pick<Manifest['totp'], 'encoding'>): Totp {
  const { secret } = parts
  if (typeof secret !== 'string') return problem('the TOTP secret is not text', 'map a text value')
  if (!isKeyUri(secret)) return readPlain({ ...parts, secret }, rules.encoding)
  const uri = parseKeyUri(secret)
  if (uri === undefined) {
    return problem('the otpauth URI has no secret or is not a URI', 'expected otpauth://totp/Issuer:account?secret=…')
  }
  const { encoder, ...told } = uri
  if (encoder !== undefined) return { kind: 'unsupported', reason: 'codes that are not digits' }
  const given = Object.entries(parts).filter(([name, value]) => name !== 'secret' && !isEmpty(value))
  const contradicts = given.some(([name, value]) => name === 'encoding' && !['base32', 'auto'].includes(plain(value)))
  if (contradicts) return problem('the secret of an otpauth URI is always in Base32', 'remove the encoding')
  // The mapping counts before the URI, in which some systems omit defaults.
  return readPlain({ ...told, ...Object.fromEntries(given), secret: uri.secret }, 'base32')
}

function readPlain(parts: Record<string, unknown> & { secret: string }, fallback: string): Totp {
  const outside = outsideOf(parts)
  if (typeof outside !== 'string') return outside
  if (outside !== '') return { kind: 'unsupported', reason: outside }
  const named = isEmpty(parts.encoding) ? fallback : plain(parts.encoding)
  if (named !== 'auto' && !ENCODINGS.has(named)) {
    return problem(
      'the encoding of the TOTP secret is unknown',
      `known encodings are auto, ${[...ENCODINGS.keys()].join(', ')}`,
    )
  }
  const read = named === 'auto' ? guess(parts.secret) : decodeAs(parts.secret, ENCODINGS.get(named) ?? 'text')
  if (read === undefined) {
    const expected = named === 'auto' ? 'an otpauth URI, Base32, hex or Base64' : named
    return problem(
      `the TOTP secret is not ${expected}`,
      'set totp.encoding to the encoding of the secrets; use text if the text itself is the secret',
    )
  }
  const bits = read.bytes.length * 8
  if (bits < LEAST_BITS) return { kind: 'unsupported', reason: `a secret of ${bits} bits` }
  const factor: TotpFactor = { secret: encode(read.bytes, 'base32') ?? '' }
  for (const name of ['issuer', 'account'] as const) {
    const value = parts[name]
    if (isEmpty(value)) continue
    if (typeof value !== 'string' && typeof value !== 'number') {
      return problem(`the ${name} of the TOTP secret is not text`, 'map a text value')
    }
    factor[name] = String(value).trim()
  }
  const notes = [
    ...(bits < SOUND_BITS ? [{ code: 'totp_weak_secret', detail: `${bits}` }] : []),
    ...(read.ambiguous ? [{ code: 'totp_encoding_ambiguous', detail: 'totp' }] : []),
  ]
  return { kind: 'factor', factor, notes }
}

/** What WorkOS does not support, as text. Empty: nothing. */
function outsideOf({ type, algorithm, digits, period }: Record<string, unknown>): string | Totp {
  const reasons: string[] = []
  if (!isEmpty(type) && plain(type) !== 'totp') reasons.push(plain(type) === 'hotp' ? 'hotp' : 'another type of factor')
  if (!isEmpty(algorithm)) {
    const name = plain(algorithm).replace(/^hmac/, '')
    if (name !== 'sha1')
      reasons.push(/^(sha\d{1,3}(\d{3})?|md5)$/.test(name) ? name.toUpperCase() : 'an unknown algorithm')
  }
  for (const [name, value, only, unit] of [
    ['digits', digits, 6, 'digits'],
    ['period', period, 30, 's'],
  ] as const) {
    if (isEmpty(value)) continue
    const number = typeof value === 'string' && /^\s*\d{1,5}\s*$/.test(value) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isInteger(number)) {
      return problem(`the ${name} of the TOTP secret is not a whole number`, `WorkOS supports only ${only} ${unit}`)
    }
    if (number !== only) reasons.push(`${number} ${unit}`)
  }
  return reasons.join(', ')
}

interface Decoded {
  bytes: Buffer
  ambiguous: boolean
}

/** Base32 if possible, otherwise hex, otherwise Base64. Never raw text, since any text is that. */
function guess(text: string): Decoded | undefined {
  const hex = decodeAs(text, 'hex')
  // Base64 without digits above 7 could be Base32, except for its mixed case.
  const oneCase = text === text.toUpperCase() || text === text.toLowerCase()
  const base32 = oneCase ? decodeAs(text, 'base32') : undefined
  if (base32) return { ...base32, ambiguous: hex !== undefined }
  return hex ?? decodeAs(text, 'base64')
}

/**
 * Base32 above all is shown in groups, and copies can contain the spaces or dashes between them.
 */
const SEPARATORS: Partial<Record<Encoding, RegExp>> = { base32: /[\s-]/g, hex: /\s/g }

function decodeAs(text: string, encoding: Encoding): Decoded | undefined {
  const separators = SEPARATORS[encoding]
  const compact = separators === undefined ? text : text.replace(separators, '')
  const bytes = decode(compact, encoding)
  return bytes === undefined || bytes.length === 0 ? undefined : { bytes, ambiguous: false }
}

/** A name without the case, spaces, `-` and `_`, which have no meaning. */
function plain(value: unknown): string {
  return String(value)
    .toLowerCase()
    .replace(/[\s_-]/g, '')
}

/** A reason that reads like words: a secret in the wrong place must not be shown. */
function shownReason(reason: unknown): string {
  const words = typeof reason === 'string' ? reason.trim() : ''
  return /^[a-z]{1,12}([ -][a-z\d]{1,12}){0,5}$/i.test(words) ? words : 'another reason'
}

function problem(message: string, hint: string): Totp {
  return { kind: 'problem', fault: { code: 'invalid_totp_secret', message, hint } }
}

/**
 * The parts of a key URI, undecoded:
 * https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
interface KeyUri {
  /** `totp` or `hotp`. */
  type: string
  secret: string
  algorithm?: string
  digits?: string
  period?: string
  /** For codes that are not digits: `steam`. */
  encoder?: string
  issuer?: string
  account?: string
}

function isKeyUri(text: string): boolean {
  return /^\s*otpauth:/i.test(text)
}

/**
 * Reads `otpauth://totp/Issuer:account?secret=…`. Undefined: not such a URI, or without a secret.
 */
export function parseKeyUri(text: string): KeyUri | undefined {
  const uri = URL.parse(text.trim())
  const secret = uri?.searchParams.get('secret')
  if (uri === null || secret === null || secret === undefined || secret.trim() === '') return undefined
  const label = unescaped(uri.pathname.replace(/^\/+/, ''))
  if (label === undefined) return undefined
  const colon = label.indexOf(':')
  const named: KeyUri = { type: uri.hostname.toLowerCase(), secret }
  for (const name of ['algorithm', 'digits', 'period', 'encoder', 'issuer'] as const) {
    const value = uri.searchParams.get(name)?.trim()
    if (value !== undefined && value !== '') named[name] = value
  }
  const issuer = named.issuer ?? label.slice(0, Math.max(0, colon)).trim()
  const account = label.slice(colon + 1).trim()
  return { ...named, ...(issuer !== '' && { issuer }), ...(account !== '' && { account }) }
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** From this many characters on, a text that occurs elsewhere is no coincidence. */
const TELLING = 12

interface UserTotp {
  /** The secret attribute `totpSecret`: secret, issuer, account. */
  secret?: JsonObject
  notes: Normalised['notes']
}

/**
 * Reads the authenticator app of a user. Adds a problem if the secret is invalid, if WorkOS does
 * not support it and the manifest rejects such users, or if the metadata contains the secret.
 */
export function takeTotp(
  value: unknown,
  metadata: JsonObject,
  rules: Manifest['totp'],
  problems: ValueProblem[],
): UserTotp {
  const read = readTotp(value, rules)
  if (read.kind === 'none') return { notes: [] }
  const secrets = [...textsOf(value), ...(read.kind === 'factor' ? [read.factor.secret] : [])]
  if (secrets.some((secret) => holds(metadata, secret))) {
    problems.push({
      code: 'totp_secret_in_metadata',
      field: 'metadata',
      message: 'the metadata contains the secret of the authenticator app, readable to everyone who can read the user',
      hint: 'remove that member from map.user.metadata',
    })
  }
  switch (read.kind) {
    case 'problem':
      problems.push({ ...read.fault, field: 'totpSecret' })
      return { notes: [] }
    case 'factor':
      return { secret: secretAttribute(read.factor), notes: read.notes }
    case 'unsupported':
      if (rules.unsupported === 'skip') return { notes: [{ code: 'totp_unsupported', detail: read.reason }] }
      problems.push({
        code: 'unsupported_totp',
        field: 'totpSecret',
        message: `WorkOS does not support the authenticator app (${read.reason}), and totp.unsupported is reject`,
        hint: 'set totp.unsupported to skip to migrate the user without it; WorkOS supports SHA-1, 6 digits and 30 seconds',
      })
      return { notes: [] }
  }
}

function secretAttribute({ secret, issuer, account }: TotpFactor): JsonObject {
  return { secret, ...(issuer !== undefined && { issuer }), ...(account !== undefined && { account }) }
}

/** The texts that can be a secret; of an object, the member `secret`. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (isObject(value)) return textsOf(value.secret)
  return typeof value === 'string' ? [value.trim()] : []
}

function holds(metadata: JsonObject, secret: string): boolean {
  if (secret.length < TELLING) return false
  return Object.entries(metadata).some(([name, text]) => name.includes(secret) || String(text).includes(secret))
}
