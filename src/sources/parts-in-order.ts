/** What was asked for ahead of its turn. */
interface Begun<Item, Part> {
  item: Item
  parts: AsyncIterator<Part>
  first: Promise<IteratorResult<Part>>
}

/**
 * Reads items that come in parts, and hands the parts on in the order of the items. The first part
 * of up to `ahead` items is asked for at the same time; the others when their turn comes, so that
 * no more than `ahead` parts are ever held.
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
    // Thrown when its turn comes, which it may never do.
    first.catch(() => {})
    begun.push({ item, parts, first })
    if (begun.length >= ahead) await finish()
  }
  while (begun.length > 0) await finish()
}
