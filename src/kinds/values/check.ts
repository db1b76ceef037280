import { safeNfc } from '../../addresses.ts'
import type { JsonObject } from '../../json.ts'
import type { ValueProblem } from '../draft.ts'

/**
 * Checks that kinds share. A check returns a normalized value, or a fault with code, message and
 * hint; `take` files the fault under a field. No message contains a password hash, even if it is in
 * the wrong field.
 */

/** Why a value is rejected, before its field is known. */
export type Fault = Omit<ValueProblem, 'field'>

/** A checked value: normalized or rejected. */
export type Check<T> = { ok: true; value: T } | { ok: false; fault: Fault }

export function accept<T>(value: T): Check<T> {
  return { ok: true, value }
}

export function refuse(code: string, message: string, hint?: string): Check<never> {
  return { ok: false, fault: hint === undefined ? { code, message } : { code, message, hint } }
}

/** Printable ASCII is between these two. */
const BLANK = 0x20
const DELETE = 0x7f

/** Whether a value is absent, null, or blank text. */
export function isEmpty(value: unknown): boolean {
  if (typeof value !== 'string') return value === undefined || value === null
  const first = value.charCodeAt(0)
  return first > BLANK && first < DELETE ? false : value.trim() === ''
}

/** What database tools and spreadsheets write for an empty cell, also in brackets or quotes. */
const NOTHING = /^\s*["'`(<[]?(?:null|none|nil|undefined|nan|#?n\/a|\\N)["'`)>\]]?\s*$/i

/** Whether a text is a word for an empty cell. No secret has such a value; a name can. */
export function saysNothing(text: string): boolean {
  return NOTHING.test(text)
}

/** Returns the value of a check, or files its fault under `field`. */
export function take<T>(field: string, check: Check<T>, problems: ValueProblem[]): T | undefined {
  if (check.ok) return check.value
  problems.push({ ...check.fault, field })
  return undefined
}

/**
 * How hashes of common systems begin. If a hash is mapped to another field, such as the email
 * address, messages must not contain it.
 */
const HASH =
  /\$(?:2[abxy]?|[1567PHSy]|gy|wp|s0|argon2\w*|scrypt|pbkdf2[\w-]*|firebase-scrypt|fbscrypt|bcrypt-sha256|md5|sha1|apr1)\$|\{S?(?:SHA|MD5)-?\d*\}|pbkdf2_sha\d+\w*\$|(?:scrypt|pbkdf2):\w+:\d+|\bscrypt\$\d+\$|\\x2432|AQAAAA[\w+/]{40}/i

/**
 * A value for a message: JSON of at most 80 characters. A value that contains a password hash is
 * not shown.
 */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  if (HASH.test(text)) return 'a value that looks like a password hash'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/**
 * Text, trimmed and NFC, so that two spellings of a key match. Numbers become text. Undefined: the
 * source has none.
 */
export function optionalText(value: unknown): Check<string | undefined> {
  if (isEmpty(value)) return accept(undefined)
  if (typeof value === 'string') return accept(safeNfc(value.trim()))
  if (typeof value === 'number') return accept(String(value))
  return refuse('not_text', `expected text, not ${kindOf(value)}`, 'map a single text value')
}

/** The sort of a value, without the value. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['y', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['n', false],
])

/** true/1/yes/y and false/0/no/n in any case. Undefined: the source has none. */
export function parseBoolean(value: unknown): Check<boolean | undefined> {
  if (isEmpty(value)) return accept(undefined)
  if (typeof value === 'boolean') return accept(value)
  const known =
    typeof value === 'string' || typeof value === 'number'
      ? BOOLEAN_WORDS.get(String(value).trim().toLowerCase())
      : undefined
  if (known !== undefined) return accept(known)
  return refuse('not_boolean', `${shown(value)} is neither true nor false`, 'use true/1/yes/y or false/0/no/n')
}

const PRINTABLE_ASCII = /^[\x20-\x7e]+$/

/**
 * An external ID: printable ASCII, no longer than the manifest allows. Undefined: the source has
 * none.
 */
export function normaliseExternalId(value: unknown, rules: { maxLength: number }): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined) return text
  if (!PRINTABLE_ASCII.test(text.value)) {
    return refuse(
      'external_id_not_ascii',
      `the external ID ${shown(text.value)} is not plain ASCII`,
      'map another value, or omit externalId',
    )
  }
  if (text.value.length > rules.maxLength) {
    return refuse(
      'external_id_too_long',
      `the external ID ${shown(text.value)} has ${text.value.length} characters, but the limit is ${rules.maxLength}`,
      'shorten it, or set externalId.maxLength in the manifest (WorkOS documents 64, its API description 128)',
    )
  }
  return accept(text.value)
}

/** What the text is, WorkOS's limit in characters, and the code for a longer text. */
export interface TextBound {
  what: string
  limit: number
  code: string
}

/** Text, trimmed and NFC, within its limit. Undefined: the source has none. */
export function boundedText(value: unknown, { what, limit, code }: TextBound): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined || text.value.length <= limit) return text
  return refuse(
    code,
    `${what} ${shown(text.value)} has ${text.value.length} characters`,
    `shorten it in the mapping, for example $substring(…, 0, ${limit}): WorkOS accepts at most ${limit}`,
  )
}

/** WorkOS's limits on the texts of roles and permissions, in characters. */
const LABEL_LENGTH = { name: 48, description: 150 }

/** The name and description of a role or permission. */
export function readLabels(what: string, fields: Record<string, unknown>, problems: ValueProblem[]): JsonObject {
  const labels: JsonObject = {}
  for (const field of ['name', 'description'] as const) {
    const text = take(field, optionalText(fields[field]), problems)
    if (text === undefined) continue
    labels[field] = text
    if (text.length <= LABEL_LENGTH[field]) continue
    problems.push({
      code: `${what.split(' ')[0]}_text_too_long`,
      field,
      message: `the ${field} of the ${what} has ${text.length} characters`,
      hint: `shorten it: WorkOS accepts at most ${LABEL_LENGTH[field]}`,
    })
  }
  return labels
}
