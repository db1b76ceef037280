import { dirname, resolve } from 'node:path'
import { wantsColor } from '../../diagnostics/color.ts'
import { ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { someOf } from '../../diagnostics/some-of.ts'
import { removeAbandonedFiles } from '../../files/temporary-file.ts'
import { checkFresh } from '../../planning/check-fresh.ts'
import type { Plan } from '../../planning/plan.ts'
import type { PlanHeader } from '../../planning/plan-file.ts'
import { checkSeal, isPlanFile, readPlanHeader } from '../../planning/read-plan-file.ts'
import { countedKind } from '../../reporting/kinds-text.ts'
import { painter } from '../../reporting/style.ts'
import { renderWarnings } from '../../reporting/warnings-text.ts'
import { describeWhere } from '../../reporting/where-text.ts'
import { carryOutPlan, checkRefusals } from '../carry-out-plan.ts'
import { approve, requireWord } from '../confirm.ts'
import type { Context } from '../context.ts'
import type { defineApply } from '../definitions/migration.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { type HtmlFile, htmlFile } from '../html-report.ts'
import { remark } from '../listeners.ts'
import { buffered } from '../output.ts'
import { outputPlaces } from '../output-places.ts'
import { checkNoScope } from '../scope.ts'
import type { Session, SessionOptions } from '../session.ts'
import { refuseWarnings } from '../strict.ts'
import { withManifest } from '../with-manifest.ts'
import { withSession } from '../with-session.ts'
import { showPlan } from './plan.ts'

export type ApplyCommandOptions = OptionsOf<typeof defineApply>

/** `apply [file]`: carries out a saved plan, or plans, asks and carries out. */
export async function apply(
  file: string | undefined,
  options: ApplyCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const path = file === undefined ? undefined : resolve(context.cwd, file)
  if (path === undefined || !isPlanFile(path)) return applyNew(withManifest(file, options), context)
  removeAbandonedFiles(dirname(path))
  const saved = await readPlanHeader(path)
  if (options.fresh) throw freshPlan()
  checkNoScope(options)
  return withSession(optionsOf(saved, path, options), context, 'apply', async (session) => {
    const report = await reportFile(session, options, context, path)
    const { apiKey } = session.target.identity
    const plan = await session.computePlan(saved.summary.refreshed, !options.json)
    checkFresh(saved, plan, { apiKey, manifest: session.loaded.manifest, file: file ?? path })
    checkSeal(path, saved, apiKey)
    if (!options.json) await showHead(plan, context)
    checkRefusals(plan, session.loaded)
    if (options.strict) refuseWarnings(plan)
    if (plan.summary.changes) requireWord(session.loaded.manifest.safety.confirm, options)
    return carryOutPlan(session, plan, { ...options, command: 'apply', report }, context)
  })
}

function applyNew(options: ApplyCommandOptions, context: Context): Promise<ExitCode> {
  return withSession(options, context, 'apply', async (session) => {
    const report = await reportFile(session, options, context)
    const plan = await session.computePlan(options.refresh ?? false, !options.json)
    if (!options.json) await showPlan(plan, { full: options.full, snapshot: options.snapshot }, context)
    checkRefusals(plan, session.loaded)
    if (options.strict) refuseWarnings(plan)
    const { confirm: word } = session.loaded.manifest.safety
    const deletes = describeDeletes(plan)
    const text = `\nApply this plan?${deletes === undefined ? '' : ` It deletes ${deletes} from WorkOS.`}`
    const question = { text, word, asker: 'safety.confirm', deletes: deletes !== undefined }
    if (plan.summary.changes && !(await approve(question, options, context))) {
      remark(options, context, 'Nothing was applied.\n')
      return ExitCode.done
    }
    return carryOutPlan(session, plan, { ...options, command: 'apply', report }, context)
  })
}

/** `12 users and 1 membership`; undefined where nothing is deleted. */
function describeDeletes({ summary }: Plan): string | undefined {
  const some = summary.kinds.filter((kind) => kind.delete > 0).map((kind) => countedKind(kind.delete, kind.kind))
  return some.length === 0 ? undefined : someOf(some, { limit: some.length })
}

/** Where a saved plan goes, and its warnings: the rest was looked at when it was made. */
async function showHead(plan: Plan, { stdout, env }: Context): Promise<void> {
  const paint = painter(wantsColor(stdout, env))
  const { write, end } = buffered(stdout)
  write(`${paint('bold', describeWhere(plan.where))}\n`)
  renderWarnings(plan.summary.warnings, { paint, write })
  await end()
}

async function reportFile(
  { loaded, statePath }: Session,
  options: ApplyCommandOptions,
  context: Context,
  plan?: string,
): Promise<HtmlFile | undefined> {
  const { events, html } = options
  await outputPlaces(loaded, statePath, { '--events': events, 'the saved plan': plan, '--html': html }, context.cwd)
  return htmlFile(html, options, context)
}

/** The manifest, the environment and the snapshot that a saved plan was made with, unless others are named. */
function optionsOf(saved: PlanHeader, path: string, options: ApplyCommandOptions): SessionOptions {
  return {
    ...options,
    config: options.config ?? resolve(dirname(path), saved.manifestFile),
    savedScope: saved.scope ?? null,
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
