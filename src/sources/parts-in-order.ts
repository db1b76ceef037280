/** An item whose first part was requested ahead. */
interface Begun<Item, Part> {
  item: Item
  parts: AsyncIterator<Part>
  first: Promise<IteratorResult<Part>>
}

/**
 * Reads items that come in parts, and passes the parts on in the order of the items. Requests the
 * first part of up to `ahead` items at the same time and the others in turn, so that memory
 * contains at most `ahead` parts.
 */
export async function partsInOrder<Item, Part>(
  items: AsyncIterable<Item>,
  ahead: number,
  read: (item: Item) => AsyncIterator<Part>,
  take: (item: Item, part: Part) => Promise<void>,
): Promise<void> {
  const begun: Begun<Item, Part>[] = []
  const finish = async (): Promise<void> => {
    const next = begun.shift()
    if (next === undefined) return
    for (let part = await next.first; !part.done; part = await next.parts.next()) await take(next.item, part.value)
  }
  for await (const item of items) {
    const parts = read(item)
    const first = parts.next()
    // The error is thrown in turn, which can never come.
    first.catch(() => {})
    begun.push({ item, parts, first })
    if (begun.length >= ahead) await finish()
  }
  while (begun.length > 0) await finish()
}
