import type { Limits } from '../workos/limiter.ts'

/** Requests that applying will send, and the least time they take within the limits. */
export interface Estimate {
  writes: number
  /** Writes to /user_management, which have a window of their own. */
  userManagementWrites: number
  /** Seconds, at least. */
  seconds: number
}

/**
 * The time the windows allow for a number of requests. A window that is filled at once opens again a full length later, so
 * n requests take (⌈n / count⌉ − 1) lengths.
 */
export function estimate(writes: number, userManagementWrites: number, limits: Limits): Estimate {
  const within = (requests: number, { count, perMs }: Limits['writes']) =>
    Math.max(0, Math.ceil(requests / count) - 1) * perMs
  const milliseconds = Math.max(within(userManagementWrites, limits.writes), within(writes, limits.requests))
  return { writes, userManagementWrites, seconds: milliseconds / 1000 }
}
