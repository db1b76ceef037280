import { SourceError } from '../diagnostics/errors.ts'
import { counted } from '../diagnostics/printable.ts'
import { isObject, type Json } from '../json.ts'

/** A response with a status that is not a success and that repeating will not change. */
export class HttpRefusal extends SourceError {
  readonly status: number
  /** The response, if it is JSON. */
  readonly body: Json | undefined
  /** The error's name in the response: `invalid_paging`, `insufficient_scope` … */
  readonly errorCode: string | undefined

  /**
   * `what`: the request, `GET /users of the Clerk instance`; `redact` removes secrets from the
   * response.
   */
  constructor(refused: { what: string; status: number; body?: Json; redact?(text: string): string }) {
    const { what, status, body, redact = String } = refused
    const code = codeOf(body)
    const said = redact([code, messageOf(body)].filter((part) => part !== undefined).join(': '))
    super({
      code: 'source_refused',
      message: `${what} returned HTTP ${status}${said === '' ? '' : `: ${said}`}`,
      hint: hintFor(status),
    })
    this.status = status
    this.body = body
    this.errorCode = code
  }
}

function hintFor(status: number): string {
  if (status === 401) return 'check the credentials under source'
  if (status === 403) return 'grant the credentials under source the permission that is missing'
  if (status === 404) return 'check the URL under source'
  return 'run the same command again later; what was read is kept'
}

/** Codes in the forms of OAuth, Auth0, Clerk, Okta and Google. */
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

/** Google's form: `{ error: { code: 403, status: 'PERMISSION_DENIED', message } }`. */
function errorIn({ error }: Record<string, unknown>): Record<string, unknown> | undefined {
  return isObject(error) ? error : undefined
}

/** No usable response after `attempts` attempts. */
export function unreachable(name: string, reason: string, attempts: number): SourceError {
  return new SourceError({
    code: 'source_unreachable',
    message: `${name} cannot be reached: ${reason} (${counted(attempts, 'attempt')})`,
    hint: 'check the URL under source and the network, then run the same command again: it continues where it stopped',
  })
}

/** Too many 429s in a row. `what`: the request, `GET /users of the Clerk instance`. */
export function rateLimited(what: string, times: number): SourceError {
  return new SourceError({
    code: 'rate_limited',
    message: `${what} returned HTTP 429 (too many requests) ${times} times in a row`,
    hint: 'lower rate under source: other programs might share the same limit',
  })
}

/** A redirect to elsewhere, or a loop. Only its origin is shown: the rest can contain a secret. */
export function redirected(what: string, from: URL, to: URL | null): SourceError {
  const where = to === null ? 'without an address' : to.origin === from.origin ? 'to itself' : `to ${to.origin}`
  return new SourceError({
    code: 'source_redirects',
    message: `${what} redirects ${where}; redirects are not followed with credentials`,
    hint: 'under source, set the URL at which the API itself responds',
  })
}

/** A link to a next page elsewhere. Only its origin is shown: the rest can contain a secret. */
export function linkedElsewhere(what: string, from: URL, to: URL | null): SourceError {
  const where = to === null ? 'no address' : to.origin === from.origin ? 'another list' : to.origin
  return new SourceError({
    code: 'source_links_elsewhere',
    message: `${what} links to ${where} as its next page; such links are not followed with credentials`,
    hint: `under source, set the URL that the API itself uses; the request went to ${from.host}`,
  })
}

export function answerTooLarge(what: string, size: string): SourceError {
  return new SourceError({
    code: 'answer_too_large',
    message: `${what} got ${size}`,
    hint: 'lower pageSize under source',
  })
}

/** A response that declares not to be JSON; `type`: its Content-Type. */
export function notJson(what: string, status: number, type: string): SourceError {
  return new SourceError({
    code: 'not_json',
    message: `${what} returned ${type} instead of JSON (HTTP ${status})`,
    hint: 'check the URL under source: the response looks like a web page or a proxy, not the API',
  })
}
