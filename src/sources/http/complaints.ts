import { SourceError } from '../../diagnostics/errors.ts'

/** No usable answer after `attempts` attempts. */
export function unreachable(name: string, trouble: string, attempts: number): SourceError {
  return new SourceError({
    code: 'source_unreachable',
    message: `${name} cannot be reached: ${trouble} (${attempts} attempts)`,
    hint: 'check the address under source and the network, then run the same command again: it goes on where it stopped',
  })
}

/** Too many 429s in a row. `what`: the request, `GET /users of the Clerk instance`. */
export function rateLimited(what: string, times: number): SourceError {
  return new SourceError({
    code: 'rate_limited',
    message: `${what} was answered 429 (too many requests) ${times} times in a row`,
    hint: 'lower rate under source: other programs may be using the same allowance',
  })
}

/** A redirect that leads elsewhere, or on and on. Of its address only the origin is told: the rest may hold a secret. */
export function redirected(what: string, from: URL, to: URL | null): SourceError {
  const where = to === null ? 'to no address' : to.origin === from.origin ? 'to itself' : `to ${to.origin}`
  return new SourceError({
    code: 'source_redirects',
    message: `${what} was answered with a redirect ${where}, which is not followed with credentials`,
    hint: 'name the address under source that answers the API itself',
  })
}

export function answerTooLarge(what: string, size: string): SourceError {
  return new SourceError({
    code: 'answer_too_large',
    message: `${what} got ${size}`,
    hint: 'lower pageSize under source',
  })
}

/** An answer that says it is not JSON; `type`: its Content-Type. */
export function notJson(what: string, status: number, type: string): SourceError {
  return new SourceError({
    code: 'not_json',
    message: `${what} was answered with ${type} instead of JSON (HTTP ${status})`,
    hint: 'check the address under source: this looks like a web page or a proxy in between, not the API',
  })
}
