import type { Answer } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'

const STATUSES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

/** An error in the form of Google's APIs: https://google.aip.dev/193 */
function googleError(status: number, message: string): Answer {
  return { status, body: { error: { code: status, message, status: STATUSES[status] ?? 'UNKNOWN' } } }
}

export function refuse(status: number, message: string): never {
  throw new Refused(googleError(status, message))
}

/** Responses to random requests, regardless of their content. */
export function wholesaleRefusal(status: number): Answer {
  if (status === 429) return googleError(429, "Quota exceeded for quota metric 'Admin API requests'")
  return googleError(status, status === 404 ? 'Requested entity was not found.' : 'Internal error encountered.')
}
