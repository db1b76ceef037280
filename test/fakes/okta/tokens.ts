import { type KeyObject, randomBytes, verify } from 'node:crypto'
import { type Answer, type Call, ok } from '../http/exchange.ts'
import { refuse, refuseToken } from './refusals.ts'

export interface AppSettings {
  clientId: string
  /** By ID; a key without one has the empty text. */
  publicKeys: ReadonlyMap<string, KeyObject>
  /** Scopes that the app has. */
  scopes: readonly string[]
  /** Whether the app requires DPoP, as Okta sets it for new apps. */
  dpop: boolean
  /** Lifetime, seconds. */
  lifetime: number
  /** Number of requests. */
  uses: number
}

/** Issues access tokens to a service app and checks them. */
export class Tokens {
  readonly #app: AppSettings
  readonly #now: () => number
  readonly #audience: () => string
  readonly #tokens = new Map<string, { expiresAt: number; left: number; scopes: string[] }>()
  readonly #seen = new Set<string>()

  constructor(app: AppSettings, audience: () => string, now: () => number) {
    this.#app = app
    this.#audience = audience
    this.#now = now
  }

  /** `POST /oauth2/v1/token`, a form. */
  issue({ headers, text }: Call): Answer {
    if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      refuseToken(400, 'invalid_request', 'The request body must be a form.')
    }
    const asked = new URLSearchParams(text)
    if (asked.get('grant_type') !== 'client_credentials') refuseToken(400, 'unsupported_grant_type', 'No such grant.')
    if (asked.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') {
      refuseToken(401, 'invalid_client', 'The client_assertion_type is invalid.')
    }
    this.#check(asked.get('client_assertion') ?? '')
    if (this.#app.dpop) refuseToken(400, 'invalid_dpop_proof', 'The DPoP proof JWT header is missing.')
    const scopes = (asked.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
    if (scopes.length === 0 || scopes.some((scope) => !this.#app.scopes.includes(scope))) {
      refuseToken(400, 'invalid_scope', 'One or more scopes are not configured for the authorization server resource.')
    }
    const token = randomBytes(24).toString('base64url')
    const { lifetime, uses } = this.#app
    this.#tokens.set(token, { expiresAt: this.#now() + lifetime * 1000, left: uses, scopes })
    return ok({ token_type: 'Bearer', expires_in: lifetime, access_token: token, scope: scopes.join(' ') })
  }

  /** @returns its scopes @throws Refused without a valid token */
  scopesOf(bearer: string): readonly string[] {
    const token = this.#tokens.get(bearer)
    if (token === undefined || token.expiresAt <= this.#now() || token.left <= 0) {
      refuse(401, 'E0000011', 'Invalid token provided')
    }
    token.left -= 1
    return token.scopes
  }

  expire(): void {
    this.#tokens.clear()
  }

  #check(assertion: string): void {
    const [head = '', body = '', signature = ''] = assertion.split('.')
    const [header, claims] = [head, body].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString() || '{}'))
    const { clientId, publicKeys } = this.#app
    const key = publicKeys.get(header.kid ?? '')
    if (key === undefined) refuseAssertion('JWT kid is invalid.')
    const expected = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256'
    if (header.alg !== expected) refuseAssertion('signature algorithm does not fit the key.')
    const bytes = Buffer.from(signature, 'base64url')
    if (!verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, bytes)) {
      refuseAssertion('signature is invalid.')
    }
    const seconds = this.#now() / 1000
    if (claims.iss !== clientId || claims.sub !== clientId) refuseAssertion('issuer and subject must be the client id.')
    if (claims.aud !== `${this.#audience()}/oauth2/v1/token`) refuseAssertion('audience claim has an invalid value.')
    if (!(claims.exp > seconds && claims.exp <= seconds + 3600)) refuseAssertion('token is expired, or lives too long.')
    if (claims.iat > seconds + 300) refuseAssertion('token was issued in the future.')
    if (typeof claims.jti !== 'string' || this.#seen.has(claims.jti)) refuseAssertion('token has been used.')
    this.#seen.add(claims.jti)
  }
}

function refuseAssertion(why: string): never {
  refuseToken(401, 'invalid_client', `The client_assertion ${why}`)
}
