import { setImmediate } from 'node:timers/promises'

/** Items between two turns of the event loop. */
const AT_ONCE = 500

/**
 * Items of a run's database one after the other, with room for other work in between. @param check
 * throws where they can be read no more
 */
export async function* itemsOf<T>(items: Iterable<T>, check: () => void): AsyncGenerator<T, void, undefined> {
  check()
  let count = 0
  for (const item of items) {
    yield item
    count += 1
    if (count % AT_ONCE === 0) await setImmediate()
    check()
  }
}
