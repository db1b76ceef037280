import { type Clock, isDay, readDuration, systemClock } from '../clock.ts'
import { GuardError } from '../diagnostics/errors.ts'

/**
 * A moment after which a run sends nothing more. In: what the manifest or the command line says,
 * and the time. Out: a signal that is aborted at that moment, like the one of Ctrl-C: reads are
 * dropped, and writes on their way have a few seconds to be answered.
 */

/**
 * The time has come. As an error it means that nothing was written yet; while a plan is carried out
 * it ends the run in order.
 */
export class DeadlinePassed extends GuardError {
  /** How the moment is told: `05:30`. */
  readonly said: string

  constructor(said: string) {
    super({
      code: 'guard_deadline',
      message: `the deadline ${said} has passed, and nothing was applied`,
      hint: 'run the same command again with a later --deadline or --max-duration; run.deadline in the manifest sets it for every run',
    })
    this.said = said
  }
}

/** What a deadline may be written as. */
export const DEADLINE_HINT = 'write 05:30, 2030-01-31T05:30:00Z or a duration such as 4h'

export interface Deadline {
  /** Milliseconds since the epoch. */
  at: number
  /** How the moment is told: `05:30`. */
  said: string
  signal: AbortSignal
  close(): void
}

/**
 * Timers are not exact over hours, and stand still while a machine sleeps: the time is looked at
 * this often. Milliseconds.
 */
const LOOK_AGAIN = 30_000

/** Aborts its signal with a DeadlinePassed once `now` has reached the moment. */
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
 * The moment that a text names: a time of day, the next one in the machine's time zone; a moment of
 * ISO 8601; or a duration from `now` on. Undefined: none of these, or no moment of the calendar.
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
