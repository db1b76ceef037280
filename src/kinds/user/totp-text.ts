import { counted, figure } from '../../diagnostics/printable.ts'

/** A user whose authenticator app WorkOS cannot take, and who enrols again. */
export interface UnsupportedTotp {
  key: string
  email: string | null
  /** `SHA256`, `8 digits, 60 s`. */
  reason: string
  /** `users.csv:12`. */
  origin: string
}

/** How many reasons are named: parameters may differ from user to user. */
const REASONS = 10

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
