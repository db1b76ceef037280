/** How much to remember at least; at most twice as much. */
export interface Limits {
  entries: number
  /** Of all texts together, or the total weight. */
  characters: number
}

/** Remembers the most recent results by text, within limits. */
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

  /** @param weight how many characters the result keeps in memory */
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
   * The text as stored: the text of a lookup can be a slice of a long text, and would keep it in
   * memory.
   */
  text: string
  made: T
  weight: number
}
