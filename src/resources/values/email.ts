import { accept, type Check, isEmpty, refuse, shown } from './check.ts'

/** RFC 5321, 4.5.3.1: 64 octets before the @, 254 in all. */
const MAX_LOCAL = 64
const MAX_EMAIL = 254

const LOCAL = /^[^\s@<>(),;:"[\]\\\u0000-\u001f\u007f]+$/
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u

/**
 * An e-mail address as WorkOS compares it: trimmed, NFC, lowercased. The shape is checked, not whether the mailbox exists.
 */
export function normaliseEmail(value: unknown): Check<string> {
  if (isEmpty(value))
    return refuse('email_missing', 'the user has no e-mail address', 'WorkOS identifies users by e-mail')
  if (typeof value !== 'string') return refuse('invalid_email', `${shown(value)} is not an e-mail address`)
  const email = value.trim().normalize('NFC').toLowerCase()
  const at = email.lastIndexOf('@')
  const labels = email.slice(at + 1).split('.')
  const local = email.slice(0, Math.max(at, 0))
  const sound =
    LOCAL.test(local) &&
    Buffer.byteLength(local) <= MAX_LOCAL &&
    Buffer.byteLength(email) <= MAX_EMAIL &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label))
  if (sound) return accept(email)
  return refuse(
    'invalid_email',
    `${shown(value)} is not an e-mail address`,
    'expected one address, like name@example.com',
  )
}
