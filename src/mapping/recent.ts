/** Remembers what was made of texts, the latest of them: of as many as the limit at least, and of twice as many at most. */
export class Recent<T> {
  readonly #limit: number
  #latest = new Map<string, Entry<T>>()
  #before = new Map<string, Entry<T>>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(text: string): T | undefined {
    const latest = this.#latest.get(text)
    if (latest !== undefined) return latest.made
    const older = this.#before.get(text)
    if (older !== undefined) this.#add(older)
    return older?.made
  }

  set(text: string, made: T): void {
    this.#add({ text, made })
  }

  #add(entry: Entry<T>): void {
    if (this.#latest.size >= this.#limit) {
      this.#before = this.#latest
      this.#latest = new Map()
    }
    this.#latest.set(entry.text, entry)
  }
}

interface Entry<T> {
  /** As it was set. One that is asked for may be a part of a long text, which it would keep in memory. */
  text: string
  made: T
}
