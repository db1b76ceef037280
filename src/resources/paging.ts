import { TargetError } from '../diagnostics/errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { Api, Query } from '../workos/api.ts'
import type { LiveResource } from './kind.ts'

/** The most that WorkOS puts on a page. */
const PAGE_SIZE = 100

/**
 * Every page of a list, oldest first: asks on while WorkOS names a cursor, however short a page is.
 * @param narrowed whether the list is of something that may be gone, by its query or by its path
 * @throws TargetError for a list that would never end, or an answer that is no list
 */
export async function* pages(
  api: Api,
  path: string,
  query: Query,
  parse: (body: JsonObject) => LiveResource,
  narrowed = Object.keys(query).length > 0,
): AsyncGenerator<LiveResource[]> {
  let after: string | undefined
  do {
    const body = await api.read(path, { ...query, limit: PAGE_SIZE, order: 'asc', after })
    // What a list is narrowed to may be gone, and a 404 says no more than that; the whole list is always there.
    if (body === undefined && narrowed) return
    yield listed(path, body).map(parse)
    const cursors = body?.list_metadata
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

/** The objects of one list answer. @throws TargetError for what is no list: something else than WorkOS answers there */
export function listed(path: string, body: JsonObject | undefined): JsonObject[] {
  if (Array.isArray(body?.data)) return body.data.filter((item): item is JsonObject => isObject(item))
  throw new TargetError({
    code: 'not_workos',
    message: `the target answers ${path} with ${body === undefined ? 'HTTP 404' : 'something that is no list'}: it is not WorkOS's API`,
    hint: 'check target.baseUrl',
  })
}
