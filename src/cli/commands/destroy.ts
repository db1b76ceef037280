import { ExitCode } from '../../diagnostics/errors.ts'
import { carryOutPlan, checkRefusals } from '../carry-out-plan.ts'
import { approve } from '../confirm.ts'
import type { Context } from '../context.ts'
import type { defineDestroy } from '../definitions/migration.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { htmlFile, writePlanReport } from '../html-report.ts'
import { remark } from '../listeners.ts'
import { outputPlaces } from '../output-places.ts'
import { withManifest } from '../with-manifest.ts'
import { withSession } from '../with-session.ts'
import { showPlan } from './plan.ts'

export type DestroyOptions = OptionsOf<typeof defineDestroy>

/** `destroy`: deletes what this state created, and nothing else. Confirmed by the manifest's name. */
export async function destroy(
  manifest: string | undefined,
  options: DestroyOptions,
  context: Context,
): Promise<ExitCode> {
  const lock = options.planOnly ? undefined : 'destroy'
  return withSession(withManifest(manifest, options), context, lock, async (session) => {
    const { events, html } = options
    await outputPlaces(session.loaded, session.statePath, { '--events': events, '--html': html }, context.cwd)
    const report = htmlFile(html, options, context)
    const plan = await session.computeDestroyPlan({
      spareSignedIn: !options.includeActive,
      spareChanged: !options.includeChanged,
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
    const question = { text: '\nDelete this from WorkOS? It cannot be undone.', word, asker: 'destroy', deletes: true }
    if (changes && !(await approve(question, { confirm: options.confirm }, context))) {
      remark(options, context, 'Nothing was deleted.\n')
      return ExitCode.done
    }
    return await carryOutPlan(session, plan, { ...options, command: 'destroy', report }, context)
  })
}
