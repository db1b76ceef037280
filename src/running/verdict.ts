import type { ApplyResult } from '../applying/apply-result.ts'
import type { LoadedManifest } from '../config/load.ts'
import { ExitCode, GuardError, StrictError } from '../diagnostics/errors.ts'
import type { Plan } from '../planning/plan.ts'
import { openWarnings } from '../planning/warnings.ts'
import type { Verification } from '../verifying/verification.ts'
import { withManifestLocation } from './manifest-places.ts'

/**
 * What is said of a plan before it is carried out, and of a run when it is over. In: a plan, the
 * words that were given; a result. Out: a refusal, or an exit code. The command line and the
 * library judge by the same.
 */

/** @throws GuardError with every guard that the plan offends */
export function checkRefusals({ summary }: Plan, loaded: LoadedManifest): void {
  if (summary.refusals.length === 0) return
  throw new GuardError(
    summary.refusals.map(({ guard, message, hint, path }) =>
      withManifestLocation({ code: `guard_${guard}`, message, hint, path }, loaded),
    ),
  )
}

/**
 * Whether a plan leaves nothing behind and has no warning that nobody accepted: what --strict asks
 * for.
 */
function isStrictlyClean({ summary, set }: Plan): boolean {
  const left = summary.kinds.reduce((sum, { blocked, gone }) => sum + blocked + gone, 0)
  return set.rejectCount() + left === 0 && openWarnings(summary.warnings).length === 0
}

/**
 * Before anything is written: a reject stays behind and harms nothing that is written, a warning
 * says that what would be written may be wrong.
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

/**
 * For a saved plan, which was looked at when it was made: it is applied without a question, and the
 * word of safety.confirm has to be given all the same.
 * @throws GuardError for a missing or wrong word
 */
export function requireWord(word: string | undefined, confirm: string | undefined): void {
  if (word !== undefined && confirm !== word) throw wordMissing(word, confirm, 'safety.confirm')
}

export function wordMissing(word: string, given: string | undefined, asker: string): GuardError {
  return new GuardError({
    code: 'confirmation_missing',
    message:
      given === undefined
        ? `${asker} asks for the word ${word}`
        : `${asker} asks for the word ${word}, and --confirm gives ${given}`,
    hint: `look at the plan, then add --confirm ${word}`,
  })
}

/** The exit code of a plan that was made to be looked at. */
export function planExitCode(plan: Plan, strict: boolean): ExitCode {
  if (plan.summary.refusals.length > 0) return ExitCode.guard
  return strict && !isStrictlyClean(plan) ? ExitCode.incomplete : ExitCode.done
}

/** What was rejected or blocked by a plan that was within safety.maxRejects is accepted. */
export function applyExitCode({ outcome, kinds, stillAnswered }: ApplyResult, plan: Plan, strict: boolean): ExitCode {
  const answeredOtherwise = stillAnswered > 0 || kinds.some(({ answered }) => answered > 0)
  switch (outcome) {
    case 'completed': {
      const isGone = plan.summary.kinds.some(({ gone }) => gone > 0)
      return answeredOtherwise || isGone || (strict && !isStrictlyClean(plan)) ? ExitCode.incomplete : ExitCode.done
    }
    case 'interrupted':
      return ExitCode.interrupted
    case 'deadline':
    case 'stopped':
      return ExitCode.guard
    default:
      return ExitCode.incomplete
  }
}

/**
 * What is missing fails a verify; with `strict` every difference and every warning that nobody
 * accepted does.
 */
export function verifyExitCode({ outcome, warnings }: Verification, strict: boolean): ExitCode {
  const isClean = outcome === 'verified' && openWarnings(warnings).length === 0
  return outcome === 'lost' || (strict && !isClean) ? ExitCode.incomplete : ExitCode.done
}
