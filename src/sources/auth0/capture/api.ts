import { SourceError } from '../../../diagnostics/errors.ts'
import type { JsonClient, Query } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { SpoiledReading } from '../../snapshot/snapshot.ts'

/** A page of a list that is read by checkpoints. */
export interface Page {
  items: JsonObject[]
  /** Opaque; undefined at the end. */
  next: string | undefined
}

/** A page of a list that is read by its number, and how many records the tenant counts in all. */
interface CountedPage {
  items: JsonObject[]
  total: number
}

/**
 * The Management API of a tenant (https://auth0.com/docs/api/management/v2), as far as a migration
 * reads it.
 */
export class Tenant {
  readonly #client: JsonClient
  /** As messages name it. */
  readonly name: string

  /** @param client whose paths begin after `/api/v2` */
  constructor(client: JsonClient, name: string) {
    this.#client = client
    this.name = name
  }

  get(path: string, query: Query = {}): Promise<Json> {
    return this.#client.get(path, query)
  }

  /** An object; undefined where there is none (404). */
  async find(path: string, query: Query = {}): Promise<JsonObject | undefined> {
    try {
      return this.object(path, await this.get(path, query))
    } catch (error) {
      if (error instanceof HttpRefusal && error.status === 404) return undefined
      throw error
    }
  }

  async post(path: string, body: Json): Promise<JsonObject> {
    return this.object(path, await this.#client.post(path, body))
  }

  bytes(url: string): AsyncIterable<Buffer> {
    return this.#client.bytes(url)
  }

  /** A page by its number. @throws HttpRefusal, SourceError */
  async counted(path: string, list: string, page: number, size: number, query: Query = {}): Promise<CountedPage> {
    const body = this.object(path, await this.get(path, { page, per_page: size, include_totals: true, ...query }))
    if (typeof body.total !== 'number') throw this.unexpected(`GET ${path}`, 'the number of all records')
    return { items: this.items(path, body[list]), total: body.total }
  }

  /** How many records the tenant counts. */
  async total(path: string, list: string, query: Query = {}): Promise<number> {
    return (await this.counted(path, list, 0, 1, query)).total
  }

  /**
   * A page by checkpoint; the first one has none. @throws SpoiledReading when the checkpoint is not
   * taken any more
   */
  async page(path: string, list: string, size: number, from: string | undefined, query: Query = {}): Promise<Page> {
    const answer = await this.get(path, { take: size, from, ...query }).catch((error: unknown) => {
      throw from !== undefined && isOfRequest(error) ? checkpointRefused(error) : error
    })
    // A list that ends with its first page may come as an array.
    if (Array.isArray(answer)) return { items: this.items(path, answer), next: undefined }
    const body = this.object(path, answer)
    const { next } = body
    return { items: this.items(path, body[list]), next: typeof next === 'string' && next !== '' ? next : undefined }
  }

  /** Id of some organization; undefined when there is none, or when that may not be asked. */
  firstOrganization(): Promise<string | undefined> {
    return this.#first('/organizations', 'id')
  }

  /** Id of some member; likewise. */
  firstMember(path: string): Promise<string | undefined> {
    return this.#first(path, 'user_id')
  }

  async #first(path: string, id: string): Promise<string | undefined> {
    try {
      const answer = await this.get(path, { page: 0, per_page: 1 })
      const first: unknown = Array.isArray(answer) ? answer[0] : undefined
      return isObject(first) && typeof first[id] === 'string' ? first[id] : undefined
    } catch (error) {
      if (error instanceof HttpRefusal && (error.status === 403 || error.status === 404)) return undefined
      throw error
    }
  }

  object(path: string, value: unknown): JsonObject {
    if (isJsonObject(value)) return value
    throw this.unexpected(`GET ${path}`, 'an object')
  }

  items(path: string, value: unknown): JsonObject[] {
    if (!Array.isArray(value)) throw this.unexpected(`GET ${path}`, 'a list')
    return value.map((item) => this.object(path, item))
  }

  /** What to throw at an answer that lacks what it should have. */
  unexpected(request: string, expected: string): SourceError {
    return new SourceError({
      code: 'unexpected_answer',
      message: `${request} of ${this.name} was answered without ${expected}`,
      hint: 'is source.domain the domain of an Auth0 tenant?',
    })
  }
}

function checkpointRefused(cause: HttpRefusal): SpoiledReading {
  return new SpoiledReading(
    {
      code: 'checkpoint_refused',
      message: `the checkpoint where reading was to go on is not taken: ${cause.message}`,
      hint: 'run the same command again: it reads from the beginning',
    },
    { cause },
  )
}

/**
 * Whether a request was refused for what it asks, and not for who asks, how often, or what is not
 * there.
 */
function isOfRequest(error: unknown): error is HttpRefusal {
  return error instanceof HttpRefusal && [400, 410, 422].includes(error.status)
}

/** What comes out of a JSON text holds nothing but JSON. */
function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value)
}

/** A list that is read by checkpoints. */
interface CheckpointList {
  path: string
  /** The member of an answer that holds the entries. */
  list: string
  size: number
  query?: Query
}

/**
 * The pages of a list, from a checkpoint on; undefined is its beginning. Checkpoints that go round
 * in a circle, of whatever length, are found with one checkpoint in memory, which moves on after 1,
 * 2, 4, 8 … pages (Brent's algorithm).
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

/** A list that was read while the tenant went on living. */
interface Counted {
  /** `users`, `members of org_1`. */
  what: string
  /** What the tenant counted before it was read and afterwards. */
  before: number
  after: number
  read: number
}

/**
 * Whether what was read lies between the counts of before and afterwards: then changes in between
 * explain it.
 */
function explains({ before, after, read }: Counted): boolean {
  return read >= Math.min(before, after) && read <= Math.max(before, after)
}

/**
 * Makes sure that nobody was lost on the way.
 * @throws SpoiledReading naming the numbers, when changes during the reading do not explain the
 *   difference
 */
export function requireCount(counted: Counted, tenant: string): void {
  if (explains(counted)) return
  const { what, before, after, read } = counted
  const counts =
    before === after
      ? `counts ${before} ${what}`
      : `counted ${before} ${what} before they were read and ${after} afterwards`
  throw new SpoiledReading({
    code: 'count_mismatch',
    message: `${tenant} ${counts}, and ${read} were read`,
    hint: 'run the same command again, which reads from the beginning, best when nobody changes the tenant; nothing is migrated from an incomplete reading',
  })
}
