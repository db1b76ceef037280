import { UsageError } from '../../diagnostics/errors.ts'
import type { Given } from './given.ts'

/** The flag of the target, where it is missing and nothing is to be taken for it. */
export function withoutTarget({ target, yes }: Given): string[] {
  return target === undefined && !yes ? ['--target: sandbox or workos (or --yes, for the sandbox)'] : []
}

/** Says which flags would have answered what nobody can be asked. */
export function missing(flags: readonly string[]): UsageError {
  return new UsageError(
    flags.map((flag) => ({
      code: 'missing_answer',
      message: `nobody can be asked here, and an answer is missing: ${flag}`,
      hint: 'workos-migrate init --help shows all flags; on a terminal, init asks',
    })),
  )
}
