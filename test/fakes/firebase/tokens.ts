import { createPublicKey, createVerify, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { type Answer, type Call, ok } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'
import { refuse } from './refusals.ts'

export const EMAIL = 'migration@my-project.iam.example.com'
const KEY_ID = 'a1b2c3d4e5'
/** The audience of assertions, regardless of the URL. */
const AUDIENCE = 'https://oauth2.googleapis.com/token'
const SCOPES = ['https://www.googleapis.com/auth/identitytoolkit', 'https://www.googleapis.com/auth/cloud-platform']
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Created once, because it is slow. */
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The text of a key file. */
export function keyFile(tokenUri: string): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'my-project',
    private_key_id: KEY_ID,
    private_key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: EMAIL,
    client_id: '100000000000000000001',
    token_uri: tokenUri,
  })
}

export interface TokenSettings {
  /** Lifetime of a token, seconds. */
  lifetime: number
  /** Number of requests before a token expires. */
  uses: number
  now: () => number
}

/** The token service: checks assertions of a service account and its own tokens. */
export class Tokens {
  readonly #settings: TokenSettings
  readonly #tokens = new Map<string, { expiresAt: number; left: number }>()
  readonly #key: KeyObject = createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' }))
  #revoked = false
  issued = 0

  constructor(settings: TokenSettings) {
    this.#settings = settings
  }

  /** `POST /token`, a form: RFC 7523. */
  issue({ headers, text }: Call): Answer {
    if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) bad('invalid_request', 'No form')
    const form = new URLSearchParams(text)
    if (form.get('grant_type') !== GRANT) bad('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type')}`)
    const [header = '', claims = '', signature = '', ...rest] = (form.get('assertion') ?? '').split('.')
    const verifies = createVerify('RSA-SHA256').update(`${header}.${claims}`).verify(this.#key, signature, 'base64url')
    if (!verifies || rest.length > 0 || decoded(header).alg !== 'RS256') bad('invalid_grant', 'Invalid JWT Signature.')
    const { iss, aud, scope, iat, exp } = decoded(claims)
    if (this.#revoked || iss !== EMAIL) bad('invalid_grant', 'Invalid grant: account not found')
    if (aud !== AUDIENCE) bad('invalid_grant', 'Invalid JWT: Failed audience check.')
    const now = this.#settings.now() / 1000
    if (Number(exp) <= now || Number(iat) > now + 60 || Number(exp) - Number(iat) > 3600) {
      bad('invalid_grant', 'Invalid JWT: Token must be a short-lived token (60 minutes).')
    }
    if (!SCOPES.includes(String(scope))) bad('invalid_scope', `Invalid OAuth scope or ID token audience provided.`)
    const token = `ya29.${randomBytes(32).toString('base64url')}`
    const { lifetime, uses } = this.#settings
    this.#tokens.set(token, { expiresAt: this.#settings.now() + lifetime * 1000, left: uses })
    this.issued += 1
    return ok({ access_token: token, expires_in: lifetime, token_type: 'Bearer' })
  }

  /** Rejects all tokens issued so far. */
  expire(): void {
    this.#tokens.clear()
  }

  /** Rejects the key from now on. */
  revoke(): void {
    this.#revoked = true
  }

  /** @throws Refused without a valid token */
  check(authorization: string | undefined): void {
    const token = this.#tokens.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '')
    if (token === undefined || token.expiresAt <= this.#settings.now() || token.left <= 0) {
      refuse(401, 'Request had invalid authentication credentials. Expected OAuth 2 access token.')
    }
    token.left -= 1
  }
}

function decoded(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString() || '{}')
}

function bad(error: string, description: string): never {
  throw new Refused({ status: 400, body: { error, error_description: description } })
}
