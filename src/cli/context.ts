import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Mask } from '../diagnostics/mask.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import type { EventSink } from '../reporting/events.ts'

/** The world as a command sees it. Nothing below `main.ts` touches `process`, so a test of a command is a function call. */
export interface Context {
  stdout: Writable & { isTTY?: boolean; columns?: number }
  stderr: Writable & { isTTY?: boolean; columns?: number }
  stdin: Readable & { isTTY?: boolean }
  env: Record<string, string | undefined>
  cwd: string
  /** Milliseconds since the epoch. */
  now(): number
  /** What waiting is measured by: pauses between attempts, rate limits. Default: the machine's clock. */
  clock?: Clock
  /** What progress is drawn by. Default: the machine's clock. */
  pace?: Clock
  /** Learns what happens, for `--events`. */
  events?: EventSink
  /** Aborted by the first Ctrl-C: finish what is in flight, then stop. */
  interrupted: AbortSignal
  /** Aborted by the second Ctrl-C: stop at once. */
  killed: AbortSignal
  /** Learns every secret that the command reads, so that whoever reports an error keeps them out of it. `run` makes one. */
  redactor?: Redactor
  /** What the outputs show of people: `stdout` and `stderr` of a command go through it already. `run` makes one. */
  mask?: Mask
  /** The outputs before the mask: for questions to a person, whose typing comes back as it is, and for data that other programs read. */
  unmasked?: Pick<Context, 'stdout' | 'stderr'>
}
