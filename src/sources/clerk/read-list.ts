import type { IdSet } from '../id-set.ts'
import { Ahead } from './ahead.ts'
import type { ClerkObject, Page } from './api.ts'

/** A list that is read by offset, from its oldest entry on, while entries may come and go. */
export interface ListReading {
  page(offset: number, limit: number): Promise<Page>
  pageSize: number
  concurrency: number
  /** Where to begin: where an earlier reading was cut off. */
  from: number
  /** How many there are, as far as is known: what lies beyond is not asked for ahead. */
  expected: number
  /** Ids of this list that were read before. */
  seen: IdSet
  /** Entries that were not seen before, and the offset at which their page ended. */
  take(fresh: ClerkObject[], end: number): Promise<void>
}

/**
 * Reads to the end. Each page begins with entries that were read already: if they are not there, entries before them were deleted
 * and those behind have moved up, so that reading goes back until it meets what it knows. Nothing is lost or doubled by that.
 */
export async function readList(reading: ListReading): Promise<void> {
  const { page, pageSize, concurrency, seen, take } = reading
  const overlap = pageSize < 2 ? 0 : Math.max(1, Math.floor(pageSize / 100))
  const ahead = new Ahead((offset) => page(offset, pageSize), pageSize - overlap, concurrency)
  let offset = Math.max(0, reading.from - overlap)
  let expected = reading.expected
  for (;;) {
    const { rows, total, last } = await ahead.at(offset, expected)
    if (total !== undefined) expected = total
    const [first] = rows
    if (offset > 0 && overlap > 0 && (first === undefined || !seen.has(first.id))) {
      offset = Math.max(0, offset - pageSize)
      continue
    }
    const end = offset + rows.length
    const fresh = seen.add(rows)
    if (fresh.length > 0) await take(fresh, end)
    // A page may be shorter than was asked for without being the last: the last is one with nothing behind what is known.
    if (fresh.length === 0 && rows.length <= overlap) return
    if (last || rows.length === 0 || (total !== undefined && end >= total)) return
    offset = Math.max(0, end - overlap)
  }
}
