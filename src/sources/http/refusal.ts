import { SourceError } from '../../diagnostics/errors.ts'
import { isObject, type Json } from '../../json.ts'

/** A request that was answered with a status that is no success, and that repeating will not change. */
export class HttpRefusal extends SourceError {
  readonly status: number
  /** The answer, if it is JSON. */
  readonly body: Json | undefined
  /** The error's name in the answer: `invalid_paging`, `insufficient_scope` … */
  readonly code: string | undefined

  /** `what`: the request, `GET /users of the Clerk instance`; `redact` keeps secrets out of what the answer says. */
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
    this.code = code
  }
}

function hintFor(status: number): string {
  if (status === 401) return 'check the credentials under source'
  if (status === 403) return 'the credentials under source lack a permission'
  if (status === 404) return 'check the address under source'
  return 'run the same command again later: what was read is kept'
}

/** Codes as OAuth, Auth0 and Clerk write them. */
function codeOf(body: Json | undefined): string | undefined {
  if (!isObject(body)) return undefined
  const first = firstError(body)
  return [body.errorCode, first?.code, body.code, body.error].find((value) => typeof value === 'string')
}

function messageOf(body: Json | undefined): string | undefined {
  if (!isObject(body)) return undefined
  const first = firstError(body)
  return [first?.long_message, first?.message, body.error_description, body.message].find(
    (value) => typeof value === 'string',
  )
}

function firstError(body: Record<string, unknown>): Record<string, unknown> | undefined {
  const first: unknown = Array.isArray(body.errors) ? body.errors[0] : undefined
  return isObject(first) ? first : undefined
}
