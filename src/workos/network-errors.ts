import { codeOf } from '../diagnostics/errors.ts'
import { proxyFailureIn } from '../http/permanent-failure.ts'
import { isObject, type JsonObject } from '../json.ts'

/** Every code in the answer to a refused request: the top-level ones first, then those of `errors[]`. */
export function errorCodes(body: JsonObject | undefined): string[] {
  const codes: string[] = []
  if (typeof body?.code === 'string') codes.push(body.code)
  if (typeof body?.error === 'string') codes.push(body.error)
  for (const entry of Array.isArray(body?.errors) ? body.errors : []) {
    if (isObject(entry) && typeof entry.code === 'string') codes.push(entry.code)
  }
  return codes
}

/** What the answer says for people. */
export function errorMessage(status: number, body: JsonObject | undefined): string {
  const parts = typeof body?.message === 'string' ? [body.message] : []
  for (const entry of Array.isArray(body?.errors) ? body.errors : []) {
    if (isObject(entry) && typeof entry.message === 'string') parts.push(entry.message)
    if (typeof entry === 'string') parts.push(entry)
  }
  return parts.join(' ') || `HTTP ${status}`
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Whether no byte of the request can have reached the server, so that repeating it is safe. */
export function neverSent(failure: unknown): boolean {
  return proxyFailureIn(failure) !== undefined || failureCodes(failure).some((code) => NEVER_SENT.has(code))
}

/** Every code of a failure and of its causes, the outermost first. */
function failureCodes(failure: unknown): string[] {
  const codes: string[] = []
  const pending: unknown[] = [failure]
  for (let depth = 0; depth < 8 && pending.length > 0; depth += 1) {
    const error = pending.shift()
    if (!(error instanceof Error)) continue
    const code = codeOf(error)
    if (code !== undefined) codes.push(code)
    if (error instanceof AggregateError) pending.push(...error.errors)
    pending.push(error.cause)
  }
  return codes
}
