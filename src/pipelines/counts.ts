/**
 * What the jobs behind a plan ask of it. In: the header of a saved plan. Out: names with values,
 * for whatever carries them from one job to the next.
 */

import type { PlanHeader } from '../planning/plan-file.ts'

/** What a step of a pipeline tells the next ones of a plan. */
export interface Counts {
  /** Whether there is anything to apply. */
  changes: boolean
  creates: number
  updates: number
  /** They exist in WorkOS already, and become ours. */
  adopts: number
  deletes: number
  blocked: number
  /** Resources that are different in WorkOS, and left so. */
  drifted: number
  /** Reasons for which a guard refuses the plan: with one, apply writes nothing. */
  refused: number
}

export function countsOf({ summary }: Pick<PlanHeader, 'summary'>): Counts {
  const sum = (of: 'create' | 'update' | 'adopt' | 'delete' | 'blocked' | 'drifted' | 'gone') =>
    summary.kinds.reduce((total, kind) => total + kind[of], 0)
  return {
    changes: summary.changes,
    creates: sum('create'),
    updates: sum('update'),
    adopts: sum('adopt'),
    deletes: sum('delete'),
    blocked: sum('blocked'),
    drifted: sum('drifted') + sum('gone'),
    refused: summary.refusals.length,
  }
}
