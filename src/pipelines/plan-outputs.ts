/**
 * What the steps behind a plan ask of it. In: the header of a saved plan. Out: names with values, for whatever carries them from one job to
 * the next.
 */

import type { KindSummary } from '../planning/action.ts'
import type { PlanHeader } from '../planning/plan-file.ts'

export interface PlanOutputs {
  /** Whether there is anything to apply. */
  changes: boolean
  creates: number
  updates: number
  adopts: number
  deletes: number
  blocked: number
  /** Whether a guard refuses it: nothing of it may be applied. */
  refused: boolean
  /** Two plans with the same one do the same. Nobody without the API key can make anything of it. */
  digest: string
}

export function planOutputs({ summary, digest }: Pick<PlanHeader, 'summary' | 'digest'>): PlanOutputs {
  const sum = (count: (kind: KindSummary) => number) => summary.kinds.reduce((total, kind) => total + count(kind), 0)
  return {
    changes: summary.changes,
    creates: sum((kind) => kind.create),
    updates: sum((kind) => kind.update),
    adopts: sum((kind) => kind.adopt),
    deletes: sum((kind) => kind.delete),
    blocked: sum((kind) => kind.blocked),
    refused: summary.refusals.length > 0,
    digest: digest.slice(0, 12),
  }
}

/** As a file of variables, a line each: GitLab's dotenv report. */
export function dotenv(outputs: PlanOutputs): string {
  return Object.entries(outputs)
    .map(([name, value]) => `WORKOS_MIGRATE_${name.toUpperCase()}=${value}\n`)
    .join('')
}
