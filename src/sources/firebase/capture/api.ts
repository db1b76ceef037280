import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import { JsonClient, type Query } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { SpoiledReading } from '../../snapshot/snapshot.ts'
import type { Asking } from '../../source.ts'
import { readCredentials } from '../credentials.ts'
import { type FirebaseOptions, type LiveOptions, liveOptions } from '../options.ts'
import { AccessTokens } from './tokens.ts'

export interface Page {
  rows: JsonObject[]
  /** Opaque; undefined at the end. */
  next: string | undefined
}

/** https://docs.cloud.google.com/iam/docs/roles-permissions/firebaseauth */
const PERMISSIONS = {
  users: 'firebaseauth.users.get',
  settings: 'firebaseauth.configs.get',
  hashes: 'firebaseauth.configs.getHashConfig',
  tenants: 'identitytoolkit.tenants.list',
  tenant: 'identitytoolkit.tenants.get',
} as const

type Permission = keyof typeof PERMISSIONS

/** Tenants or providers per request. */
const SETTINGS_PAGE = 100

/** The credentials of an administrator in the Auth Emulator. */
const OPEN = 'Bearer owner'

/**
 * The part of a project's Identity Toolkit API that a migration reads:
 * https://docs.cloud.google.com/identity-platform/docs/reference/rest
 */
export class FirebaseApi {
  readonly options: LiveOptions
  /** Name of the project in messages. */
  readonly name: string
  readonly #client: JsonClient
  readonly #whose: string
  readonly #path: string
  readonly #project: string

