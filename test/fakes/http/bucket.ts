export interface Rate {
  /** How many requests can come at once. */
  burst: number
  /** Tokens that come back every second. */
  perSecond: number
}

/** A token bucket. */
export class Bucket {
  readonly rate: Rate
  readonly #now: () => number
  #tokens: number
  #at: number

  constructor(rate: Rate, now: () => number) {
    this.rate = rate
    this.#now = now
    this.#tokens = rate.burst
    this.#at = now()
  }

  /** Whether there was a token for one more request. */
  take(): boolean {
    const now = this.#now()
    this.#tokens = Math.min(this.rate.burst, this.#tokens + ((now - this.#at) / 1000) * this.rate.perSecond)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  get remaining(): number {
    return Math.floor(this.#tokens)
  }

  /** Milliseconds until there is a token. */
  get waitMs(): number {
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.rate.perSecond) * 1000
  }
}
