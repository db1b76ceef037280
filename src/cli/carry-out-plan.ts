import { applyPlan } from '../applying/apply.ts'
import type { ApplyResult } from '../applying/apply-result.ts'
import { systemClock } from '../clock.ts'
import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { wantsColor } from '../diagnostics/color.ts'
import { ExitCode, GuardError } from '../diagnostics/errors.ts'
import { WorkLeft } from '../planning/estimate.ts'
import type { Plan } from '../planning/plan.ts'
import { renderApplyJson, renderApplyText } from '../reporting/apply-text.ts'
import { ActionEvents, emitRun } from '../reporting/emit-events.ts'
import { renderFailures } from '../reporting/errors.ts'
import { painter } from '../reporting/style.ts'
import type { Context } from './context.ts'
import type { HtmlFile } from './html-report.ts'
import { buffered } from './output.ts'
import type { Session } from './session.ts'
import { isStrictlyClean } from './strict.ts'
import { withManifestLocation } from './with-manifest-location.ts'

export interface CarryOutOptions {
  /** The command, for the history of runs. */
  command: string
  full?: boolean
  json?: boolean
  /** What the plan accepted as rejected or blocked counts as well. */
  strict?: boolean
  /** Where the report for a browser goes. */
  report?: HtmlFile
}

/** @throws GuardError with every guard that the plan offends */
export function checkRefusals({ summary }: Plan, loaded: LoadedManifest): void {
  if (summary.refusals.length === 0) return
  throw new GuardError(
    summary.refusals.map(({ guard, message, hint, path }) =>
      withManifestLocation({ code: `guard_${guard}`, message, hint, path }, loaded),
    ),
  )
}

/** Applies a plan, shows how far it is, and prints what came of it. */
export async function carryOutPlan(
  { loaded, state, target, progress }: Session,
  plan: Plan,
  options: CarryOutOptions,
  context: Context,
): Promise<ExitCode> {
  const left = new WorkLeft(plan)
  const phase = plan.purpose === 'destroy' ? 'deleting' : 'applying'
  progress.begin({ phase, total: left.total, leastMs: () => target.leastMs(left.requests()) })
  const { events, clock = systemClock } = context
  const actions = events && new ActionEvents(events, clock)
  const started = performance.now()
  try {
    const result = await applyPlan({
      plan,
      manifest: loaded.manifest,
      state,
      target,
      command: options.command,
      interrupted: context.interrupted,
      clock: context.clock,
      onStart(action) {
        actions?.start(action)
        left.start(action)
      },
      onAction(action, outcome) {
        progress.settle(outcome.type === 'failed' || outcome.type === 'blocked' ? outcome.type : 'done')
        actions?.end(action, outcome)
      },
    })
    state.checkPlace()
    progress.clear()
    actions?.close()
    const seconds = (performance.now() - started) / 1000
    if (events) emitRun(events, result, seconds)
    const { write, end } = buffered(context.stdout)
    const failures = state.failures(result.run)
    if (options.json) await renderApplyJson(result, seconds, failures, write)
    else {
      const paint = painter(wantsColor(context.stdout, context.env))
      await renderFailures(failures, { full: options.full ?? false, paint, write })
      write(`\n${renderApplyText(result, seconds, paint)}`)
    }
    await end()
    if (options.report !== undefined) {
      const { applyReport } = await import('../reporting/html/apply-report.ts')
      const sent = { requests: target.client.timeline.read(), limits: target.limits }
      const applied = { plan, result, seconds, failures: () => state.failures(result.run), ...sent }
      await options.report.write(await applyReport(applied, options.report.options))
    }
    return exitCode(result, plan, options.strict ?? false)
  } finally {
    progress.clear()
    actions?.close()
  }
}

/** What was rejected or blocked by a plan that was within safety.maxRejects is accepted. */
function exitCode({ outcome, kinds, stillAnswered }: ApplyResult, plan: Plan, strict: boolean): ExitCode {
  const answeredOtherwise = stillAnswered > 0 || kinds.some(({ answered }) => answered > 0)
  switch (outcome) {
    case 'completed': {
      const isGone = plan.summary.kinds.some(({ gone }) => gone > 0)
      return answeredOtherwise || isGone || (strict && !isStrictlyClean(plan)) ? ExitCode.incomplete : ExitCode.done
    }
    case 'interrupted':
      return ExitCode.interrupted
    case 'stopped':
      return ExitCode.guard
    default:
      return ExitCode.incomplete
  }
}
