import type { Writable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Mask } from '../diagnostics/mask.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import type { EventSink } from '../reporting/events.ts'

/**
 * The place of a run, provided by the command line and by the library. Use it instead of
 * `process`, so that several runs of one process stay independent, and a test can call a command as
 * a function.
 */
export interface World {
  /** Warnings, progress and remarks for people. */
  stderr: Writable & { isTTY?: boolean; columns?: number }
  env: Record<string, string | undefined>
  cwd: string
  /** Milliseconds since the epoch. */
  now(): number
  /** Measures waits: pauses between attempts, rate limits. Default: the machine's clock. */
  clock?: Clock
  /** Measures progress. Default: the machine's clock. */
  pace?: Clock
  /** Receives events. */
  events?: EventSink
  /** Aborted by the first Ctrl-C: finish what is in flight, then stop. */
  interrupted: AbortSignal
  /** Aborted by the second Ctrl-C: stop at once. */
  killed: AbortSignal
  /** Receives every secret that is read, to keep it out of error messages. */
  redactor?: Redactor
  /** What outputs show of users. `stderr` is already masked. */
  mask?: Mask
}
