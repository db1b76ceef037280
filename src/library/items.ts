import { setImmediate } from 'node:timers/promises'

/** Items between two turns of the event loop. */
const AT_ONCE = 500

/**
 * Yields items of a run's database and lets other work run in between.
 * @param check throws if they can no longer be read
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
