import type { DesiredSet } from '../desired/desired-set.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { type UnsupportedTotp, unsupportedTotp, unsupportedTotpCounts } from '../kinds/user/derived-totp.ts'
import { counted, type Paint } from './style.ts'

/** How many reasons are named: parameters may differ from user to user. */
const REASONS = 10

export interface TotpTextOptions {
  paint: Paint
  /** How many users are listed. */
  limit: number
  write: (text: string) => void
}

/** Whose authenticator app WorkOS cannot take, by reason and by user. */
export function renderUnsupportedTotp(set: DesiredSet, { paint, limit, write }: TotpTextOptions): void {
  const reasons = unsupportedTotpCounts(set)
  const total = sum(reasons)
  if (total === 0) return
  write(`\n${paint('bold', 'Authenticator apps left behind')}  ${paint('dim', totpHeading(total))}\n`)
  write(`  ${printable(describeReasons(reasons))}\n`)
  let shown = 0
  for (const user of unsupportedTotp(set, Number.isFinite(limit) ? limit : undefined)) {
    shown += 1
    write(`  ${paint('yellow', '≠')} ${printable(`user:${user.key}`)}${printable(describeUser(user))}\n`)
  }
  if (total > shown) write(`  … ${figure(total - shown)} more, with --full\n`)
}

/** What the count is of, in a line. */
export function totpHeading(total: number): string {
  return `${counted(total, 'user')} migrated without a factor, to enrol again`
}

/** `3 SHA256, 1 8 digits` as `SHA256 (3), 8 digits (1)`. */
export function describeReasons(reasons: readonly { reason: string; count: number }[]): string {
  const named = reasons.slice(0, REASONS).map(({ reason, count }) => `${reason} (${figure(count)})`)
  const rest = reasons.length - named.length
  return [...named, ...(rest > 0 ? [`and ${counted(rest, 'more reason')}`] : [])].join(', ')
}

/** The rest of a line that begins with the user's address. */
export function describeUser({ key, email, reason, origin }: UnsupportedTotp): string {
  return `${email === null || email === key ? '' : `  ${email}`} (${origin}): ${reason}`
}

/** How many users the reasons are of. */
export function sum(reasons: readonly { count: number }[]): number {
  return reasons.reduce((total, { count }) => total + count, 0)
}
