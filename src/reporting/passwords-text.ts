import { figure } from '../diagnostics/printable.ts'
import type { AlgorithmCount, PasswordCounts } from '../kinds/user/passwords/password-counts.ts'

/** How many reasons are spelt out for one algorithm: parameters may differ from hash to hash. */
const REASONS = 3

/** One algorithm, and in words what becomes of its passwords. */
export interface PasswordLine {
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
