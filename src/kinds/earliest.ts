/**
 * Keeps the items with the lowest places, in that order. Of equal places the first item added wins.
 */
export class Earliest<Item> {
  readonly #most: number
  #kept: { place: number; item: Item }[] = []
  /** Undefined: there is still room. */
  #bound: number | undefined

  /** @param most how many items to keep; up to twice as many are in memory */
  constructor(most: number) {
    this.#most = most
  }

  add(place: number, item: Item): void {
    if (this.#bound !== undefined && place >= this.#bound) return
    this.#kept.push({ place, item })
    if (this.#kept.length >= this.#most * 2) this.#cut()
  }

  items(): Item[] {
    this.#cut()
    return this.#kept.map(({ item }) => item)
  }

  #cut(): void {
    this.#kept.sort((one, other) => one.place - other.place)
    if (this.#kept.length < this.#most) return
    this.#kept.length = this.#most
    this.#bound = this.#kept.at(-1)?.place
  }
}
