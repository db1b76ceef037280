import { setImmediate } from 'node:timers/promises'

/** The program's clock, which tests can control. All times in milliseconds. */
export interface Clock {
  /** Monotonic; the zero point is arbitrary. */
  now(): number
  /**
   * Calls back once, after at least `ms`. Returns a function that cancels it.
   * @param idle the timer does not keep the process alive
   */
  schedule(ms: number, callback: () => void, idle?: boolean): () => void
}

/** A pause to report. */
export interface Wait {
  /** The system that causes it: `WorkOS`. */
  whose: string
  /**
   * The requests of this period are used up; a request was rejected; or a request without a usable
   * response is sent again.
   */
  reason: 'pace' | 'refused' | 'retry'
  why: string
  ms: number
}

/** Shorter pauses are not reported. Milliseconds. */
export const LONG_WAIT = 1_000

/** What a wait is for: `the rate limit of WorkOS`. */
export function waitedFor({ whose, reason }: Pick<Wait, 'whose' | 'reason'>): string {
  return reason === 'retry' ? whose : `the rate limit of ${whose}`
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(ms, callback, idle = false) {
    const timer = setTimeout(callback, ms)
    if (idle) timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms`, or rejects with the signal's reason when it is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const onAbort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.schedule(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/**
 * Lets signals and responses in between two long pieces of work. Rejects with the signal's reason
 * once it is aborted.
 */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await setImmediate()
  signal?.throwIfAborted()
}

/**
 * Whether a text such as 2026-03-01 is a valid date. Date.parse reads February 31 as a day in
 * March.
 */
export function isDay(date: string): boolean {
  const time = Date.parse(date)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date)
}
/** Milliseconds of `4h`, `1h30m` or `90s`; undefined for anything else. */
export function readDuration(text: string): number | undefined {
  const match = DURATION.exec(text)
  if (match === null) return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  const ms = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
  return ms === 0 ? undefined : ms
}

const DURATION = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/
