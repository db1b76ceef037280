import type { KindSummary } from '../planning/action.ts'
import type { RunOutcome } from '../state/store.ts'
import type { KindResult } from './outcome.ts'

/**
 * How a run ended. What the plan showed as blocked was accepted with the plan (safety.maxRejects): a run is incomplete where more was
 * blocked, or something failed.
 */
export function outcomeOf(
  stop: { outcome: RunOutcome } | { error: unknown } | undefined,
  kinds: readonly Pick<KindResult, 'failed' | 'blocked'>[],
  planned: readonly Pick<KindSummary, 'blocked'>[],
): RunOutcome {
  if (stop !== undefined) return 'error' in stop ? 'stopped' : stop.outcome
  const failed = kinds.reduce((sum, kind) => sum + kind.failed, 0)
  const blocked = kinds.reduce((sum, kind) => sum + kind.blocked, 0)
  const expected = planned.reduce((sum, kind) => sum + kind.blocked, 0)
  return failed > 0 || blocked > expected ? 'incomplete' : 'completed'
}
