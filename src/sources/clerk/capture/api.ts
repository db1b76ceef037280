import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import { JsonClient, type Query } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import type { Asking } from '../../source.ts'
import type { LiveOptions } from '../options.ts'

/** An object of the API. Every object in a list has an ID. */
export type ClerkObject = JsonObject & { id: string }

export interface Page {
  rows: ClerkObject[]
  /** Total number of objects, if the response contains it. */
  total?: number
  /** Whether no wanted object follows, if known. */
  last?: boolean
}

/** Maximum number of IDs per request. */
export const MOST_IDS = 100

/**
 * The parts of Clerk's Backend API that a migration reads:
 * https://clerk.com/docs/reference/backend-api
 */
export class ClerkApi {
  readonly #client: JsonClient
  readonly #name: string

  constructor(
    { baseUrl, secretKey, rate, concurrency }: LiveOptions,
    { signal, clock, proxies, onWait, onFailedRequest }: Asking,
  ) {
    this.#name = `the Clerk API at ${new URL(baseUrl).host}`
    this.#client = new JsonClient({
      baseUrl: `${baseUrl}/v1`,
      name: this.#name,
      authorize: async () => `Bearer ${secretKey}`,
      rate,
      concurrency,
      signal,
      clock,
      proxies,
      onWait,
      onFailedRequest,
    })
  }

  /** The instance as messages name it. */
  get name(): string {
    return this.#name
  }

  /**
   * One page of a list: an array, or `{ data, total_count }`.
   * @throws CredentialsError for a rejected key; HttpRefusal; SourceError for a response that is
   *   not a list
   */
  async page(path: string, query: Query): Promise<Page> {
    const answer = await this.#get(path, query)
    const rows = Array.isArray(answer) ? answer : isObject(answer) ? answer.data : undefined
    if (!Array.isArray(rows) || !rows.every(isClerkObject)) throw this.#unexpected(path, 'a list of objects with IDs')
    return { rows, total: Array.isArray(answer) ? undefined : totalOf(answer) }
  }

  async countUsers(): Promise<number> {
    const total = totalOf(await this.#get('/users/count'))
    if (total === undefined) throw this.#unexpected('/users/count', 'a count')
    return total
  }

  /** The users with these IDs, at most 100. Omits deleted users. */
  async usersOf(ids: readonly string[]): Promise<ClerkObject[]> {
    const { rows } = await this.page('/users', { user_id: ids, limit: MOST_IDS })
    return rows.filter(({ id }) => ids.includes(id))
  }

  async #get(path: string, query: Query = {}): Promise<Json> {
    try {
      return await this.#client.get(path, query)
    } catch (error) {
      if (!(error instanceof HttpRefusal) || isNotEnabled(error) || lacksFeature(error)) throw error
      if (error.status !== 401 && error.status !== 403) throw error
      throw new CredentialsError(
        {
          code: 'credentials_refused',
          message: `${this.#name} rejected the secret key (HTTP ${error.status}${error.errorCode === undefined ? '' : ` ${error.errorCode}`})`,
          hint: 'copy the secret key (sk_live_… or sk_test_…) of this instance from the Clerk dashboard under Configure > API keys',
          path: 'source.secretKey',
        },
        { cause: error },
      )
    }
  }

  #unexpected(path: string, expected: string): SourceError {
    return new SourceError({
      code: 'unexpected_answer',
      message: `${this.#name} returned an unexpected response to GET ${path}: expected ${expected}`,
      hint: 'set source.baseUrl to the address of the Backend API',
    })
  }
}

/** Whether organizations are turned off in the instance. */
export function isNotEnabled(error: HttpRefusal): boolean {
  return error.errorCode === 'organization_not_enabled_in_instance'
}

/**
 * Error codes for features that are not enabled in an instance or not in its plan:
 * https://clerk.com/docs/guides/development/errors/backend-api. Enterprise connections require
 * email addresses.
 */
const NO_FEATURE: ReadonlySet<string | undefined> = new Set([
  'feature_not_enabled',
  'feature_requires_email_address_enabled',
  'unsupported_subscription_plan_features',
])

/** Whether the settings or the plan of the instance lack the feature. */
export function lacksFeature(error: HttpRefusal): boolean {
  return error.status === 402 || NO_FEATURE.has(error.errorCode)
}

/** Whether the API lacks the endpoint. */
export function isMissing(error: unknown): error is HttpRefusal {
  return error instanceof HttpRefusal && error.status === 404
}

function isClerkObject(value: unknown): value is ClerkObject {
  return isObject(value) && typeof value.id === 'string' && value.id !== ''
}

function totalOf(answer: unknown): number | undefined {
  const total = isObject(answer) ? answer.total_count : undefined
  return typeof total === 'number' ? total : undefined
}
