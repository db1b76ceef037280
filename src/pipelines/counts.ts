/** The figures of a saved plan for later jobs of a pipeline. */

import type { PlanHeader } from '../planning/plan-file.ts'

export interface Counts {
  /** Whether there is something to apply. */
  changes: boolean
  creates: number
  updates: number
  adopts: number
  deletes: number
  blocked: number
  /** Resources that differ in WorkOS and stay as they are. */
  drifted: number
  /** Guards that refuse the plan. If there is one, apply writes nothing. */
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
