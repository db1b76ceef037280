import { domainToASCII } from 'node:url'
import { addressForm, codePointOf, confusableIn, hidesAscii, looksLikeAddress, takenFor } from '../../addresses.ts'
import type { UserDedupe } from '../../config/manifest.ts'
import { accept, type Check, type Fault, isEmpty, refuse, shown } from './check.ts'

/** RFC 5321, section 4.5.3.1: 64 octets before the @, 254 in total. */
const MAX_LOCAL = 64
const MAX_EMAIL = 254

const LOCAL = /^[^\s@<>(),;:"[\]\\\u0000-\u001f\u007f]+$/
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u

/**
 * An address that is valid unchanged: ASCII of the usual characters, without capital letters and
 * spaces.
 */
const PLAIN = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z0-9]+(?:-+[a-z0-9]+)*$/

/**
 * An address in the form for comparing: trimmed, A to Z in lower case, other characters unchanged.
 * Checks the shape, not whether the mailbox exists.
 */
export function normaliseEmail(value: unknown): Check<string> {
  if (isEmpty(value))
    return refuse(
      'email_missing',
      'the user has no email address',
      'add the address: WorkOS identifies users by their email address',
    )
  if (typeof value === 'string' && value.length <= MAX_EMAIL && PLAIN.test(value)) return accept(value)
  if (typeof value !== 'string') return refuse('invalid_email', `${shown(value)} is not an email address`)
  const email = addressForm(value)
  const confusable = confusableAddress(email)
  if (confusable !== undefined) return { ok: false, fault: confusable }
  const at = email.lastIndexOf('@')
  const labels = email.slice(at + 1).split('.')
  const local = email.slice(0, Math.max(at, 0))
  const sound =
    email.isWellFormed() &&
    LOCAL.test(local) &&
    Buffer.byteLength(local) <= MAX_LOCAL &&
    Buffer.byteLength(email) <= MAX_EMAIL &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label) && !hidesAscii(label))
  if (sound) return accept(email)
  return refuse(
    'invalid_email',
    `${shown(value)} is not an email address`,
    'expected one address, like name@example.com',
  )
}

/**
 * Why an address is rejected that a program can take for another one. Undefined for other addresses
 * and for text that is not an address.
 */
export function confusableAddress(text: string): Fault | undefined {
  const character = confusableIn(text.trim())
  if (character === undefined || !looksLikeAddress(text)) return undefined
  const taken = takenFor(character)
  const how = taken === '' ? 'which some programs omit' : `which some programs read as ${JSON.stringify(taken)}`
  return {
    code: 'confusable_email',
    message: `the address ${shown(text)} contains the character ${codePointOf(character)}, ${how}: it can be mistaken for another address`,
    hint: 'correct the address in the source, or skip the record with map.user.when',
  }
}

const ASCII = /^[\x00-\x7f]*$/

/** Two names of one mail service (support.google.com/mail/answer/10313). */
const GMAIL: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com'])

/**
 * The form in which addresses are compared to find duplicates: A to Z in lower case, the domain in
 * Punycode; by the rules, without the tag after `+` and without Gmail's dots. Not for sending: a
 * mailbox can depend on the difference.
 */
export function comparedEmail(email: string, rules: UserDedupe['email']): string {
  const text = addressForm(email)
  const at = text.lastIndexOf('@')
  if (at < 1) return text
  const written = text.slice(at + 1)
  const domain = ASCII.test(written) ? written : domainToASCII(written) || written
  const tag = rules.plusTags === 'ignore' ? text.slice(0, at).indexOf('+') : -1
  const local = text.slice(0, tag > 0 ? tag : at)
  if (rules.gmailDots !== 'ignore' || !GMAIL.has(domain)) return `${local}@${domain}`
  return `${local.replaceAll('.', '') || local}@gmail.com`
}
