import type { Answer } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** An error of the Management API. */
export function managementError(status: number, message: string, errorCode?: string): Answer {
  const error = TITLES[status] ?? 'Error'
  return { status, body: { statusCode: status, error, message, ...(errorCode && { errorCode }) } }
}

export function refuse(status: number, message: string, errorCode?: string): never {
  throw new Refused(managementError(status, message, errorCode))
}

/** An error of the Authentication API, in the form of RFC 6749. */
export function refuseToken(status: number, error: string, description: string): never {
  throw new Refused({ status, body: { error, error_description: description } })
}

/** Responses to random requests, regardless of their content. */
export function wholesaleRefusal(status: number): Answer {
  if (status === 404) return managementError(404, 'Not Found')
  if (status === 429) return managementError(429, 'Global limit has been reached', 'too_many_requests')
  if (status === 500) return managementError(500, 'An internal error has occurred.')
  // A proxy before the API responds in its own form.
  return {
    status,
    bytes: Buffer.from(`<html><body><h1>${status} ${TITLES[status]}</h1></body></html>`),
    headers: { 'Content-Type': 'text/html' },
  }
}
