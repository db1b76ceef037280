import { type Limits, ORGANIZATION_DELETES } from '../workos/limiter.ts'

/** Requests that applying will send, and the least time they take within the limits. */
export interface Estimate {
  writes: number
  /** Writes to /user_management, which have a window of their own. */
  userManagementWrites: number
  /** Deletions of organizations, which have a narrow window of their own. */
  organizationDeletes: number
  /** Seconds, at least. */
  seconds: number
}

/**
 * The time the windows allow for a number of requests. A window that is filled at once opens again a full length later, so
 * n requests take (⌈n / count⌉ − 1) lengths.
 */
export function estimate(
  counts: Pick<Estimate, 'writes' | 'userManagementWrites' | 'organizationDeletes'>,
  limits: Limits,
): Estimate {
  const within = (requests: number, { count, perMs }: Limits['writes']) =>
    Math.max(0, Math.ceil(requests / count) - 1) * perMs
  const milliseconds = Math.max(
    within(counts.userManagementWrites, limits.writes),
    within(counts.writes, limits.requests),
    within(counts.organizationDeletes, ORGANIZATION_DELETES),
  )
  return { ...counts, seconds: milliseconds / 1000 }
}
