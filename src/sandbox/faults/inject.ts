import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '../call.ts'
import type { Fault } from './fault.ts'

/** The connection of a request that is injected. */
export interface Wire {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** In how many pieces a dribbled body comes. */
const PIECES = 10

/** Injects a fault before the request is carried out. True: it is not carried out, and the answer is dealt with. */
export async function injectBefore(fault: Fault, wire: Wire): Promise<boolean> {
  switch (fault.kind) {
    case 'rate-limited':
      return answer(wire, 429, { message: 'Too many requests.', code: 'rate_limit_exceeded' }, fault.retryAfter)
    case 'unavailable':
      return answer(wire, 503, { message: 'Service unavailable' }, fault.retryAfter)
    case 'refused':
      return answer(wire, 422, {
        code: 'invalid_request_parameters',
        message: 'Validation failed.',
        errors: [{ code: 'refused_by_fault', message: 'The sandbox was told to refuse this.' }],
      })
    case 'revoked':
      return answer(wire, 401, { message: 'Unauthorized' })
    case 'answered': {
      const { status, code } = fault
      const message = 'The sandbox was told to answer so.'
      return fault.when === 'before' && answer(wire, status, code === undefined ? { message } : { code, message })
    }
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms))
      return false
    case 'dribbled':
      return false
    default:
      return fault.when === 'before' && fail(fault.kind, wire)
  }
}

/** Whether the fault is injected once the request has taken effect. */
export function injectsAfter(fault: Fault): boolean {
  return fault.kind === 'dribbled' || ('when' in fault && fault.when === 'after')
}

/** Injects a fault after the request took effect. True: the answer is dealt with. */
export function injectAfter(fault: Fault, wire: Wire, reply: Reply): boolean {
  if (fault.kind === 'dribbled') return dribble(wire, reply, fault.ms)
  if (fault.kind === 'answered') {
    wire.response.writeHead(fault.status)
    wire.response.end()
    return true
  }
  return 'when' in fault && fault.when === 'after' && fail(fault.kind, wire)
}

function fail(kind: 'error' | 'bad-gateway' | 'dropped' | 'silent', wire: Wire): true {
  switch (kind) {
    case 'error':
      return answer(wire, 500, { message: 'Internal server error' })
    case 'bad-gateway':
      wire.response.writeHead(502, { 'Content-Type': 'text/html' })
      wire.response.end('<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>')
      return true
    case 'dropped':
      wire.request.socket.destroy()
      return true
    case 'silent':
      return true
  }
}

function answer({ response }: Wire, status: number, body: object, retryAfter?: number): true {
  const headers: Record<string, string | number> = { 'Content-Type': 'application/json; charset=utf-8' }
  if (retryAfter !== undefined) headers['Retry-After'] = retryAfter
  response.writeHead(status, headers)
  response.end(JSON.stringify(body))
  return true
}

function dribble({ response }: Wire, reply: Reply, ms: number): true {
  const bytes = Buffer.from(reply.body === undefined ? '' : JSON.stringify(reply.body))
  response.writeHead(reply.status, bytes.length === 0 ? {} : { 'Content-Type': 'application/json; charset=utf-8' })
  const size = Math.max(1, Math.ceil(bytes.length / PIECES))
  const next = (start: number) => {
    if (response.destroyed) return
    response.write(bytes.subarray(start, start + size))
    if (start + size >= bytes.length) response.end()
    else setTimeout(next, ms / PIECES, start + size)
  }
  response.flushHeaders()
  setTimeout(next, ms / PIECES, 0)
  return true
}
