import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { stringify } from 'csv-stringify/sync'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { PROGRAM } from '../built.ts'
import { runCommand } from '../command.ts'

export interface Result {
  exit: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  /**
   * What a user types, one entry per question. Makes standard input and standard error a terminal.
   */
  typed?: string
  env?: Record<string, string>
  interrupted?: AbortSignal
  killed?: AbortSignal
  clock?: Clock
  /** Milliseconds since the epoch. */
  now?: () => number
  /** The clock of the progress display. */
  pace?: Clock
}

/** The command line in a separate process. */
export interface Child {
  process: ChildProcess
  result: Promise<Result & { signal: NodeJS.Signals | null }>
}

/** A folder with a manifest and its files, in which commands run. */
export interface Project {
  folder: string
  path(name: string): string
  write(name: string, content: string): void
  csv(name: string, rows: readonly Record<string, string>[]): void
  /** YAML includes JSON. */
  manifest(content: object): void
  remove(name: string): void
  /** Names in a folder. */
  list(name: string): string[]
  /** Runs a command in this process. */
  run(args: readonly string[], options?: RunOptions): Promise<Result>
  spawn(args: readonly string[], env?: Record<string, string>): Child
}

/** Creates a project in a temporary folder, for the duration of the test. */
export function createProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-e2e-'))
  chmodSync(folder, 0o700)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string) => join(folder, name)
  const write = (name: string, content: string) => {
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(path(name), content)
  }
  return {
    folder,
    path,
    write,
    csv(name, rows) {
      const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
      write(name, stringify([...rows], { header: true, columns }))
    },
    manifest: (content) => write('migrate.config.yaml', JSON.stringify(content, null, 2)),
    remove: (name) => rmSync(path(name), { recursive: true, force: true }),
    list: (name) => (existsSync(path(name)) ? readdirSync(path(name)) : []),
    run: (args, options = {}) => runHere(folder, args, options),
    spawn: (args, env = {}) => spawnIn(folder, args, env),
  }
}

async function runHere(cwd: string, args: readonly string[], { env, ...options }: RunOptions): Promise<Result> {
  const { code, ...outputs } = await runCommand(args, {
    cwd,
    env: { NO_COLOR: '1', ...env },
    terminals: options.typed === undefined ? [] : ['stdin', 'stderr'],
    ...options,
  })
  return { exit: code, ...outputs }
}

function spawnIn(cwd: string, args: readonly string[], env: Record<string, string>): Child {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const collect = async () => {
    const [stdout, stderr, [exit, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    return { exit: exit ?? -1, signal, stdout, stderr }
  }
  return { process: child, result: collect() }
}
