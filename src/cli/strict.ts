import { StrictError } from '../diagnostics/errors.ts'
import type { Plan } from '../planning/plan.ts'
import { openWarnings } from '../planning/warnings.ts'

/** Whether a plan leaves nothing behind and has no warning that nobody accepted: what --strict asks for. */
export function isStrictlyClean({ summary, set }: Plan): boolean {
  const left = summary.kinds.reduce((sum, { blocked, gone }) => sum + blocked + gone, 0)
  return set.rejectCount() + left === 0 && openWarnings(summary.warnings).length === 0
}

/**
 * Before anything is written: a reject stays behind and harms nothing that is written, a warning says that what would be written may
 * be wrong.
 * @throws StrictError with every warning that nobody accepted
 */
export function refuseWarnings({ summary }: Plan): void {
  const open = openWarnings(summary.warnings)
  if (open.length === 0) return
  throw new StrictError(
    open.map(({ code, message }) => ({
      code,
      message: `--strict, and nothing was applied: ${message}`,
      hint: `correct it; or, if it is right, add ${code} to warnings.accept in the manifest`,
    })),
  )
}
