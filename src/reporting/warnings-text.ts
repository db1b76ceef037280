import { printable } from '../diagnostics/printable.ts'
import type { PlanSummary, PlanWarning } from '../planning/plan.ts'
import { renderHint } from './actions-text.ts'
import { describeWarning } from './remarks.ts'
import type { Paint } from './style.ts'

interface Output {
  paint: Paint
  write: (text: string) => void
}

/** What is odd about a plan, and what is worth a look: it stands above everything else, since all the rest may hang on it. */
export function renderOddities({ warnings, notices }: Pick<PlanSummary, 'warnings' | 'notices'>, output: Output): void {
  const { paint, write } = output
  renderWarnings(warnings, output)
  if (notices.length > 0) write(`\n${paint('bold', 'Worth a look')}\n`)
  for (const [index, notice] of notices.entries()) {
    write(`  ${paint('cyan', '·')} ${printable(notice.message)}\n`)
    // One hint for all that share it.
    if (notices[index + 1]?.hint !== notice.hint) write(renderHint(notice.hint, paint))
  }
}

/** The warnings of a plan or a verification, those that the manifest accepts last and without their hints. */
export function renderWarnings(warnings: readonly PlanWarning[], { paint, write }: Output): void {
  if (warnings.length === 0) return
  write(`\n${paint('bold', 'Warnings')}\n`)
  for (const warning of warnings) {
    if (warning.accepted) continue
    write(`  ${paint('yellow', '!')} ${printable(describeWarning(warning))} ${paint('dim', `[${warning.code}]`)}\n`)
    write(renderHint(warning.hint, paint))
  }
  for (const warning of warnings) {
    if (!warning.accepted) continue
    write(`  ${paint('dim', `· accepted: ${printable(describeWarning(warning))} [${warning.code}]`)}\n`)
  }
}
