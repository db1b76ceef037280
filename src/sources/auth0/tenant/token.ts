import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import type { JsonClient } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json } from '../../../json.ts'
import { type Address, audienceHint } from '../options/address.ts'

/** A token is renewed this long before it expires, milliseconds: requests that are on their way must still arrive in time. */
const MARGIN = 30_000

interface Credentials {
  address: Address
  clientId: string
  clientSecret: string
}

interface Token {
  value: string
  /** Milliseconds since the epoch; undefined where the answer does not say. */
  expiresAt: number | undefined
  /** Undefined where neither the answer nor the token says. */
  scopes: ReadonlySet<string> | undefined
}

/**
 * Access tokens of a machine-to-machine application (https://auth0.com/docs/secure/tokens/access-tokens/management-api-access-tokens):
 * asked for when first needed, and again before they expire or when one is refused.
 */
export class AccessTokens {
  readonly #client: JsonClient
  readonly #credentials: Credentials
  #current: Promise<Token> | undefined

  /** @param client without a token of its own */
  constructor(client: JsonClient, credentials: Credentials) {
    this.#client = client
    this.#credentials = credentials
  }

  /** The value of the Authorization header. @throws CredentialsError when the tenant refuses the application */
  async authorize(renew: boolean): Promise<string> {
    return `Bearer ${(await this.#token(renew)).value}`
  }

  /** The scopes that were granted; undefined when that is not told. @throws as `authorize` */
  async scopes(): Promise<ReadonlySet<string> | undefined> {
    return (await this.#token(false)).scopes
  }

  async #token(renew: boolean): Promise<Token> {
    const present = this.#current
    const token = renew ? undefined : await present
    if (token !== undefined && (token.expiresAt === undefined || Date.now() < token.expiresAt)) return token
    // Several requests may find out together: the first of them asks.
    if (this.#current !== undefined && this.#current !== present) return this.#current
    const asked = this.#ask()
    this.#current = asked
    // A refusal is thrown where it is awaited; the next request asks again.
    asked.catch(() => {
      if (this.#current === asked) this.#current = undefined
    })
    return asked
  }

  async #ask(): Promise<Token> {
    const { address, clientId, clientSecret } = this.#credentials
    const askedAt = Date.now()
    try {
      const answer = await this.#client.post('/oauth/token', {
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        audience: address.audience,
      })
      return tokenOf(answer, askedAt, address)
    } catch (error) {
      if (error instanceof HttpRefusal && error.status < 500) throw refused(error, address)
      throw error
    }
  }
}

function tokenOf(answer: Json, askedAt: number, address: Address): Token {
  if (!isObject(answer) || typeof answer.access_token !== 'string') {
    throw new SourceError({
      code: 'no_token',
      message: `${address.name} answered the request for a token without one`,
      hint: 'is source.domain the domain of an Auth0 tenant?',
    })
  }
  const { access_token: value, expires_in: lifetime, scope } = answer
  // Of a token that lives shorter than the margin, half of the life is left for requests.
  const lives = typeof lifetime === 'number' ? lifetime * 1000 : undefined
  return {
    value,
    expiresAt: lives === undefined ? undefined : askedAt + Math.max(lives - MARGIN, lives / 2),
    scopes: scopesOf(typeof scope === 'string' ? scope : claimOf(value)),
  }
}

function scopesOf(scope: string | undefined): ReadonlySet<string> | undefined {
  return scope === undefined ? undefined : new Set(scope.split(/\s+/).filter((name) => name !== ''))
}

/** The `scope` claim of a JWT (RFC 9068), whose signature is the tenant's business. */
function claimOf(token: string): string | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return isObject(claims) && typeof claims.scope === 'string' ? claims.scope : undefined
  } catch {
    return undefined
  }
}

function refused(refusal: HttpRefusal, address: Address): CredentialsError {
  const said = refusal.problems[0]?.message ?? refusal.message
  return new CredentialsError(
    {
      code: 'credentials_refused',
      message: `${address.name} gives no access token: ${said}`,
      hint: hintFor(refusal.status, address),
      path: 'source.clientId',
    },
    { cause: refusal },
  )
}

function hintFor(status: number, address: Address): string {
  if (status === 401) return 'check clientId and clientSecret under source (Auth0 dashboard, Applications, Settings)'
  if (status !== 403) return 'is source.domain the domain of an Auth0 tenant?'
  const authorize = `authorize the application for the API ${address.audience} (Auth0 dashboard, Applications, APIs)`
  return [authorize, audienceHint(address)].filter((hint) => hint !== undefined).join('; ')
}
