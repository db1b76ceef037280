import { randomUUID, sign } from 'node:crypto'
import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import { AccessTokens, accessTokenOf } from '../../../http/access-tokens.ts'
import type { JsonClient } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { type Address, algorithmOf, type Credentials } from '../options.ts'

type App = Extract<Credentials, { kind: 'app' }>

/** Lifetime of an assertion, seconds. Okta accepts at most an hour. */
const LIFETIME = 300

/**
 * Access tokens of a service app with a private key:
 * https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/
 * @param client without authorization
 * @throws CredentialsError, on a token request, if the org rejects the app
 */
export function accessTokens(client: JsonClient, app: App, address: Address, scopes: readonly string[]): AccessTokens {
  return new AccessTokens(async () => {
    const askedAt = Date.now()
    try {
      const answer = await client.postForm('/oauth2/v1/token', {
        grant_type: 'client_credentials',
        scope: scopes.join(' '),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion(app, `${address.baseUrl}/oauth2/v1/token`, askedAt),
      })
      const token = accessTokenOf(answer, askedAt)
      if (token !== undefined) return token
    } catch (error) {
      if (error instanceof HttpRefusal && error.status < 500) throw refused(error, address, scopes)
      throw error
    }
    throw new SourceError({
      code: 'no_token',
      message: `the response of ${address.name} to a token request does not contain a token`,
      hint: 'check that source.domain is the domain of an Okta org',
    })
  })
}

/** A signed JWT that identifies the app (RFC 7523 3). */
function assertion({ clientId, key, keyId }: App, audience: string, now: number): string {
  const [alg, digest] = algorithmOf(key) ?? []
  if (alg === undefined || digest === undefined) throw new Error('the key was checked when the options were read')
  const seconds = Math.floor(now / 1000)
  const header = { alg, ...(keyId === undefined ? {} : { kid: keyId }) }
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    iat: seconds,
    exp: seconds + LIFETIME,
    jti: randomUUID(),
  }
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  // A JWT contains the two numbers of an EC signature side by side (RFC 7518 3.4).
  const signature = sign(digest, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

function refused(refusal: HttpRefusal, address: Address, scopes: readonly string[]): CredentialsError {
  const [code, path, hint] = reasonOf(refusal.errorCode, scopes)
  const said = refusal.problems[0]?.message ?? refusal.message
  const message = `${address.name} did not issue an access token: ${said}`
  return new CredentialsError({ code, message, hint, path }, { cause: refusal })
}

/** https://developer.okta.com/docs/reference/api/oidc/#possible-errors */
function reasonOf(error: string | undefined, scopes: readonly string[]): [code: string, path: string, hint: string] {
  switch (error) {
    case 'invalid_scope':
      return [
        'missing_scope',
        'source.clientId',
        `grant the app ${scopes.join(', ')}: Okta admin console, Applications, the app, Okta API Scopes`,
      ]
    case 'invalid_dpop_proof':
    case 'use_dpop_nonce':
      return [
        'dpop_required',
        'source.clientId',
        'turn off "Require Demonstrating Proof of Possession (DPoP) header in token requests": Okta admin console, Applications, the app, General',
      ]
    case 'unauthorized_client':
      return [
        'credentials_refused',
        'source.clientId',
        'use an app of the type API Services with the grant type Client Credentials',
      ]
    default:
      return [
        'credentials_refused',
        'source.privateKey',
        'check clientId, privateKey, keyId and the clock of this machine; the app must list the public key (Client authentication: Public key / Private key)',
      ]
  }
}
