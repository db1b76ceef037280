/** Items by key in insertion order, for paging after an item that might be deleted since. */
export class Ordered<Item> {
  readonly #items: { number: number; item: Item }[] = []
  readonly #numbers = new Map<string, number>()
  #next = 1

  get size(): number {
    return this.#items.length
  }

  has(key: string): boolean {
    return this.#numbers.has(key)
  }

  get(key: string): Item | undefined {
    const number = this.#numbers.get(key)
    return number === undefined ? undefined : this.#items[this.#indexAfter(number - 1)]?.item
  }

  /** Adds at the end, or replaces in place. */
  set(key: string, item: Item): void {
    const number = this.#numbers.get(key)
    if (number === undefined) {
      this.#numbers.set(key, this.#next)
      this.#items.push({ number: this.#next, item })
      this.#next += 1
    } else {
      this.#items[this.#indexAfter(number - 1)] = { number, item }
    }
  }

  delete(key: string): boolean {
    const number = this.#numbers.get(key)
    if (number === undefined) return false
    this.#items.splice(this.#indexAfter(number - 1), 1)
    return this.#numbers.delete(key)
  }

  all(): Item[] {
    return this.#items.map(({ item }) => item)
  }

  slice(offset: number, count: number): Item[] {
    return this.#items.slice(offset, offset + count).map(({ item }) => item)
  }

  /** Up to `count` items after the number (0: from the start), and the number of the last one. */
  after(number: number, count: number): { items: Item[]; last: number; more: boolean } {
    const start = this.#indexAfter(number)
    const found = this.#items.slice(start, start + count)
    return {
      items: found.map(({ item }) => item),
      last: found.at(-1)?.number ?? number,
      more: start + found.length < this.#items.length,
    }
  }

  /** Index of the first item with a greater number. */
  #indexAfter(number: number): number {
    let [low, high] = [0, this.#items.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#items[middle]?.number ?? 0) > number) high = middle
      else low = middle + 1
    }
    return low
  }
}
