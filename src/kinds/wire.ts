import { TargetError } from '../diagnostics/errors.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import type { Attributes, Changes, LiveResource } from '../resource.ts'
import type { Api, Query } from '../workos/api.ts'

/**
 * How kinds read and write WorkOS's API: bodies of requests in WorkOS's spelling, texts of
 * responses, pages of lists, and several lists at a time. A response that cannot come from WorkOS
 * is a TargetError.
 */

/** WorkOS's spelling of the fields that a kind sends, by our names. */
export type Spelling = Readonly<Record<string, string>>

/** The given fields in WorkOS's spelling. A create never sends null or empty objects. */
export function createBody(attributes: Attributes, spelling: Spelling): JsonObject {
  const body: JsonObject = {}
  for (const [field, name] of Object.entries(spelling)) {
    const value = attributes[field]
    if (value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0)) continue
    body[name] = value
  }
  return body
}

/** The changed fields in WorkOS's spelling. In maps null stays, since it removes a member. */
export function updateBody(changes: Changes, spelling: Spelling): JsonObject {
  const body: JsonObject = {}
  for (const [field, name] of Object.entries(spelling)) {
    const value = changes[field]
    if (value !== undefined && value !== null) body[name] = value
  }
  return body
}

/** A text of a response. Null: empty or not text. */
export function textOf(body: JsonObject, name: string): string | null {
  const value = body[name]
  return typeof value === 'string' ? value : null
}

/**
 * A text that every object of a response has, such as its ID. @throws TargetError when it is
 * missing or empty
 */
export function requiredText(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string' || value === '') {
    throw new TargetError({
      code: 'unexpected_answer',
      message: `the target returned an object without ${name}: WorkOS's API never does`,
      hint: 'check target.baseUrl',
    })
  }
  return value
}

/** A member of a response under our name of the field, if present. */
export function pick(body: JsonObject, name: string, field: string): Record<string, Json> {
  const value = body[name]
  return value === undefined ? {} : { [field]: value }
}

/**
 * Reads kinds that the environment identifies by slug, which serves as the WorkOS ID: roles and
 * permissions.
 */
interface BySlug {
  pathOf(slug: string): string
  /** Undefined: there is none. */
  get(api: Api, slug: string): Promise<LiveResource | undefined>
  parse(body: JsonObject): LiveResource
}

/** @param attributesOf reads the fields of a response */
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

/** WorkOS's maximum. */
const PAGE_SIZE = 100

const ALL: Query = { limit: PAGE_SIZE, order: 'asc' }

/**
 * Every page of a list, oldest first: continues while WorkOS returns a cursor, however short a page
 * is.
 * @param narrowed whether the list belongs to something that can be gone, by its query or path
 * @throws TargetError for an endless list, or a response that is not a list
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
 * The same for a list of roles, which WorkOS returns whole and documents without parameters: only a
 * returned cursor is sent.
 */
export function rolePages(api: Api, path: string, narrowed: boolean): AsyncGenerator<JsonObject[]> {
  return followed(api, path, {}, narrowed)
}

/**
 * Pages of objects that are not separate resources, such as the roles of a group. The object in the
 * path can be gone.
 */
export function objectPages(api: Api, path: string): AsyncGenerator<JsonObject[]> {
  return followed(api, path, ALL, true)
}

async function* followed(api: Api, path: string, query: Query, narrowed: boolean): AsyncGenerator<JsonObject[]> {
  const cursors = new Set<string>()
  let after: string | undefined
  do {
    const body = await api.read(path, { ...query, after })
    // The owner of a narrowed list can be gone, which a 404 means; a whole list always exists.
    if (body === undefined && narrowed) return
    yield listed(path, body)
    const metadata = body?.list_metadata
    const next = isObject(metadata) && typeof metadata.after === 'string' ? metadata.after : undefined
    if (next !== undefined && cursors.has(next)) {
      throw new TargetError({
        code: 'endless_list',
        message: `the list ${path} does not end: it returned the same cursor twice`,
        hint: 'check that target.baseUrl is WorkOS: a proxy or another server might ignore the cursor',
      })
    }
    if (next !== undefined) cursors.add(next)
    after = next
  } while (after !== undefined)
}

/**
 * The objects of one page. @throws TargetError for a response that is not a list: the target is not
 * WorkOS
 */
export function listed(path: string, body: JsonObject | undefined): JsonObject[] {
  if (Array.isArray(body?.data)) return body.data.filter((item): item is JsonObject => isObject(item))
  throw new TargetError({
    code: 'not_workos',
    message: `the target answered ${path} with ${body === undefined ? 'HTTP 404' : 'something that is not a list'}: it is not WorkOS's API`,
    hint: 'check target.baseUrl',
  })
}

/**
 * The same pages, each requested before the previous one is processed. For lists that are read to
 * the end: stopping early wastes a request.
 */
export async function* ahead<Page>(list: AsyncIterable<Page>): AsyncGenerator<Page> {
  const iterator = list[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    for (let page = await next; !page.done; page = await next) {
      next = iterator.next()
      // The error surfaces when this page is awaited.
      next.catch(() => {})
      yield page.value
    }
  } finally {
    await iterator.return?.()
  }
}

/** Lists that are read at once; the limiter paces requests. */
const AT_ONCE = 10

/** Runs the work for each item, a few at a time. After a failure, no further item begins. */
export async function eachOf<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  // All share one iterator: each item is taken once.
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
