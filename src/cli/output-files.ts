import { resolve } from 'node:path'
import { Mask } from '../diagnostics/mask.ts'
import { type Purpose, WholeFile } from '../files/whole-file.ts'
import type { Plan } from '../planning/plan.ts'
import type { ReportOptions } from '../reporting/html/assembly.ts'
import type { AssembledReport } from '../reporting/html/document.ts'
import { remark, type Telling } from '../running/listeners.ts'
import type { Context } from './context.ts'

/** Where an HTML report goes. */
export interface HtmlFile {
  options: ReportOptions
  /** Writes it whole, or leaves what was there. */
  write(report: AssembledReport): Promise<void>
}

/**
 * The file that `--html` names, looked at before anything is done that it would tell of; undefined
 * where none is named. Whether the command needs that file itself, `outputPlaces` says.
 * @throws UsageError
 */
export function htmlFile(named: string | undefined, telling: Telling, context: Context): HtmlFile | undefined {
  if (named === undefined) return undefined
  const path = resolve(context.cwd, named)
  const purpose: Purpose = {
    message: `the report cannot be written to ${named}`,
    code: 'report_unwritable',
    hint: 'name a file with --html, in a folder that exists and that you may write to',
  }
  new WholeFile(path, purpose).discard()
  return {
    get options() {
      // When it is written: an apply may have taken hours.
      return { mask: context.mask ?? new Mask('none'), now: context.now() }
    },
    async write(report) {
      const { documentOf } = await import('../reporting/html/document.ts')
      const { pageAssets } = await import('../reporting/html/page.ts')
      const file = new WholeFile(path, purpose)
      try {
        for await (const piece of documentOf(report, await pageAssets())) file.write(piece)
        file.finish()
      } catch (error) {
        file.discard()
        throw error
      }
      const keep = 'It holds values of users: open it in a browser, and keep it as you keep them.'
      remark(telling, context, `The report is in ${named}. ${keep}\n`)
    },
  }
}

/** The report of a plan that is only shown. */
export async function writePlanReport(plan: Plan, { options, write }: HtmlFile): Promise<void> {
  const { planReport } = await import('../reporting/html/plan-report.ts')
  await write(await planReport(plan, options))
}
