import { SourceError } from '../../../diagnostics/errors.ts'
import type { JsonClient, Query } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { SpoiledReading } from '../../snapshot/snapshot.ts'

/** A page of a list with checkpoints. */
export interface Page {
  items: JsonObject[]
  /** Opaque; undefined at the end. */
  next: string | undefined
}

/** A page of a list with page numbers, and the tenant's count of all its records. */
interface CountedPage {
  items: JsonObject[]
  total: number
}

/** The part of the Management API that a migration reads: https://auth0.com/docs/api/management/v2 */
export class Tenant {
  readonly #client: JsonClient
  /** Name of the tenant in messages. */
  readonly name: string

  /** @param client whose paths begin after `/api/v2` */
  constructor(client: JsonClient, name: string) {
    this.#client = client
    this.name = name
  }

  get(path: string, query: Query = {}): Promise<Json> {
    return this.#client.get(path, query)
  }

  /** An object; undefined if there is none (404). */
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

  /** @throws HttpRefusal, SourceError */
  async counted(path: string, list: string, page: number, size: number, query: Query = {}): Promise<CountedPage> {
    const body = this.object(path, await this.get(path, { page, per_page: size, include_totals: true, ...query }))
    if (typeof body.total !== 'number') throw this.unexpected(`GET ${path}`, 'the total number of records')
    return { items: this.items(path, body[list]), total: body.total }
  }

  async total(path: string, list: string, query: Query = {}): Promise<number> {
    return (await this.counted(path, list, 0, 1, query)).total
  }

  /**
   * @param from a checkpoint; undefined for the first page
   * @throws SpoiledReading if the tenant rejects the checkpoint
   */
  async page(path: string, list: string, size: number, from: string | undefined, query: Query = {}): Promise<Page> {
    const answer = await this.get(path, { take: size, from, ...query }).catch((error: unknown) => {
      throw from !== undefined && isOfRequest(error) ? checkpointRefused(error) : error
    })
    // A list with only one page can come as an array.
    if (Array.isArray(answer)) return { items: this.items(path, answer), next: undefined }
    const body = this.object(path, answer)
    const { next } = body
    return { items: this.items(path, body[list]), next: typeof next === 'string' && next !== '' ? next : undefined }
  }

  /** ID of any organization; undefined if there is none or the token lacks the scope. */
  firstOrganization(): Promise<string | undefined> {
    return this.#first('/organizations', 'id')
  }

  /** ID of any member; undefined if there is none or the token lacks the scope. */
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

  /** An error for a response that lacks an expected part. */
  unexpected(request: string, expected: string): SourceError {
    return new SourceError({
      code: 'unexpected_answer',
      message: `the response of ${this.name} to ${request} does not contain ${expected}`,
      hint: 'check that source.domain is the domain of an Auth0 tenant',
    })
  }
}

function checkpointRefused(cause: HttpRefusal): SpoiledReading {
  return new SpoiledReading(
    {
      code: 'checkpoint_refused',
      message: `the tenant rejected the checkpoint to continue from: ${cause.message}`,
      hint: 'run the same command again: it reads from the beginning',
    },
    { cause },
  )
}

/** Whether a request itself was invalid: not its credentials, its rate or a missing record. */
function isOfRequest(error: unknown): error is HttpRefusal {
  return error instanceof HttpRefusal && [400, 410, 422].includes(error.status)
}

/** A parsed JSON text contains only JSON. */
function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value)
}

/** A list with checkpoints. */
interface CheckpointList {
  path: string
  /** The key of a response that contains the entries. */
  list: string
  size: number
  query?: Query
}

/**
 * The pages of a list. Detects a cycle of checkpoints of any length with one checkpoint in memory,
 * replaced after 1, 2, 4, 8 … pages (Brent's algorithm).
 * @param start a checkpoint; undefined for the first page
 * @throws SourceError on a cycle, SpoiledReading if the tenant rejects the first checkpoint
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
    if (from === anchor) throw tenant.unexpected(`GET ${path}`, 'a page after the previous ones')
    if (steps < stretch) continue
    anchor = from
    stretch *= 2
    steps = 0
  }
}

/** Counts of a list that could change while it was read. */
interface Counted {
  /** `users`, `members of org_1`. */
  what: string
  /** The tenant's counts before and after reading. */
  before: number
  after: number
  read: number
}

/** Whether changes during the reading can explain the number of records. */
function explains({ before, after, read }: Counted): boolean {
  return read >= Math.min(before, after) && read <= Math.max(before, after)
}

/**
 * Checks that no record was lost.
 * @throws SpoiledReading with the counts, if changes during the reading cannot explain a difference
 */
export function requireCount(counted: Counted, tenant: string): void {
  if (explains(counted)) return
  const { what, before, after, read } = counted
  const counts =
    before === after ? `counts ${before} ${what}` : `counted ${before} ${what} before reading and ${after} after it`
  throw new SpoiledReading({
    code: 'count_mismatch',
    message: `${tenant} ${counts}, but ${read} were read`,
    hint: 'run the same command again while nobody changes the tenant: it reads from the beginning, and never migrates an incomplete reading',
  })
}
