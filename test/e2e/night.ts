import type { Clock } from '../../src/clock.ts'
import { swiftClock } from '../simulated-clock.ts'

export const MIDNIGHT = new Date(2030, 0, 31).getTime()

/** A night whose time advances only with `passes`. */
export function night() {
  let now = MIDNIGHT
  const looks: (() => void)[] = []
  // Only a deadline lets the process end before its timer is due.
  const clock: Clock = {
    now: swiftClock.now,
    schedule(ms, callback, idle) {
      if (!idle) return swiftClock.schedule(ms, callback)
      looks.push(callback)
      return () => void looks.splice(looks.indexOf(callback), 1)
    },
  }
  const passes = (ms: number) => {
    now += ms
    for (const look of looks.splice(0)) look()
  }
  return { world: { clock, now: () => now }, passes }
}
