import { ExitCode, OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { NotRegularFile } from '../../files/regular-file.ts'
import { unexpectedProblem } from '../unexpected.ts'

/** `skipped`: it could not be looked at, or was not to be. */
export type Status = 'ok' | 'warning' | 'problem' | 'skipped'

/** What one look came to. */
export interface Finding {
  /** Stable name of what was looked at: `node`, `manifest`, `clock` … */
  check: string
  status: Status
  /** One sentence without a trailing stop. */
  message: string
  /** What to do. Every warning and every problem has one. */
  hint?: string
  /** Stable name of what is wrong. */
  code?: string
  /** The exit code that other commands end with because of it. Default: failure. */
  exit?: ExitCode
}

export function ok(check: string, message: string): Finding {
  return { check, status: 'ok', message }
}

export function skipped(check: string, message: string): Finding {
  return { check, status: 'skipped', message }
}

export function warning(check: string, message: string, hint: string): Finding {
  return { check, status: 'warning', message, hint }
}

export function problem(check: string, message: string, hint: string, exit: ExitCode = ExitCode.failure): Finding {
  return { check, status: 'problem', message, hint, exit }
}

/** What other commands would end with, as a finding. */
export function ofProblem(check: string, { message, hint, code, severity }: Problem, exit: ExitCode): Finding {
  const status = severity === 'warning' ? 'warning' : 'problem'
  return { check, status, message, hint: hint ?? 'workos-migrate validate shows where it is', code, exit }
}

/** What a look that failed came to. */
export function ofError(check: string, error: unknown): Finding[] {
  if (error instanceof NotRegularFile)
    return [problem(check, error.message, 'move it away: nothing but a regular file may have this name')]
  if (!(error instanceof OperatorError)) return [ofProblem(check, unexpectedProblem(error), ExitCode.failure)]
  return error.problems.map((one) => ofProblem(check, one, error.exitCode))
}
