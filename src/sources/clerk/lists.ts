import type { Page } from './api.ts'
import type { CountedList } from './counted-list.ts'

/** What is created while a list is read then comes at its end. */
export const OLDEST_FIRST = '+created_at'

/** A list that is a stream of its own and tells its total with each page. */
export function listOf(stream: string, page: (offset: number, limit: number) => Promise<Page>): CountedList {
  const total = async () => (await page(0, 1)).total ?? 0
  return { stream, what: stream, page, total, keep: (entry) => entry, whole: true }
}
