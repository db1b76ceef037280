import type { Wait } from '../clock.ts'
import type { Step } from '../diagnostics/step.ts'

/** Work of known length, paced by the limits of WorkOS. */
export interface Work {
  phase: string
  total: number
  /** The least time that the limits require for the rest, milliseconds. */
  leastMs(): number
}

/** The progress of a run at one moment. Times in seconds. */
export interface Figures extends Step {
  /** Whether single items end one by one and can fail. */
  isWork: boolean
  failed: number
  blocked: number
  /** Done per second, over the last seconds. */
  rate?: number
  elapsed: number
  left?: number
  /** The current wait. */
  wait?: Pick<Wait, 'whose' | 'reason' | 'why'> & { seconds: number }
}

/** The rate covers this many milliseconds. */
const WINDOW = 10_000
/**
 * The time left uses the rate over this many milliseconds: over 10 s, a few requests that hang
 * would turn minutes into hours.
 */
const LONG_WINDOW = 60_000

/** Adds up the progress of a run, phase after phase. Times come from the clock, in milliseconds. */
export class Gauge {
  #step: Step | undefined
  #work: Work | undefined
  #started = 0
  #rate = new RollingRate(0, WINDOW)
  #longRate = new RollingRate(0, LONG_WINDOW)
  #failed = 0
  #blocked = 0
  /** The end of the last wait for the limits. */
  #pacedUntil = Number.NEGATIVE_INFINITY
  #wait: { wait: Wait; until: number } | undefined

  get phase(): string | undefined {
    return this.#step?.phase
  }

  get isDone(): boolean {
    return this.#step?.total !== undefined && this.#step.done === this.#step.total
  }

  /** Takes a step of a new phase or of the current one. */
  step(step: Step, now: number): void {
    if (step.phase !== this.#step?.phase) this.#start(now)
    this.#step = step
    this.#reach(now, step.done ?? 0)
  }

  begin(work: Work, now: number): void {
    this.#start(now)
    this.#work = work
    this.#step = { phase: work.phase, done: 0, total: work.total }
  }

  finish(outcome: 'done' | 'failed' | 'blocked', now: number): void {
    if (this.#step === undefined) return
    const done = (this.#step.done ?? 0) + 1
    this.#step = { ...this.#step, done }
    this.#reach(now, done)
    if (outcome === 'failed') this.#failed += 1
    if (outcome === 'blocked') this.#blocked += 1
  }

  /** Takes a wait. The one that ends last is shown. */
  waiting(wait: Wait, now: number): void {
    const until = now + wait.ms
    if (wait.reason === 'pace') this.#pacedUntil = until
    if (this.#wait === undefined || this.#wait.until < until) this.#wait = { wait, until }
  }

  end(): void {
    this.#step = undefined
    this.#work = undefined
    this.#wait = undefined
  }

  /** Undefined: no phase is running. */
  figures(now: number): Figures | undefined {
    if (this.#step === undefined) return undefined
    const elapsed = (now - this.#started) / 1000
    const { done } = this.#step
    const left = this.#left(now)
    const waits = this.#wait !== undefined && this.#wait.until > now ? this.#wait : undefined
    return {
      ...this.#step,
      isWork: this.#work !== undefined,
      failed: this.#failed,
      blocked: this.#blocked,
      ...(done !== undefined && { rate: this.#rate.perSecond(now) }),
      elapsed,
      ...(left !== undefined && { left }),
      ...(waits && { wait: { ...pick(waits.wait), seconds: (waits.until - now) / 1000 } }),
    }
  }

  #start(now: number): void {
    this.end()
    this.#started = now
    this.#rate = new RollingRate(now, WINDOW)
    this.#longRate = new RollingRate(now, LONG_WINDOW)
    this.#failed = 0
    this.#blocked = 0
    this.#pacedUntil = Number.NEGATIVE_INFINITY
  }

  #reach(now: number, done: number): void {
    this.#rate.reach(now, done)
    this.#longRate.reach(now, done)
  }

  /** By the rate of the last minute, at least what the limits require; undefined if unknown. */
  #left(now: number): number | undefined {
    const { done = 0, total, share } = this.#step ?? {}
    const elapsed = (now - this.#started) / 1000
    if (total === undefined) {
      return share === undefined || share === 0 ? undefined : (elapsed * (1 - share)) / share
    }
    if (done >= total) return 0
    const least = (this.#work?.leastMs() ?? 0) / 1000
    // In a pause longer than the window the recent rate is 0: use the rate since the beginning.
    const rate = this.#longRate.perSecond(now) || (elapsed > 0 ? done / elapsed : 0)
    if (rate === 0) return least > 0 ? least : undefined
    const byRate = (total - done) / rate
    // Paced requests come in bursts, so the rate varies by the size of a burst. The limits give the
    // better time.
    const isPaced = now - this.#pacedUntil < WINDOW
    return isPaced && (byRate - least) * 1000 < WINDOW * 1.2 ? least : Math.max(byRate, least)
  }
}

function pick({ whose, reason, why }: Wait): Pick<Wait, 'whose' | 'reason' | 'why'> {
  return { whose, reason, why }
}

/** Milliseconds between two samples, at least. */
const GRAIN = 250

/** How fast a count grows, over a window that ends now. */
class RollingRate {
  readonly #window: number
  /** Oldest first. The first one is at the beginning of the window or before it. */
  readonly #samples: { at: number; count: number }[]
  #count = 0

  /** @param window milliseconds */
  constructor(now: number, window: number) {
    this.#window = window
    this.#samples = [{ at: now, count: 0 }]
  }

  reach(now: number, count: number): void {
    this.#trim(now)
    const last = this.#samples.at(-1)
    if (last !== undefined && now - last.at >= GRAIN) this.#samples.push({ at: now, count: this.#count })
    this.#count = count
  }

  /** Per second; 0 before any time has passed. */
  perSecond(now: number): number {
    this.#trim(now)
    const [from] = this.#samples
    if (from === undefined || now <= from.at) return 0
    return ((this.#count - from.count) / (now - from.at)) * 1000
  }

  #trim(now: number): void {
    const begin = now - this.#window
    const samples = this.#samples
    while (samples[1] !== undefined && samples[1].at <= begin) samples.shift()
    const [oldest, next] = samples
    // Each sample counts what came within GRAIN of it; the count did not change until the next one.
    if (oldest !== undefined && oldest.at + GRAIN <= begin)
      samples[0] = { at: begin, count: next?.count ?? this.#count }
  }
}
