import { dirname, resolve } from 'node:path'
import { type ApplyResult, applyPlan } from '../../applying/apply.ts'
import type { LoadedManifest } from '../../config/manifest.ts'
import { wantsColor } from '../../diagnostics/color.ts'
import { ExitCode, GuardError } from '../../diagnostics/errors.ts'
import type { Plan } from '../../planning/plan.ts'
import { checkFresh, isPlanFile, type PlanHeader, readPlanHeader } from '../../planning/plan-file.ts'
import { renderApplyJson, renderApplyText } from '../../reporting/apply-text.ts'
import { renderFailures } from '../../reporting/failures.ts'
import { painter } from '../../reporting/style.ts'
import { type Approval, approve } from '../confirm.ts'
import type { Context } from '../context.ts'
import { buffered } from '../output.ts'
import { placeManifestProblem } from '../placing.ts'
import { openSession, type Session, type SessionOptions } from '../session.ts'
import { withManifest } from '../with-manifest.ts'
import { showPlan } from './plan.ts'

export interface ApplyCommandOptions extends SessionOptions, Approval {
  refresh?: boolean
  full?: boolean
  json?: boolean
}

/** `apply [file]`: carries out a saved plan, or plans, asks and carries out. */
export async function apply(
  file: string | undefined,
  options: ApplyCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const path = file === undefined ? undefined : resolve(context.cwd, file)
  const saved = path !== undefined && isPlanFile(path) ? await readPlanHeader(path) : undefined
  const session = await openSession(
    saved && path ? optionsOf(saved, path, options) : withManifest(file, options),
    context,
    'apply',
  )
  try {
    const plan = await session.computePlan(saved?.summary.refreshed ?? options.refresh ?? false)
    const apiKey = session.target.identity.apiKey
    if (saved) checkFresh(saved, plan, apiKey)
    else if (!options.json) await showPlan(plan, { full: options.full }, context)
    checkRefusals(plan, session.loaded)
    const { confirm } = session.loaded.manifest.safety
    if (saved === undefined && plan.summary.changes) {
      const approved = await approve('\nApply this plan?', confirm, options, context)
      if (!approved) {
        context.stderr.write('Nothing was applied.\n')
        return ExitCode.done
      }
    }
    return await carryOutPlan(session, plan, options, context)
  } finally {
    await session.close()
  }
}

/** The manifest and the environment that a saved plan was made with, unless others are named. */
function optionsOf(saved: PlanHeader, path: string, options: ApplyCommandOptions): SessionOptions {
  return {
    ...options,
    config: options.config ?? resolve(dirname(path), saved.manifestFile),
    env: options.env ?? saved.inputs.environment ?? undefined,
  }
}

function checkRefusals({ summary }: Plan, loaded: LoadedManifest): void {
  if (summary.refusals.length === 0) return
  throw new GuardError(
    summary.refusals.map(({ guard, message, hint }) =>
      placeManifestProblem({ code: `guard_${guard}`, message, hint, path: `safety.${guard}` }, loaded),
    ),
  )
}

async function carryOutPlan(
  { loaded, state, target, progress }: Session,
  plan: Plan,
  options: ApplyCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const { kinds } = plan.summary
  progress.begin(kinds.reduce((sum, kind) => sum + kind.create + kind.update + kind.adopt + kind.blocked, 0))
  const started = performance.now()
  try {
    const result = await applyPlan({
      plan,
      manifest: loaded.manifest,
      state,
      target,
      command: 'apply',
      interrupted: context.interrupted,
      onAction: (_action, { type }) => progress.step(type !== 'failed' && type !== 'blocked'),
    })
    progress.clear()
    const seconds = (performance.now() - started) / 1000
    const { write, end } = buffered(context.stdout)
    const failures = state.failures(result.run)
    if (options.json) await renderApplyJson(result, seconds, failures, write)
    else {
      const paint = painter(wantsColor(context.stdout, context.env))
      await renderFailures(failures, { full: options.full ?? false, paint, write })
      write(`\n${renderApplyText(result, seconds, paint)}`)
    }
    await end()
    return exitCode(result, plan)
  } finally {
    progress.clear()
  }
}

function exitCode({ outcome }: ApplyResult, plan: Plan): ExitCode {
  switch (outcome) {
    case 'completed':
      return plan.set.rejectCount() > 0 ? ExitCode.incomplete : ExitCode.done
    case 'interrupted':
      return ExitCode.interrupted
    case 'stopped':
      return ExitCode.guard
    default:
      return ExitCode.incomplete
  }
}
