import { randomBytes } from 'node:crypto'
import { type Answer, type Call, ok } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'
import { managementError, refuse, refuseToken } from './refusals.ts'

interface TokenSettings {
  clientId: string
  clientSecret: string
  audience: () => string
  granted: boolean
  scopes: string[]
  /** Lifetime, seconds. */
  lifetime: number
  /** Number of requests. */
  uses: number
  now: () => number
}

interface Token {
  expiresAt: number
  left: number
  scopes: string[]
}

/** Issues tokens and checks them. */
export class Tokens {
  readonly settings: TokenSettings
  readonly #tokens = new Map<string, Token>()

  constructor(settings: TokenSettings) {
    this.settings = settings
  }

  /** `POST /oauth/token`, JSON or form. */
  issue(call: Call): Answer {
    const { clientId, clientSecret, granted, scopes, lifetime, uses, now } = this.settings
    const audience = this.settings.audience()
    const asked = parametersOf(call)
    if (asked.grant_type !== 'client_credentials') {
      refuseToken(403, 'unsupported_grant_type', `Unsupported grant type: ${asked.grant_type}`)
    }
    if (asked.client_id !== clientId || asked.client_secret !== clientSecret) {
      refuseToken(401, 'access_denied', 'Unauthorized')
    }
    if (asked.audience === undefined) {
      refuseToken(
        403,
        'access_denied',
        'No audience parameter was provided, and no default audience has been configured',
      )
    }
    if (asked.audience !== audience) {
      refuseToken(403, 'access_denied', `Service not enabled within domain: ${asked.audience}`)
    }
    if (!granted) {
      refuseToken(
        403,
        'access_denied',
        `Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API.`,
      )
    }
    const token = jwt({ aud: audience, scope: scopes.join(' ') })
    this.#tokens.set(token, { expiresAt: now() + lifetime * 1000, left: uses, scopes })
    return ok({ access_token: token, scope: scopes.join(' '), expires_in: lifetime, token_type: 'Bearer' })
  }

  /** Rejects all tokens issued so far. */
  expire(): void {
    this.#tokens.clear()
  }

  /**
   * @param needed lists of scopes; a token needs one of each
   * @throws Refused without a valid token or a scope
   */
  check(authorization: string | undefined, needed: readonly string[][]): void {
    if (authorization === undefined) refuse(401, 'Missing authentication')
    const [, bearer] = /^Bearer (.+)$/.exec(authorization) ?? []
    const token = bearer === undefined ? undefined : this.#tokens.get(bearer)
    if (token === undefined) refuseInvalid('Invalid token')
    if (token.expiresAt <= this.settings.now() || token.left <= 0) {
      refuseInvalid('Expired token received for JSON Web Token validation')
    }
    token.left -= 1
    for (const anyOf of needed) {
      if (anyOf.some((scope) => token.scopes.includes(scope))) continue
      refuse(403, `Insufficient scope, expected any of: ${anyOf.join(',')}`, 'insufficient_scope')
    }
  }
}

/** Looks like a real token. The signature is noise: the fake recognizes tokens by their text. */
function jwt(claims: object): string {
  const encoded = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return [...encoded, randomBytes(32).toString('base64url')].join('.')
}

function refuseInvalid(message: string): never {
  const answer = managementError(401, message, 'invalid_token')
  throw new Refused({ ...answer, headers: { 'WWW-Authenticate': `Bearer error="invalid_token"` } })
}

function parametersOf({ headers, text }: Call): Record<string, string | undefined> {
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text))
  }
  if (!headers['content-type']?.startsWith('application/json')) refuseToken(400, 'invalid_request', 'Unknown body')
  return JSON.parse(text)
}
