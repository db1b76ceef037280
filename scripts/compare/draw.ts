import { randomFrom } from '../../test/fakes/random.ts'

/** Random choices, the same for a seed in every run. */
export class Draw {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = randomFrom(seed)
    // Neighboring seeds start with similar numbers, so skip some.
    this.#next()
  }

  chance(share: number): boolean {
    return this.#next() < share
  }

  below(count: number): number {
    return Math.floor(this.#next() * count)
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
}
