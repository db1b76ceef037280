import type { AuthClient } from 'google-auth-library'
import { systemClock } from '../../../clock.ts'
import { CredentialsError, OperatorError } from '../../../diagnostics/errors.ts'
import { Redactor } from '../../../diagnostics/redactor.ts'
import { passingFailure } from '../../../http/failures.ts'
import { type Network, openNetwork } from '../../../http/network.ts'
import { isLoopback, NO_PROXIES } from '../../../http/proxy.ts'
import { unreachable } from '../../../http/refusal.ts'
import { sendCompressed } from '../../../http/request.ts'
import { Attempts, isPassing } from '../../../http/retry.ts'
import { isObject } from '../../../json.ts'
import { loadOptionalPackage } from '../../optional-package.ts'
import type { Asking } from '../../source.ts'
import type { GoogleCredentials } from '../credentials.ts'

/** Enough for users and settings: https://docs.cloud.google.com/identity-platform/docs/reference/rest */
const SCOPE = 'https://www.googleapis.com/auth/identitytoolkit'
/** Where the library requests tokens, regardless of the key file. */
const TOKENS = 'https://oauth2.googleapis.com/token'
const NAME = 'the token service of Google'
/** How often a token is requested without a usable response. */
const ATTEMPTS = 9
const TIMEOUT = 30_000
/** The longest pause between two attempts, milliseconds. */
const LONGEST_PAUSE = 30_000

/** Google access tokens from google-auth-library, kept until one expires or is rejected. */
export class AccessTokens {
  readonly #credentials: GoogleCredentials | undefined
  readonly #asking: Asking
  readonly #path: string
  readonly #dispatcher: Network['dispatcher']
  #client: Promise<AuthClient> | undefined
  #headers: Record<string, string> = {}

  /**
   * @param credentials undefined: the default credentials of the machine
   * @param path of the credentials in the manifest
   */
  constructor(credentials: GoogleCredentials | undefined, path: string, asking: Asking) {
    this.#credentials = credentials
    this.#path = path
    this.#asking = asking
    this.#dispatcher = openNetwork(asking.proxies ?? NO_PROXIES).dispatcher
  }

  /** Name of the account in messages. */
  get whose(): string {
    const { client_email: email } = this.#credentials?.type === 'service_account' ? this.#credentials : {}
    return email ?? (this.#credentials === undefined ? 'the default credentials of this machine' : 'the credentials')
  }

  /**
   * The value of the Authorization header.
   * @param renew whether to get a new token because the last one was rejected
   * @throws CredentialsError if Google issues none; SourceError `package_missing`,
   *   `source_unreachable`; NetworkError
   */
  async authorize(renew: boolean): Promise<string> {
    this.#client ??= this.#open()
    const client = await this.#client
    // The library renews an expired token.
    if (renew) client.setCredentials({ ...client.credentials, expiry_date: 1 })
    const { clock = systemClock, signal, onWait, onFailedRequest } = this.#asking
    const retries = {
      whose: NAME,
      longestPause: LONGEST_PAUSE,
      clock,
      signal,
      redactor: new Redactor(),
      explainsPauses: true,
      onWait,
      onFailedRequest,
      unreachable: (_: unknown, why: string, times: number) => unreachable(NAME, why, times),
      rateLimited: (_: unknown, times: number) => unreachable(NAME, 'HTTP 429', times),
    }
    const attempts = new Attempts(retries, { method: 'POST', path: '/token' }, (times) => times < ATTEMPTS)
    for (;;) {
      try {
        const headers = await client.getRequestHeaders()
        const project = headers.get('x-goog-user-project')
        this.#headers = project === null ? {} : { 'x-goog-user-project': project }
        return headers.get('authorization') ?? ''
      } catch (error) {
        signal?.throwIfAborted()
        const why = this.#passing(error)
        if (why === undefined) throw this.#refused(error)
        await attempts.failed(why)
      }
    }
  }

  /** Headers for the token: with user credentials, the project for the quota. */
  headers(): Record<string, string> {
    return this.#headers
  }

  async #open(): Promise<AuthClient> {
    const client = await this.#fromLibrary()
    // The library's own retries would be invisible and could not be aborted.
    const retryConfig = { retry: 0, noResponseRetries: 0 }
    client.transporter.interceptors.request.add({ resolved: async (request) => ({ ...request, retryConfig }) })
    return client
  }

