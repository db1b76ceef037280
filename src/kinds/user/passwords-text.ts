import { counted, figure } from '../../diagnostics/printable.ts'

/** How many users of the desired set have some one thing said of their password, and what. */
export interface PasswordRemark {
  count: number
  /** Hasher and public parameters: `md5`, `pbkdf2 sha256 i=27500 (i: 600000 to 1000000)`, `bcrypt cost=8`. */
  detail: string
}

/** What becomes of the passwords of one algorithm: `kept` + `reset` + `there` = the users who had one. */
export interface AlgorithmCount {
  /** WorkOS's name of the type, the source's name of one that it does not take, or `clear` for passwords as they are. */
  algorithm: string
  kept: number
  reset: number
  /** Users who were in WorkOS before: nothing is sent, they keep what they have there. */
  there: number
  /** Those of the kept that are weak by today's measure, most first. */
  weak: PasswordRemark[]
  /** Why the others are reset: WorkOS does not take them, or they are weak and the manifest says so. Most first. */
  reasons: (PasswordRemark & { why: 'unsupported' | 'weak' })[]
}

/** What becomes of the passwords of all users of the desired set: `kept` + `reset` + `there` + `none` = these users. */
export interface PasswordCounts {
  kept: number
  reset: number
  there: number
  /** Users for whom the source has no password, or only one of a record that did not prove to be the same person. */
  none: number
  /** Most users first. */
  algorithms: AlgorithmCount[]
}

/** Codes of remarks that the lines about passwords sum up: they are no remarks of a plan besides. */
export const SUMMED_UP: ReadonlySet<string> = new Set(['password_reset_required', 'password_weak_reset'])

/** How many reasons are spelt out for one algorithm: parameters may differ from hash to hash. */
const REASONS = 3

/** One algorithm, and in words what becomes of its passwords. */
interface PasswordLine {
  algorithm: string
  fate: string
}

/** What becomes of the users' passwords, one line for each algorithm. Empty where the source has none at all. */
export function describePasswords({ algorithms, none }: PasswordCounts): PasswordLine[] {
  if (algorithms.length === 0) return []
  const lines = algorithms.map((count) => ({
    algorithm: count.algorithm === 'clear' ? 'in clear' : count.algorithm,
    fate: fateOf(count),
  }))
  return none === 0 ? lines : [...lines, { algorithm: 'none', fate: `${figure(none)} without a password` }]
}

/** What the count is of, in a line. */
export function passwordsHeading({ kept, reset, there }: PasswordCounts): string {
  const before = there === 0 ? '' : `, ${figure(there)} of users who were in WorkOS before`
  return `${figure(kept)} kept, ${figure(reset)} to be reset by their owners${before}`
}

function fateOf({ kept, reset, there, weak, reasons }: AlgorithmCount): string {
  const weakCount = weak.reduce((sum, { count }) => sum + count, 0)
  const weakness = weakCount === 0 ? '' : `, ${figure(weakCount)} of them weak: ${list(weak, ({ detail }) => detail)}`
  const why = list(reasons, ({ why, detail }) =>
    why === 'weak' ? `${detail} is weak (passwords.weak: reset)` : `WorkOS does not take ${detail}`,
  )
  return [
    ...(kept > 0 ? [`${figure(kept)} kept${weakness}`] : []),
    ...(reset > 0 ? [`${figure(reset)} reset: ${why}`] : []),
    ...(there > 0 ? [`${figure(there)} not sent: in WorkOS before, with what they have there`] : []),
  ].join('; ')
}

function list<T extends { count: number }>(items: readonly T[], describe: (item: T) => string): string {
  const shown = items.slice(0, REASONS).map((item) => {
    return items.length === 1 ? describe(item) : `${describe(item)} (${figure(item.count)})`
  })
  const rest = items.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ')
}

/**
 * Why a user comes into WorkOS without the password of the source, or is sent none: `unsupported` and `weak` hashes; a source that has
 * none (`none`), or only one of a record that did not prove to be the same person (`unproven`); an account that was in WorkOS
 * before (`there`), or was adopted and whose address nobody has verified (`unverified`).
 */
export type ResetReason = 'unsupported' | 'weak' | 'none' | 'unproven' | 'there' | 'unverified'

/** Why the password of one user is not migrated, in words. */
export function describeReset({
  reason,
  detail,
  existing,
}: {
  reason: ResetReason
  /** Hasher and public parameters. */
  detail: string
  /** The user was in WorkOS before. */
  existing: boolean
}): string {
  const before = existing ? '; the user was in WorkOS before, and keeps what is there' : ''
  switch (reason) {
    case 'unsupported':
      return `WorkOS does not take ${detail}`
    case 'weak':
      return `${detail} is weak, and passwords.weak is reset`
    case 'none':
      return `the source has no password${before}`
    case 'unproven':
      return `only a record that did not prove to be the same person has a password${before}`
    case 'unverified':
      return 'not sent: nobody has verified the address of the adopted account'
    case 'there':
      return 'not sent: the user was in WorkOS before, and keeps what is there'
  }
}

/** What a comparison with WorkOS cannot see. */
export function describeUnreadable({
  inSource,
  sent,
  leftAlone,
}: {
  inSource: number
  sent: number
  leftAlone: number
}): string {
  const alone = leftAlone === 0 ? '' : `, ${counted(leftAlone, 'user')} from before kept theirs`
  return (
    `passwords cannot be read back from WorkOS: ${figure(inSource)} in the source, ` +
    `${figure(sent)} sent with users that were created${alone}`
  )
}
