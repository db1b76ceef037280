import { resolve } from 'node:path'
import { wantsColor } from '../../diagnostics/color.ts'
import { ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { writeWholeFile } from '../../files/whole-file.ts'
import type { Plan } from '../../planning/plan.ts'
import { writePlanFile } from '../../planning/plan-file.ts'
import { mergeReport } from '../../reporting/merges-json.ts'
import { renderPlanJson } from '../../reporting/plan-json.ts'
import { renderPlanMarkdown } from '../../reporting/plan-markdown.ts'
import { renderPlanText } from '../../reporting/plan-text.ts'
import { painter } from '../../reporting/style.ts'
import type { Context } from '../context.ts'
import { buffered } from '../output.ts'
import { openSession, type Session, type SessionOptions } from '../session.ts'

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
  const session = await openSession(options, context)
  try {
    const computed = await session.computePlan(options.refresh ?? false)
    await showPlan(computed, options, context)
    if (options.out !== undefined) {
      save(computed, options.out, session, context)
      context.stderr.write(`Saved to ${options.out}. Carry it out with: workos-migrate apply ${options.out}\n`)
    }
    if (options.merges !== undefined) {
      saveMerges(computed, options.merges, session, context)
      context.stderr.write(`What merging decided is in ${options.merges}. It holds values of users.\n`)
    }
    if (computed.summary.refusals.length > 0) return ExitCode.guard
    return options.detailedExitcode && computed.summary.changes ? ExitCode.changes : ExitCode.done
  } finally {
    await session.close()
  }
}

function save(computed: Plan, out: string, { loaded, target }: Session, { cwd }: Context): void {
  const write = () => writePlanFile(computed, resolve(cwd, out), loaded.file, target.identity.apiKey)
  writable('the plan', out, '--out', 'plan_unwritable', write)
}

function saveMerges(computed: Plan, out: string, { loaded, state }: Session, { cwd }: Context): void {
  const report = mergeReport(computed, loaded.manifest, state.digestKey)
  const write = () => writeWholeFile(resolve(cwd, out), report)
  writable('the report of merges', out, '--merges', 'merges_unwritable', write)
}

function writable(what: string, out: string, option: string, code: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) throw error
    throw new UsageError(
      {
        code,
        message: `${what} cannot be written to ${out} (${error.code})`,
        hint: `name a file with ${option}, in a folder that exists and that you may write to`,
      },
      { cause: error },
    )
  }
}

/** Writes a plan to standard output in the format asked for. */
export async function showPlan(
  computed: Plan,
  { format = 'text', full = false, snapshot }: Pick<PlanOptions, 'format' | 'full' | 'snapshot'>,
  { stdout, env, now }: Context,
): Promise<void> {
  const output = buffered(stdout)
  if (format === 'json') renderPlanJson(computed, output.write)
  else if (format === 'markdown') renderPlanMarkdown(computed, output.write)
  else {
    const paint = painter(wantsColor(stdout, env))
    renderPlanText(computed, { paint, full, write: output.write, now: now(), isNamed: snapshot !== undefined })
  }
  await output.end()
}
