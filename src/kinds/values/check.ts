import { safeNfc } from '../../addresses.ts'
import type { JsonObject } from '../../json.ts'
import type { ValueProblem } from '../draft.ts'

/**
 * The checks that kinds share. In: a value as an expression yields it. Out: the value in one form,
 * or a fault with its code, its message and a hint; `take` files that under a field. No message
 * carries a password hash that stands where another value belongs.
 */

/** Why a value is refused, before it is known which field it stands in. */
export type Fault = Omit<ValueProblem, 'field'>

/** A value that was checked: normalised, or refused. */
export type Check<T> = { ok: true; value: T } | { ok: false; fault: Fault }

export function accept<T>(value: T): Check<T> {
  return { ok: true, value }
}

export function refuse(code: string, message: string, hint?: string): Check<never> {
  return { ok: false, fault: hint === undefined ? { code, message } : { code, message, hint } }
}

/** Between these two are the characters of ASCII that print. */
const BLANK = 0x20
const DELETE = 0x7f

/** Whether the source has nothing to say: absent, null, or text of blanks. */
export function isEmpty(value: unknown): boolean {
  if (typeof value !== 'string') return value === undefined || value === null
  const first = value.charCodeAt(0)
  return first > BLANK && first < DELETE ? false : value.trim() === ''
}

/**
 * What database tools and spreadsheets write where a cell holds nothing, also in brackets or
 * quotes.
 */
const NOTHING = /^\s*["'`(<[]?(?:null|none|nil|undefined|nan|#?n\/a|\\N)["'`)>\]]?\s*$/i

/** Whether a text says that nothing is there: no secret is called so. Names of people may be. */
export function saysNothing(text: string): boolean {
  return NOTHING.test(text)
}

/** Takes the value out of a check, or files its fault under `field`. */
export function take<T>(field: string, check: Check<T>, problems: ValueProblem[]): T | undefined {
  if (check.ok) return check.value
  problems.push({ ...check.fault, field })
  return undefined
}

/**
 * How the hashes of common systems begin. Where a column was mapped to the wrong field, a hash
 * stands in the place of an e-mail address, and a message about that must not carry it.
 */
const HASH =
  /\$(?:2[abxy]?|[1567PHSy]|gy|wp|s0|argon2\w*|scrypt|pbkdf2[\w-]*|firebase-scrypt|fbscrypt|bcrypt-sha256|md5|sha1|apr1)\$|\{S?(?:SHA|MD5)-?\d*\}|pbkdf2_sha\d+\w*\$|(?:scrypt|pbkdf2):\w+:\d+|\bscrypt\$\d+\$|\\x2432|AQAAAA[\w+/]{40}/i

/**
 * A value as an error message shows it: JSON, cut to 80 characters; of what holds a password hash,
 * only that it does.
 */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  if (HASH.test(text)) return 'what looks like a password hash'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/**
 * Text, trimmed and NFC, so that keys written in two ways meet; numbers become text; undefined when
 * the source has nothing.
 */
export function optionalText(value: unknown): Check<string | undefined> {
  if (isEmpty(value)) return accept(undefined)
  if (typeof value === 'string') return accept(safeNfc(value.trim()))
  if (typeof value === 'number') return accept(String(value))
  return refuse('not_text', `text is expected, not ${kindOf(value)}`, 'map a single text value')
}

/** Names what a value is, without showing it. */
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

/** true/1/yes/y and false/0/no/n in any case; undefined when the source has nothing. */
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
 * An external id: printable ASCII, no longer than the manifest allows; undefined when the source
 * has none.
 */
export function normaliseExternalId(value: unknown, rules: { maxLength: number }): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined) return text
  if (!PRINTABLE_ASCII.test(text.value)) {
    return refuse(
      'external_id_not_ascii',
      `the external id ${shown(text.value)} is not plain ASCII`,
      'map another value, or leave externalId out',
    )
  }
  if (text.value.length > rules.maxLength) {
    return refuse(
      'external_id_too_long',
      `the external id ${shown(text.value)} has ${text.value.length} characters, at most ${rules.maxLength} are taken`,
      'externalId.maxLength in the manifest sets the limit (WorkOS documents 64, its API description 128)',
    )
  }
  return accept(text.value)
}

/**
 * What a text is of, how long WorkOS lets it be, in characters, and the code with which a longer
 * one is refused.
 */
export interface TextBound {
  what: string
  limit: number
  code: string
}

/** Text, trimmed and NFC, within its bound; undefined when the source has nothing. */
export function boundedText(value: unknown, { what, limit, code }: TextBound): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined || text.value.length <= limit) return text
  return refuse(
    code,
    `${what} ${shown(text.value)} has ${text.value.length} characters`,
    `WorkOS takes at most ${limit}: shorten it in the mapping, like $substring(…, 0, ${limit})`,
  )
}

/** WorkOS's limits on the texts of a role and of a permission, in characters. */
const LABEL_LENGTH = { name: 48, description: 150 }

/** The name and the description of a role or a permission, where the source gives them. */
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
      hint: `WorkOS takes at most ${LABEL_LENGTH[field]}`,
    })
  }
  return labels
}
