import type { Answer } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'

/** An error of the API: https://developer.okta.com/docs/reference/error-codes/ */
export function oktaError(status: number, errorCode: string, errorSummary: string): Answer {
  return { status, body: { errorCode, errorSummary, errorLink: errorCode, errorId: 'oaeExample', errorCauses: [] } }
}

export function refuse(status: number, code: string, summary: string): never {
  throw new Refused(oktaError(status, code, summary))
}

/** An error of the token endpoint (RFC 6749 5.2). */
export function refuseToken(status: number, error: string, error_description: string): never {
  throw new Refused({ status, body: { error, error_description } })
}

/** Responses to random requests, regardless of their content. */
export function wholesaleRefusal(status: number): Answer {
  if (status === 404) return oktaError(404, 'E0000022', 'The endpoint does not support the provided HTTP method')
  if (status === 429) return oktaError(429, 'E0000047', 'API call exceeded rate limit due to too many requests.')
  if (status === 500) return oktaError(500, 'E0000009', 'Internal Server Error')
  return { status, bytes: Buffer.from(`<h1>${status}</h1>`), headers: { 'Content-Type': 'text/html' } }
}
