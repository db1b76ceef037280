import type { Answer } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'

/** An error of the Backend API. */
function clerkError(status: number, code: string, message: string, meta?: Record<string, unknown>): Answer {
  const error = { message, long_message: message, code, ...(meta && { meta }) }
  return { status, body: { errors: [error], clerk_trace_id: '0123456789abcdef0123456789abcdef' } }
}

export function refuse(status: number, code: string, message: string, meta?: Record<string, unknown>): never {
  throw new Refused(clerkError(status, code, message, meta))
}

export function refuseParameter(name: string, message: string): never {
  refuse(422, 'form_param_value_invalid', message, { param_name: name })
}

/** Responses to random requests, regardless of their content. */
export function wholesaleRefusal(status: number): Answer {
  if (status === 404) return clerkError(404, 'resource_not_found', 'The requested resource was not found.')
  if (status === 429) {
    const answer = clerkError(429, 'too_many_requests', 'Too many requests. Please try again in a bit.')
    return { ...answer, headers: { 'Retry-After': '1' } }
  }
  if (status === 500) return clerkError(500, 'internal_clerk_error', 'Internal Clerk error')
  return { status, bytes: Buffer.from(`<h1>${status}</h1>`), headers: { 'Content-Type': 'text/html' } }
}
