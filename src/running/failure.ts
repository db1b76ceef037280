import { codeOf, ExitCode, OperatorError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import { isDiskFull } from '../files/disk.ts'
import { toolVersion } from '../version.ts'
import { ApiRefusal } from '../workos/api.ts'
import type { World } from './world.ts'

/** Whether a command ended because the user stopped it, not because of an error. */
export function isInterruption(error: unknown, { interrupted }: Pick<World, 'interrupted'>): boolean {
  return interrupted.aborted && !(error instanceof OperatorError)
}

/** The error that ended a command, as problems. */
export function problemsOf(error: unknown): readonly Problem[] {
  return error instanceof OperatorError ? error.problems : [unexpectedProblem(error)]
}

/** The exit code of a command that ended with an error. */
export function exitCodeOf(error: unknown, context: Pick<World, 'interrupted'>): ExitCode {
  if (isInterruption(error, context)) return ExitCode.interrupted
  return error instanceof OperatorError ? error.exitCode : ExitCode.failure
}

/** Registers secrets by the names of their variables: an unexpected error can quote anything. */
export function registerSecretsOf(env: World['env'], redactor: Redactor): void {
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && /KEYS?(?![A-Z])|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name)) redactor.register(value)
  }
}

/** If set to anything, unexpected errors are shown with a stack trace. */
export const DEBUG_VARIABLE = 'WORKOS_MIGRATE_DEBUG'

/**
 * An error that no part of the program handles, as a problem: a rejection by WorkOS, an error of
 * the operating system, or a defect of ours.
 */
export function unexpectedProblem(error: unknown): Problem {
  if (error instanceof ApiRefusal) {
    const codes = error.codes.length > 0 ? ` [${error.codes.join(', ')}]` : ''
    return {
      code: 'request_refused',
      message: `WorkOS rejected a request (HTTP ${error.status}): ${error.message}${codes}`,
      hint: 'check target.baseUrl, and that the key can read users, organizations and roles',
    }
  }
  if (isDiskFull(error)) {
    return {
      code: 'disk_full',
      message: `the disk is full: ${describe(error)}`,
      hint: 'free disk space there, then run the same command again: the state records what was applied',
    }
  }
  if (isSystemError(error)) {
    return {
      code: 'system_error',
      message: `the operating system reported an error: ${error.message}`,
      hint: 'check the path, your permission to write there, and the free disk space',
    }
  }
  return {
    code: 'internal_error',
    message: `this is a defect of workos-migrate, not of your input: ${describe(error)}`,
    hint:
      `report it with this message, the command and the versions (workos-migrate ${toolVersion}, Node ${process.versions.node}, ` +
      `${process.platform}); with ${DEBUG_VARIABLE}=1 it shows the stack trace. The state records what was applied: the same command continues from there`,
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && codeOf(error) !== undefined
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
