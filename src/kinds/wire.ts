import { TargetError } from '../diagnostics/errors.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import type { Attributes, Changes, LiveResource } from '../resource.ts'
import type { Api, Query } from '../workos/api.ts'

/**
 * How kinds read and write WorkOS's API. In: our fields, or an answer's body. Out: the body of a
 * request in WorkOS's spelling; the texts of an answer; the pages of a list, and each of several
 * lists read a few at a time. What is not an answer of WorkOS's is a TargetError.
 */

/** WorkOS's spelling of the fields that a kind sends, by our own. */
export type Spelling = Readonly<Record<string, string>>

/** The given fields in WorkOS's spelling. Null and empty objects are never sent on create. */
export function createBody(attributes: Attributes, spelling: Spelling): JsonObject {
  const body: JsonObject = {}
  for (const [field, name] of Object.entries(spelling)) {
    const value = attributes[field]
    if (value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0)) continue
    body[name] = value
  }
  return body
}

/**
 * The changed fields in WorkOS's spelling; inside of maps null stays, since it removes a member.
 */
export function updateBody(changes: Changes, spelling: Spelling): JsonObject {
  const body: JsonObject = {}
  for (const [field, name] of Object.entries(spelling)) {
    const value = changes[field]
    if (value !== undefined && value !== null) body[name] = value
  }
  return body
}

/** Text of an answer; null when it is empty or not text. */
export function textOf(body: JsonObject, name: string): string | null {
  const value = body[name]
  return typeof value === 'string' ? value : null
}

/**
 * The text that every object of an answer has, its id above all. @throws TargetError when it is
 * missing or empty
 */
export function requiredText(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string' || value === '') {
    throw new TargetError({
      code: 'unexpected_answer',
      message: `the target answered an object without ${name}: WorkOS's API does not`,
      hint: 'check target.baseUrl',
    })
  }
  return value
}

/** The member of an answer under our field name, when the answer tells about it at all. */
export function pick(body: JsonObject, name: string, field: string): Record<string, Json> {
  const value = body[name]
  return value === undefined ? {} : { [field]: value }
}

/**
 * What is read of a kind that the environment knows by slug, which is WorkOS's id here: roles and
 * permissions.
 */
interface BySlug {
  pathOf(slug: string): string
  /** Undefined: there is none. */
  get(api: Api, slug: string): Promise<LiveResource | undefined>
  parse(body: JsonObject): LiveResource
}

/** @param attributesOf the fields that an answer tells */
export function bySlug(path: string, attributesOf: (body: JsonObject) => Attributes): BySlug {
  const pathOf = (slug: string) => `${path}/${encodeURIComponent(slug)}`
  const parse = (body: JsonObject): LiveResource => {
    const slug = requiredText(body, 'slug')
    return { id: slug, externalId: null, naturalKey: slug, attributes: attributesOf(body) }
  }
  const get = async (api: Api, slug: string) => {
    const body = await api.read(pathOf(slug))
    return body === undefined ? undefined : parse(body)
  }
  return { pathOf, get, parse }
}

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
 * The same for a list of roles, which WorkOS gives whole and documents without any parameter:
 * nothing is asked for but the page after a cursor, where an answer names one.
 */
export function rolePages(api: Api, path: string, narrowed: boolean): AsyncGenerator<JsonObject[]> {
  return followed(api, path, {}, narrowed)
}

/**
 * Pages of objects that are no resources of their own, such as the roles of a group. What the path
 * names may be gone.
 */
export function objectPages(api: Api, path: string): AsyncGenerator<JsonObject[]> {
  return followed(api, path, ALL, true)
}

async function* followed(api: Api, path: string, query: Query, narrowed: boolean): AsyncGenerator<JsonObject[]> {
  const cursors = new Set<string>()
  let after: string | undefined
  do {
    const body = await api.read(path, { ...query, after })
    // What a list is narrowed to may be gone, and a 404 says no more than that; the whole list is
    // always there.
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

/**
 * The objects of one list answer. @throws TargetError for what is no list: something else than
 * WorkOS answers there
 */
export function listed(path: string, body: JsonObject | undefined): JsonObject[] {
  if (Array.isArray(body?.data)) return body.data.filter((item): item is JsonObject => isObject(item))
  throw new TargetError({
    code: 'not_workos',
    message: `the target answers ${path} with ${body === undefined ? 'HTTP 404' : 'something that is no list'}: it is not WorkOS's API`,
    hint: 'check target.baseUrl',
  })
}

/**
 * The same pages, each of which is asked for before the one in front of it has been dealt with. For
 * lists that are read to their end: who stops early has asked for a page too many.
 */
export async function* ahead<Page>(list: AsyncIterable<Page>): AsyncGenerator<Page> {
  const iterator = list[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    for (let page = await next; !page.done; page = await next) {
      next = iterator.next()
      // It is told of when its turn comes.
      next.catch(() => {})
      yield page.value
    }
  } finally {
    await iterator.return?.()
  }
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
