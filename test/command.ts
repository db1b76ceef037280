import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Context } from '../src/cli/context.ts'
import { run } from '../src/cli/run.ts'
import { checkJsonOutput } from './json-outputs.ts'
import { swiftClock } from './simulated-clock.ts'

export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

export type CommandWorld = Pick<Context, 'cwd'> &
  Partial<Context> & {
    /** Streams that are terminals. Default: none. */
    terminals?: readonly ('stdin' | 'stdout' | 'stderr')[]
    /** Typed input. */
    typed?: string
  }

/**
 * Runs a command line in this process and checks its JSON output against the schema. The
 * environment of this process is hidden, and pauses are short.
 */
export async function runCommand(
  args: readonly string[],
  { terminals = [], typed, ...world }: CommandWorld,
): Promise<Outcome> {
  const streamOf = (name: 'stdin' | 'stdout' | 'stderr') =>
    Object.assign(new PassThrough(), terminals.includes(name) ? { isTTY: true } : {})
  const [stdin, stdout, stderr] = [streamOf('stdin'), streamOf('stdout'), streamOf('stderr')]
  if (typed !== undefined) stdin.write(typed)
  else if (!terminals.includes('stdin')) stdin.end()
  const outputs = Promise.all([text(stdout), text(stderr)])
  const never = new AbortController().signal
  try {
    const code = await run(args, {
      stdin,
      stdout,
      stderr,
      env: {},
      now: Date.now,
      clock: swiftClock,
      interrupted: never,
      killed: never,
      ...world,
    })
    stdout.end()
    stderr.end()
    const [out, err] = await outputs
    checkJsonOutput(args, out)
    return { code, stdout: out, stderr: err }
  } finally {
    for (const stream of [stdin, stdout, stderr]) stream.destroy()
  }
}
