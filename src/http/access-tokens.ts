/**
 * Access tokens by client credentials (RFC 6749 4.4). In: how to ask for one. Out: the value of the
 * Authorization header, from a token that is asked for when first needed, and again before it
 * expires or when it is refused.
 */

import { isObject, type Json } from '../json.ts'

/**
 * A token is renewed this long before it expires, milliseconds: requests that are on their way must
 * still arrive in time.
 */
const MARGIN = 30_000

export interface AccessToken {
  value: string
  /** Milliseconds since the epoch; undefined where the answer does not say. */
  expiresAt: number | undefined
  /** Undefined where neither the answer nor the token says. */
  scopes: ReadonlySet<string> | undefined
}

export class AccessTokens {
  readonly #ask: () => Promise<AccessToken>
  #current: Promise<AccessToken> | undefined

  constructor(ask: () => Promise<AccessToken>) {
    this.#ask = ask
  }

  /** The value of the Authorization header. @throws what asking throws */
  async authorize(renew: boolean): Promise<string> {
    return `Bearer ${(await this.#token(renew)).value}`
  }

  /** The scopes that were granted; undefined when that is not told. @throws as `authorize` */
  async scopes(): Promise<ReadonlySet<string> | undefined> {
    return (await this.#token(false)).scopes
  }

  async #token(renew: boolean): Promise<AccessToken> {
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
}

/**
 * The token in an answer (RFC 6749 5.1); undefined where it has none. @param askedAt milliseconds
 * since the epoch
 */
export function accessTokenOf(answer: Json, askedAt: number): AccessToken | undefined {
  if (!isObject(answer) || typeof answer.access_token !== 'string') return undefined
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

/** The `scope` claim of a JWT (RFC 9068), whose signature is the issuer's business. */
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
