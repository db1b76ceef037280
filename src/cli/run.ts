/**
 * Runs a command line behind the mask and the redactor, and reports errors. In: the words and a
 * Context (streams, environment, clock, signals). Out: an exit code.
 */

import type { Writable } from 'node:stream'
import { ExitCode, OperatorError } from '../diagnostics/errors.ts'
import { defaultMode, Mask } from '../diagnostics/mask.ts'
import { printable, wantsColor } from '../diagnostics/printable.ts'
import { Redactor, registerWrittenKeys } from '../diagnostics/redactor.ts'
import { renderProblems } from '../diagnostics/render.ts'
import { proxySecrets } from '../http/proxy.ts'
import { DEBUG_VARIABLE, exitCodeOf, isInterruption, problemsOf, registerSecretsOf } from '../running/failure.ts'
import type { Context } from './context.ts'
import { underName } from './names.ts'
import { runProgram } from './program.ts'

/** Never throws: an error goes to stderr and becomes an exit code. */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  const { stdout, stderr } = context
  const mask = context.mask ?? new Mask(defaultMode(context.env))
  const aware: Context & { redactor: Redactor } = {
    ...context,
    redactor: context.redactor ?? new Redactor(),
    mask,
    stdout: maskedStream(stdout, mask),
    // Hints name the program, so they get its name. Standard output can be data and stays as is.
    stderr: maskedStream(stderr, mask, (text) => (context.name ? underName(context.name, text) : text)),
    unmasked: { stdout, stderr },
  }
  for (const secret of proxySecrets(context.env)) aware.redactor.register(secret)
  // No message can repeat a key on the command line.
  for (const arg of args) registerWrittenKeys(arg, aware.redactor)
  try {
    return await runProgram(args, aware)
  } catch (error) {
    return report(error, aware)
  }
}

/** Reports an error and returns its exit code. */
export function report(
  error: unknown,
  context: Pick<Context, 'stderr' | 'env' | 'cwd' | 'interrupted' | 'redactor' | 'mask'>,
): ExitCode {
  const { stderr, env, cwd, redactor = new Redactor() } = context
  if (isInterruption(error, context)) {
    stderr.write('Interrupted.\n')
    return ExitCode.interrupted
  }
  registerSecretsOf(env, redactor)
  const color = wantsColor(stderr, env)
  // For an uncaught error, the streams are those of the process, without a mask.
  const masked = (text: string) => context.mask?.text(text) ?? text
  stderr.write(masked(renderProblems(problemsOf(error), { color, cwd, redactor })))
  if (!(error instanceof OperatorError) && env[DEBUG_VARIABLE]) stderr.write(masked(stackOf(error, redactor)))
  return exitCodeOf(error, context)
}

function stackOf(error: unknown, redactor: Redactor): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .map((line) => `${printable(redactor.redact(line))}\n`)
    .join('')
}

/**
 * The stream behind a mask. Each written text is reworded and then masked; everything else
 * (terminal properties, events, back-pressure, callbacks) is the stream's own. A caller must write
 * an email address in one piece.
 */
export function maskedStream<Stream extends Writable>(
  stream: Stream,
  mask: Mask,
  worded: (text: string) => string = (text) => text,
): Stream {
  const hide = mask.output()
  const masked = (text: string) => hide(worded(text))
  const clean = (chunk: unknown) => {
    if (typeof chunk === 'string') return masked(chunk)
    if (chunk instanceof Uint8Array && mask.mode !== 'none') return masked(Buffer.from(chunk).toString('utf8'))
    return chunk
  }
  const writers: Partial<Record<string | symbol, (...given: unknown[]) => unknown>> = {
    write: (chunk, ...rest) => Reflect.apply(stream.write, stream, [clean(chunk), ...rest]),
    end: (...given) =>
      Reflect.apply(stream.end, stream, typeof given[0] === 'function' ? given : [clean(given[0]), ...given.slice(1)]),
  }
  return new Proxy(stream, {
    get(target, name) {
      const writer = writers[name]
      if (writer !== undefined) return writer
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
}
