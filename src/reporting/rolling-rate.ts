/** Samples are taken at most this often. Milliseconds. */
const GRAIN = 250

/** How quickly a count grows, over the last seconds alone: what is long past says nothing of how it goes now. */
export class RollingRate {
  readonly #window: number
  /** Oldest first. The first one stands at the beginning of the window, or before it. */
  readonly #samples: { at: number; count: number }[]
  #count = 0

  /** @param window milliseconds */
  constructor(now: number, window: number) {
    this.#window = window
    this.#samples = [{ at: now, count: 0 }]
  }

  /** The count is so high now. */
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
    // What was counted since a sample was counted within a grain of it: then the count stood still until the next one.
    if (oldest !== undefined && oldest.at + GRAIN <= begin)
      samples[0] = { at: begin, count: next?.count ?? this.#count }
  }
}
