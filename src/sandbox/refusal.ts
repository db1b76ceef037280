import type { JsonObject } from '../json.ts'

/** One entry of an error answer's `errors`. */
export type FieldError = { code: string; message: string; field?: string }

/** A handler refuses a request: the status and body to answer with. */
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

/** `{code, message}`, with `errors` where given. */
export function refusal(status: number, code: string, message: string, errors?: readonly FieldError[]): Refusal {
  return new Refusal(status, errors === undefined ? { code, message } : { code, message, errors: [...errors] })
}

/** 404 for an object that is not there. */
export function notFound(what: string, id: string): Refusal {
  return refusal(404, 'entity_not_found', `${what} not found: '${id}'.`)
}

/** 422 for fields that are missing or of the wrong type. */
export function invalidParameters(errors: readonly FieldError[]): Refusal {
  return refusal(422, 'invalid_request_parameters', 'Validation failed.', errors)
}
