import { printable } from '../diagnostics/printable.ts'
import type { PlanSummary } from '../planning/plan.ts'
import { renderHint } from './actions-text.ts'
import { describeWarning } from './remarks.ts'
import type { Paint } from './style.ts'

/** What is odd about a plan, and what is worth a look: it stands above everything else, since all the rest may hang on it. */
export function renderWarnings(
  { warnings, notices }: Pick<PlanSummary, 'warnings' | 'notices'>,
  { paint, write }: { paint: Paint; write: (text: string) => void },
): void {
  if (warnings.length + notices.length === 0) return
  if (warnings.length > 0) write(`${paint('bold', 'Warnings')}\n`)
  for (const warning of warnings) {
    write(`  ${paint('yellow', '!')} ${printable(describeWarning(warning))}\n`)
    write(renderHint(warning.hint, paint))
  }
  if (notices.length > 0) write(`${paint('bold', 'Worth a look')}\n`)
  for (const [index, notice] of notices.entries()) {
    write(`  ${paint('cyan', '·')} ${printable(notice.message)}\n`)
    // One hint for all that share it.
    if (notices[index + 1]?.hint !== notice.hint) write(renderHint(notice.hint, paint))
  }
  write('\n')
}
