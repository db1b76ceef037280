/**
 * The command line from outside. In: its words and a Context (streams, environment, clock,
 * signals). Out: an exit code. program.ts joins the definitions (definitions/) with what they run
 * (commands/); this file puts the mask and the redactor around it, and reports what is thrown.
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

/** Runs a command line; whatever is thrown is told on stderr, and becomes an exit code. */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  const { stdout, stderr } = context
  const mask = context.mask ?? new Mask(defaultMode(context.env))
  const aware: Context & { redactor: Redactor } = {
    ...context,
    redactor: context.redactor ?? new Redactor(),
    mask,
    stdout: maskedStream(stdout, mask),
    // Hints are there. What goes to standard output may be data, and stays as it is.
    stderr: maskedStream(stderr, mask, (text) => (context.name ? underName(context.name, text) : text)),
    unmasked: { stdout, stderr },
  }
  for (const secret of proxySecrets(context.env)) aware.redactor.register(secret)
  // A key has no place on a command line; where one stands there all the same, no message repeats
  // it.
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
  context: Pick<Context, 'stderr' | 'env' | 'cwd' | 'interrupted' | 'redactor' | 'mask'>,
): ExitCode {
  const { stderr, env, cwd, redactor = new Redactor() } = context
  if (isInterruption(error, context)) {
    stderr.write('Interrupted.\n')
    return ExitCode.interrupted
  }
  registerSecretsOf(env, redactor)
  const color = wantsColor(stderr, env)
  // What nobody caught comes with the streams of the process.
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
 * The stream with a mask before it, and before that what words the text anew: what is written as
 * text goes through the mask, piece by piece. Everything else, a terminal's properties, events,
 * back-pressure and callbacks among it, is the stream's own. Whoever writes keeps an address in one
 * piece.
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
