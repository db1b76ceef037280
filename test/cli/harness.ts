import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { Context } from '../../src/cli/context.ts'
import { PROGRAM } from '../built.ts'
import { type Outcome, runCommand } from '../command.ts'

export type { Outcome }

export type Files = Record<string, string | Uint8Array>

export interface World {
  cwd: string
  env?: Record<string, string | undefined>
  /** Whether the outputs claim to be a terminal. */
  terminal?: boolean
  /** Overrides of the context. */
  context?: Partial<Context>
}

/** A temporary folder with these files, by relative path. */
export function folderOf(files: Files): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cli-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** Runs a command line in this process. */
export function command(args: readonly string[], { cwd, env = {}, terminal, context }: World): Promise<Outcome> {
  return runCommand(args, { cwd, env, terminals: terminal ? ['stdout', 'stderr'] : [], ...context })
}

/** Starts the program as a separate process, with only PATH from this environment. */
export function start(
  args: readonly string[],
  { cwd, env = {} }: World,
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Runs a command line as a separate process. */
export async function program(args: readonly string[], world: World): Promise<Outcome> {
  const child = start(args, world)
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? -1))),
  ])
  return { code, stdout, stderr }
}
