import { type Clock, isDay, readDuration, systemClock } from '../clock.ts'
import { GuardError } from '../diagnostics/errors.ts'

/**
 * A moment after which a run sends nothing more. In: the text from the manifest or command line,
 * and the time. Out: a signal that is aborted at that moment, like that of Ctrl-C: reads are
 * dropped, and writes in flight have a few seconds.
 */

/** As an error, it means that nothing was written. During an apply, it stops the run cleanly. */
export class DeadlinePassed extends GuardError {
  /** The moment as messages show it: `05:30`. */
  readonly said: string

  constructor(said: string) {
    super({
      code: 'guard_deadline',
      message: `the deadline ${said} has passed, and nothing was applied`,
      hint: 'run the same command again with a later --deadline or --max-duration, or change run.deadline in the manifest',
    })
    this.said = said
  }
}

export const DEADLINE_HINT = 'write 05:30, 2030-01-31T05:30:00Z or a duration such as 4h'

export interface Deadline {
  /** Milliseconds since the epoch. */
  at: number
  /** The moment as messages show it: `05:30`. */
  said: string
  signal: AbortSignal
  close(): void
}

/**
 * Interval for checking the time, milliseconds. Timers drift over hours and stop while a machine
 * sleeps.
 */
const LOOK_AGAIN = 30_000

/** Aborts its signal with a DeadlinePassed once `now` reaches the moment. */
export function openDeadline(
  { at, said }: Moment,
  { now, clock = systemClock }: { now(): number; clock?: Clock },
): Deadline {
  const controller = new AbortController()
  let cancel = () => {}
  const look = () => {
    const left = at - now()
    if (left <= 0) controller.abort(new DeadlinePassed(said))
    else cancel = clock.schedule(Math.min(left, LOOK_AGAIN), look, true)
  }
  look()
  return { at, said, signal: controller.signal, close: () => cancel() }
}

export interface Moment {
  /** Milliseconds since the epoch. */
  at: number
  said: string
}

const TIME_OF_DAY = /^(\d{1,2}):(\d\d)$/
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/

/**
 * Reads a time of day (the next one in the machine's time zone), an ISO 8601 moment, or a duration
 * from `now`. Undefined: not one of these, or not a date of the calendar.
 */
export function readDeadline(text: string, now: number): Moment | undefined {
  const ms = readDuration(text)
  if (ms !== undefined) return { at: now + ms, said: `after ${text}` }
  if (MOMENT.test(text)) {
    const at = Date.parse(text)
    return Number.isNaN(at) || !isDay(text.slice(0, 10)) ? undefined : { at, said: text }
  }
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? []
  if (Number(hours) > 23 || !(Number(minutes) < 60)) return undefined
  const next = new Date(now)
  next.setHours(Number(hours), Number(minutes), 0, 0)
  if (next.getTime() <= now) {
    next.setDate(next.getDate() + 1)
    next.setHours(Number(hours), Number(minutes), 0, 0)
  }
  return { at: next.getTime(), said: text }
}
