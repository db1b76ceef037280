import type { Location, Problem } from './problem.ts'

/** The exit codes of every command. */
export const ExitCode = {
  done: 0,
  failure: 1,
  changes: 2,
  usage: 3,
  credentials: 4,
  guard: 5,
  locked: 6,
  incomplete: 7,
  stale: 8,
  interrupted: 130,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** The meaning of each exit code, and what to do next, as in docs/reference/exit-codes.md. */
export const EXIT_CODES: Readonly<Record<keyof typeof ExitCode, { code: ExitCode; meaning: string; next: string }>> = {
  done: { code: ExitCode.done, meaning: 'done, or nothing to do', next: 'continue' },
  failure: {
    code: ExitCode.failure,
    meaning: 'failure: the source cannot be read, the network does not work, or there is a defect',
    next: 'read the message, fix the cause, and run the same command again: it continues where it stopped',
  },
  changes: {
    code: ExitCode.changes,
    meaning: 'only plan --detailed-exitcode: there are changes',
    next: 'ask a person to review the plan, then apply it',
  },
  usage: {
    code: ExitCode.usage,
    meaning: 'the command line or the manifest is wrong',
    next: 'correct what the message names',
  },
  credentials: {
    code: ExitCode.credentials,
    meaning: 'WorkOS or the source rejected the credentials',
    next: 'ask a person to set the variable that the manifest refers to; never put the key on a command line',
  },
  guard: {
    code: ExitCode.guard,
    meaning: 'a safety check stopped the run, or it reached safety.maxFailures or its deadline',
    next: 'show the message to a person, who decides; never raise a limit or enter a confirmation word yourself',
  },
  locked: {
    code: ExitCode.locked,
    meaning: 'another process uses the state',
    next: 'wait until that process ends, then run the same command again',
  },
  incomplete: {
    code: ExitCode.incomplete,
    meaning: 'finished, but not as planned: something failed, is blocked, differs or is missing',
    next: 'run workos-migrate errors, follow its hints, then apply again',
  },
  stale: {
    code: ExitCode.stale,
    meaning: 'the saved plan is out of date',
    next: 'make a new plan, and ask a person to review it',
  },
  interrupted: {
    code: ExitCode.interrupted,
    meaning: 'interrupted',
    next: 'run the same command again: it continues where it stopped',
  },
}

/** The base of all errors that a user can act on. Any other error is a defect. */
export abstract class OperatorError extends Error {
  abstract readonly exitCode: ExitCode
  readonly problems: readonly Problem[]

  constructor(problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem]
    super(list.map((problem) => problem.message).join('; '), options)
    this.name = new.target.name
    this.problems = list
  }

  /** The stable code of the first problem: `no_manifest`. */
  get code(): string {
    return this.problems[0]?.code ?? 'unknown'
  }

  get at(): Location | undefined {
    return this.problems[0]?.at
  }

  get hint(): string | undefined {
    return this.problems[0]?.hint
  }
}

/** The code of a Node.js error: `ENOENT`, `ERR_WORKER_OUT_OF_MEMORY`. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof OperatorError) return undefined
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** A mistake on the command line, or in an option of the library. */
export class UsageError extends OperatorError {
  readonly exitCode = ExitCode.usage
}

/** The manifest, or a file that it names, is wrong or missing. */
export class ManifestError extends OperatorError {
  readonly exitCode = ExitCode.usage
}

/** The source cannot be read completely. */
export class SourceError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** The target cannot be reached, or returns an unexpected response. */
export class TargetError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** The network blocks the target or the source: a proxy or an untrusted certificate. */
export class NetworkError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** The target rejects the API key. */
export class CredentialsError extends OperatorError {
  readonly exitCode = ExitCode.credentials
}

/** A safety check stops the run: a threshold, a protection or a binding. */
export class GuardError extends OperatorError {
  readonly exitCode = ExitCode.guard
}

/** `strict` stops at a warning. */
export class StrictError extends OperatorError {
  readonly exitCode = ExitCode.incomplete
}

/** A user or a signal canceled the run. */
export class InterruptedError extends OperatorError {
  readonly exitCode = ExitCode.interrupted
}

/** Another process uses the state. */
export class LockedError extends OperatorError {
  readonly exitCode = ExitCode.locked
}

/** The saved plan is out of date. */
export class StalePlanError extends OperatorError {
  readonly exitCode = ExitCode.stale
}

/** The state is corrupt, not a state, or from a later version. */
export class StateError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** The database for exported IDs cannot be reached, or rejects a write. */
export class ExportError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** A file cannot be written: the disk is full or fails. */
export class FileError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** A defect, or an unknown error of WorkOS or the operating system. */
export class UnexpectedError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** A function rejects a value. The message never contains the value, which can be a secret. */
export class BadInput extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BadInput'
  }
}
