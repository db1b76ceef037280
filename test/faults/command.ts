import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { PROGRAM } from '../built.ts'
import { runCommand } from '../command.ts'

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

/** In a separate process; `program` is a file that reads the command line. */
export function inChild(program: string = PROGRAM, more: Record<string, string> = {}): Command {
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

/** The environment variables for such a disk: see weak-disk.ts. */
export function weakDisk(disk: object): Record<string, string> {
  const module = new URL('./weak-disk.ts', import.meta.url).href
  return { WEAK_DISK: JSON.stringify(disk), NODE_OPTIONS: `--import=${module}` }
}

/** In this process. */
export const inProcess: Command = async (cwd, args, env) => {
  const { code, ...outputs } = await runCommand(args, { cwd, env: { NO_COLOR: '1', ...env } })
  return { exit: code, signal: null, ...outputs }
}
