/** Asks for pages at regular offsets before their turn comes, a bounded number at once. */
export class Ahead<Page> {
  readonly #fetch: (offset: number) => Promise<Page>
  readonly #step: number
  readonly #width: number
  readonly #asked = new Map<number, Promise<Page>>()

  /** @param step from one page to the next; @param width pages asked for at once, at least 1 */
  constructor(fetch: (offset: number) => Promise<Page>, step: number, width: number) {
    this.#fetch = fetch
    this.#step = step
    this.#width = Math.max(1, width)
  }

  /** The page at an offset. The pages after it, below `end`, are asked for as well; what was asked for elsewhere is forgotten. */
  at(offset: number, end: number): Promise<Page> {
    const wanted = [offset]
    while (wanted.length < this.#width && offset + wanted.length * this.#step < end) {
      wanted.push(offset + wanted.length * this.#step)
    }
    for (const asked of this.#asked.keys()) if (!wanted.includes(asked)) this.#asked.delete(asked)
    for (const each of wanted) if (!this.#asked.has(each)) this.#ask(each)
    const page = this.#asked.get(offset) ?? this.#fetch(offset)
    this.#asked.delete(offset)
    return page
  }

  #ask(offset: number): void {
    const page = this.#fetch(offset)
    // Thrown when its turn comes, which it may never do.
    page.catch(() => {})
    this.#asked.set(offset, page)
  }
}
