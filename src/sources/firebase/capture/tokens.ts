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

/**
 * All that reading users and settings needs:
 * https://docs.cloud.google.com/identity-platform/docs/reference/rest
 */
const SCOPE = 'https://www.googleapis.com/auth/identitytoolkit'
/** Where the library asks for tokens, whatever the key file says. */
const TOKENS = 'https://oauth2.googleapis.com/token'
const NAME = 'the token service of Google'
/** Times that a token is asked for without a usable answer. */
const ATTEMPTS = 9
const TIMEOUT = 30_000
/** The longest pause between two attempts, milliseconds. */
const LONGEST_PAUSE = 30_000

/**
 * Access tokens of Google, by google-auth-library: kept until they are about to expire, or one is
 * refused.
 */
export class AccessTokens {
  readonly #credentials: GoogleCredentials | undefined
  readonly #asking: Asking
  readonly #path: string
  readonly #dispatcher: Network['dispatcher']
  #client: Promise<AuthClient> | undefined
  #headers: Record<string, string> = {}

  /**
   * @param credentials undefined: the default ones of the machine
   * @param path of the manifest, where they are named
   */
  constructor(credentials: GoogleCredentials | undefined, path: string, asking: Asking) {
    this.#credentials = credentials
    this.#path = path
    this.#asking = asking
    this.#dispatcher = openNetwork(asking.proxies ?? NO_PROXIES).dispatcher
  }

  /** The account, as messages name it. */
  get whose(): string {
    const { client_email: email } = this.#credentials?.type === 'service_account' ? this.#credentials : {}
    return email ?? (this.#credentials === undefined ? 'the default credentials of this machine' : 'the credentials')
  }

  /**
   * The value of the Authorization header.
   * @param renew a new token, since that of before was refused
   * @throws CredentialsError when Google gives none; SourceError `package_missing`,
   *   `source_unreachable`; NetworkError
   */
  async authorize(renew: boolean): Promise<string> {
    this.#client ??= this.#open()
    const client = await this.#client
    // For the library a token that has expired is one to be renewed.
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

  /**
   * Headers that go with the token: for credentials of a person, the project whose quota is used.
   */
  headers(): Record<string, string> {
    return this.#headers
  }

  async #open(): Promise<AuthClient> {
    const client = await this.#fromLibrary()
    // The library would repeat requests by a pace of its own, which nobody is told of and nothing
    // calls off.
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
        message: `Google's library finds no credentials: ${messageOf(error)}`,
        hint: 'name a key file as source.credentials, set GOOGLE_APPLICATION_CREDENTIALS to its path, or run gcloud auth application-default login',
        path: this.#path,
      })
    }
  }

  /** The library's way out: that of all requests of this program, with its proxies. */
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
   * Where a request of the library goes. It passes over the `token_uri` of a key file, which counts
   * here on this machine alone: what a service account has signed is good at Google's, whoever gets
   * it.
   */
  #addressOf(url: string): URL {
    const other = this.#credentials?.type === 'service_account' ? this.#credentials.token_uri : undefined
    const own = url === TOKENS && other !== undefined ? URL.parse(other) : null
    return own !== null && isLoopback(own.hostname) ? own : new URL(url)
  }

  /**
   * Why no token came, if another attempt may get one.
   * @throws for what will not pass, such as a proxy that refuses
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
      ? 'the key was deleted or is of another account, or the clock of this machine is wrong: make a new key (IAM & Admin → Service accounts → Keys)'
      : 'check the credentials of the source; see docs/how-to/sources/firebase.md'
    // Without the library's error as its cause, which holds what was signed.
    return new CredentialsError({
      code: 'credentials_refused',
      message: `Google gives no access token for ${this.whose}: ${said}`,
      hint,
      path: this.#path,
    })
  }
}

/** The header that a `fetch` adds of its own accord. */
function typeOf(body: RequestInit['body']): Record<string, string> {
  return body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' } : {}
}

/** The status of the answer that the library gave up on. */
function statusOf(error: unknown): number | undefined {
  const response = isObject(error) ? error.response : undefined
  return isObject(response) && typeof response.status === 'number' ? response.status : undefined
}

/** Whether something below the library failed: its own errors stand alone. */
function hasCause(error: unknown): boolean {
  return error instanceof Error && (error.cause !== undefined || 'code' in error)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
