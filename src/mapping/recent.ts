/** How much is remembered at least; twice as much at most. */
export interface Limits {
  entries: number
  /** Of all texts together, or of what weighs in their stead. */
  characters: number
}

/** Remembers what was made of texts, the latest of them, within limits. */
export class Recent<T> {
  readonly #limits: Limits
  #latest = new Map<string, Entry<T>>()
  #characters = 0
  #before = new Map<string, Entry<T>>()

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get(text: string): T | undefined {
    const latest = this.#latest.get(text)
    if (latest !== undefined) return latest.made
    const older = this.#before.get(text)
    if (older !== undefined) this.#add(older)
    return older?.made
  }

  /** @param weight how many characters are kept in memory by it */
  set(text: string, made: T, weight = text.length): void {
    this.#add({ text, made, weight })
  }

  #add(entry: Entry<T>): void {
    const { entries, characters } = this.#limits
    if (this.#latest.size >= entries || this.#characters >= characters) {
      this.#before = this.#latest
      this.#latest = new Map()
      this.#characters = 0
    }
    this.#latest.set(entry.text, entry)
    this.#characters += entry.weight
  }
}

interface Entry<T> {
  /**
   * As it was set. One that is asked for may be a part of a long text, which it would keep in
   * memory.
   */
  text: string
  made: T
  weight: number
}
