import {
  CredentialsError,
  FileError,
  GuardError,
  InterruptedError,
  LockedError,
  ManifestError,
  NetworkError,
  type OperatorError,
  SourceError,
  StalePlanError,
  StateError,
  StrictError,
  TargetError,
  UnexpectedError,
  UsageError,
} from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { isInterruption, problemsOf, registerSecretsOf } from '../running/failure.ts'
import type { World } from '../running/world.ts'

/** The error classes that a program can distinguish. */
const CLASSES = [
  CredentialsError,
  FileError,
  GuardError,
  InterruptedError,
  LockedError,
  ManifestError,
  NetworkError,
  SourceError,
  StalePlanError,
  StateError,
  StrictError,
  TargetError,
  UnexpectedError,
  UsageError,
] as const

/** The parts of an error's origin that affect its text. */
type Origin = Pick<World, 'env' | 'interrupted' | 'redactor' | 'mask'>

/**
 * An error as a program receives it: with its own class and the words of the command line. It has
 * no cause and no trace, because errors of libraries can quote secrets and programs log errors.
 */
export function publicError(error: unknown, origin: Origin): OperatorError {
  const { env, redactor = new Redactor(), mask } = origin
  if (isInterruption(error, origin)) {
    return new InterruptedError({ code: 'interrupted', message: 'the signal stopped the run' })
  }
  registerSecretsOf(env, redactor)
  const clean = (text: string) => mask?.text(redactor.redact(text)) ?? redactor.redact(text)
  const problems = problemsOf(error).map((problem) => restated(problem, clean))
  const Class = CLASSES.find((one) => error instanceof one) ?? UnexpectedError
  return new Class(problems)
}

function restated(problem: Problem, clean: (text: string) => string): Problem {
  const { message, hint, path } = problem
  return {
    ...problem,
    message: clean(message),
    ...(hint !== undefined && { hint: clean(hint) }),
    ...(path !== undefined && { path: clean(path) }),
  }
}
