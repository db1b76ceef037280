import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The resources of a process, from start to end. */
export interface Measured {
  seconds: number
  /** Over all cores. */
  cpuSeconds: number
  /** Peak resident memory with worker threads, MiB. */
  peakMiB: number
  stdout: string
}

/** Runs the built program in a folder. @throws Error for a nonzero exit code */
export function measure(folder: string, args: string[], env: Record<string, string> = {}): Promise<Measured> {
  return measureNode(folder, [here('../dist/cli/main.js'), ...args], env)
}

/** Only reads files with csv-parse. @throws Error if it fails */
export function measureYardstick(folder: string, files: string[]): Promise<Measured> {
  return measureNode(folder, [here('./yardstick.mjs'), ...files])
}

async function measureNode(folder: string, args: string[], env: Record<string, string> = {}): Promise<Measured> {
  const started = performance.now()
  const child = spawn(process.execPath, ['--import', here('./usage.mjs'), ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<{ code: number | null; seconds: number }>((resolve) =>
    child.on('exit', (code) => resolve({ code, seconds: (performance.now() - started) / 1000 })),
  )
  const [stdout, stderr, usage, { code, seconds }] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    collect(child.stdio[3]),
    ended,
  ])
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
  return { ...(JSON.parse(usage) as Omit<Measured, 'seconds' | 'stdout'>), seconds, stdout }
}

function collect(stream: unknown): Promise<string> {
  if (!(stream instanceof Readable)) throw new TypeError('no stream to read')
  return text(stream)
}
