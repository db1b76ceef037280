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

/**
 * What each exit code means, and what it asks of whoever ran the command.
 * docs/reference/exit-codes.md says more.
 */
export const EXIT_CODES: Readonly<Record<keyof typeof ExitCode, { code: ExitCode; meaning: string; next: string }>> = {
  done: { code: ExitCode.done, meaning: 'done, or nothing to do', next: 'go on' },
  failure: {
    code: ExitCode.failure,
    meaning: 'failure: a source that cannot be read, a network that does not get through, a defect',
    next: 'read the message, remove the cause, run the same command again: it goes on where it stopped',
  },
  changes: {
    code: ExitCode.changes,
    meaning: 'plan --detailed-exitcode alone: there are changes',
    next: 'have the plan reviewed by a person, then apply it',
  },
  usage: {
    code: ExitCode.usage,
    meaning: 'the command line or the manifest is wrong',
    next: 'correct the place that the message names',
  },
  credentials: {
    code: ExitCode.credentials,
    meaning: 'WorkOS or the source refused the credentials',
    next: 'have a person set the variable that the manifest refers to; never write the key on a command line',
  },
  guard: {
    code: ExitCode.guard,
    meaning: 'a guard refused, or a run stopped at safety.maxFailures or at its deadline',
    next: 'show the message to a person, who decides; never raise a limit or give a word of confirmation by yourself',
  },
  locked: {
    code: ExitCode.locked,
    meaning: 'another process works on the state',
    next: 'wait until that process has ended, and run the same command again',
  },
  incomplete: {
    code: ExitCode.incomplete,
    meaning: 'finished, and not as planned: something failed, is blocked, differs or is missing',
    next: 'run workos-migrate errors, do what it says, then apply again',
  },
  stale: {
    code: ExitCode.stale,
    meaning: 'the saved plan no longer matches what it was made from',
    next: 'make a new plan, and have it reviewed',
  },
  interrupted: {
    code: ExitCode.interrupted,
    meaning: 'interrupted',
    next: 'run the same command again: it goes on where it stopped',
  },
}

/**
 * The base of every error that a user can do something about. It carries problems
 * to render and the exit code; anything else that is thrown is a defect of ours.
 */
export abstract class OperatorError extends Error {
  abstract readonly exitCode: ExitCode
  readonly problems: readonly Problem[]

  constructor(problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem]
    super(list.map((problem) => problem.message).join('; '), options)
    this.name = new.target.name
    this.problems = list
  }

  /** Stable, machine-readable name of the first problem: `no_manifest`. */
  get code(): string {
    return this.problems[0]?.code ?? 'unknown'
  }

  /** Where the first problem is, as far as it is known. */
  get at(): Location | undefined {
    return this.problems[0]?.at
  }

  /** What would be right, where the first problem says so. */
  get hint(): string | undefined {
    return this.problems[0]?.hint
  }
}

/** The code of an error of Node: `ENOENT`, `ERR_WORKER_OUT_OF_MEMORY`. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof OperatorError) return undefined
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The command line is wrong, or an option of the library. */
export class UsageError extends OperatorError {
  readonly exitCode = ExitCode.usage
}

/** The manifest, or a file it names, is wrong or missing. */
export class ManifestError extends OperatorError {
  readonly exitCode = ExitCode.usage
}

/** A source cannot be read to its end. */
export class SourceError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** The target cannot be reached, or answers in a way that nothing here expects. */
export class TargetError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/**
 * Nothing gets through to the target or the source: a proxy refuses, or a certificate is not
 * trusted.
 */
export class NetworkError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** The target refuses the API key. */
export class CredentialsError extends OperatorError {
  readonly exitCode = ExitCode.credentials
}

/** A safety threshold, a protection or a binding refuses the run. */
export class GuardError extends OperatorError {
  readonly exitCode = ExitCode.guard
}

/** `strict` does not go on past a warning. */
export class StrictError extends OperatorError {
  readonly exitCode = ExitCode.incomplete
}

/** A person called it off, or a signal. */
export class InterruptedError extends OperatorError {
  readonly exitCode = ExitCode.interrupted
}

/** Another process works on the same state. */
export class LockedError extends OperatorError {
  readonly exitCode = ExitCode.locked
}

/** A saved plan no longer matches what it was computed from. */
export class StalePlanError extends OperatorError {
  readonly exitCode = ExitCode.stale
}

/** The state file is corrupt, foreign or of a later version. */
export class StateError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** A database that ids are exported to cannot be reached, or refuses what is written. */
export class ExportError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/** A file cannot be written or kept: its disk is full, or fails. */
export class FileError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/**
 * Nothing here expected it: a defect, a refusal of WorkOS that no rule covers, or one of the
 * operating system.
 */
export class UnexpectedError extends OperatorError {
  readonly exitCode = ExitCode.failure
}

/**
 * A function does not accept a value. The message shows nothing of the value, so it is safe for
 * secrets too.
 */
export class BadInput extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BadInput'
  }
}
