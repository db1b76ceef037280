import { resolve } from 'node:path'
import { ExitCode } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import { type Purpose, writeWholeFile } from '../../files/whole-file.ts'
import type { Plan } from '../../planning/plan.ts'
import { renderPlanText } from '../../reporting/plan.ts'
import { painter } from '../../reporting/style.ts'
import { remark } from '../../running/listeners.ts'
import { type Holder, outputPlaces } from '../../running/output-places.ts'
import { savePlan } from '../../running/saved-plan.ts'
import { type Session, withSession } from '../../running/session.ts'
import { planExitCode } from '../../running/verdict.ts'
import type { Context } from '../context.ts'
import type { definePlan } from '../definitions/migration.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { buffered } from '../output.ts'
import { htmlFile, writePlanReport } from '../output-files.ts'

/** `--json` is another way to write `--format json`. */
export type PlanOptions = Omit<OptionsOf<typeof definePlan>, 'json'>

/** `plan`: shows what apply would do. Writes nothing to the target. */
export async function plan(options: PlanOptions, context: Context): Promise<ExitCode> {
  // Everybody who can see the repository reads a comment on a pull request.
  if (options.format === 'markdown') context.mask?.propose('emails')
  return withSession({ ...options, readsSource: true }, context, undefined, async (session) => {
    const { loaded, statePath } = session
    const { events, out, merges, rejects, resets } = options
    const files = {
      '--events': events,
      '--out': out,
      '--merges': merges,
      '--rejects': rejects,
      '--resets': resets,
      '--html': options.html,
    }
    const holder = await outputPlaces(loaded, statePath, files, context.cwd)
    const html = htmlFile(options.html, options, context)
    const computed = await session.computePlan(options.refresh ?? false, (options.format ?? 'text') === 'text')
    await showPlan(computed, options, context)
    if (options.out !== undefined) {
      savePlan(
        computed,
        resolve(context.cwd, options.out),
        session,
        purposeOf('the plan', options.out, '--out', 'plan_unwritable'),
      )
      const { confirm } = session.loaded.manifest.safety
      const word = confirm === undefined ? '' : ` --confirm ${confirm}`
      const next = `workos-migrate apply ${options.out}${word}`
      remark(options, context, `Saved to ${options.out}. To apply it: ${next}\n`)
    }
    if (options.merges !== undefined) {
      await saveMerges(computed, options.merges, session, context)
      remark(options, context, `The merge report is in ${options.merges}. It contains user data.\n`)
    }
    if (html !== undefined) await writePlanReport(computed, html)
    if (rejects !== undefined) await saveRejects(computed, { ...options, rejects }, holder, session, context)
    if (resets !== undefined) {
      await saveResets(computed, resets, context)
      remark(
        options,
        context,
        `The list of users who must set a new password is in ${resets}. It contains email addresses.\n`,
      )
    }
    const code = planExitCode(computed, options.strict ?? false)
    return code === ExitCode.done && options.detailedExitcode && computed.summary.changes ? ExitCode.changes : code
  })
}

// These modules are loaded only if needed: loading takes most of the time of a small plan.
async function saveMerges(computed: Plan, out: string, { loaded, state }: Session, { cwd }: Context): Promise<void> {
  const { mergeReport } = await import('../../reporting/plan-documents.ts')
  const report = mergeReport(computed, loaded.manifest, state.digestKey)
  writeWholeFile(resolve(cwd, out), report, purposeOf('the merge report', out, '--merges', 'merges_unwritable'))
}

async function saveRejects(
  computed: Plan,
  { rejects: file, quiet }: PlanOptions & { rejects: string },
  holder: Holder,
  { loaded, scratch, obtainSnapshot }: Session,
  context: Context,
): Promise<void> {
  const { planMisfits } = await import('../../planning/misfits.ts')
  const { writeRejects } = await import('../write-rejects.ts')
  const [misfits, digest] = [planMisfits(computed), computed.inputs.source]
  const source = { loaded, obtainSnapshot, digest }
  await writeRejects({ file, option: '--rejects', misfits, scratch, holder, quiet, ...source }, context)
}

async function saveResets(computed: Plan, file: string, { cwd }: Context): Promise<void> {
  const { resetsCsv } = await import('../../reporting/plan-documents.ts')
  const purpose = purposeOf('the list of password resets', file, '--resets', 'resets_unwritable')
  writeWholeFile(resolve(cwd, file), resetsCsv(computed), purpose)
}

function purposeOf(what: string, named: string, option: string, code: string): Purpose {
  return {
    message: `${what} cannot be written to ${named}`,
    code,
    hint: `name a file with ${option}, in an existing folder that you can write to`,
  }
}

type Shown = Partial<Pick<PlanOptions, 'format' | 'full' | 'snapshot'>>

export async function showPlan(
  computed: Plan,
  { format = 'text', full = false, snapshot }: Shown,
  { stdout, env, now, mask }: Context,
): Promise<void> {
  const output = buffered(stdout)
  if (format === 'json') {
    const { planJson } = await import('../../reporting/plan-documents.ts')
    for (const piece of planJson(computed)) {
      output.write(piece)
      if (output.isFull()) await output.room()
    }
  } else if (format === 'markdown') {
    const { renderPlanMarkdown } = await import('../../reporting/markdown/plan-markdown.ts')
    renderPlanMarkdown(computed, output.write, mask)
  } else {
    const paint = painter(wantsColor(stdout, env))
    renderPlanText(computed, { paint, full, mask, write: output.write, now: now(), isNamed: snapshot !== undefined })
  }
  await output.end()
}
