import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { run } from '../../src/cli/run.ts'

/** A command line in a folder. */
export interface Command {
  env?: Record<string, string>
  /** On a terminal where nobody answers: the command ends at its first question. */
  unanswered?: boolean
  /** Both outputs. Default: only the standard output, unless `unanswered`. */
  both?: boolean
  /** Ends the command. */
  interrupted?: AbortSignal
  /** Receives what is printed, as it is printed. */
  printed?: (text: string) => void
}

/** Runs a command line. @returns its output */
export async function output(
  folder: string,
  args: readonly string[],
  { env = {}, unanswered = false, both = unanswered, interrupted, printed }: Command = {},
): Promise<string> {
  const stream = () => Object.assign(new PassThrough(), unanswered && { isTTY: true })
  const [stdin, stdout, stderr] = [stream(), stream(), stream()]
  const end = new AbortController()
  let text = ''
  for (const one of both ? [stdout, stderr] : [stdout]) {
    one.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      printed?.(text)
      if (unanswered && / to [a-z ]+: *$/.test(stripVTControlCharacters(text))) end.abort()
    })
  }
  await run(args, {
    stdin,
    stdout,
    stderr,
    now: Date.now,
    interrupted: interrupted ?? end.signal,
    killed: new AbortController().signal,
    env: { NO_COLOR: '1', ...env },
    cwd: folder,
  })
  return steady(stripVTControlCharacters(text))
}

/** Replaces what differs between runs: the lineage of a state, IDs of WorkOS, a port. */
function steady(text: string): string {
  return text
    .replace(/state [0-9a-f]{6}…/g, 'state 3f2a9c…')
    .replace(/\b(user|org|om)_[0-9A-Z]{26}\b/g, '$1_01K…')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:4100')
}
