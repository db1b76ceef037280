import type { Query } from '../../../http/json-client.ts'
import type { Page, Tenant } from './tenant.ts'

/** A list that is read by checkpoints. */
export interface CheckpointList {
  path: string
  /** The member of an answer that holds the entries. */
  list: string
  size: number
  query?: Query
}

/**
 * The pages of a list, from a checkpoint on; undefined is its beginning. Checkpoints that go round in a circle, of whatever length, are found
 * with one checkpoint in memory, which moves on after 1, 2, 4, 8 … pages (Brent's algorithm).
 * @throws SourceError when they do, SpoiledReading when the first checkpoint is not taken any more
 */
export async function* pagesFrom(
  tenant: Tenant,
  { path, list, size, query }: CheckpointList,
  start: string | undefined,
): AsyncGenerator<Page> {
  let from = start
  let anchor = start
  let stretch = 1
  for (let steps = 1; ; steps++) {
    const page = await tenant.page(path, list, size, from, query)
    yield page
    from = page.next
    if (from === undefined) return
    if (from === anchor) throw tenant.unexpected(`GET ${path}`, 'a page beyond those before it')
    if (steps < stretch) continue
    anchor = from
    stretch *= 2
    steps = 0
  }
}
