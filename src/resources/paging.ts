import { TargetError } from '../diagnostics/errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { Api, Query } from '../workos/api.ts'
import type { LiveResource } from './kind.ts'

/** The most that WorkOS puts on a page. */
const PAGE_SIZE = 100

/**
 * Every page of a list, oldest first: asks on while WorkOS names a cursor, however short a page is.
 * @throws TargetError for a list that would never end
 */
export async function* pages(
  api: Api,
  path: string,
  query: Query,
  parse: (body: JsonObject) => LiveResource,
): AsyncGenerator<LiveResource[]> {
  let after: string | undefined
  do {
    const body = await api.read(path, { ...query, limit: PAGE_SIZE, order: 'asc', after })
    if (body === undefined) return
    yield listed(body).map(parse)
    const cursors = body.list_metadata
    const next = isObject(cursors) ? cursors.after : undefined
    if (typeof next === 'string' && next === after) {
      throw new TargetError({
        code: 'endless_list',
        message: `the list ${path} does not end: it names one cursor twice`,
      })
    }
    after = typeof next === 'string' ? next : undefined
  } while (after !== undefined)
}

/** The objects of one list answer. */
export function listed(body: JsonObject): JsonObject[] {
  const data = body.data
  return Array.isArray(data) ? data.filter((item): item is JsonObject => isObject(item)) : []
}
