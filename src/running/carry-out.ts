import { applyPlan } from '../applying/apply.ts'
import type { ApplyResult } from '../applying/apply-result.ts'
import { systemClock } from '../clock.ts'
import { WorkLeft } from '../planning/estimate.ts'
import type { Plan } from '../planning/plan.ts'
import { ActionEvents, emitRun } from '../reporting/emit-events.ts'
import { duration } from '../reporting/style.ts'
import type { Target } from '../workos/target.ts'
import { remark, type Telling } from './listeners.ts'
import type { Ended } from './notify.ts'
import type { Session } from './session.ts'
import type { World } from './world.ts'

/** A run that is over. */
export interface Applied {
  result: ApplyResult
  seconds: number
}

interface CarryOutOptions extends Telling {
  /** The command, for the history of runs. */
  command: string
  /** Learns what the run came to, whatever becomes of the rest. */
  ended?: Ended
}

/**
 * Carries a plan out, and tells how far it is.
 * @throws as applyPlan; DeadlinePassed when the time has come before anything is begun
 */
export async function carryOut(session: Session, plan: Plan, options: CarryOutOptions, world: World): Promise<Applied> {
  forecastDeadline(session, plan, options, world)
  const { loaded, state, target, progress, interrupted } = session
  const { command, ended = {} } = options
  const { events, clock } = world
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

/**
 * Says until when is applied, and whether that is too short for the plan.
 * @throws DeadlinePassed when that time has come already, as while somebody was asked
 */
function forecastDeadline({ deadline, progress }: Session, { summary }: Plan, options: Telling, world: World): void {
  if (deadline === undefined || !summary.changes) return
  deadline.signal.throwIfAborted()
  const seconds = (deadline.at - world.now()) / 1000
  const least = summary.estimate.seconds
  const short = least > seconds ? `; the plan takes at least ${duration(least)}, so it will not be finished then` : ''
  progress.clear()
  remark(options, world, `Deadline ${deadline.said}: in ${duration(seconds)}${short}.\n`)
}
