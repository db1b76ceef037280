import { domainToASCII } from 'node:url'
import { addressForm } from '../../addresses.ts'
import type { UserDedupe } from '../../config/manifest.ts'

const ASCII = /^[\x00-\x7f]*$/

/** Google's two names for one mail service (support.google.com/mail/answer/10313). */
const GMAIL: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com'])

/**
 * The form in which addresses are compared to find duplicates: A to Z in lower case, the domain in Punycode; without the tag behind a
 * `+` and without Gmail's dots where the rules say so. Not for sending: the mailbox may know the difference.
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
