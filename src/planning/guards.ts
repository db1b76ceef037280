import { exceeds } from '../config/limits.ts'
import type { Manifest, Threshold } from '../config/manifest.ts'
import type { KindSummary } from './kind-summary.ts'

/** A threshold that refuses a plan: the figure, the limit, and what allows it. */
export interface GuardRefusal {
  guard: string
  figure: number
  /** What a percentage is of. */
  total: number
  limit: Threshold
  message: string
  hint: string
}

/** Below this many resources a percentage says nothing: three changed of eight are not a disaster. */
export const PERCENTAGE_FROM = 20

/** The guards that a plan offends. */
export function checkGuards(
  safety: Manifest['safety'],
  kinds: readonly KindSummary[],
  rejected: number,
): GuardRefusal[] {
  const sum = (field: 'create' | 'update' | 'desired' | 'blocked') =>
    kinds.reduce((total, kind) => total + kind[field], 0)
  const desired = sum('desired')
  const refusals: GuardRefusal[] = []
  const check = (guard: 'maxCreates' | 'maxUpdates' | 'maxRejects', figure: number, total: number, what: string) => {
    const limit = safety[guard]
    if (limit === undefined || figure === 0) return
    if (typeof limit === 'string' && total < PERCENTAGE_FROM) return
    if (!exceeds(limit, figure, total)) return
    refusals.push({
      guard,
      figure,
      total,
      limit,
      message: `${figure} of ${total} ${what}, and safety.${guard} allows ${limit}`,
      hint: `look at them; if they are right, set safety.${guard} in the manifest to ${figure} or more`,
    })
  }
  check('maxCreates', sum('create'), desired, 'resources would be created')
  check('maxUpdates', sum('update'), desired, 'resources would be updated')
  check('maxRejects', rejected + sum('blocked'), desired + rejected, 'records and resources are rejected or blocked')
  return refusals
}
