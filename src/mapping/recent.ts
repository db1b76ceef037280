/** Remembers what was made of texts, the latest of them: of as many as the limit at least, and of twice as many at most. */
export class Recent<T> {
  readonly #limit: number
  #latest = new Map<string, T>()
  #before = new Map<string, T>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(text: string): T | undefined {
    const latest = this.#latest.get(text)
    if (latest !== undefined) return latest
    const older = this.#before.get(text)
    if (older !== undefined) this.set(text, older)
    return older
  }

  set(text: string, made: T): void {
    if (this.#latest.size >= this.#limit) {
      this.#before = this.#latest
      this.#latest = new Map()
    }
    this.#latest.set(text, made)
  }
}
