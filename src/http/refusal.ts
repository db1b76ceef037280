import { SourceError } from '../diagnostics/errors.ts'
import { isObject, type Json } from '../json.ts'

/**
 * A request that was answered with a status that is no success, and that repeating will not change.
 */
export class HttpRefusal extends SourceError {
  readonly status: number
  /** The answer, if it is JSON. */
  readonly body: Json | undefined
  /** The error's name in the answer: `invalid_paging`, `insufficient_scope` … */
  readonly errorCode: string | undefined

  /**
   * `what`: the request, `GET /users of the Clerk instance`; `redact` keeps secrets out of what the
   * answer says.
   */
  constructor(refused: { what: string; status: number; body?: Json; redact?(text: string): string }) {
    const { what, status, body, redact = String } = refused
    const code = codeOf(body)
    const said = redact([code, messageOf(body)].filter((part) => part !== undefined).join(': '))
    super({
      code: 'source_refused',
      message: `${what} was refused with HTTP ${status}${said === '' ? '' : `: ${said}`}`,
      hint: hintFor(status),
    })
    this.status = status
    this.body = body
    this.errorCode = code
  }
}

function hintFor(status: number): string {
  if (status === 401) return 'check the credentials under source'
  if (status === 403) return 'the credentials under source lack a permission'
  if (status === 404) return 'check the address under source'
  return 'run the same command again later: what was read is kept'
}

/** Codes as OAuth, Auth0, Clerk, Okta and Google write them. */
function codeOf(body: Json | undefined): string | undefined {
  if (!isObject(body)) return undefined
  const first = firstError(body)
  return [body.errorCode, first?.code, body.code, body.error, errorIn(body)?.status].find(
    (value) => typeof value === 'string',
  )
}

function messageOf(body: Json | undefined): string | undefined {
  if (!isObject(body)) return undefined
  const first = firstError(body)
  const own = [body.error_description, body.errorSummary, body.message, errorIn(body)?.message]
  return [first?.long_message, first?.message, ...own].find((value) => typeof value === 'string')
}

function firstError(body: Record<string, unknown>): Record<string, unknown> | undefined {
  const first: unknown = Array.isArray(body.errors) ? body.errors[0] : undefined
  return isObject(first) ? first : undefined
}

/** Google writes an object: `{ error: { code: 403, status: 'PERMISSION_DENIED', message } }`. */
function errorIn({ error }: Record<string, unknown>): Record<string, unknown> | undefined {
  return isObject(error) ? error : undefined
}

/** No usable answer after `attempts` attempts. */
export function unreachable(name: string, reason: string, attempts: number): SourceError {
  return new SourceError({
    code: 'source_unreachable',
    message: `${name} cannot be reached: ${reason} (${attempts} attempts)`,
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

/**
 * A redirect that leads elsewhere, or on and on. Of its address only the origin is told: the rest
 * may hold a secret.
 */
export function redirected(what: string, from: URL, to: URL | null): SourceError {
  const where = to === null ? 'to no address' : to.origin === from.origin ? 'to itself' : `to ${to.origin}`
  return new SourceError({
    code: 'source_redirects',
    message: `${what} was answered with a redirect ${where}, which is not followed with credentials`,
    hint: 'name the address under source that answers the API itself',
  })
}

/**
 * A page that names a next one elsewhere. Of that address only the origin is told: the rest may
 * hold a secret.
 */
export function linkedElsewhere(what: string, from: URL, to: URL | null): SourceError {
  const where = to === null ? 'no address' : to.origin === from.origin ? 'another list' : to.origin
  return new SourceError({
    code: 'source_links_elsewhere',
    message: `${what} names ${where} as its next page, which is not followed with credentials`,
    hint: `name the address under source that the API itself uses; ${from.host} was asked`,
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
