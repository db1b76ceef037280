import { Readable, Writable } from 'node:stream'
import type { Context } from '../../../src/cli/context.ts'

class Collected extends Writable {
  text = ''

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    this.text += String(chunk)
    done()
  }
}

/** A context for one command, and its outputs. */
export function commandContext(cwd: string, env: Record<string, string> = {}) {
  const stdout = new Collected()
  const stderr = new Collected()
  const context: Context = {
    stdout,
    stderr,
    stdin: Readable.from([]),
    env,
    cwd,
    now: () => Date.now(),
    interrupted: new AbortController().signal,
    killed: new AbortController().signal,
  }
  return { context, out: () => stdout.text, err: () => stderr.text }
}
