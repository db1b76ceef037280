import type { Location } from '../../diagnostics/problem.ts'
import type { Json } from '../../json.ts'

/** One thing in which what came of a record is not what its test expects. No secret is in it. */
export interface Difference {
  /** `user.email`, `membership[1].roles`, `rejected` */
  what: string
  /** Where the expectation is written. */
  at: Location
  /** In words, where values alone would not tell, or may not be shown. */
  message?: string
  /** Absent: nothing is expected. Secrets are neither here nor in `actual`. */
  expected?: Json
  /** Absent: there is nothing. */
  actual?: Json
}

/** How a test ended. It has passed without differences. */
export interface TestOutcome {
  name: string
  at: Location
  differences: Difference[]
}
