import type { JsonObject } from '../json.ts'

export type Query = Record<string, string | number | undefined>

/** A write, described before it is sent so that it can be counted, journaled and shown. */
export interface WriteRequest {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Starts with `/`; identifiers in it are already URI-encoded. */
  path: string
  /** With WorkOS's names (snake_case). */
  body?: JsonObject
}

/** WorkOS as the kinds see it. One call is one HTTP request, paced by the limiter. */
export interface Api {
  /**
   * GET, repeated after 429, 5xx and network errors. Undefined for a 404.
   * @throws ApiRefusal for any other 4xx, CredentialsError for 401/403, TargetError when that lasts
   */
  read(path: string, query?: Query): Promise<JsonObject | undefined>
  /**
   * One write, repeated only if it certainly had no effect (429, connection refused).
   * @throws ApiRefusal when WorkOS rejects it, OutcomeUnknown when its result is unknown,
   *   CredentialsError for 401/403
   */
  write(request: WriteRequest, idempotencyKey?: string): Promise<JsonObject>
}

/**
 * WorkOS permanently rejected a request. Match on codes, never on messages: the published messages
 * are placeholders.
 */
export class ApiRefusal extends Error {
  readonly status: number
  /** Every code in the response: the top-level one first, then those of `errors[]`. */
  readonly codes: readonly string[]

  constructor(status: number, codes: readonly string[], message: string) {
    super(message)
    this.name = 'ApiRefusal'
    this.status = status
    this.codes = codes
  }
}

/**
 * A write left, and no response shows whether it succeeded: timeout, dropped connection, 5xx. Look
 * the object up before writing again.
 */
export class OutcomeUnknown extends Error {
  readonly status: number | undefined

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OutcomeUnknown'
    this.status = status
  }
}
