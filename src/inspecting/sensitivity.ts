/**
 * Decides what can be shown of a record: secret names, categories, types and shapes of values,
 * harmless values.
 */
import { isObject } from '../json.ts'
import { isHexDigest, looksLikeHash } from './password-format.ts'

/** Words in names of secrets. Deliberately broad: secrets are only counted. */
const SECRET =
  /pass(word|wd|phrase)?|pwd|kennwort|geheim|contrase[nñ]a|wachtwoord|senha|hash|digest|salt|secret|token|totp|otp|seed|signer|private ?key|(sign|signing|encryption|decryption) ?key|api ?key|credential|recovery|backup ?code|cookie|session/
/**
 * Endings of names that describe a secret but are not secret: the hasher, its rounds, dates, flags.
 */
const BESIDE_SECRET =
  /(hasher|type|method|algorithm|algo|rounds|iterations|mem ?cost|enabled|required|date|at|updated|changed|expiry|expires|count|hint ?text|temporary|totp issuer|totp user|totp account)$/
/** Columns that classify users and do not identify them. */
const CATEGORY =
  /^(role|roles|rollen?|rôles?|rol|ruol[oi]|papel|realm roles|groups|group|group name|role names|hash method|.*verified|role slug|role slugs|role name|password hasher|hasher|password hash type|hash type|algorithm|provider|providers|provider id|connection|strategy|status|state|type|user ?status|locale|language|plan|tier|edition|enabled|disabled|blocked|banned|verified|email verified|is social|mfa enabled|aud|realm|user type|secret encoding|alg|scope)$/

/**
 * Cache of split names, because records repeat their names. Bounded, because a map has an unlimited
 * number of names.
 */
const known = new Map<string, string>()
const MAX_KNOWN = 10_000

/**
 * The words of a name: `passwordHasher`, `password_hasher`, `Password Hasher` → `password hasher`.
 */
export function wordsOf(name: string): string {
  const before = known.get(name)
  if (before !== undefined) return before
  const words = takenApart(name)
  if (known.size < MAX_KNOWN) known.set(name, words)
  return words
}

function takenApart(name: string): string {
  return name
    .normalize('NFC')
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase()
}

/** Whether a member with this name, or anything inside it, is secret. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name)
  return SECRET.test(words) && !BESIDE_SECRET.test(words)
}

/**
 * Whether values of a member with this name can be listed, because they classify users and do not
 * identify them.
 */
export function isCategoryName(name: string): boolean {
  return CATEGORY.test(wordsOf(name))
}

/** Longer JSON text is not parsed. Characters. */
const LONGEST_JSON = 64 * 1024

/** Whether a value is not null or empty. */
export function isFilled(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** The type of a value. Inspects text, because CSV files contain only text. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'empty list' : 'list'
  if (isObject(value)) return Object.keys(value).length === 0 ? 'empty object' : 'object'
  if (typeof value !== 'string') return typeof value
  return value === '' ? 'empty' : typeOfText(value)
}

function typeOfText(text: string): string {
  if (/^[^\s@]{1,64}@[^\s@]+\.[^\s@.]+$/.test(text)) return 'email'
  if (/^-?\d{1,40}(\.\d{1,40})?$/.test(text)) return 'number'
  if (/^(true|false|yes|no|[ynt]|f)$/i.test(text)) return 'yes/no'
  if (/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.{0,20})?$/.test(text)) return 'time'
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return 'UUID'
  if (/^https?:\/\//.test(text)) return 'URL'
  if (/^[[{]/.test(text) && isJson(text)) return 'JSON text'
  return looksLikeHash(text) ? 'password hash' : 'text'
}

/** Like `typeOf`, for a value in a column of secrets. */
export function secretTypeOf(value: unknown): string {
  const type = typeOf(value)
  if (typeof value !== 'string' || (type !== 'text' && type !== 'number')) return type
  if (isHexDigest(value)) return 'password hash'
  return /^([A-Z2-7]{16,}=*|otpauth:.*)$/i.test(value) ? 'TOTP secret' : type
}

function isJson(text: string): boolean {
  if (text.length > LONGEST_JSON) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const LONGEST = 40
const LONGEST_RUN = 6

/**
 * The shape of a value without its content: letters become x or X, digits 9. Long runs and values
 * are shortened, because their exact length does not matter.
 */
export function shapeOf(value: string): string {
  const masked = value
    .slice(0, LONGEST * 4)
    .replace(/\p{Lu}/gu, 'X')
    .replace(/[\p{L}\p{M}]/gu, (letter) => (letter === 'X' ? 'X' : 'x'))
    .replace(/\p{N}/gu, '9')
    .replace(/[^ -~]/gu, '·')
    .replace(/(?=[xX]*9|X*x[xX]*X)[xX9]{12,}/g, 'x9X…')
    .replace(/(.)\1+/g, (run, character: string) => (run.length > LONGEST_RUN ? `${character.repeat(3)}…` : run))
  return masked.length > LONGEST ? `${masked.slice(0, LONGEST)}…` : masked
}

/** Plausible names of members. */
const NAME = /^\$?[\p{L}\p{M}\p{N}_ .:/()'’°*#&?-]{1,64}$/u
const DATA_IN_NAME = /\d{6,}|[0-9a-f]{16,}/i

/**
 * A member's name for display. Data in its place, such as an address, an ID or a row without a
 * header, is masked.
 */
export function shownName(name: string): string {
  return NAME.test(name) && !DATA_IN_NAME.test(name) ? name : `⟨${shapeOf(name)}⟩`
}

/** Whether a value of a category can be shown: a word, not an address, a hash, an ID or a token. */
export function isHarmless(value: string): boolean {
  if (!/^[\p{L}\p{N} _.:|/+-]{1,40}$/u.test(value)) return false
  // Long mixes of letters and digits are not words. A TOTP secret (Base32) has at least 16
  // characters.
  if (/(?=\p{L}*\p{N})(?=\p{N}*\p{L})[\p{L}\p{N}]{16,}/u.test(value)) return false
  return !/[0-9a-f]{12,}/i.test(value) && !(value.length > 24 && /\d/.test(value)) && !/\d{7,}/.test(value)
}
