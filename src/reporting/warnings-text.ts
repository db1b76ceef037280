import { printable } from '../diagnostics/printable.ts'
import type { PlanWarning } from '../planning/plan.ts'
import { renderHint } from './actions-text.ts'
import { describeWarning } from './remarks.ts'
import type { Paint } from './style.ts'

/** The warnings of a plan or a verification, those that the manifest accepts last and without their hints. */
export function renderWarnings(
  warnings: readonly PlanWarning[],
  { paint, write }: { paint: Paint; write: (text: string) => void },
): void {
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
