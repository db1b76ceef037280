import { dirname, resolve } from 'node:path'
import { ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { checkFresh, isPlanFile, type PlanHeader, readPlanHeader } from '../../planning/plan-file.ts'
import { carryOutPlan, checkRefusals } from '../carry-out-plan.ts'
import { type Approval, approve } from '../confirm.ts'
import type { Context } from '../context.ts'
import { openSession, type SessionOptions } from '../session.ts'
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
  if (saved && options.fresh) throw freshPlan()
  const session = await openSession(
    saved && path ? optionsOf(saved, path, options) : withManifest(file, options),
    context,
    'apply',
  )
  try {
    const plan = await session.computePlan(saved?.summary.refreshed ?? options.refresh ?? false)
    const apiKey = session.target.identity.apiKey
    if (saved) checkFresh(saved, plan, apiKey)
    else if (!options.json) await showPlan(plan, { full: options.full, snapshot: options.snapshot }, context)
    checkRefusals(plan, session.loaded)
    const { confirm } = session.loaded.manifest.safety
    if (saved === undefined && plan.summary.changes) {
      const approved = await approve('\nApply this plan?', confirm, options, context)
      if (!approved) {
        context.stderr.write('Nothing was applied.\n')
        return ExitCode.done
      }
    }
    return await carryOutPlan(session, plan, { ...options, command: 'apply' }, context)
  } finally {
    await session.close()
  }
}

/** The manifest, the environment and the snapshot that a saved plan was made with, unless others are named. */
function optionsOf(saved: PlanHeader, path: string, options: ApplyCommandOptions): SessionOptions {
  return {
    ...options,
    config: options.config ?? resolve(dirname(path), saved.manifestFile),
    env: options.env ?? saved.inputs.environment ?? undefined,
    snapshot: options.snapshot ?? (saved.snapshot === undefined ? undefined : resolve(dirname(path), saved.snapshot)),
  }
}

function freshPlan(): UsageError {
  return new UsageError({
    code: 'options_contradict',
    message: 'a saved plan is carried out as it is, and --fresh reads the source again',
    hint: 'leave --fresh out, or make a new plan with: workos-migrate plan --fresh --out',
  })
}
