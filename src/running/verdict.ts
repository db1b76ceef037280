import type { ApplyResult } from '../applying/apply-result.ts'
import type { LoadedManifest } from '../config/load.ts'
import { ExitCode, GuardError, StrictError } from '../diagnostics/errors.ts'
import type { Plan } from '../planning/plan.ts'
import { openWarnings } from '../planning/warnings.ts'
import type { Verification } from '../verifying/verification.ts'
import { withManifestLocation } from './manifest-places.ts'

/**
 * Judges a plan before it is carried out, and a run when it is over. In: a plan and the approvals;
 * a result. Out: a refusal or an exit code. Used by the command line and the library.
 */

/** @throws GuardError with every guard that the plan violates */
export function checkRefusals({ summary }: Plan, loaded: LoadedManifest): void {
  if (summary.refusals.length === 0) return
  throw new GuardError(
    summary.refusals.map(({ guard, message, hint, path }) =>
      withManifestLocation({ code: `guard_${guard}`, message, hint, path }, loaded),
    ),
  )
}

/** Whether a plan leaves nothing behind and has no open warning, as --strict requires. */
function isStrictlyClean({ summary, set }: Plan): boolean {
  const left = summary.kinds.reduce((sum, { blocked, gone }) => sum + blocked + gone, 0)
  return set.rejectCount() + left === 0 && openWarnings(summary.warnings).length === 0
}

/**
 * Call before anything is written. Rejects are no obstacle: they stay behind. A warning means that
 * the data to write might be wrong.
 * @throws StrictError with every warning that is not accepted
 */
export function refuseWarnings({ summary }: Plan): void {
  const open = openWarnings(summary.warnings)
  if (open.length === 0) return
  throw new StrictError(
    open.map(({ code, message }) => ({
      code,
      message: `--strict stopped the run before it applied anything: ${message}`,
      hint: `correct it; or, if it is right, add ${code} to warnings.accept in the manifest`,
    })),
  )
}

/**
 * A saved plan was reviewed when it was made, so it is applied without a prompt. The word of
 * safety.confirm is still required.
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
        ? `${asker} requires the word ${word}`
        : `${asker} requires the word ${word}, but --confirm has ${given}`,
    hint: `review the plan, then add --confirm ${word}`,
  })
}

/** The exit code of a plan that is only shown. */
export function planExitCode(plan: Plan, strict: boolean): ExitCode {
  if (plan.summary.refusals.length > 0) return ExitCode.guard
  return strict && !isStrictlyClean(plan) ? ExitCode.incomplete : ExitCode.done
}

/** Rejected or blocked resources are accepted if the plan was within safety.maxRejects. */
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
 * Missing resources fail a verify. With `strict`, every difference and every warning that is not
 * accepted does, too.
 */
export function verifyExitCode({ outcome, warnings }: Verification, strict: boolean): ExitCode {
  const isClean = outcome === 'verified' && openWarnings(warnings).length === 0
  return outcome === 'lost' || (strict && !isClean) ? ExitCode.incomplete : ExitCode.done
}
