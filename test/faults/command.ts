import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Context } from '../../src/cli/context.ts'
import { run } from '../../src/cli/run.ts'

export interface Finished {
  exit: number
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Runs one command line in a folder. */
export type Command = (
  folder: string,
  args: readonly string[],
  env: Record<string, string>,
  onStart?: (child: ChildProcess) => void,
) => Promise<Finished>

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** In a process of its own; `program` is a file that takes the command line. */
export function inChild(program: string = MAIN, more: Record<string, string> = {}): Command {
  return async (folder, args, env, onStart) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onStart?.(child)
    const [stdout, stderr, [exit, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    return { exit: exit ?? -1, signal, stdout, stderr }
  }
}

/** In this process. */
export const inProcess: Command = async (cwd, args, env) => {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const outputs = Promise.all([text(stdout), text(stderr)])
  const never = new AbortController().signal
  const context: Context = {
    stdout,
    stderr,
    stdin,
    env: { NO_COLOR: '1', ...env },
    cwd,
    now: Date.now,
    interrupted: never,
    killed: never,
  }
  const exit = await run(args, context)
  stdout.end()
  stderr.end()
  const [out, err] = await outputs
  return { exit, signal: null, stdout: out, stderr: err }
}
