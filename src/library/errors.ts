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

/** The classes that a program can tell apart. */
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

/** Where an error comes from, as far as it matters to its words. */
type Origin = Pick<World, 'env' | 'interrupted' | 'redactor' | 'mask'>

/**
 * An error as a program gets it: of a class of its own, in the words that the command line would
 * show. It is made anew, without its cause and its trace: an error of a library may quote a secret,
 * and programs write errors into logs.
 */
export function publicError(error: unknown, origin: Origin): OperatorError {
  const { env, redactor = new Redactor(), mask } = origin
  if (isInterruption(error, origin)) {
    return new InterruptedError({ code: 'interrupted', message: 'the run was stopped by its signal' })
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