  async #fromLibrary(): Promise<AuthClient> {
    const { GoogleAuth, JWT } = await loadOptionalPackage(
      'google-auth-library',
      'the source firebase',
      () => import('google-auth-library'),
    )
    const transporterOptions = { fetchImplementation: (url: unknown, init?: RequestInit) => this.#fetch(url, init) }
    const credentials = this.#credentials
    if (credentials?.type === 'service_account') {
      const { client_email: email, private_key: key, private_key_id: keyId, quota_project_id } = credentials
      return new JWT({ email, key, keyId, scopes: SCOPE, quotaProjectId: quota_project_id, transporterOptions })
    }
    const clientOptions = { transporterOptions }
    try {
      return await new GoogleAuth({ scopes: SCOPE, clientOptions, ...(credentials && { credentials }) }).getClient()
    } catch (error) {
      throw new CredentialsError({
        code: 'no_credentials',
        message: `Google's library found no credentials: ${messageOf(error)}`,
        hint: 'set source.credentials or GOOGLE_APPLICATION_CREDENTIALS to the path of a key file, or run gcloud auth application-default login',
        path: this.#path,
      })
    }
  }

  /** Sends the library's requests through the program's own network, with its proxies. */
  async #fetch(url: unknown, { method, headers, body }: RequestInit = {}): Promise<Response> {
    const { signal } = this.#asking
    const timeout = AbortSignal.timeout(TIMEOUT)
    const answer = await sendCompressed(this.#addressOf(String(url)), {
      method: method === 'POST' ? 'POST' : 'GET',
      headers: { ...typeOf(body), ...Object.fromEntries(new Headers(headers)) },
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      dispatcher: this.#dispatcher,
    })
    const type = answer.header('content-type') ?? 'application/json'
    return new Response(answer.status === 204 ? null : answer.text, {
      status: answer.status,
      headers: { 'content-type': type },
    })
  }

  /**
   * The URL of a request of the library, which ignores the `token_uri` of a key file. It is used
   * only on loopback: any other host that gets a signed assertion could use it at Google.
   */
  #addressOf(url: string): URL {
    const other = this.#credentials?.type === 'service_account' ? this.#credentials.token_uri : undefined
    const own = url === TOKENS && other !== undefined ? URL.parse(other) : null
    return own !== null && isLoopback(own.hostname) ? own : new URL(url)
  }

  /**
   * The reason for a failure if another attempt can succeed.
   * @throws an error that no attempt can change, for example of a proxy
   */
  #passing(error: unknown): { why: string; status?: number } | undefined {
    if (error instanceof OperatorError) throw error
    const status = statusOf(error)
    if (status === undefined) return hasCause(error) ? { why: passingFailure(error, NAME) } : undefined
    return isPassing(status) || status === 429 ? { why: `HTTP ${status}`, status } : undefined
  }

  #refused(error: unknown): CredentialsError {
    const said = messageOf(error)
    const hint = /invalid_grant/.test(said)
      ? 'check the clock of this machine, or create a new key (IAM & Admin → Service accounts → Keys): the key might be deleted or belong to another account'
      : 'check the credentials of the source; see docs/how-to/sources/firebase.md'
    // Without a cause: the library's error contains the signed assertion.
    return new CredentialsError({
      code: 'credentials_refused',
      message: `Google did not issue an access token for ${this.whose}: ${said}`,
      hint,
      path: this.#path,
    })
  }
}

/** The header that `fetch` adds by itself. */
function typeOf(body: RequestInit['body']): Record<string, string> {
  return body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' } : {}
}

/** The status of the response in an error of the library. */
function statusOf(error: unknown): number | undefined {
  const response = isObject(error) ? error.response : undefined
  return isObject(response) && typeof response.status === 'number' ? response.status : undefined
}

/** Whether a failure comes from below the library, whose own errors have no cause. */
function hasCause(error: unknown): boolean {
  return error instanceof Error && (error.cause !== undefined || 'code' in error)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
