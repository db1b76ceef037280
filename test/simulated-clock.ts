import { type Clock, systemClock } from '../src/clock.ts'

interface Timer {
  at: number
  order: number
  callback: () => void
}

/** A clock that moves only on request. */
export class SimulatedClock implements Clock {
  #now = 1_000_000
  #timers: Timer[] = []
  #order = 0

  now(): number {
    return this.#now
  }

  schedule(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, order: this.#order, callback }
    this.#order += 1
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Moves forward by `ms` and runs everything due on the way, each at its time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const next = this.#next()
      if (next === undefined || next.at > end) break
      await this.#fire(next)
    }
    this.#now = end
  }

  /** Moves forward until nothing is scheduled. */
  async runAll(): Promise<void> {
    await settled()
    for (let next = this.#next(); next !== undefined; next = this.#next()) await this.#fire(next)
  }

  #next(): Timer | undefined {
    return this.#timers.reduce<Timer | undefined>(
      (first, timer) =>
        first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)
          ? timer
          : first,
      undefined,
    )
  }

  async #fire(timer: Timer): Promise<void> {
    this.#timers = this.#timers.filter((other) => other !== timer)
    this.#now = Math.max(this.#now, timer.at)
    timer.callback()
    await settled()
  }
}

/** The speed of the swift clock relative to the machine clock. */
const SPEED = 20

/** A faster clock, so that pauses are short and measured times stay in proportion. */
export const swiftClock: Clock = {
  now: () => systemClock.now() * SPEED,
  schedule: (ms, callback, idle) => systemClock.schedule(ms / SPEED, callback, idle),
}

/** A clock whose waits end at once. `waits` has the requested times in milliseconds. */
export function hurriedClock(): Clock & { waits: number[] } {
  const waits: number[] = []
  let passed = 0
  return {
    waits,
    now: () => passed,
    schedule(ms, callback) {
      waits.push(ms)
      const immediate = setImmediate(() => {
        passed += ms
        callback()
      })
      return () => clearImmediate(immediate)
    },
  }
}

/** Lets all ready promises continue. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve()
}
