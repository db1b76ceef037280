import { applyPlan } from '../applying/apply.ts'
import type { ApplyResult } from '../applying/apply-result.ts'
import { systemClock } from '../clock.ts'
import { WorkLeft } from '../planning/estimate.ts'
import type { Plan } from '../planning/plan.ts'
import { ActionEvents, emitRun } from '../reporting/emit-events.ts'
import type { Target } from '../workos/target.ts'
import type { Ended } from './notify.ts'
import type { Session } from './session.ts'
import type { World } from './world.ts'

/** A run that is over. */
export interface Applied {
  result: ApplyResult
  seconds: number
}

/**
 * Carries a plan out, and tells how far it is.
 * @param options.command the command, for the history of runs
 * @param options.ended learns what the run came to, whatever becomes of the rest
 * @throws as applyPlan
 */
export async function carryOut(
  { loaded, state, target, progress, interrupted }: Session,
  plan: Plan,
  { command, ended = {} }: { command: string; ended?: Ended },
  { events, clock }: World,
): Promise<Applied> {
  const left = new WorkLeft(plan)
  const phase = plan.purpose === 'destroy' ? 'deleting' : 'applying'
  progress.begin({ phase, total: left.total, leastMs: () => target.leastMs(left.requests()) })
  const actions = events && new ActionEvents(events, clock ?? systemClock)
  const started = performance.now()
  try {
    const applied = await applyPlan({
      plan,
      manifest: loaded.manifest,
      state,
      target,
      command,
      interrupted,
      clock,
      ready: () => events?.room(),
      onStart(action) {
        actions?.start(action)
        left.start(action)
      },
      onAction(action, outcome) {
        progress.finish(outcome.type === 'failed' || outcome.type === 'blocked' ? outcome.type : 'done')
        actions?.end(action, outcome)
      },
    })
    const result: ApplyResult =
      applied.outcome === 'deadline' ? { ...applied, left: { seconds: leastSeconds(left, target) } } : applied
    ended.result = result
    await state.checkPlace()
    progress.clear()
    actions?.close()
    const seconds = (performance.now() - started) / 1000
    if (events) emitRun(events, result, seconds)
    return { result, seconds }
  } finally {
    progress.clear()
    actions?.close()
  }
}

function leastSeconds(left: WorkLeft, target: Target): number {
  return Math.ceil(target.leastMs(left.requests()) / 1000)
}
