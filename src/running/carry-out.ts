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

/** A finished run. */
export interface Applied {
  result: ApplyResult
  seconds: number
}

interface CarryOutOptions extends Telling {
  /** The command, for the history of runs. */
  command: string
  /** Receives the result of the run, even if a later step fails. */
  ended?: Ended
}

/**
 * Carries out a plan and reports progress.
 * @throws as applyPlan; DeadlinePassed if the deadline passes before anything starts
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
 * Reports the deadline, and whether it is too early for the plan.
 * @throws DeadlinePassed if the deadline has passed, for example during a prompt
 */
function forecastDeadline({ deadline, progress }: Session, { summary }: Plan, options: Telling, world: World): void {
  if (deadline === undefined || !summary.changes) return
  deadline.signal.throwIfAborted()
  const seconds = (deadline.at - world.now()) / 1000
  const least = summary.estimate.seconds
  const short = least > seconds ? `; the plan takes at least ${duration(least)}, so it will not finish in time` : ''
  progress.clear()
  remark(options, world, `Deadline ${deadline.said}: in ${duration(seconds)}${short}.\n`)
}
