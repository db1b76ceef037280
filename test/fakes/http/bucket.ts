export interface Rate {
  /** Most requests at once. */
  burst: number
  /** New tokens per second. */
  perSecond: number
}

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

  /** Takes a token, if there is one. */
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

  /** Milliseconds until the next token. */
  get waitMs(): number {
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.rate.perSecond) * 1000
  }
}
