import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import { JsonClient, type Query } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { SpoiledReading } from '../../snapshot/snapshot.ts'
import type { Asking } from '../../source.ts'
import { readCredentials } from '../credentials.ts'
import { type FirebaseOptions, type LiveOptions, liveOptions } from '../options.ts'
import { AccessTokens } from './tokens.ts'

/** A page of a list. */
export interface Page {
  rows: JsonObject[]
  /** Opaque; undefined at the end. */
  next: string | undefined
}

/** What reading needs: https://docs.cloud.google.com/iam/docs/roles-permissions/firebaseauth */
const PERMISSIONS = {
  users: 'firebaseauth.users.get',
  settings: 'firebaseauth.configs.get',
  hashes: 'firebaseauth.configs.getHashConfig',
  tenants: 'identitytoolkit.tenants.list',
  tenant: 'identitytoolkit.tenants.get',
} as const

type Permission = keyof typeof PERMISSIONS

/** Tenants and providers that are asked for at once. */
const SETTINGS_PAGE = 100

/** What the Auth Emulator takes for an administrator. */
const OPEN = 'Bearer owner'

/**
 * The Identity Toolkit API of a project, as far as a migration reads it:
 * https://docs.cloud.google.com/identity-platform/docs/reference/rest
 */
export class FirebaseApi {
  readonly options: LiveOptions
  /** The project as messages name it. */
  readonly name: string
  readonly #client: JsonClient
  readonly #whose: string
  readonly #path: string
  readonly #project: string

  /** @throws CredentialsError for credentials that cannot be read */
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
    this.#whose = tokens?.whose ?? 'whoever asks'
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
   * A page of the users of a tenant; undefined: of those in none.
   * @throws SpoiledReading for a place that is not known any more
   */
  async users(tenant: string | undefined, from: string | undefined, size = this.options.pageSize): Promise<Page> {
    const path = `/v1/${this.#of(tenant)}/accounts:batchGet`
    const query = { maxResults: size, nextPageToken: from }
    const answer = await this.#get('users', path, query).catch((error: unknown) => {
      if (!(error instanceof HttpRefusal)) throw error
      if (tenant !== undefined && isGone(error)) throw tenantGone(this.name, tenant, error)
      throw from !== undefined && error.status === 400 ? placeRefused(error) : error
    })
    return this.#page(path, answer, 'users')
  }

  /** How many users the API counts; undefined where it does not tell. */
  async count(tenant: string | undefined): Promise<number | undefined> {
    const path = `/v1/${this.#of(tenant)}/accounts:query`
    try {
      const answer = await this.#client.post(path, { returnUserInfo: false })
      const count = Number(isObject(answer) ? (answer.recordsCount ?? Number.NaN) : Number.NaN)
      return Number.isSafeInteger(count) ? count : undefined
    } catch (error) {
      // Whoever may list may not everywhere count.
      if (error instanceof HttpRefusal && [400, 403, 404, 501].includes(error.status)) return undefined
      throw error
    }
  }

  /** The settings of the project. */
  async settings(): Promise<JsonObject> {
    const path = `/admin/v2/${this.#project}/config`
    try {
      return this.#object(path, await this.#get('settings', path))
    } catch (error) {
      if (!isMissing(error)) throw error
      // The emulator has them under the older address.
      const older = `/v2/${this.#project}/config`
      return this.#object(older, await this.#get('settings', older).catch(this.#withoutAuthentication))
    }
  }

  readonly #withoutAuthentication = (error: unknown): never => {
    if (!isMissing(error)) throw error
    throw new SourceError(
      {
        code: 'no_such_project',
        message: `${this.name} does not exist, or has no Authentication`,
        hint: 'source.project is the id that the console shows under project settings, and not the name',
        path: 'source.project',
      },
      { cause: error },
    )
  }

  /** All tenants, with a page of each request. */
  async *tenants(): AsyncGenerator<JsonObject[]> {
    yield* this.#list('tenants', `/v2/${this.#project}/tenants`, 'tenants')
  }

  /** A tenant with its hash parameters, as far as those are told; undefined where there is none. */
  async tenant(id: string): Promise<JsonObject | undefined> {
    const path = `/v2/${this.#of(id)}`
    try {
      return this.#object(path, await this.#get('tenant', path))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** All providers of one protocol, of a tenant or of the project itself. */
  async *providers(type: 'saml' | 'oidc', tenant: string | undefined): AsyncGenerator<JsonObject[]> {
    const list = type === 'saml' ? 'inboundSamlConfigs' : 'oauthIdpConfigs'
    yield* this.#list('settings', `/v2/${this.#of(tenant)}/${list}`, list)
  }

  /** What to throw where a permission is lacking. `what`: what the API keeps to itself */
  lacks(permission: Permission, what: string, hint = ''): CredentialsError {
    const name = PERMISSIONS[permission]
    return new CredentialsError({
      code: 'missing_permission',
      message: `${this.name} ${what}: ${this.#whose} lacks the permission ${name}`,
      hint: `add it to the role of that account (Google Cloud console → IAM & Admin → Roles); see docs/how-to/sources/firebase.md${hint}`,
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
              ? 'the account was deleted or disabled, or has no access to this project: check source.project and the credentials'
              : `it takes the permission ${name} in this project, and the Identity Toolkit API has to be enabled there; see docs/how-to/sources/firebase.md`,
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
    // A list without entries is left out of an answer.
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
      message: `${this.name} answered GET ${path} with something that is not ${expected}`,
      hint: 'check source.baseUrl: it must be the Identity Toolkit API',
    })
  }
}

/** Whether the API does not have what is asked for. */
function isMissing(error: unknown): boolean {
  return error instanceof HttpRefusal && error.status === 404
}

function isJsonObject(value: Json): value is JsonObject {
  return isObject(value)
}

/** Whether a tenant is not there any more. */
function isGone({ status, message }: HttpRefusal): boolean {
  return status === 404 || (status === 400 && message.includes('TENANT_NOT_FOUND'))
}

function tenantGone(name: string, tenant: string, cause: HttpRefusal): SpoiledReading {
  return new SpoiledReading(
    {
      code: 'tenant_gone',
      message: `the tenant ${tenant} of ${name} was deleted while the project was read`,
      hint: 'run the same command again: it reads from the beginning',
    },
    { cause },
  )
}

function placeRefused(cause: HttpRefusal): SpoiledReading {
  return new SpoiledReading(
    {
      code: 'page_token_refused',
      message: `the place where reading was to go on is not known any more: ${cause.message}`,
      hint: 'run the same command again: it reads from the beginning',
    },
    { cause },
  )
}
