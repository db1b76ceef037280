import type { JsonObject } from '../json.ts'
import type { Database } from './database.ts'

/** One admitted request, as a handler sees it. */
export interface Call {
  readonly database: Database
  /** Row ID of the API key's environment. */
  readonly environment: number
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
  /** The parsed body; empty for requests without one. */
  readonly body: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch, and the same moment in WorkOS's form. */
  readonly at: number
  readonly timestamp: string
  /** Whether a membership can have several roles. */
  readonly multipleRoles: boolean
  /** Whether lists of roles have pages. */
  readonly pagedRoles: boolean
  /** Whether connections can be created. */
  readonly connectionsApi: boolean
  /** Whether memberships include their users. */
  readonly showsMembers: boolean
  newId(prefix: string): string
}

export interface Reply {
  status: number
  /** Absent: an empty response. */
  body?: JsonObject
}

/**
 * Answers a request, or throws a Refusal. Runs synchronously, and inside one transaction when it
 * writes.
 */
export type Handler = (call: Call) => Reply

export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters as `:name`. */
  path: string
  handle: Handler
}

/** A path parameter; the router guarantees those of the route's own path. */
export function pathParameter(call: Call, name: string): string {
  return call.params[name] ?? ''
}

/** One entry of `errors` in an error response. */
export type FieldError = { code: string; message: string; field?: string }

/** A handler rejects a request with this status and body. */
export class Refusal extends Error {
  readonly status: number
  readonly body: JsonObject

  constructor(status: number, body: JsonObject & { message: string }) {
    super(body.message)
    this.name = 'Refusal'
    this.status = status
    this.body = body
  }
}

/** `{code, message}`, with `errors` if given. */
export function refusal(status: number, code: string, message: string, errors?: readonly FieldError[]): Refusal {
  return new Refusal(status, errors === undefined ? { code, message } : { code, message, errors: [...errors] })
}

/** 404 for a missing object. */
export function notFound(what: string, id: string): Refusal {
  return refusal(404, 'entity_not_found', `${what} not found: '${id}'.`)
}

/** 422 for missing fields or wrong types. */
export function invalidParameters(errors: readonly FieldError[]): Refusal {
  return refusal(422, 'invalid_request_parameters', 'Validation failed.', errors)
}
