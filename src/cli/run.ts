import { registerWrittenKeys } from '../config/secrets.ts'
import { wantsColor } from '../diagnostics/color.ts'
import { ExitCode, OperatorError } from '../diagnostics/errors.ts'
import { printable } from '../diagnostics/printable.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { renderProblems } from '../diagnostics/render.ts'
import { proxySecrets } from '../http/proxy.ts'
import type { Context } from './context.ts'
import { exitCodeOf, isInterruption, problemsOf, registerSecretsOf } from './failure.ts'
import { runProgram } from './program.ts'
import { DEBUG_VARIABLE } from './unexpected.ts'

/** Runs a command line; whatever is thrown is told on stderr, and becomes an exit code. */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  const aware = { ...context, redactor: context.redactor ?? new Redactor() }
  for (const secret of proxySecrets(context.env)) aware.redactor.register(secret)
  // A key has no place on a command line; where one stands there all the same, no message repeats it.
  for (const arg of args) registerWrittenKeys(arg, aware.redactor)
  try {
    return await runProgram(args, aware)
  } catch (error) {
    return report(error, aware)
  }
}

/** Tells of an error and returns its exit code. */
export function report(
  error: unknown,
  context: Pick<Context, 'stderr' | 'env' | 'cwd' | 'interrupted' | 'redactor'>,
): ExitCode {
  const { stderr, env, cwd, redactor = new Redactor() } = context
  if (isInterruption(error, context)) {
    stderr.write('Interrupted.\n')
    return ExitCode.interrupted
  }
  registerSecretsOf(env, redactor)
  const color = wantsColor(stderr, env)
  stderr.write(renderProblems(problemsOf(error), { color, cwd, redactor }))
  if (!(error instanceof OperatorError) && env[DEBUG_VARIABLE]) stderr.write(stackOf(error, redactor))
  return exitCodeOf(error, context)
}

function stackOf(error: unknown, redactor: Redactor): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .map((line) => `${printable(redactor.redact(line))}\n`)
    .join('')
}
