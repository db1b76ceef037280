/**
 * Access tokens through client credentials (RFC 6749 4.4). In: how to request one. Out: the
 * Authorization header. A token is requested when first needed, before it expires, and after it is
 * rejected.
 */

import { isObject, type Json } from '../json.ts'

/** Margin before expiry, milliseconds: requests in flight must still arrive in time. */
const MARGIN = 30_000

export interface AccessToken {
  value: string
  /** Milliseconds since the epoch; undefined if the response does not contain it. */
  expiresAt: number | undefined
  /** Undefined if neither the response nor the token contains them. */
  scopes: ReadonlySet<string> | undefined
}

export class AccessTokens {
  readonly #ask: () => Promise<AccessToken>
  #current: Promise<AccessToken> | undefined

  constructor(ask: () => Promise<AccessToken>) {
    this.#ask = ask
  }

  /** The value of the Authorization header. @throws what the token request throws */
  async authorize(renew: boolean): Promise<string> {
    return `Bearer ${(await this.#token(renew)).value}`
  }

  /** The granted scopes; undefined if unknown. @throws as `authorize` */
  async scopes(): Promise<ReadonlySet<string> | undefined> {
    return (await this.#token(false)).scopes
  }

  async #token(renew: boolean): Promise<AccessToken> {
    const present = this.#current
    const token = renew ? undefined : await present
    if (token !== undefined && (token.expiresAt === undefined || Date.now() < token.expiresAt)) return token
    // Several requests can fail together. Only the first requests a token.
    if (this.#current !== undefined && this.#current !== present) return this.#current
    const asked = this.#ask()
    this.#current = asked
    // A rejection is thrown where it is awaited. The next request tries again.
    asked.catch(() => {
      if (this.#current === asked) this.#current = undefined
    })
    return asked
  }
}

/**
 * The token in a response (RFC 6749 5.1); undefined if there is none. @param askedAt milliseconds
 * since the epoch
 */
export function accessTokenOf(answer: Json, askedAt: number): AccessToken | undefined {
  if (!isObject(answer) || typeof answer.access_token !== 'string') return undefined
  const { access_token: value, expires_in: lifetime, scope } = answer
  // A token with a shorter life than the margin can be used for half of it.
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

/**
 * The `scope` claim of a JWT (RFC 9068). Its signature is not checked: that is up to the issuer.
 */
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
