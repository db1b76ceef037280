import { TargetError } from '../diagnostics/errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { LiveResource } from '../resource.ts'
import type { Api, Query } from '../workos/api.ts'

/** The most that WorkOS puts on a page. */
const PAGE_SIZE = 100

const ALL: Query = { limit: PAGE_SIZE, order: 'asc' }

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
  for await (const page of followed(api, path, { ...query, ...ALL }, narrowed)) yield page.map(parse)
}

/**
 * The same for a list of roles, which WorkOS gives whole and documents without any parameter: nothing is asked for but the page after
 * a cursor, where an answer names one.
 */
export function rolePages(api: Api, path: string, narrowed: boolean): AsyncGenerator<JsonObject[]> {
  return followed(api, path, {}, narrowed)
}

/** Pages of objects that are no resources of their own, such as the roles of a group. What the path names may be gone. */
export function objectPages(api: Api, path: string): AsyncGenerator<JsonObject[]> {
  return followed(api, path, ALL, true)
}

async function* followed(api: Api, path: string, query: Query, narrowed: boolean): AsyncGenerator<JsonObject[]> {
  const cursors = new Set<string>()
  let after: string | undefined
  do {
    const body = await api.read(path, { ...query, after })
    // What a list is narrowed to may be gone, and a 404 says no more than that; the whole list is always there.
    if (body === undefined && narrowed) return
    yield listed(path, body)
    const metadata = body?.list_metadata
    const next = isObject(metadata) && typeof metadata.after === 'string' ? metadata.after : undefined
    if (next !== undefined && cursors.has(next)) {
      throw new TargetError({
        code: 'endless_list',
        message: `the list ${path} does not end: it names one cursor twice`,
        hint: 'check that target.baseUrl is WorkOS: a proxy or another server in its place may ignore the cursor',
      })
    }
    if (next !== undefined) cursors.add(next)
    after = next
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

/** Lists that are read at once; the limiter paces the requests. */
const AT_ONCE = 10

/** Does something for each, a few at a time. Once one has failed, no other is begun. */
export async function eachOf<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  // All draw from one iterator: each is taken once.
  const rest = items[Symbol.iterator]()
  let failed = false
  const worker = async () => {
    for (let next = rest.next(); !next.done && !failed; next = rest.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