  /** @throws CredentialsError for unreadable credentials */
  constructor(config: FirebaseOptions, asking: Asking) {
    const options = liveOptions(config)
    this.options = options
    this.name = `the Firebase project ${options.project}`
    this.#project = `projects/${encodeURIComponent(options.project)}`
    this.#path = config.serviceAccount === undefined ? 'source.credentials' : 'source.serviceAccount'
    const { directory: _directory, ...how } = asking
    const tokens = options.isOpen
      ? undefined
      : new AccessTokens(readCredentials(config, asking.directory), this.#path, asking)
    this.#whose = tokens?.whose ?? 'the caller'
    this.#client = new JsonClient({
      ...how,
      baseUrl: options.baseUrl,
      name: this.name,
      authorize: async (renew) => tokens?.authorize(renew) ?? OPEN,
      headers: () => tokens?.headers() ?? {},
      rate: options.rate,
    })
  }

  /**
   * A page of users.
   * @param tenant undefined: users without a tenant
   * @throws SpoiledReading if the API rejects the page token `from`
   */
  async users(tenant: string | undefined, from: string | undefined, size = this.options.pageSize): Promise<Page> {
    const path = `/v1/${this.#of(tenant)}/accounts:batchGet`
    const query = { maxResults: size, nextPageToken: from }
    const answer = await this.#get('users', path, query).catch((error: unknown) => {
      if (!(error instanceof HttpRefusal)) throw error
      if (tenant !== undefined && isGone(error)) throw tenantGone(this.name, tenant, error)
      throw from !== undefined && error.status === 400 ? pageTokenRefused(error) : error
    })
    return this.#page(path, answer, 'users')
  }

  /** The API's count of users; undefined if it does not return one. */
  async count(tenant: string | undefined): Promise<number | undefined> {
    const path = `/v1/${this.#of(tenant)}/accounts:query`
    try {
      const answer = await this.#client.post(path, { returnUserInfo: false })
      const count = Number(isObject(answer) ? (answer.recordsCount ?? Number.NaN) : Number.NaN)
      return Number.isSafeInteger(count) ? count : undefined
    } catch (error) {
      // The permission to list users does not always include counting.
      if (error instanceof HttpRefusal && [400, 403, 404, 501].includes(error.status)) return undefined
      throw error
    }
  }

  async settings(): Promise<JsonObject> {
    const path = `/admin/v2/${this.#project}/config`
    try {
      return this.#object(path, await this.#get('settings', path))
    } catch (error) {
      if (!isMissing(error)) throw error
      // The emulator only has the older address.
      const older = `/v2/${this.#project}/config`
      return this.#object(older, await this.#get('settings', older).catch(this.#withoutAuthentication))
    }
  }

  readonly #withoutAuthentication = (error: unknown): never => {
    if (!isMissing(error)) throw error
    throw new SourceError(
      {
        code: 'no_such_project',
        message: `${this.name} does not exist or does not use Authentication`,
        hint: 'set source.project to the project ID from the project settings in the console, not to the name',
        path: 'source.project',
      },
      { cause: error },
    )
  }

  /** All tenants, by pages. */
  async *tenants(): AsyncGenerator<JsonObject[]> {
    yield* this.#list('tenants', `/v2/${this.#project}/tenants`, 'tenants')
  }

  /** A tenant, with its hash parameters if the API returns them; undefined if there is none. */
  async tenant(id: string): Promise<JsonObject | undefined> {
    const path = `/v2/${this.#of(id)}`
    try {
      return this.#object(path, await this.#get('tenant', path))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** All providers with one protocol, of a tenant or of the project itself. */
  async *providers(type: 'saml' | 'oidc', tenant: string | undefined): AsyncGenerator<JsonObject[]> {
    const list = type === 'saml' ? 'inboundSamlConfigs' : 'oauthIdpConfigs'
    yield* this.#list('settings', `/v2/${this.#of(tenant)}/${list}`, list)
  }

  /** An error for a missing permission. @param what completes "the project …" */
  lacks(permission: Permission, what: string, hint = ''): CredentialsError {
    const name = PERMISSIONS[permission]
    return new CredentialsError({
      code: 'missing_permission',
      message: `${this.name} ${what}: ${this.#whose} does not have the permission ${name}`,
      hint: `add the permission to the role of the account (Google Cloud console → IAM & Admin → Roles); see docs/how-to/sources/firebase.md${hint}`,
      path: this.#path,
    })
  }

  async *#list(permission: Permission, path: string, member: string): AsyncGenerator<JsonObject[]> {
    let from: string | undefined
    do {
      const answer = await this.#get(permission, path, { pageSize: SETTINGS_PAGE, pageToken: from })
      const { rows, next } = this.#page(path, answer, member)
      yield rows
      if (next === from) return
      from = next
    } while (from !== undefined)
  }

  async #get(permission: Permission, path: string, query: Query = {}): Promise<Json> {
    try {
      return await this.#client.get(path, query)
    } catch (error) {
      if (!(error instanceof HttpRefusal) || (error.status !== 401 && error.status !== 403)) throw error
      const name = PERMISSIONS[permission]
      throw new CredentialsError(
        {
          code: error.status === 401 ? 'credentials_refused' : 'missing_permission',
          message: `${error.message} (${this.#whose})`,
          hint:
            error.status === 401
              ? 'check source.project and the credentials: the account might be deleted, disabled or without access to the project'
              : `grant the permission ${name} in this project, and enable the Identity Toolkit API there; see docs/how-to/sources/firebase.md`,
          path: this.#path,
        },
        { cause: error },
      )
    }
  }

  #of(tenant: string | undefined): string {
    return tenant === undefined ? this.#project : `${this.#project}/tenants/${encodeURIComponent(tenant)}`
  }

  #page(path: string, answer: Json, member: string): Page {
    const body = this.#object(path, answer)
    // A response omits an empty list.
    const rows = body[member] ?? []
    if (!Array.isArray(rows) || !rows.every(isJsonObject)) throw this.#unexpected(path, 'a list of objects')
    const { nextPageToken: next } = body
    return { rows, next: typeof next === 'string' && next !== '' ? next : undefined }
  }

  #object(path: string, answer: Json): JsonObject {
    if (isJsonObject(answer)) return answer
    throw this.#unexpected(path, 'an object')
  }

  #unexpected(path: string, expected: string): SourceError {
    return new SourceError({
      code: 'unexpected_answer',
      message: `the response of ${this.name} to GET ${path} is not ${expected}`,
      hint: 'check that source.baseUrl is the Identity Toolkit API',
    })
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof HttpRefusal && error.status === 404
}

function isJsonObject(value: Json): value is JsonObject {
  return isObject(value)
}

/** Whether the tenant of a request was deleted. */
function isGone({ status, message }: HttpRefusal): boolean {
  return status === 404 || (status === 400 && message.includes('TENANT_NOT_FOUND'))
}

function tenantGone(name: string, tenant: string, cause: HttpRefusal): SpoiledReading {
  return new SpoiledReading(
    {
      code: 'tenant_gone',
      message: `the tenant ${tenant} of ${name} was deleted during the reading`,
      hint: 'run the same command again: it reads from the beginning',
    },
    { cause },
  )
}

function pageTokenRefused(cause: HttpRefusal): SpoiledReading {
  return new SpoiledReading(
    {
      code: 'page_token_refused',
      message: `the project rejected the page to continue from: ${cause.message}`,
      hint: 'run the same command again: it reads from the beginning',
    },
    { cause },
  )
}
