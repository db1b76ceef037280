import { resolve } from 'node:path'
import { Mask } from '../diagnostics/mask.ts'
import { type Purpose, WholeFile } from '../files/whole-file.ts'
import type { Plan } from '../planning/plan.ts'
import type { ReportOptions } from '../reporting/html/assembly.ts'
import type { AssembledReport } from '../reporting/html/document.ts'
import { remark, type Telling } from '../running/listeners.ts'
import type { Context } from './context.ts'

export interface HtmlFile {
  options: ReportOptions
  /** Writes the whole report, or keeps the existing file. */
  write(report: AssembledReport): Promise<void>
}

/**
 * The file that `--html` names, checked before the command does anything; undefined without
 * `--html`. `outputPlaces` checks whether the command itself uses the file.
 * @throws UsageError
 */
export function htmlFile(named: string | undefined, telling: Telling, context: Context): HtmlFile | undefined {
  if (named === undefined) return undefined
  const path = resolve(context.cwd, named)
  const purpose: Purpose = {
    message: `the report cannot be written to ${named}`,
    code: 'report_unwritable',
    hint: 'name a file with --html, in an existing folder that you can write to',
  }
  new WholeFile(path, purpose).discard()
  return {
    get options() {
      // The time of writing: an apply can take hours.
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
      const keep = 'It contains user data: open it in a browser, and store it securely.'
      remark(telling, context, `The report is in ${named}. ${keep}\n`)
    },
  }
}

export async function writePlanReport(plan: Plan, { options, write }: HtmlFile): Promise<void> {
  const { planReport } = await import('../reporting/html/plan-report.ts')
  await write(await planReport(plan, options))
}
