import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export interface Measured {
  seconds: number
  cpuSeconds: number
  /** Peak resident memory of the process with its worker threads, MiB. */
  peakMiB: number
  stdout: string
}

/** Runs the program in a process of its own, in a folder. @throws Error if it ends with another code than expected */
export async function measure(
  folder: string,
  args: string[],
  env: Record<string, string> = {},
  expected = 0,
): Promise<Measured> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./measured.ts', import.meta.url)), ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const [stdout, stderr, figures, code] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    collect(child.stdio[3]),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  if (code !== expected) throw new Error(`workos-migrate ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
  return { ...(JSON.parse(figures) as Omit<Measured, 'stdout'>), stdout }
}

async function collect(stream: unknown): Promise<string> {
  let text = ''
  if (!(stream instanceof Readable)) throw new TypeError('no stream to read')
  for await (const chunk of stream) text += chunk
  return text
}
