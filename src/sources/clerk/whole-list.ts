import { SourceError } from '../../diagnostics/errors.ts'
import type { ClerkObject, Page } from './api.ts'

/** A list that is short enough to be held. */
export interface WholeList {
  /** What messages call it. */
  what: string
  /** The system as messages name it. */
  name: string
  pageSize: number
  page(offset: number, limit: number): Promise<Page>
}

interface Reading {
  entries: Map<string, ClerkObject>
  /** How many there are, where it is told. */
  total: number | undefined
  /** Whether one answer had them all. */
  atOnce: boolean
}

/** How often a list is read until it comes out. */
const READINGS = 6

/**
 * A short list, whatever its order. Where one answer does not have all that are counted, it is read until two readings in a row have
 * the same entries, as many as are counted: while entries come and go, or in an order that is not fixed, a page may lack what no other
 * has.
 * @throws SourceError when it never comes out
 */
export async function wholeList(list: WholeList): Promise<ClerkObject[]> {
  let last: Reading | undefined
  for (let reading = 1; reading <= READINGS; reading += 1) {
    const { entries, total, atOnce } = await readOnce(list)
    const isCounted = total === undefined || entries.size === total
    if (isCounted && (atOnce || (last !== undefined && sameIds(entries, last.entries)))) return [...entries.values()]
    last = { entries, total, atOnce }
  }
  throw new SourceError({
    code: 'count_mismatch',
    message: `${list.name} told ${last?.entries.size ?? 0} ${list.what} and counts ${last?.total ?? 'none'}, and its answers did not agree in ${READINGS} readings`,
    hint: 'run the same command again, best when nobody changes the instance; nothing is migrated from an incomplete reading',
  })
}

async function readOnce({ page, pageSize }: WholeList): Promise<Reading> {
  const entries = new Map<string, ClerkObject>()
  for (let offset = 0; ; ) {
    const { rows, total } = await page(offset, pageSize)
    const before = entries.size
    for (const row of rows) entries.set(row.id, row)
    offset += rows.length
    // Without a count, the end is where nothing new comes, also of an API that knows no offset.
    const isEnd = total === undefined ? entries.size === before : rows.length === 0 || offset >= total
    if (isEnd) return { entries, total, atOnce: total !== undefined && before === 0 }
  }
}

function sameIds(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return one.size === other.size && [...one.keys()].every((id) => other.has(id))
}
