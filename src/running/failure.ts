import { codeOf, ExitCode, OperatorError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import { isDiskFull } from '../files/disk.ts'
import { toolVersion } from '../version.ts'
import { ApiRefusal } from '../workos/api.ts'
import type { World } from './world.ts'

/** Whether a command ended because somebody stopped it, and not for anything that is wrong. */
export function isInterruption(error: unknown, { interrupted }: Pick<World, 'interrupted'>): boolean {
  return interrupted.aborted && !(error instanceof OperatorError)
}

/** What ended a command, as problems. */
export function problemsOf(error: unknown): readonly Problem[] {
  return error instanceof OperatorError ? error.problems : [unexpectedProblem(error)]
}

/** The exit code of a command that ended with an error. */
export function exitCodeOf(error: unknown, context: Pick<World, 'interrupted'>): ExitCode {
  if (isInterruption(error, context)) return ExitCode.interrupted
  return error instanceof OperatorError ? error.exitCode : ExitCode.failure
}

/** Secrets by the names of their variables: what nobody expected may quote anything. */
export function registerSecretsOf(env: World['env'], redactor: Redactor): void {
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && /KEYS?(?![A-Z])|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name)) redactor.register(value)
  }
}

/** Set to anything, it adds the stack trace of an unexpected error. */
export const DEBUG_VARIABLE = 'WORKOS_MIGRATE_DEBUG'

/**
 * What no part of the program expected, as a problem: a refusal of WorkOS, one of the operating
 * system, or a defect of ours.
 */
export function unexpectedProblem(error: unknown): Problem {
  if (error instanceof ApiRefusal) {
    const codes = error.codes.length > 0 ? ` [${error.codes.join(', ')}]` : ''
    return {
      code: 'request_refused',
      message: `WorkOS refuses a request (HTTP ${error.status}): ${error.message}${codes}`,
      hint: 'check target.baseUrl and that the key may read users, organizations and roles',
    }
  }
  if (isDiskFull(error)) {
    return {
      code: 'disk_full',
      message: `the disk is full: ${describe(error)}`,
      hint: 'make room there, then run the same command again: what was applied is in the state',
    }
  }
  if (isSystemError(error)) {
    return {
      code: 'system_error',
      message: `the operating system refuses: ${error.message}`,
      hint: 'check that the path is right, that you may write there, and that there is space left',
    }
  }
  return {
    code: 'internal_error',
    message: `this is a defect of workos-migrate, not of your input: ${describe(error)}`,
    hint:
      `please report it with this message, the command and the versions (workos-migrate ${toolVersion}, Node ${process.versions.node}, ` +
      `${process.platform}); with ${DEBUG_VARIABLE}=1 it shows where it happened. What was applied is in the state: the same command goes on from there`,
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && codeOf(error) !== undefined
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
