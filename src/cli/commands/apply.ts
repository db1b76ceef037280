import { resolve } from 'node:path'
import { ExitCode } from '../../diagnostics/errors.ts'
import { someOf, wantsColor } from '../../diagnostics/printable.ts'
import { countedKind } from '../../kinds/registry.ts'
import type { Plan } from '../../planning/plan.ts'
import { isPlanFile } from '../../planning/plan-file.ts'
import { renderApplyJson, renderApplyText } from '../../reporting/apply.ts'
import { renderFailures } from '../../reporting/errors.ts'
import { describeWhere } from '../../reporting/heading-text.ts'
import { renderWarnings } from '../../reporting/remarks.ts'
import { painter } from '../../reporting/style.ts'
import { carryOut } from '../../running/carry-out.ts'
import { remark, type Telling } from '../../running/listeners.ts'
import { type Ended, notifying } from '../../running/notify.ts'
import { outputPlaces } from '../../running/output-places.ts'
import { asSaved, computeSaved, openSavedPlan } from '../../running/saved-plan.ts'
import { checkNoScope, type Session, type SessionOptions, withSession } from '../../running/session.ts'
import { applyExitCode, checkRefusals, refuseWarnings, requireWord } from '../../running/verdict.ts'
import { approve } from '../approval.ts'
import type { Context } from '../context.ts'
import type { defineApply, defineDestroy } from '../definitions/migration.ts'
import { type OptionsOf, withManifest } from '../definitions/options.ts'
import { buffered } from '../output.ts'
import { type HtmlFile, htmlFile, writePlanReport } from '../output-files.ts'
import { showPlan } from './plan.ts'
export type ApplyCommandOptions = OptionsOf<typeof defineApply>

/** `apply [file]`: applies a saved plan, or plans, asks and applies. */
export async function apply(
  file: string | undefined,
  options: ApplyCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const path = file === undefined ? undefined : resolve(context.cwd, file)
  if (path === undefined || !isPlanFile(path)) return applyNew(withManifest(file, options), context)
  const saved = await openSavedPlan(path)
  checkNoScope(options)
  return withNotice(asSaved(saved, options), context, 'apply', async (session, ended) => {
    const report = await reportFile(session, options, context, path)
    const plan = await computeSaved(session, saved, file ?? path, !options.json)
    if (!options.json) await showHead(plan, context)
    checkRefusals(plan, session.loaded)
    if (options.strict) refuseWarnings(plan)
    if (plan.summary.changes) requireWord(session.loaded.manifest.safety.confirm, options.confirm)
    return carryOutPlan(session, plan, { ...options, command: 'apply', report, ended }, context)
  })
}

/** Opens a command that writes to WorkOS, and notifies the webhooks of the manifest at its end. */
function withNotice(
  options: SessionOptions,
  context: Context,
  command: 'apply' | 'destroy',
  work: (session: Session, ended: Ended) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withSession({ ...options, readsSource: command === 'apply' }, context, command, (session) =>
    notifying(
      command,
      session.loaded,
      context,
      (ended) => work(session, ended),
      (code) => code,
    ),
  )
}

function applyNew(options: ApplyCommandOptions, context: Context): Promise<ExitCode> {
  return withNotice(options, context, 'apply', async (session, ended) => {
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
      ended.silent = true
      return ExitCode.done
    }
    return carryOutPlan(session, plan, { ...options, command: 'apply', report, ended }, context)
  })
}

/** `12 users and 1 membership`; undefined if nothing is deleted. */
function describeDeletes({ summary }: Plan): string | undefined {
  const some = summary.kinds.filter((kind) => kind.delete > 0).map((kind) => countedKind(kind.delete, kind.kind))
  return some.length === 0 ? undefined : someOf(some, { limit: some.length })
}

/** Shows only the target and the warnings of a saved plan: the review covered the rest. */
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

type DestroyOptions = OptionsOf<typeof defineDestroy>

/** `destroy`: deletes what this state created. Requires the name of the manifest. */
export async function destroy(
  manifest: string | undefined,
  options: DestroyOptions,
  context: Context,
): Promise<ExitCode> {
  const undo = async (session: Session, ended: Ended): Promise<ExitCode> => {
    const { events, html } = options
    await outputPlaces(session.loaded, session.statePath, { '--events': events, '--html': html }, context.cwd)
    const report = htmlFile(html, options, context)
    const plan = await session.computeDestroyPlan({
      keepSignedIn: !options.includeActive,
      keepChanged: !options.includeChanged,
    })
    const format = options.json ? 'json' : 'text'
    const { changes } = plan.summary
    if (options.planOnly || !options.json) await showPlan(plan, { full: options.full, format }, context)
    if (options.planOnly || (!changes && !options.json)) {
      if (report !== undefined) await writePlanReport(plan, report)
      return ExitCode.done
    }
    checkRefusals(plan, session.loaded)
    const { name: word } = session.loaded.manifest
    const question = { text: '\nDelete this from WorkOS? You cannot undo this.', word, asker: 'destroy', deletes: true }
    if (changes && !(await approve(question, { confirm: options.confirm }, context))) {
      remark(options, context, 'Nothing was deleted.\n')
      ended.silent = true
      return ExitCode.done
    }
    return await carryOutPlan(session, plan, { ...options, command: 'destroy', report, ended }, context)
  }
  const given = withManifest(manifest, options)
  return options.planOnly
    ? withSession(given, context, undefined, (session) => undo(session, {}))
    : withNotice(given, context, 'destroy', undo)
}

interface CarryOutOptions extends Telling {
  /** The name in the history of runs. */
  command: string
  full?: boolean
  json?: boolean
  /** Whether rejected and blocked records that the plan accepted also count as failures. */
  strict?: boolean
  report?: HtmlFile
  /** Receives the result of the run. */
  ended: Ended
}

/** Applies a plan, shows its progress, and prints the result. */
async function carryOutPlan(
  session: Session,
  plan: Plan,
  options: CarryOutOptions,
  context: Context,
): Promise<ExitCode> {
  const applied = await carryOut(session, plan, options, context)
  const { result, seconds } = applied
  const { state, target } = session
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
    const { applyReport } = await import('../../reporting/html/apply-report.ts')
    const sent = { requests: target.client.timeline.read(), limits: target.limits }
    const shown = { plan, ...applied, failures: () => state.failures(result.run), ...sent }
    await options.report.write(await applyReport(shown, options.report.options))
  }
  return applyExitCode(result, plan, options.strict ?? false)
}
