import type { KindDefinition, LiveResource } from '../resources/kind.ts'

/** How far the clocks of this machine and of WorkOS may be apart. Milliseconds. */
const CLOCK_SKEW = 5 * 60_000

/**
 * Whether a resource found after a write with an open outcome is that write's, or was there before: what existed before
 * we wrote is adopted, and never deleted by an undo.
 */
export function ownershipOf({ undated }: KindDefinition, live: LiveResource, sentAt: Date): 'created' | 'adopted' {
  if (undated) return 'created'
  if (live.createdAt === null) return 'adopted'
  return Date.parse(live.createdAt) >= sentAt.getTime() - CLOCK_SKEW ? 'created' : 'adopted'
}
