import type { ValueProblem } from '../draft.ts'

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

/** Whether the source has nothing to say: absent, null, or text of blanks. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

/** Takes the value out of a check, or files its fault under `field`. */
export function take<T>(field: string, check: Check<T>, problems: ValueProblem[]): T | undefined {
  if (check.ok) return check.value
  problems.push({ ...check.fault, field })
  return undefined
}

/**
 * How the hashes of common systems begin. Where a column was mapped to the wrong field, a hash stands in the place of an
 * e-mail address, and a message about that must not carry it.
 */
const HASH =
  /\$(?:2[abxy]?|[156]|argon2\w*|scrypt|7|pbkdf2[\w-]*|firebase-scrypt|md5|sha1|apr1)\$|\{S?SHA\d*\}|pbkdf2_sha\d+\w*\$/i

/** A value as an error message shows it: JSON, cut to 80 characters; of what holds a password hash, only that it does. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  if (HASH.test(text)) return 'what looks like a password hash'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
