import { resolve } from 'node:path'
import { wantsColor } from '../../diagnostics/color.ts'
import { ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { type Purpose, writeWholeFile } from '../../files/whole-file.ts'
import type { Plan } from '../../planning/plan.ts'
import { writePlanFile } from '../../planning/plan-file.ts'
import { mergeReport } from '../../reporting/merges-json.ts'
import { renderPlanJson } from '../../reporting/plan-json.ts'
import { renderPlanMarkdown } from '../../reporting/plan-markdown.ts'
import { renderPlanText } from '../../reporting/plan-text.ts'
import { painter } from '../../reporting/style.ts'
import type { Context } from '../context.ts'
import { buffered } from '../output.ts'
import type { Session, SessionOptions } from '../session.ts'
import { withSession } from '../with-session.ts'

export interface PlanOptions extends SessionOptions {
  refresh?: boolean
  full?: boolean
  format?: 'text' | 'json' | 'markdown'
  /** Where to save the plan for a later apply. */
  out?: string
  /** Where to write what merging decided, record by record. */
  merges?: string
  detailedExitcode?: boolean
}

/** `plan`: shows what apply would do. Writes nothing to the target. */
export async function plan(options: PlanOptions, context: Context): Promise<ExitCode> {
  return withSession(options, context, undefined, async (session) => {
    checkPlaces(options, session, context)
    const computed = await session.computePlan(options.refresh ?? false, (options.format ?? 'text') === 'text')
    await showPlan(computed, options, context)
    if (options.out !== undefined) {
      save(computed, options.out, session, context)
      const { confirm } = session.loaded.manifest.safety
      const word = confirm === undefined ? '' : ` --confirm ${confirm}`
      context.stderr.write(`Saved to ${options.out}. Carry it out with: workos-migrate apply ${options.out}${word}\n`)
    }
    if (options.merges !== undefined) {
      saveMerges(computed, options.merges, session, context)
      context.stderr.write(`What merging decided is in ${options.merges}. It holds values of users.\n`)
    }
    if (computed.summary.refusals.length > 0) return ExitCode.guard
    return options.detailedExitcode && computed.summary.changes ? ExitCode.changes : ExitCode.done
  })
}

function save(computed: Plan, out: string, { loaded, target }: Session, { cwd }: Context): void {
  const purpose = purposeOf('the plan', out, '--out', 'plan_unwritable')
  writePlanFile(computed, resolve(cwd, out), { manifestFile: loaded.file, apiKey: target.identity.apiKey, purpose })
}

function saveMerges(computed: Plan, out: string, { loaded, state }: Session, { cwd }: Context): void {
  const report = mergeReport(computed, loaded.manifest, state.digestKey)
  writeWholeFile(resolve(cwd, out), report, purposeOf('the report of merges', out, '--merges', 'merges_unwritable'))
}

/** @throws UsageError for a file that the run needs itself, or that would be written twice */
function checkPlaces({ out, merges }: PlanOptions, { loaded, statePath }: Session, { cwd }: Context): void {
  const taken = new Map([
    [loaded.file, 'the manifest'],
    [statePath, 'the state'],
  ])
  for (const [option, name] of Object.entries({ '--out': out, '--merges': merges })) {
    if (name === undefined) continue
    const path = resolve(cwd, name)
    const holder = taken.get(path)
    if (holder !== undefined) {
      const hint = 'name a file of its own'
      throw new UsageError({ code: 'place_taken', message: `${option} names ${name}, which is ${holder}`, hint })
    }
    taken.set(path, `that of ${option}`)
  }
}

function purposeOf(what: string, named: string, option: string, code: string): Purpose {
  return {
    message: `${what} cannot be written to ${named}`,
    code,
    hint: `name a file with ${option}, in a folder that exists and that you may write to`,
  }
}

/** Writes a plan to standard output in the format asked for. */
export async function showPlan(
  computed: Plan,
  { format = 'text', full = false, snapshot }: Pick<PlanOptions, 'format' | 'full' | 'snapshot'>,
  { stdout, env, now, mask }: Context,
): Promise<void> {
  const output = buffered(stdout)
  if (format === 'json') renderPlanJson(computed, output.write)
  else if (format === 'markdown') renderPlanMarkdown(computed, output.write, mask)
  else {
    const paint = painter(wantsColor(stdout, env))
    renderPlanText(computed, { paint, full, mask, write: output.write, now: now(), isNamed: snapshot !== undefined })
  }
  await output.end()
}
