import type { Writable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Mask } from '../diagnostics/mask.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import type { EventSink } from '../reporting/events.ts'

/**
 * Where a run takes place: what the command line and the library both give to it. Whoever runs
 * takes it from here and not from `process`, so that several runs of one process do not know of
 * each other, and a test of a command is a function call.
 */
export interface World {
  /** Warnings, progress and remarks for people. */
  stderr: Writable & { isTTY?: boolean; columns?: number }
  env: Record<string, string | undefined>
  cwd: string
  /** Milliseconds since the epoch. */
  now(): number
  /**
   * What waiting is measured by: pauses between attempts, rate limits. Default: the machine's
   * clock.
   */
  clock?: Clock
  /** What progress is drawn by. Default: the machine's clock. */
  pace?: Clock
  /** Learns what happens. */
  events?: EventSink
  /** Aborted by the first Ctrl-C: finish what is in flight, then stop. */
  interrupted: AbortSignal
  /** Aborted by the second Ctrl-C: stop at once. */
  killed: AbortSignal
  /** Learns every secret that is read, so that whoever reports an error keeps them out of it. */
  redactor?: Redactor
  /** What the outputs show of people: `stderr` goes through it already. */
  mask?: Mask
}
