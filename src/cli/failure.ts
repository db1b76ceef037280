import { ExitCode, OperatorError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import type { Context } from './context.ts'
import { unexpectedProblem } from './unexpected.ts'

/** Whether a command ended because somebody stopped it, and not for anything that is wrong. */
export function isInterruption(error: unknown, { interrupted }: Pick<Context, 'interrupted'>): boolean {
  return interrupted.aborted && !(error instanceof OperatorError)
}

/** What ended a command, as problems. */
export function problemsOf(error: unknown): readonly Problem[] {
  return error instanceof OperatorError ? error.problems : [unexpectedProblem(error)]
}

/** The exit code of a command that ended with an error. */
export function exitCodeOf(error: unknown, context: Pick<Context, 'interrupted'>): ExitCode {
  if (isInterruption(error, context)) return ExitCode.interrupted
  return error instanceof OperatorError ? error.exitCode : ExitCode.failure
}

/** Secrets by the names of their variables: what nobody expected may quote anything. */
export function registerSecretsOf(env: Context['env'], redactor: Redactor): void {
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name)) redactor.register(value)
  }
}
