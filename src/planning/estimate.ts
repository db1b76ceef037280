import type { Limit } from '../config/limits.ts'
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
  /** The limit that takes longest: `writes` and `requests` are those of the manifest. */
  limit: Limit & { of: 'writes' | 'requests' | 'organization deletes' }
}

/**
 * The time the windows allow for a number of requests. A window that is filled at once opens again a full length later, so
 * n requests take (⌈n / count⌉ − 1) lengths.
 */
export function estimate(
  counts: Pick<Estimate, 'writes' | 'userManagementWrites' | 'organizationDeletes'>,
  limits: Limits,
): Estimate {
  const windows = [
    { of: 'writes', requests: counts.userManagementWrites, ...limits.writes },
    { of: 'requests', requests: counts.writes, ...limits.requests },
    { of: 'organization deletes', requests: counts.organizationDeletes, ...ORGANIZATION_DELETES },
  ] as const
  const timed = windows.map(({ of, requests, count, perMs }) => ({
    limit: { of, count, perMs },
    milliseconds: Math.max(0, Math.ceil(requests / count) - 1) * perMs,
    // Where nothing waits: how near the window is to being full.
    filled: requests / count,
  }))
  const [slowest] = timed.toSorted((a, b) => b.milliseconds - a.milliseconds || b.filled - a.filled)
  if (slowest === undefined) throw new RangeError('there is no limit')
  return { ...counts, seconds: slowest.milliseconds / 1000, limit: slowest.limit }
}
